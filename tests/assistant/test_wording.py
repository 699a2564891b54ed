from __future__ import annotations

import pytest

from assistant.wording import describe, join, ordinal, price_range
from retrieval.types import Need


@pytest.mark.parametrize(
    ("words", "joined"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_join(words: list[str], joined: str) -> None:
    assert join(words) == joined
    assert join(["a", "b", "c"], "or") == "a, b or c"


@pytest.mark.parametrize(
    ("need", "told"),
    [
        (Need(price_max=12_000), "up to $120"),
        (Need(price_min=5_050), "from $50.50"),
        (Need(price_min=5_000, price_max=12_000), "$50 to $120"),
        (Need(price_max=0), "up to $0"),
        (Need(), ""),
    ],
)
def test_price_range(need: Need, told: str) -> None:
    assert price_range(need, "USD", "en_US") == told


def test_money_is_written_as_the_locale_writes_it() -> None:
    assert price_range(Need(price_max=12_000), "EUR", "de_DE") == "up to 120\xa0€"
    assert price_range(Need(price_max=12_000), "JPY", "en_US") == "up to ¥12,000"


@pytest.mark.parametrize(
    ("need", "told"),
    [
        (Need(), ""),
        (
            Need("hiking boots", include=("waterproof",), exclude=("leather",), price_max=12_000),
            "waterproof hiking boots, up to $120, no leather",
        ),
        (Need("boots", include=("for wide feet", "warm")), "warm boots, for wide feet"),
        (Need(include=("blue", "soft")), "blue and soft"),
        (Need("tent", brand=("Norrland", "Fellbrook"), brand_exclude=("Acme",)), "tent, by Norrland or Fellbrook, no Acme"),
        (Need("tent", rating_min=4.5, sort="price_asc"), "tent, rated 4.5 or more, cheapest first"),
    ],
)
def test_describe(need: Need, told: str) -> None:
    assert describe(need, "USD", "en_US") == told


def test_ordinal_counts_to_the_most_cards_there_are() -> None:
    assert (ordinal(1), ordinal(2), ordinal(10)) == ("the first", "the second", "the tenth")
