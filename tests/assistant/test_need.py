"""The need after each kind of turn, by the rules of format 3."""

import pytest

from assistant.need import apply, drop, frame_from_json, frame_to_json, need_to_json, take_out, to_minor
from assistant.types import Frame, Shown
from retrieval.types import Need

SHOWN = (Shown("a", "Trail Mid", 9900), Shown("b", "Ridge Hiker", 8900), Shown("c", "Alp", 12000))
BOOTS = Need("boots", include=("waterproof",), exclude=("leather",), brand=("Ridge",), price_max=12000, sort="rating")


@pytest.mark.parametrize(
    "act", ["ask_product", "compare", "cart_add", "checkout", "like", "human", "smalltalk", "out_of_scope"]
)
def test_other_acts_leave_the_need_alone(act):
    assert apply(BOOTS, Frame(act, include=("red",), refs=(1,)), SHOWN) == BOOTS


def test_search_starts_afresh():
    assert apply(BOOTS, Frame("search", query="tent", include=("green",)), SHOWN) == Need("tent", include=("green",))


@pytest.mark.parametrize("act", ["refine", "recommend"])
def test_lists_add_and_single_values_replace(act):
    frame = Frame(act, query="shoes", include=("red",), brand=("Alp",), price_max=5000, rating_min=4.0, sort="newest")
    expected = Need("shoes", ("waterproof", "red"), ("leather",), ("Ridge", "Alp"), (), None, 5000, 4.0, "newest")
    assert apply(BOOTS, frame, SHOWN) == expected


def test_a_value_changes_sides():
    need = apply(BOOTS, Frame("refine", include=("leather",), exclude=("Waterproof",), brand_exclude=("ridge",)), ())
    assert (need.include, need.exclude, need.brand, need.brand_exclude) == (("leather",), ("Waterproof",), (), ("ridge",))


def test_a_value_said_again_is_there_once():
    assert apply(BOOTS, Frame("refine", include=("waterproof", "light")), ()).include == ("waterproof", "light")


def test_drop_comes_before_what_is_added():
    need = apply(BOOTS, Frame("refine", include=("red",), drop=("waterproof", "brand", "price_max")), ())
    assert need == Need("boots", include=("red",), exclude=("leather",), sort="rating")


@pytest.mark.parametrize(
    ("refs", "relation", "bounds"),
    [
        ((), "lower", (None, 8899)),
        ((1,), "lower", (None, 9899)),
        ((1, 3), "lower", (None, 9899)),
        ((), "higher", (12001, None)),
        ((2,), "higher", (8901, None)),
        ((1, 2), "higher", (9901, None)),
    ],
)
def test_relative_price_is_one_minor_unit_off_the_item_meant(refs, relation, bounds):
    need = apply(Need("boots"), Frame("refine", price_rel=relation, refs=refs), SHOWN)
    assert (need.price_min, need.price_max) == bounds


def test_relative_price_without_a_price_to_go_by_says_nothing():
    assert apply(BOOTS, Frame("refine", price_rel="lower"), ()) == BOOTS
    assert apply(BOOTS, Frame("refine", price_rel="lower", refs=(1,)), (Shown("a", "x", None),)) == BOOTS


def test_a_bound_that_is_spelled_out_wins_over_the_relative_one():
    assert apply(Need(), Frame("refine", price_rel="lower", price_max=100), SHOWN).price_max == 100


def test_a_new_bound_that_contradicts_removes_the_older_one():
    assert apply(Need(price_max=100), Frame("refine", price_min=200), ()) == Need(price_min=200)
    assert apply(Need(price_min=200), Frame("refine", price_max=100), ()) == Need(price_max=100)
    assert apply(Need(price_min=50), Frame("refine", price_max=100), ()) == Need(price_min=50, price_max=100)


def test_take_out_names_slots_and_values_and_passes_over_the_unknown():
    assert take_out(BOOTS, ["WATERPROOF", "brand", "nothing like it"]) == Need(
        "boots", exclude=("leather",), price_max=12000, sort="rating"
    )
    assert take_out(BOOTS, ["boots", "rating"]).query == ""


def test_a_chip_takes_out_one_value_or_the_whole_slot():
    need = Need("boots", include=("red", "light"), price_max=100)
    assert drop(need, "include", "red").include == ("light",)
    assert drop(need, "include").include == ()
    assert drop(need, "price_max", "1.00").price_max is None
    assert drop(need, "query").query == ""


def test_a_chip_of_no_slot_is_refused():
    with pytest.raises(ValueError, match="slot is 'colour', expected one of query"):
        drop(Need(), "colour", "red")


def test_json_has_decimal_prices_and_no_empty_slots():
    frame = Frame("refine", include=("red",), price_max=12050, price_min=100, refs=(2,), rating_min=4.5)
    data = {"act": "refine", "include": ["red"], "price_min": 1, "price_max": 120.5, "rating_min": 4.5, "refs": [2]}
    assert frame_to_json(frame, "USD") == data
    assert frame_from_json(data, "USD") == frame
    assert need_to_json(Need("boots", price_max=8899), "USD") == {"query": "boots", "price_max": 88.99}


def test_a_currency_without_cents():
    assert to_minor(1200, "JPY") == 1200
    assert frame_to_json(Frame("search", price_max=1200), "JPY")["price_max"] == 1200


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ({"act": "buy"}, "act is 'buy', expected one of search"),
        ({}, "act is missing"),
        ({"act": "search", "colour": "red"}, "no such slot: 'colour'"),
        ({"act": "search", "price_max": "cheap"}, "price_max is 'cheap', expected a number from 0"),
        ({"act": "search", "price_max": -1}, "price_max is -1"),
        ({"act": "search", "rating_min": 9}, "rating_min is 9, expected a number from 0 to 5"),
        ({"act": "search", "quantity": 1.5}, "quantity is 1.5, expected a whole number from 1"),
        ({"act": "search", "include": "red"}, "include is 'red', expected a list of str"),
        ({"act": "search", "refs": ["1"]}, "refs is .* expected a list of int"),
        ({"act": "search", "sort": "best"}, "sort is 'best', expected one of price_asc"),
        ({"act": "search", "query": 3}, "query is 3, expected a text"),
    ],
)
def test_json_that_is_no_frame_is_refused(data, part):
    with pytest.raises(ValueError, match=part):
        frame_from_json(data, "USD")
