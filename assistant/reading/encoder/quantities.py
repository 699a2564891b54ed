"""Numbers of a turn as candidates for the roles that the network gives them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.reading.numbers import Number, digits_value, number_at

_SLANG = {
          "fiver": 5.0, "tenner": 10.0, "pony": 25.0, "couple": 2.0, "pair": 2.0, "single": 1.0, "dozen": 12.0,
          "once": 1.0, "twice": 2.0, "thrice": 3.0, "hundred": 100.0, "thousand": 1000.0}  # fmt: skip
_ATTACHED = re.compile(
    r"[x$£€]?(\d+(?:[.,]\d+)*k?)(?:[-]?(?:ish|usd|gbp|eur|euros?|quid|bucks?|dollars?|pounds?|x|s|th|st|\+))?"
)
_SCALES = {100: frozenset({"hundred"}), 1000: frozenset({"thousand", "grand", "k"})}
_RANGE = re.compile(r"\D?(\d+(?:\.\d+)?k?)[-/](\d+(?:\.\d+)?k?)\D*")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number over the words `start` to `end` (not included)."""

    start: int
    end: int
    value: float


def quantities(words: Sequence[str]) -> tuple[Quantity, ...]:
    """All numbers of the turn, in words, digits or slang, from left to right and not overlapping."""
    found: list[Quantity] = []
    at = 0
    while at < len(words):
        here = _quantity_at(words, at)
        if here:
            found.append(here)
        at = here.end if here else at + 1
    return tuple(found)


def quantity_in(words: Sequence[str], start: int, end: int) -> float | None:
    """The value of the number that overlaps the words `start` to `end`, or None."""
    return next((q.value for q in quantities(words) if q.start < end and start < q.end), None)


def range_in(word: str) -> tuple[float, float] | None:
    """The ends of a range typed as one word (50-100), in order, or None."""
    match = _RANGE.fullmatch(word)
    ends = [digits_value(part) for part in match.groups()] if match else []
    known = sorted(end for end in ends if end is not None)
    return (known[0], known[1]) if len(known) == 2 else None


def range_of(words: Sequence[str], start: int, end: int) -> tuple[float, float] | None:
    """The ends of a range said over the words `start` to `end`, in order; "six to eight hundred" is 600 to 800."""
    for word in words[start:end]:
        ends = range_in(word)
        if ends:
            return ends
    values = [number.value for number in quantities(words) if start <= number.start < end]
    if len(values) != 2:
        return None
    low, high = sorted(values)
    scale = next(
        (scale for scale in (1000, 100) if words[end - 1] in _SCALES[scale] and low * scale < high <= 99 * scale), 1
    )
    return low * scale, high


def _quantity_at(words: Sequence[str], at: int) -> Quantity | None:
    number = _fraction(words, at) or number_at(words, at)
    if number:
        return Quantity(at, at + number.length, number.value)
    word = words[at]
    if tuple(words[at : at + 3]) == ("half", "a", "dozen"):
        return Quantity(at, at + 3, 6.0)
    if word in _SLANG:
        return Quantity(at, at + 1, _SLANG[word])
    match = _ATTACHED.fullmatch(word)
    value = digits_value(match[1]) if match else None
    return Quantity(at, at + 1, value) if value is not None else None


def _fraction(words: Sequence[str], at: int) -> Number | None:
    """Four and a half, 4 and a half, four point two."""
    whole = number_at(words[at : at + 1], 0)
    if whole is None or whole.value >= 100:
        return None
    if tuple(words[at + 1 : at + 4]) == ("and", "a", "half"):
        return Number(whole.value + 0.5, 4)
    rest = number_at(words[at + 2 : at + 3], 0) if tuple(words[at + 1 : at + 2]) == ("point",) else None
    return Number(whole.value + rest.value / 10, 3) if rest and rest.value < 10 else None
