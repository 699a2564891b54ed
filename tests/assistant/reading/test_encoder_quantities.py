import pytest

from assistant.reading.encoder.quantities import quantities, quantity_in, range_in, range_of
from assistant.reading.text import read


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("under 80", 80),
        ("a couple hundred", 200),
        ("60ish", 60),
        ("£1.2k", 1200),
        ("about a tenner", 10),
        ("x4 of those", 4),
        ("3x the first", 3),
        ("half a dozen", 6),
        ("four and a half stars", 4.5),
        ("four point two", 4.2),
        ("twice", 2),
        ("100usd", 100),
    ],
)
def test_numbers_as_people_write_them(said, value):
    assert [number.value for number in quantities(read(said).words)] == [value]


@pytest.mark.parametrize("said", ["no number here", "the first", "waterproof"])
def test_words_that_are_no_numbers(said):
    assert quantities(read(said).words) == ()


def test_number_that_overlaps_a_span_is_found_whole():
    words = read("got a couple hundred to spend").words
    assert quantity_in(words, 3, 4) == 200


def test_no_number_in_the_span():
    assert quantity_in(read("under 80 please").words, 2, 3) is None


@pytest.mark.parametrize(("word", "ends"), [("50-100", (50, 100)), ("100-50", (50, 100)), ("$1k-2k", (1000, 2000))])
def test_range_in_one_word(word, ends):
    assert range_in(word) == ends


def test_no_range_in_a_plain_number():
    assert range_in("50") is None


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        ("40 to 60", (40, 60)),
        ("between £60 and £40", (40, 60)),
        ("six to eight hundred", (600, 800)),
        ("1 to 2 k", (1000, 2000)),
    ],
)
def test_range_over_words(said, ends):
    words = read(said).words
    assert range_of(words, 0, len(words)) == ends
