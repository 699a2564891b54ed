"""Which of the shown items a turn means."""

import pytest

from assistant.reading.references import evidence
from assistant.reading.text import read
from assistant.types import Shown
from assistant.understand import Context, LexicalReader
from assistant.vocabulary import Vocabulary
from retrieval.types import Need

SHOWN = (
    Shown("a", "Sony WH-CH520 Headphones, white", 4999),
    Shown("b", "JBL Tune 510 Headphones, black", 3450),
    Shown("c", "Bose QuietComfort Headphones, navy", 19900),
    Shown("d", "Anker Q20 Headphones, forest green", 5900),
)
CONTEXT = Context(Need(query="headphones"), SHOWN, "search", focus="b")

MEANT = {
    (1,): [
        "the first one",
        "first one please, add it to cart",
        "add number one",
        "#1 in cart",
        "add the 1st",
        "is the Sony wireless?",
        "does that Sony one fold",
        "i'll take the white one",
        "item 1 please add to cart",
        "I love the Sony",
        "the top one looks good",
        "option 1 looks nice",
        "is the WH-CH520 any good?",
    ],
    (2,): [
        "is it foldable?",
        "add it to my cart",
        "i'll take that one",
        "I like that one",
        "the second, add to basket",
        "2nd one looks great",
        "how loud is the black one?",
        "I'll have the cheapest one",
        "the JBL looks good",
        "does this come with a case",
        "add the 34.50 one to the cart",
        "put the cheapest in my basket",
        "is the tune 510 loud?",
        "hate it",
    ],
    (3,): [
        "i'll take the bose",
        "the third is lovely",
        "is the most expensive one worth it?",
        "#3 looks ace",
        "the navy one please, in the basket",
        "number three is great",
        "does the 3rd have a mic",
        "i'll take the $199 one",
        "can the quietcomfort connect to two phones?",
        "is the third one noise cancelling",
        "the Boze is nice",
    ],
    (4,): [
        "add the last one",
        "the last one looks great",
        "the green one is ugly",
        "is the forest green one comfy?",
        "the 4th one is nice",
        "buy the fourth",
        "bottom one is nice",
        "not a fan of the Anker",
    ],
    (1, 2): [
        "compare the first two",
        "compare the sony and the jbl",
        "which is better, the first or the second?",
        "difference between 1st and 2nd?",
        "first two in my basket please",
        "sony vs jbl",
        "is the white one better than the black one",
    ],
    (3, 4): [
        "compare the last two",
        "the last two look nice",
        "add the last two to the cart",
        "compare #3 and #4",
        "which of the last two is lighter",
    ],
    (1, 3): [
        "compare number 1 and number 3",
        "the first and third are nice",
        "add the Sony and the Bose to my cart",
        "compare the first and the third",
    ],
    (1, 2, 3, 4): [
        "compare these",
        "compare all of them",
        "none of these are nice",
        "these are all horrible",
        "which one is the lightest?",
        "I like all of these",
        "which of these is the loudest",
        "don't like any of them",
    ],
    (): [
        "cheaper",
        "show me more",
        "newest first",
        "wireless ones",
        "put the best rated at the top",
        "make it black",
        "under 50",
        "no second hand ones",
        "thanks, that's it",
    ],
}


def refs_of(said, context=CONTEXT):
    return LexicalReader(Vocabulary()).read(said, context).frame.refs


@pytest.mark.parametrize(
    ("refs", "said"), [pytest.param(refs, said, id=said) for refs, texts in MEANT.items() for said in texts]
)
def test_refs(refs, said):
    assert tuple(sorted(refs_of(said))) == refs


@pytest.mark.parametrize(
    ("refs", "said"),
    [
        ((3,), "more like the bose but cheaper"),
        ((2,), "like that one but in red"),
        ((2,), "cheaper than that"),
        ((1,), "do you have the white one in pink?"),
        ((4,), "something like the last one with more bass"),
        ((3,), "the third one but cheaper"),
    ],
)
def test_refs_of_a_refinement(refs, said):
    frame = LexicalReader(Vocabulary()).read(said, CONTEXT).frame
    assert (frame.act, frame.refs) == ("refine", refs)


def test_it_is_the_only_item_where_none_was_talked_about():
    assert refs_of("is it loud?", Context(CONTEXT.need, SHOWN[:1], "search")) == (1,)
    assert refs_of("is it loud?", Context(CONTEXT.need, SHOWN, "search")) == ()


def test_the_other_one_is_not_the_one_last_talked_about():
    assert refs_of("I like the other one", Context(CONTEXT.need, SHOWN[:2], "search", focus="a")) == (2,)
    assert refs_of("I like the other one", Context(CONTEXT.need, SHOWN[:2], "search", focus="b")) == (1,)


def test_a_position_that_is_not_on_the_screen_is_no_reference():
    assert refs_of("add the seventh one to my cart") == ()


def test_nothing_shown_means_no_reference():
    assert refs_of("add the first one to my cart", Context()) == ()


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("1 or 3, which is louder", {"place": {1, 3}}),
        ("compare 2 with 4", {"place": {2, 4}}),
        ("3", {"place": {3}}),
        ("the second cheapest", {"price": {1}}),
        ("the second last one, is it loud", {"place": {3}}),
        ("first or last", {"place": {1, 4}}),
        ("does the middle column flip", {}),
        ("the 2nd dearest", {"price": {4}}),
        ("the 59 quid one or the 199", {"price": {3, 4}}),
        ("a pack of 2 or 3 kg", {}),
        ("something for 30 people", {}),
    ],
)
def test_evidence_tells_how_an_item_is_pointed_at(text, places):
    found = evidence(read(text), SHOWN)
    assert {way: set(positions) for way, positions in found.items() if positions and way != "name"} == places
