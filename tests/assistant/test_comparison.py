from __future__ import annotations

import pytest

from assistant.comparison import Asked, Row, asked_for, differing_facts, measure, only_listed, winner
from retrieval.remembered import RememberedVectors
from retrieval.types import Product
from tests.fakes_retrieval import FakeEmbedder


def tent(name: str, price: int | None, **attributes: str | tuple[str, ...]) -> Product:
    return Product(name.lower(), f"{name} Tent", price=price, attributes=attributes)


LAKE = tent("Lake", 19_900, weight="1.2 kg", capacity="2-person", feature=("waterproof", "porch"), material="nylon")
MOOR = tent("Moor", 14_900, weight="1,700 g", capacity="4-person", feature=("waterproof", "blackout"))
FELL = tent("Fell", None, weight="heavy")


def asked(text: str, *products: Product) -> Asked | None:
    return asked_for(text, products or (LAKE, MOOR), RememberedVectors(FakeEmbedder(dimension=512)).of)


@pytest.mark.parametrize(
    ("value", "kind", "amount"),
    [
        ("1.2 kg", "mass^1", 1_200),
        ("1,200 g", "mass^1", 1_200),
        ("4-person", "person^1", 4),
        ("30 x 20 cm", "length^2", 60_000),
        ("30 hours", "time^1", 30),
        ("2 days", "time^1", 48),
        ("-10 °C", "°c^1", -10),
        ("20,000 mAh", "mah^1", 20_000),
        ("17", "^1", 17),
    ],
)
def test_a_measure_is_read_with_its_unit(value: str, kind: str, amount: float) -> None:
    assert measure(value) == (kind, pytest.approx(amount))


@pytest.mark.parametrize("value", ["nylon", "", None, ("1 kg", "2 kg"), "Socket 478", "33 and 45"])
def test_what_is_no_measure_is_not_compared(value: object) -> None:
    assert measure(value) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "fact", "is_less", "place"),
    [
        ("which has the lower weight?", "weight", True, 0),
        ("which has more weight?", "weight", False, 1),
        ("which one has the bigger capacity?", "capacity", False, 1),
        ("which is cheaper?", "price", True, 1),
        ("which of the two is more expensive?", "price", False, 0),
        ("which is less expensive?", "price", True, 1),
    ],
)
def test_what_is_asked_for_decides(text: str, fact: str, is_less: bool, place: int) -> None:
    found = asked(text)
    assert found is not None and (found.fact, found.is_less) == (fact, is_less)
    assert winner([LAKE, MOOR], found) == place


def test_a_question_of_no_fact_asks_for_none() -> None:
    assert asked("compare the first two") is None


def test_nobody_wins_where_values_are_level_missing_or_of_other_units() -> None:
    twin = tent("Twin", 19_900, weight="1200 g")
    assert winner([LAKE, twin], Asked("weight", True)) is None
    assert winner([LAKE, FELL], Asked("weight", True)) is None
    assert winner([LAKE, FELL], Asked("price", True)) is None
    assert winner([LAKE, tent("Long", 1, weight="3 m")], Asked("weight", True)) is None


def test_the_fact_asked_for_comes_first_and_shared_values_once() -> None:
    rows = differing_facts([LAKE, MOOR], "en_US", "weight")
    assert rows == [
        Row("Weight", ("1.2 kg", "1,700 g")),
        Row("Price", ("$199.00", "$149.00")),
        Row("Capacity", ("2-person", "4-person")),
        Row("Feature (beside waterproof)", ("porch", "blackout")),
        Row("Material", ("nylon", "not stated")),
    ]


def test_what_is_the_same_is_left_out() -> None:
    assert differing_facts([LAKE, LAKE], "en_US") == []


def test_what_only_one_lists() -> None:
    assert only_listed(LAKE, [MOOR]) == ["porch"]
    assert only_listed(MOOR, [LAKE]) == ["blackout"]
    assert only_listed(FELL, [LAKE]) == []
