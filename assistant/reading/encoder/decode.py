"""What the heads say as a legal frame: spans to values, numbers to amounts, and only the slots that the act may carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.need import to_minor
from assistant.reading.amounts import AROUND, relations
from assistant.reading.context import Context
from assistant.reading.encoder.inputs import Encoded
from assistant.reading.encoder.labels import ACTS, RELATIONS, SORTS, SPAN_KINDS, TAGS, TOPICS, begins, goes_on
from assistant.reading.encoder.quantities import quantity_in, range_of
from assistant.reading.llm import CARRIES
from assistant.reading.text import Text
from assistant.types import Act, Frame
from assistant.vocabulary import Vocabulary, normal

Scores = Mapping[str, NDArray[np.float32]]
"""Logits of one turn: `act`, `topic`, `sort`, `price_rel` (C), `tags` (L, T), `item` and `value` (L)."""

_NEVER = np.float32(-1e4)
_HIGHEST_RATING = 5.0
_MOST_PIECES = 999
_SLOT_OF = {"price_about": "price_max", "price_range": "price_max"}
_ALWAYS_OF_ONE = frozenset({"ask_product", "like", "dislike", "cart_add"})
_LEAST_SHARE = 0.25
_PRICE_KINDS = frozenset({"price_min", "price_max", "price_about"})
_BY_RULE = {"min": "price_min", "max": "price_max", "around": "price_about"}
_LIST_KINDS = ("include", "exclude", "brand", "brand_exclude")


@dataclass(frozen=True, slots=True)
class Said:
    """A run of words, `start` to `end` (not included), and what it is."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """A frame and how sure the network is of its least sure part, from 0 to 1 and not yet calibrated."""

    frame: Frame
    certainty: float


def decode(scores: Scores, encoded: Encoded, text: Text, context: Context, vocabulary: Vocabulary) -> Decoded:
    """The frame that the scores stand for, and the certainty."""
    act, act_share = _act(scores["act"], len(context.shown))
    carries = CARRIES[act]
    spans, tag_share = _spans(scores["tags"][list(encoded.words)], carries)
    refs, item_share = (
        _refs(act, scores["item"][list(encoded.items)], context.focus_position) if "refs" in carries else ((), 1.0)
    )
    gone, value_share = _drops(scores["value"][list(encoded.values)], encoded.names) if "drop" in carries else ((), 1.0)
    slots: dict[str, Any] = {
        "refs": refs,
        "drop": gone,
        **values_of(spans, text, vocabulary),
        **numbers_of(spans, text, context),
    }
    shares = [act_share, tag_share, item_share, value_share]
    if "sort" in carries:
        for slot, classes in (("sort", SORTS), ("price_rel", RELATIONS)):
            best, share = _best(scores[slot])
            slots[slot] = classes[best]
            shares.append(share)
    if "topic" in carries:
        best, share = _best(scores["topic"])
        slots["topic"] = TOPICS[best]
        shares.append(share)
    if not context.shown or {"price_min", "price_max"} & set(slots):
        slots["price_rel"] = None
    return Decoded(Frame(act, **slots), float(min(shares)))


def _act(scores: NDArray[np.float32], shown: int) -> tuple[Act, float]:
    allowed = scores.copy()
    if shown < 2:
        allowed[ACTS.index("compare")] = _NEVER
    best, share = _best(allowed)
    return ACTS[best], share


def _best(scores: NDArray[np.float32]) -> tuple[int, float]:
    best = int(scores.argmax())
    return best, float(1.0 / np.exp(scores - scores[best]).sum())


def _spans(scores: NDArray[np.float32], carries: frozenset[str]) -> tuple[tuple[Said, ...], float]:
    """The best legal sequence of tags as spans, and the share of its least sure word."""
    if not len(scores):
        return (), 1.0
    scores = scores + _forbidden(carries)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    tags = _viterbi(scores)
    return tuple(_runs(tags)), float(shares[np.arange(len(tags)), tags].min())


def _forbidden(carries: frozenset[str]) -> NDArray[np.float32]:
    penalty = np.zeros(len(TAGS), dtype=np.float32)
    for kind in SPAN_KINDS:
        if _SLOT_OF.get(kind, kind) not in carries:
            penalty[[begins(kind), goes_on(kind)]] = _NEVER
    return penalty


def _transitions() -> NDArray[np.float32]:
    steps = np.zeros((len(TAGS), len(TAGS)), dtype=np.float32)
    for kind in SPAN_KINDS:
        steps[:, goes_on(kind)] = _NEVER
        steps[[begins(kind), goes_on(kind)], goes_on(kind)] = 0.0
    return steps


_STEPS = _transitions()


def _viterbi(scores: NDArray[np.float32]) -> list[int]:
    best = scores[0] + _STEPS[0]
    back: list[NDArray[np.intp]] = []
    for row in scores[1:]:
        paths = best[:, None] + _STEPS
        back.append(paths.argmax(axis=0))
        best = paths.max(axis=0) + row
    tags = [int(best.argmax())]
    for pointers in reversed(back):
        tags.append(int(pointers[tags[-1]]))
    return tags[::-1]


def _runs(tags: Sequence[int]) -> Iterator[Said]:
    start, kind = 0, ""
    for at, tag in enumerate([*tags, 0]):
        if kind and tag != goes_on(kind):
            yield Said(start, at, kind)
            kind = ""
        if tag and not kind:
            start, kind = at, SPAN_KINDS[(tag - 1) // 2]


def _refs(act: Act, scores: NDArray[np.float32], focus: int | None) -> tuple[tuple[int, ...], float]:
    """Positions meant; a comparison is of two at least, and an opinion or a question is about something.

    Where the words point at nothing that is the item last talked about, or else the likeliest one.
    """
    if not len(scores):
        return (), 1.0
    shares = 1.0 / (1.0 + np.exp(-scores))
    chosen = [int(at) for at in np.flatnonzero(shares > 0.5)]
    if act == "compare" and len(chosen) < 2:
        chosen = sorted(int(at) for at in np.argsort(-shares)[:2])
    if act in _ALWAYS_OF_ONE and not chosen:
        known = focus is not None and focus <= len(shares)
        chosen = [focus - 1] if focus and known else [int(shares.argmax())] if shares.max() > _LEAST_SHARE else []
    return tuple(at + 1 for at in chosen), float(np.maximum(shares, 1 - shares).min())


def _drops(scores: NDArray[np.float32], names: Sequence[str]) -> tuple[tuple[str, ...], float]:
    if not len(scores):
        return (), 1.0
    shares = 1.0 / (1.0 + np.exp(-scores))
    gone = dict.fromkeys(name for name, share in zip(names, shares, strict=True) if share > 0.5)
    return tuple(gone), float(np.maximum(shares, 1 - shares).min())


def values_of(spans: Sequence[Said], text: Text, vocabulary: Vocabulary) -> dict[str, Any]:
    """The query, the lists and the order id as they were typed; brands of the shop go where brands belong."""
    found: dict[str, list[str]] = {kind: [] for kind in _LIST_KINDS}
    slots: dict[str, Any] = {}
    for span in spans:
        said = text.slice(span.start, span.end - 1)
        if not any(character.isalnum() for character in said):
            continue
        if span.kind == "query" and "query" not in slots:
            slots["query"] = said.lower()
        elif span.kind == "query":
            found["include"].append(said)
        elif span.kind == "order_id":
            slots["order_id"] = said.lstrip("#")
        elif span.kind in found:
            found[_shelved(span.kind, said, vocabulary)].append(said)
    unwanted = {value.lower() for value in (*found["exclude"], *found["brand_exclude"])}
    for kind in _LIST_KINDS:
        brands = kind.startswith("brand")
        values = [value.removesuffix("'s") if brands else value.lower() for value in found[kind]]
        if kind in ("include", "brand"):
            values = [value for value in values if value.lower() not in unwanted]
        slots[kind] = tuple({value.lower(): value for value in values}.values())
    return slots


def _shelved(kind: str, said: str, vocabulary: Vocabulary) -> str:
    """The slot of a value: a brand of this shop is a brand, whatever the network took it for."""
    is_brand = normal(said) in vocabulary.brands and not vocabulary.is_value(said) and not vocabulary.is_kind(said)
    return {"include": "brand", "exclude": "brand_exclude"}.get(kind, kind) if is_brand else kind


def numbers_of(spans: Sequence[Said], text: Text, context: Context) -> dict[str, Any]:
    """Prices in minor units, the rating and the quantity that the spans state."""
    slots: dict[str, Any] = {}
    bounds = relations(text, context.need.price_max is not None)
    for span in spans:
        said = next((_BY_RULE[bounds[at]] for at in range(span.start, span.end) if at in bounds), span.kind)
        kind = said if span.kind in _PRICE_KINDS else span.kind  # rules are right about "over" and "under" nearly always
        if kind == "price_range" and not any(other.kind in _PRICE_KINDS for other in spans):  # else a size: 9.5-10.5
            slots.update(_bounds(range_of(text.words, span.start, span.end), context))
        value = quantity_in(text.words, span.start, span.end)
        if value is None:
            continue
        if kind in ("price_min", "price_max"):
            slots[kind] = to_minor(value, context.currency)
        elif kind == "price_about":
            slots.update(_bounds((value * AROUND[0], value * AROUND[1]), context))
        elif kind == "rating_min" and 0 < value <= _HIGHEST_RATING:
            slots.setdefault("rating_min", float(value))  # "4 of 5 stars"
        elif kind == "quantity" and value == int(value) and 1 <= value <= _MOST_PIECES:
            slots["quantity"] = int(value)
    if slots.get("price_min", 0) > slots.get("price_max", float("inf")):
        slots["price_min"], slots["price_max"] = slots["price_max"], slots["price_min"]
    return slots


def _bounds(ends: tuple[float, float] | None, context: Context) -> dict[str, int]:
    if ends is None:
        return {}
    return {"price_min": to_minor(ends[0], context.currency), "price_max": to_minor(ends[1], context.currency)}
