"""An annotated turn as what the heads should say about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.reading.context import Context
from assistant.reading.encoder.inputs import Encoded
from assistant.reading.encoder.labels import ACTS, RELATIONS, SORTS, TOPICS, begins, goes_on
from assistant.reading.encoder.quantities import quantities, range_in, range_of
from assistant.reading.text import Text, read
from assistant.types import Frame

IGNORED = -100

Amount = tuple[str, tuple[float, ...]]
"""The kind of a number and its value, or its two ends."""

_ABOUT = (0.8, 1.2)


@dataclass(frozen=True, slots=True)
class Span:
    """The characters `start` to `end` (not included) of a turn, and what they are."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Annotated:
    """A turn, its context and its frame. `spans` says where the values stand; None where only the frame is known."""

    user: str
    context: Context
    frame: Frame
    spans: tuple[Span, ...] | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Class numbers: `tags` for each word, `items` and `values` 0 or 1 for each mark; the rest for the whole turn."""

    act: int
    topic: int
    sort: int
    price_rel: int
    tags: tuple[int, ...]
    items: tuple[int, ...]
    values: tuple[int, ...]


def target(turn: Annotated, encoded: Encoded) -> Target | None:
    """What the heads should say, or None if a value of the frame can't be found in the turn."""
    text = read(turn.user)
    spans = turn.spans if turn.spans is not None else find_spans(text, turn.frame)
    if spans is None:
        return None
    frame = turn.frame
    gone = {name.lower() for name in frame.drop}
    return Target(
        ACTS.index(frame.act),
        TOPICS.index(frame.topic) if frame.topic else IGNORED,
        SORTS.index(frame.sort),
        RELATIONS.index(frame.price_rel),
        tuple(_tags(text, spans, len(encoded.words))),
        tuple(int(place in frame.refs) for place in range(1, len(encoded.items) + 1)),
        tuple(int(name.lower() in gone) for name in encoded.names),
    )


def find_spans(text: Text, frame: Frame) -> tuple[Span, ...] | None:
    """Where the values of the frame stand in the turn; None if one of them does not stand there."""
    taken: set[int] = set()
    found: list[Span] = []
    for kind, value in sorted(_said(frame), key=lambda said: -len(said[1])):
        words = _place(text, value, taken)
        if words is None:
            return None
        taken.update(words)
        found.append(_span(text, words, kind))
    for ways in _amounts(frame):
        placed = next((spans for way in ways if (spans := _placed(text, way, taken))), None)
        if placed is None:
            return None
        found += placed
    return tuple(sorted(found, key=lambda span: span.start))


def _placed(text: Text, way: Sequence[Amount], taken: set[int]) -> list[Span] | None:
    """Spans for every amount of one way to say them, or None; the words found are added to `taken`."""
    here = set(taken)
    spans = []
    for kind, amount in way:
        words = _number_place(text, amount, here, kind)
        if words is None:
            return None
        here.update(words)
        spans.append(_span(text, words, kind))
    taken.update(here)
    return spans


def _said(frame: Frame) -> Iterator[tuple[str, str]]:
    if frame.query:
        yield "query", frame.query
    if frame.order_id:
        yield "order_id", frame.order_id
    for kind in ("include", "exclude", "brand", "brand_exclude"):
        for value in getattr(frame, kind):
            yield kind, value


def _amounts(frame: Frame) -> Iterator[tuple[tuple[Amount, ...], ...]]:
    """For each number of the frame the ways in which the turn may have said it."""
    low, high = (None if price is None else price / 100 for price in (frame.price_min, frame.price_max))
    if low is not None and high is not None:
        ways: tuple[tuple[Amount, ...], ...] = (
            (("price_range", (low, high)),),
            (("price_min", (low,)), ("price_max", (high,))),
        )
        middle = high / _ABOUT[1]
        about: tuple[Amount, ...] = (("price_about", (middle,)),)
        yield (about, *ways) if abs(middle * _ABOUT[0] - low) < 0.02 else ways
    elif low is not None:
        yield ((("price_min", (low,)),),)
    elif high is not None:
        yield ((("price_max", (high,)),),)
    if frame.rating_min is not None:
        yield ((("rating_min", (frame.rating_min,)),),)
    if frame.quantity is not None:
        yield ((("quantity", (float(frame.quantity),)),),)


def _place(text: Text, value: str, taken: set[int]) -> range | None:
    """The words that say `value`: the last place where no other value stands (a correction comes last)."""
    wanted = tuple(token.raw.lower() for token in read(value).tokens)
    typed = tuple(token.raw.lower() for token in text.tokens)
    for start in reversed(range(len(typed) - len(wanted) + 1)):
        words = range(start, start + len(wanted))
        matches = all(a == b or a.removesuffix("'s") == b for a, b in zip(typed[start:], wanted, strict=False))
        if wanted and matches and not taken & set(words):
            return words
    return None


def _number_place(text: Text, amount: tuple[float, ...], taken: set[int], kind: str) -> range | None:
    if len(amount) == 2:
        return _range_place(text, amount)
    for number in reversed(quantities(text.words)) if kind == "price_max" else quantities(text.words):
        words = range(number.start, number.end)
        if abs(number.value - amount[0]) < 0.011 and not taken & set(words):
            return words
    return None


def _range_place(text: Text, ends: tuple[float, ...]) -> range | None:
    """From the word of the lower end to the word of the upper one."""
    numbers = quantities(text.words)
    for left, right in zip(numbers, numbers[1:], strict=False):
        if range_of(text.words, left.start, right.end) == ends and right.start - left.end <= 4:
            return range(left.start, right.end)
    whole = (at for at, word in enumerate(text.words) if range_in(word) == ends)
    return next((range(at, at + 1) for at in whole), None)


def _span(text: Text, words: range, kind: str) -> Span:
    return Span(text.tokens[words.start].start, text.tokens[words.stop - 1].end, kind)


def _tags(text: Text, spans: Sequence[Span], count: int) -> Iterator[int]:
    last: Span | None = None
    for token in text.tokens[:count]:
        here = next((span for span in spans if span.start < token.end and token.start < span.end), None)
        if here is None:
            yield 0
        else:
            yield goes_on(here.kind) if here is last else begins(here.kind)
        last = here
