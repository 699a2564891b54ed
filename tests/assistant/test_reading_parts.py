"""Corrections, negation and what is taken back, each by itself."""

import pytest

from assistant.reading import corrections, drops, negation, signals
from assistant.reading.text import listed, read
from assistant.vocabulary import Vocabulary
from retrieval.types import Need

NEED = Need("lamp", include=("red", "usb c", "10 inch"), brand=("Oslo",), price_min=1000, price_max=5000, rating_min=4.0)


def left(said):
    text = read(said)
    gone = corrections.discarded(text)
    return " ".join(word for at, word in enumerate(text.words) if at not in gone)


@pytest.mark.parametrize(
    ("said", "remains"),
    [
        ("blue, no wait, green", ", , green"),
        ("a blue coat, no wait, green", "a coat , , green"),
        ("size 9, sorry, size 10", ", , size 10"),
        ("under 50, i mean 60", "under , 60"),
        ("case for a pixel 8, i mean pixel 8a", "case for a , pixel 8a"),
        ("the first, no sorry, the second", "the , , the second"),
        ("sorry, do you have lamps", "sorry , do you have lamps"),
        ("wait, cheaper", "wait , cheaper"),
    ],
)
def test_a_correction_leaves_what_is_meant(said, remains):
    assert left(said) == remains


@pytest.mark.parametrize(
    ("said", "unwanted"),
    [
        ("nothing leather", ["leather"]),
        ("no fur", ["fur"]),
        ("not black not grey", ["black", "grey"]),
        ("not black or grey", ["black", "grey"]),
        ("without a hood or zips, in red", ["hood", "zips"]),
        ("anything but wool please", ["wool"]),
        ("that won't kink", ["kink"]),
        ("doesn't smell of rubber", ["smell of rubber"]),
        ("isn't too heavy", ["heavy"]),
        ("avoid polyester", ["polyester"]),
        ("steer clear of nuts", ["nuts"]),
        ("sans logo", ["logo"]),
        ("i hate zips", ["zips"]),
        ("I don't want anything shiny", ["shiny"]),
        ("allergic to latex", ["latex"]),
        ("no wool but leather", ["wool"]),
        ("no hood and with pockets", ["hood"]),
        ("fragrance-free", []),
        ("not fussed", []),
        ("no idea", []),
        ("no rush", []),
        ("not without pockets", []),
        ("can't live without pockets", []),
        ("no, red", []),
        ("why not", []),
    ],
)
def test_scope_of_a_negation(said, unwanted):
    text = read(said)
    items = negation.find(text, frozenset()).items
    assert [text.slice(item.start, item.stop - 1).lower() for item in items] == unwanted


def test_a_price_ends_the_scope():
    text = read("without a hood under 50")
    found = negation.find(text, frozenset({3, 4}))
    assert [text.slice(item.start, item.stop - 1) for item in found.items] == ["hood"]


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("forget the brand", ("brand",)),
        ("any brand", ("brand",)),
        ("brand doesn't matter", ("brand",)),
        ("drop Oslo", ("Oslo",)),
        ("price is no object", ("price_min", "price_max")),
        ("I don't care about the price", ("price_min", "price_max")),
        ("any colour will do", ("red",)),
        ("doesn't have to be red", ("red",)),
        ("usb c isn't a must", ("usb c",)),
        ("never mind the rating", ("rating_min",)),
        ("needn't be red", ("red",)),
        ("forget the green", ()),
        ("any brand but Oslo", ()),
        ("in blue", ()),
    ],
)
def test_what_is_taken_back(said, names):
    assert drops.find(read(said), NEED).names == names


@pytest.mark.parametrize(
    ("new", "gone"), [("blue", ("red",)), ("12 inch", ("10 inch",)), ("oak", ()), ("red", ()), ("dark blue", ("red",))]
)
def test_a_value_that_replaces_another_drops_it(new, gone):
    assert drops.replaced((new,), NEED, Vocabulary()) == gone


def test_a_table_of_patterns_joins_lines_and_fills_in_parts():
    pattern = listed("    a (?:b|\n        c)\n    @thing now", thing="(?:x|y)")
    assert [match[0] for match in pattern.finditer("a c , y now , ab")] == ["a c", "y now"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("no min after all", ("price_min",)),
        ("ok no floor on price", ("price_min",)),
        ("oh the limit can go, i'll treat myself", ("price_max",)),
        ("no sorting after all", ("sort",)),
        ("nah dont sort by price. brass one please", ("sort",)),
        ("actually money's no object", ("price_min", "price_max")),
        ("no star filter after all", ("rating_min",)),
        ("any colour's ok really", ("navy",)),
        ("no more than 40", ()),
        ("no limited editions", ()),
    ],
)
def test_slots_are_taken_back_in_many_words(text, names):
    need = Need(query="phone", include=("256gb", "navy"), price_min=100, price_max=500, rating_min=4.0, sort="price_asc")
    assert set(drops.find(read(text), need).names) == set(names)


@pytest.mark.parametrize(
    ("text", "old"), [("512", ("256gb",)), ("512gb", ("256gb",)), ("in red", ("navy",)), ("two of them, $256", ())]
)
def test_another_measure_or_color_rivals_the_old_one(text, old):
    assert drops.rivals(read(text), Need(include=("256gb", "navy"))) == old


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("dearest to cheapest", "price_desc"),
        ("cheap to dear", "price_asc"),
        ("low to high", "price_asc"),
        ("cheapest", "price_asc"),
    ],
)
def test_the_direction_of_an_order(text, order):
    assert signals.sort(read(text), frozenset())[0] == order
