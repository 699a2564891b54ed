from __future__ import annotations

from dataclasses import replace

from assistant.acts.question import answered, choose
from assistant.types import Conversation, Frame
from retrieval.types import Need, Product

KINDS = ("2-person", "3-person", "4-person")
TENTS = tuple(
    Product(
        f"t{n}",
        f"Tent {n}",
        price=10_000 + n,
        category=("Tents",),
        attributes={"capacity": KINDS[n % 3], "weight": f"{1 + n % 3} kg", "color": "red" if n % 2 else "blue"},
    )
    for n in range(18)
)


def test_what_splits_the_products_best_is_asked() -> None:
    asked = choose(TENTS, Need("tents"), (), "USD", "en_US")
    assert asked is not None and asked.about == "capacity"
    assert asked.values == KINDS and "2-person, 3-person or 4-person" in asked.text and asked.text.endswith("?")


def test_nothing_is_asked_that_is_settled_or_was_asked() -> None:
    assert choose(TENTS, Need("tents", include=("3-person",)), (), "USD", "en_US").about != "capacity"
    assert choose(TENTS, Need("tents"), ("capacity",), "USD", "en_US").about == "weight"
    assert choose(TENTS, Need("tents"), ("capacity", "weight", "color"), "USD", "en_US") is None


def test_nothing_is_asked_where_it_would_not_help() -> None:
    assert choose(TENTS[:3], Need("tents"), (), "USD", "en_US") is None
    assert choose(TENTS, Need("tents", include=("light",), price_max=9_000), (), "USD", "en_US") is None
    alike = [replace(tent, attributes={"capacity": "2-person"}) for tent in TENTS]
    assert choose(alike, Need("tents"), (), "USD", "en_US") is None


def test_prices_far_apart_are_asked_about_in_round_amounts() -> None:
    spread = [replace(tent, attributes={}, price=2_000 + 1_500 * n) for n, tent in enumerate(TENTS)]
    asked = choose(spread, Need("tents"), (), "USD", "en_US")
    assert asked is not None and asked.about == "price"
    assert asked.replies == ("Under $100", "Under $200")


def test_a_reply_that_was_offered_is_understood_without_reading() -> None:
    before = Conversation("c", "s", asked=True, offered=("2-person", "3 pairs", "sage"))
    assert answered("3-Person", before) is None
    assert answered("2-person", before) == Frame("refine", include=("2-person",))
    assert answered("the sage ones please", before) == Frame("refine", include=("sage",))
    assert answered("3 pairs", before) == Frame("refine", include=("3 pairs",))
    assert answered("sage", replace(before, asked=False)) is None
