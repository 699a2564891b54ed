"""Numbers of a turn as candidates for the roles that the network gives them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.reading.numbers import digits_value, number_at

_SLANG = {"fiver": 5.0, "tenner": 10.0, "pony": 25.0, "couple": 2.0, "pair": 2.0, "single": 1.0, "dozen": 12.0}
_ATTACHED = re.compile(r"[x$£€]?(\d+(?:[.,]\d+)*k?)(?:[-]?(?:ish|usd|gbp|eur|euros?|quid|bucks?|dollars?|pounds?|x|s|th|st|\+))?")
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


def _quantity_at(words: Sequence[str], at: int) -> Quantity | None:
    number = number_at(words, at)
    if number:
        return Quantity(at, at + number.length, number.value)
    word = words[at]
    if word == "half" and words[at + 1 : at + 3] in (("a", "dozen"), ["a", "dozen"]):
        return Quantity(at, at + 3, 6.0)
    if word in _SLANG:
        return Quantity(at, at + 1, _SLANG[word])
    match = _ATTACHED.fullmatch(word)
    value = digits_value(match[1]) if match else None
    return Quantity(at, at + 1, value) if value is not None else None
