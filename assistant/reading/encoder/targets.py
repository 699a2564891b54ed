"""An annotated turn as what the heads should say about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.reading.context import Context
from assistant.reading.encoder.inputs import Encoded
from assistant.reading.encoder.labels import ACTS, RELATIONS, SORTS, TOPICS, begins, goes_on
from assistant.reading.encoder.quantities import quantities, range_in
from assistant.reading.text import Text, read
from assistant.types import Frame

IGNORED = -100
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
    for kind, amount in _amounts(frame):
        words = _number_place(text, amount, taken, kind)
        if words is None:
            return None
        taken.update(words)
        found.append(_span(text, words, kind))
    return tuple(sorted(_as_one_range(text, found), key=lambda span: span.start))


def _as_one_range(text: Text, found: Sequence[Span]) -> list[Span]:
    """Two bounds in one word are one range."""
    return list({(span.start, span.kind): span for span in found}.values())


def _said(frame: Frame) -> Iterator[tuple[str, str]]:
    if frame.query:
        yield "query", frame.query
    if frame.order_id:
        yield "order_id", frame.order_id
    for kind in ("include", "exclude", "brand", "brand_exclude"):
        for value in getattr(frame, kind):
            yield kind, value


def _amounts(frame: Frame) -> Iterator[tuple[str, tuple[float, ...]]]:
    low, high = (None if price is None else price / 100 for price in (frame.price_min, frame.price_max))
    if low is not None and high is not None:
        middle = high / _ABOUT[1]
        if abs(middle * _ABOUT[0] - low) < 0.02:
            yield "price_about", (middle,)
        else:
            yield "price_range", (low, high)
    elif low is not None or high is not None:
        yield ("price_min", (low,)) if low is not None else ("price_max", (high or 0.0,))
    if frame.rating_min is not None:
        yield "rating_min", (frame.rating_min,)
    if frame.quantity is not None:
        yield "quantity", (float(frame.quantity),)


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
    for at, word in enumerate(text.words):
        if range_in(word) == ends:
            return range(at, at + 1)
    numbers = quantities(text.words)
    for left, right in zip(numbers, numbers[1:], strict=False):
        if sorted((left.value, right.value)) == sorted(ends):
            return range(left.start, right.end)
    return None


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
