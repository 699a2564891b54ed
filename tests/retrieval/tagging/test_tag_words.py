from __future__ import annotations

import pytest

from retrieval.tagging.words import WordEvidence
from retrieval.types import Product
from tests.fakes_retrieval import product


def titled(title: str, description: str = "") -> Product:
    return product(title=title, description=description)


LABELLED = [
    *((titled(f"Boots {n}, Black"), "black") for n in range(8)),
    *((titled(f"Boots {n}, Light Blue"), "light blue") for n in range(8)),
    *((titled(f"Boots {n}", "A pair in blue."), "blue") for n in range(8)),
    *((titled(f"Boots {n}", "Goes with blue trousers."), "leather") for n in range(8)),
]


@pytest.mark.parametrize(
    ("title", "description", "expected"),
    [
        ("Trail Boots in BLACK", "", "black"),
        ("Trail Boots, Light Blue", "", "light blue"),
        ("Trail Boots, Blue", "", "blue"),
        ("Trail Boots", "Made of leather.", "leather"),
        ("Trail Boots, Black", "Goes with blue trousers.", "black"),
        ("Trail Boots, Black and Blue", "", None),
        ("Trail Boots", "Not black at all.", None),
        ("Leather-free Trail Boots", "", None),
        ("Blackberry Boots", "", None),
        ("Trail Boots", "Some light, blue.", "blue"),
    ],
)
def test_the_only_value_that_the_text_affirms_is_guessed(title: str, description: str, expected: str | None) -> None:
    one = WordEvidence.learn(LABELLED).guess(titled(title, description))
    assert (one and one.value) == (expected and (expected,))


def test_words_are_trusted_as_far_as_they_were_right() -> None:
    evidence = WordEvidence.learn(LABELLED)
    # 16 of 16 titles and 8 of 16 descriptions were right; one right and one wrong come on top.
    assert evidence.precision == {"title": 17 / 18, "description": 9 / 18}
    one = evidence.guess(titled("Trail Boots, Black"))
    assert one is not None and (one.confidence, one.method) == (0.9444, "words")


def test_the_more_frequent_spelling_is_suggested() -> None:
    labelled = [(titled("Boots"), "Grey"), (titled("Boots"), "gray"), (titled("Boots"), "gray")]
    one = WordEvidence.learn(labelled).guess(titled("Gray boots"))
    assert one is not None and one.value == ("gray",)
