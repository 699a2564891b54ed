from assistant.reading.encoder.labels import ACTS, TAGS
from assistant.reading.encoder.targets import find_spans
from assistant.reading.text import read
from assistant.types import Frame


def _said(user, frame):
    spans = find_spans(read(user), frame)
    return None if spans is None else {(user[s.start : s.end], s.kind) for s in spans}


def test_values_are_found_where_they_stand():
    frame = Frame("search", query="hiking boots", include=("waterproof",), exclude=("leather",), price_max=12000)
    found = _said("waterproof hiking boots under $120, no leather", frame)
    assert found == {
        ("hiking boots", "query"),
        ("waterproof", "include"),
        ("leather", "exclude"),
        ("120", "price_max"),
    }


def test_a_correction_leaves_the_last_number():
    found = _said("under 40, sorry 40 quid", Frame("refine", price_max=4000))
    assert found == {("40", "price_max")}
    assert find_spans(read("under 40, sorry 40 quid"), Frame("refine", price_max=4000))[0].start > 8


def test_around_is_one_number_and_a_range_is_from_end_to_end():
    assert _said("around 100", Frame("refine", price_min=8000, price_max=12000)) == {("100", "price_about")}
    assert _said("between 40 and 60", Frame("refine", price_min=4000, price_max=6000)) == {("40 and 60", "price_range")}


def test_two_bounds_apart_are_two_spans():
    frame = Frame("refine", price_min=20000, price_max=30000)
    assert _said("no more than 300 please, and never ever less than 200", frame) == {
        ("300", "price_max"),
        ("200", "price_min"),
    }


def test_brand_is_found_before_its_apostrophe():
    assert _said("the look of Sony's", Frame("refine", brand=("Sony",))) == {("Sony's", "brand")}


def test_a_value_that_is_not_said_is_no_example():
    assert find_spans(read("something nice"), Frame("refine", include=("red",))) is None


def test_labels_have_no_doubles():
    assert len(set(TAGS)) == len(TAGS)
    assert len(set(ACTS)) == len(ACTS) == 17
