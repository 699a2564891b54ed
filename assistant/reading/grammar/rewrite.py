"""Annotated turns with other goods, brands, colors and amounts in the same sentences, so that sentences teach, not goods."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from assistant.reading.context import Context
from assistant.reading.encoder.targets import Annotated, Span
from assistant.reading.grammar.lexicon import Goods, Lexicon
from assistant.reading.grammar.noise import Piece, typed
from assistant.types import Shown
from retrieval.types import Need

_SHARE = 0.6
_NEGATORS = frozenset("no without with have sans minus avoid".split())
_CLASSES = ("colors", "materials", "audiences")


def rewrite(turn: Annotated, lexicon: Lexicon, rng: random.Random) -> Annotated:
    """The turn with some of its values changed, in the text, the need, the titles and what is dropped alike."""
    if turn.spans is None:
        return turn
    goods = rng.choice(lexicon.goods)
    # What stands in for an older value must stay of its kind: "tenor" may replace "concert", "quiet" may not.
    stands_in = bool(set(turn.frame.drop) & set(turn.context.need.include))
    changes: dict[str, str] = {}
    pieces: list[Piece] = []
    at = 0
    for span in turn.spans:
        before = turn.user[at : span.start]
        pieces.append(Piece(before))
        old = turn.user[span.start : span.end]
        new = _other(old, span, before, goods, lexicon, rng, stands_in) if rng.random() < _SHARE else old
        if span.kind in ("query", "include", "exclude", "brand", "brand_exclude") and new != old:
            changes[old.lower()] = new
        pieces.append(Piece(new, span.kind))
        at = span.end
    pieces.append(Piece(turn.user[at:]))
    makers = _new_makers(turn, lexicon, rng)
    pieces = [Piece(_swapped(p.text, makers), p.kind) if p.kind is None else p for p in pieces]
    text, spans = typed(pieces, rng, faithful=True)
    context = _context(turn.context, {**changes, **makers}, changes)
    frame = replace(turn.frame, drop=tuple(changes.get(name.lower(), name) for name in turn.frame.drop))
    return Annotated(text, context, frame, spans) if text.strip() else turn


def _other(old: str, span: Span, before: str, goods: Goods, lexicon: Lexicon, rng: random.Random, stands_in: bool) -> str:
    words = before.lower().split()
    last = words[-1] if words else ""
    if span.kind == "query":
        kind = rng.choice(goods.kinds)
        return f"{kind}s" if old.endswith("s") and not kind.endswith("s") else kind
    if span.kind in ("brand", "brand_exclude"):
        return rng.choice(goods.brands if rng.random() < 0.5 else lexicon.words["makers"])
    if span.kind == "include":
        return _other_property(old, last, goods, lexicon, rng, stands_in)
    if span.kind == "exclude":
        return _other_exclusion(old, last, goods, lexicon, rng)
    if span.kind in ("price_max", "price_min", "price_about") and old.isdigit():
        return str(rng.randint(10 ** (len(old) - 1), 10 ** len(old) - 1))
    return old


def _other_property(old: str, last: str, goods: Goods, lexicon: Lexicon, rng: random.Random, stands_in: bool) -> str:
    if re.search(r"\d", old):
        return re.sub(r"\d", lambda _: str(rng.randint(1, 9)), old)
    for name in _CLASSES:
        if old.lower() in lexicon.words[name]:
            return rng.choice(lexicon.words[name])
    if stands_in:
        return old
    if last == "for":
        return rng.choice(goods.uses)
    if last in ("with", "has", "have"):
        return rng.choice(goods.parts)
    if " " in old and rng.random() < 0.6:
        return old
    return rng.choice(goods.adjectives)


def _other_exclusion(old: str, last: str, goods: Goods, lexicon: Lexicon, rng: random.Random) -> str:
    for name in _CLASSES:
        if old.lower() in lexicon.words[name]:
            return rng.choice(lexicon.words[name])
    return rng.choice(goods.avoided) if last in _NEGATORS else old


def _new_makers(turn: Annotated, lexicon: Lexicon, rng: random.Random) -> dict[str, str]:
    """Other names for the first words of titles that the turn says outside of its values."""
    firsts = [item.title.split(" ")[0].lower() for item in turn.context.shown]
    said = set(re.findall(r"\w+", turn.user.lower()))
    once = [first for first in firsts if firsts.count(first) == 1 and first in said and first.isalpha() and len(first) > 2]
    values = " ".join(turn.user[span.start : span.end].lower() for span in turn.spans or ())
    return {first: rng.choice(lexicon.words["makers"]).split(" ")[0] for first in once if first not in values}


def _swapped(text: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        text = re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", lambda _, new=new: new, text, flags=re.IGNORECASE)  # type: ignore[misc]
    return text


def _context(context: Context, in_titles: Mapping[str, str], changes: Mapping[str, str]) -> Context:
    shown = tuple(Shown(item.id, _swapped(item.title, in_titles), item.price) for item in context.shown)
    return replace(context, shown=shown, need=_need(context.need, changes))


def _need(need: Need, changes: Mapping[str, str]) -> Need:
    def all_of(values: Sequence[str]) -> tuple[str, ...]:
        return tuple(changes.get(value.lower(), value) for value in values)

    return replace(
        need,
        query=changes.get(need.query.lower(), need.query),
        include=all_of(need.include),
        exclude=all_of(need.exclude),
        brand=all_of(need.brand),
        brand_exclude=all_of(need.brand_exclude),
    )
