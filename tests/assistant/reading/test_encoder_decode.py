import numpy as np
import pytest

from assistant.reading.context import Context
from assistant.reading.encoder.decode import decode
from assistant.reading.encoder.inputs import Encoded
from assistant.reading.encoder.labels import ACTS, RELATIONS, SORTS, TAGS, TOPICS, begins, goes_on
from assistant.reading.text import read
from assistant.types import Shown
from assistant.vocabulary import Vocabulary
from retrieval.types import Need

_NO_SHOP = Vocabulary()
_SHOWN = (Shown("a", "Alpha", 1000), Shown("b", "Beta", 2000), Shown("c", "Gamma", 3000))


class Heads:
    """Scores as the network would give them, one clear choice a head."""

    def __init__(self, text, act="refine", shown=(), names=()):
        self.text = read(text)
        words = len(self.text.tokens)
        marks = len(shown) + len(names)
        length = words + marks
        self.encoded = Encoded(
            ids=(0,) * length,
            features=((),) * length,
            words=tuple(range(words)),
            items=tuple(range(words, words + len(shown))),
            values=tuple(range(words + len(shown), length)),
            names=tuple(names),
        )
        self.context = Context(need=Need(query="boots"), shown=tuple(shown))
        self.scores = {
            "act": _one(len(ACTS), ACTS.index(act)),
            "topic": _one(len(TOPICS), 0),
            "sort": _one(len(SORTS), 0),
            "price_rel": _one(len(RELATIONS), 0),
            "tags": np.stack([_one(len(TAGS), 0) for _ in range(length)]),
            "item": np.full(length, -8, dtype=np.float32),
            "value": np.full(length, -8, dtype=np.float32),
        }

    def tag(self, phrase, kind):
        words = self.text.words
        wanted = read(phrase).words
        start = next(at for at in range(len(words)) if words[at : at + len(wanted)] == wanted)
        for at in range(start, start + len(wanted)):
            self.scores["tags"][at] = _one(len(TAGS), begins(kind) if at == start else goes_on(kind))
        return self

    def mean(self, *places):
        for place in places:
            self.scores["item"][self.encoded.items[place - 1]] = 8
        return self

    def drop(self, *names):
        for name in names:
            self.scores["value"][self.encoded.values[self.encoded.names.index(name)]] = 8
        return self

    def frame(self, vocabulary=_NO_SHOP):
        return decode(self.scores, self.encoded, self.text, self.context, vocabulary).frame


def _one(size, best):
    scores = np.full(size, -5, dtype=np.float32)
    scores[best] = 5
    return scores


def test_spans_become_values_in_lower_case_and_brands_as_typed():
    heads = Heads("Waterproof BOOTS by Keen, no Leather", "search")
    heads.tag("boots", "query").tag("waterproof", "include").tag("keen", "brand").tag("leather", "exclude")
    frame = heads.frame()
    assert (frame.query, frame.include, frame.brand, frame.exclude) == ("boots", ("waterproof",), ("Keen",), ("leather",))


@pytest.mark.parametrize(
    ("text", "number", "kind", "bounds"),
    [
        ("under 80 dollars", "80", "price_max", (None, 8000)),
        ("over 80", "80", "price_min", (8000, None)),
        ("around 100", "100", "price_about", (8000, 12000)),
        ("between 40 and 60", "40 and 60", "price_range", (4000, 6000)),
        ("budget 50-100", "50-100", "price_range", (5000, 10000)),
    ],
)
def test_numbers_become_bounds(text, number, kind, bounds):
    frame = Heads(text).tag(number, kind).frame()
    assert (frame.price_min, frame.price_max) == bounds


def test_a_range_next_to_a_limit_is_no_price():
    frame = Heads("size 9-10, under 30").tag("9-10", "price_range").tag("30", "price_max").frame()
    assert (frame.price_min, frame.price_max) == (None, 3000)


def test_slots_that_the_act_does_not_carry_are_left_out():
    frame = (
        Heads("is it red and under 80", "ask_product", _SHOWN).tag("red", "include").tag("80", "price_max").mean(2).frame()
    )
    assert (frame.refs, frame.include, frame.price_max) == ((2,), (), None)


def test_a_comparison_is_of_two_at_least():
    heads = Heads("which is better", "compare", _SHOWN).mean(3)
    heads.scores["item"][heads.encoded.items[0]] = -1
    assert heads.frame().refs == (1, 3)


def test_no_comparison_with_one_item_on_the_screen():
    heads = Heads("which is better", "compare", _SHOWN[:1])
    heads.scores["act"][ACTS.index("ask_product")] = 2
    assert heads.frame().act == "ask_product"


def test_no_relative_price_without_a_screen_or_next_to_a_bound():
    heads = Heads("cheaper")
    heads.scores["price_rel"] = _one(len(RELATIONS), RELATIONS.index("lower"))
    assert heads.frame().price_rel is None
    shown = Heads("cheaper", shown=_SHOWN)
    shown.scores["price_rel"] = _one(len(RELATIONS), RELATIONS.index("lower"))
    assert shown.frame().price_rel == "lower"


def test_what_the_need_loses():
    heads = Heads("forget the fleece", names=("fleece", "warm", "price_max")).drop("fleece")
    assert heads.frame().drop == ("fleece",)


def test_a_brand_of_the_shop_is_a_brand():
    shop = Vocabulary(brands={"zentro": "Zentro"})
    frame = Heads("zentro not acme").tag("zentro", "include").frame(shop)
    assert (frame.brand, frame.include) == (("zentro",), ())


def test_a_tag_that_goes_on_needs_one_that_began():
    heads = Heads("red boots")
    heads.scores["tags"][0] = _one(len(TAGS), goes_on("include"))
    heads.scores["tags"][0][begins("include")] = 4
    assert heads.frame().include == ("red",)


def test_wanted_and_unwanted_at_once_is_unwanted():
    frame = Heads("red not red").tag("red", "include").frame()
    assert frame.include == ("red",)
    heads = Heads("red not red").tag("red", "include")
    heads.scores["tags"][2] = _one(len(TAGS), begins("exclude"))
    assert (heads.frame().include, heads.frame().exclude) == ((), ("red",))


def test_certainty_is_that_of_the_least_sure_part():
    sure = Heads("red boots").tag("red", "include")
    doubtful = Heads("red boots").tag("red", "include")
    doubtful.scores["tags"][1][begins("query")] = 4.9
    kwargs = (sure.encoded, sure.text, sure.context, Vocabulary())
    assert decode(sure.scores, *kwargs).certainty > 0.9 > 0.6 > decode(doubtful.scores, *kwargs).certainty
