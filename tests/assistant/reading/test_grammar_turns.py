import random

import pytest

from assistant.reading.context import Context
from assistant.reading.encoder.labels import ACTS
from assistant.reading.encoder.targets import Annotated, find_spans
from assistant.reading.grammar.expand import choose, parse
from assistant.reading.grammar.generate import generate
from assistant.reading.grammar.lexicon import load
from assistant.reading.grammar.noise import Piece, typed
from assistant.reading.grammar.rewrite import rewrite
from assistant.reading.llm import CARRIES
from assistant.reading.text import read
from assistant.types import Frame, Shown
from retrieval.types import Need

LEXICON = load()
TURNS = list(generate(LEXICON, 1500, seed=1))


def test_every_act_is_made():
    assert {turn.frame.act for turn in TURNS} == set(ACTS)


def test_the_same_seed_makes_the_same_turns():
    assert list(generate(LEXICON, 50, seed=3)) == list(generate(LEXICON, 50, seed=3))
    assert list(generate(LEXICON, 50, seed=3)) != list(generate(LEXICON, 50, seed=4))


def test_values_stand_where_the_spans_say():
    for turn in TURNS:
        ends = 0
        for span in turn.spans:
            assert ends <= span.start < span.end <= len(turn.user), turn
            ends = span.end


def test_references_are_on_the_screen_and_drops_in_the_need():
    for turn in TURNS:
        assert all(1 <= ref <= len(turn.context.shown) for ref in turn.frame.refs), turn
        need = turn.context.need
        held = {*need.include, *need.exclude, *need.brand, *need.brand_exclude, *Need.__slots__}
        assert set(turn.frame.drop) <= held, turn


def test_turns_say_only_what_their_act_may_carry():
    slots = {"price_about": "price_max", "price_range": "price_max"}
    for turn in TURNS:
        carried = CARRIES[turn.frame.act]
        assert {slots.get(span.kind, span.kind) for span in turn.spans} <= carried, turn


def test_no_slot_or_choice_is_left_in_the_text():
    assert not [turn.user for turn in TURNS if "{" in turn.user or "(color" in turn.user]


def test_all_goods_have_what_the_templates_ask_for():
    assert len(LEXICON.goods) >= 60
    assert len({goods.domain for goods in LEXICON.goods}) >= 20


def test_held_back_domains_and_templates_are_apart():
    domains = frozenset({"music", "pets"})
    seen, unseen = LEXICON.less(domains, 9), LEXICON.only(domains, 9)
    assert not {goods.domain for goods in seen.goods} & {goods.domain for goods in unseen.goods}
    for act in ("search", "refine", "out_of_scope"):
        assert not set(seen.phrases[act]) & set(unseen.phrases[act])
        assert set(seen.phrases[act]) | set(unseen.phrases[act]) == set(LEXICON.phrases[act])


def test_choices_and_slots_of_the_template_language():
    said = {"".join(map(str, choose(parse("(a|b) c(| d)"), random.Random(seed)))) for seed in range(40)}
    assert said == {"a c", "b c", "a c d", "b c d"}


@pytest.mark.parametrize("template", ["(a|b", "a)b", "{slot"])
def test_brackets_that_do_not_close(template):
    with pytest.raises(ValueError, match="template"):
        parse(template)


def test_typing_keeps_values_in_their_place():
    pieces = [Piece("I want "), Piece("wide fitting", "include"), Piece(" , "), Piece("boots", "query")]
    for seed in range(30):
        text, spans = typed(pieces, random.Random(seed))
        assert len(spans) == 2
        assert text[spans[0].start : spans[0].end].lower().startswith("w")
        assert "  " not in text


def test_rewriting_changes_goods_alike_in_text_need_and_drop():
    user = "forget the wool, make it red"
    need = Need(query="scarf", include=("wool",))
    frame = Frame("refine", include=("red",), drop=("wool",))
    shown = (Shown("a", "Acme Scarf red", 1000),)
    turn = Annotated(user, Context(need, shown), frame, find_spans(read(user), frame))
    again = [rewrite(turn, LEXICON, random.Random(seed)) for seed in range(20)]
    colors = {found.user[found.spans[0].start : found.spans[0].end] for found in again}
    assert len(colors) > 3
    for found in again:
        assert set(found.frame.drop) <= set(found.context.need.include)
