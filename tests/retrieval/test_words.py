from __future__ import annotations

import numpy as np
import pytest

from retrieval.lexical import LexicalIndex
from retrieval.properties import Properties
from retrieval.relevance import fused, head
from retrieval.text import affirmed_stems, embedding_text, fold, spelled, stems
from retrieval.types import Product, Variant
from tests.fakes_retrieval import product


@pytest.mark.parametrize(
    ("word", "folded"),
    [("boots", "boot"), ("berries", "berry"), ("boxes", "box"), ("glass", "glass"), ("café", "cafe"), ("gas", "gas")],
)
def test_words_lose_accents_and_plurals(word: str, folded: str) -> None:
    assert fold(word) == folded


def test_hyphenated_words_count_joined_as_well() -> None:
    assert stems("T-Shirts") == ["t", "shirt", "tshirt"]


def test_punctuation_parts_phrases_and_hyphens_do_not() -> None:
    assert spelled("Leather, free. Full-grain  leather") == " leather , free , full grain leather "


def test_what_a_text_denies_is_not_said() -> None:
    said = set(affirmed_stems("No leather, wire-free, non-slip, waterproof"))
    assert {"waterproof", "wirefre", "nonslip"} <= said
    assert not {"leather", "wire", "slip"} & said


def test_the_embedded_text_names_what_the_product_is() -> None:
    text = embedding_text(product(attributes={"material": "mesh"}, description="For wet days." + "x" * 999))
    assert text.startswith("Trail Mid Hiking Boots. Alpine. Shoes > Hiking boots. material: mesh. For wet days.")
    assert len(text) < 600


def test_bm25_weighs_the_title_over_the_description() -> None:
    products = [
        product(id="a", title="Desk lamp"),
        product(id="b", title="Shelf", description="Goes with a desk lamp."),
    ]
    index = LexicalIndex([*products, product(id="c", title="Tent")])
    first, second, none = index.scores("desk lamps")
    assert first > second > none == 0


def test_unknown_words_and_empty_catalogues_score_nothing() -> None:
    assert LexicalIndex([product()]).scores("qwerty").tolist() == [0]
    assert LexicalIndex([product()]).scores("").tolist() == [0]
    assert LexicalIndex([]).scores("boots").shape == (0,)


def test_fusion_keeps_within_zero_and_one() -> None:
    scores = fused(np.array([8, 4, 0], dtype=np.float32), np.array([0.5, -0.2, 0.25], dtype=np.float32))
    assert scores == pytest.approx([1.0, 0.3, 0.2])


@pytest.mark.parametrize(
    ("query", "noun"),
    [("hiking boots", "boots"), ("Boots for hiking", "boots"), ("lamp", "lamp"), ("", ""), ("for two", "two")],
)
def test_the_head_names_the_kind(query: str, noun: str) -> None:
    assert head(query) == noun


SHOES = [
    product(
        id="a",
        options={"size": ("8", "9"), "color": ("black",)},
        variants=(Variant("a8", {"size": "8"}, stock=3), Variant("a9", {"size": "9"}, stock=0)),
    ),
    product(id="b", options={"size": ("9",), "color": ("navy", "red")}, attributes={"waterproof": "yes"}),
    product(id="c", title="Black Ridge boots 9", options={"color": ("red",)}, attributes={"waterproof": "no"}),
    product(id="d", title="Waterproof black hat", description="Not insulated. Leather-free."),
]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("size 8", "a"),
        ("size 9", "b"),
        ("8 or 9", "abc"),
        ("black", "ad"),
        ("black or navy", "abd"),
        ("waterproof", "bd"),
        ("leather-free", "d"),
        ("leather", ""),
        ("insulated", ""),
        ("hiking boots", "abcd"),
        ("", ""),
    ],
)
def test_wanted_properties_are_looked_up(wanted: str, ids: str) -> None:
    met = Properties(SHOES).meeting(wanted)
    assert "".join(shoe.id for shoe, is_met in zip(SHOES, met, strict=True) if is_met) == ids


def test_no_products_have_no_properties() -> None:
    nothing: list[Product] = []
    assert Properties(nothing).meeting("black").shape == (0,)
