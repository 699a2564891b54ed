"""Numbers as people write them: 1,200 · 1.2k · thirty five · a couple hundred · half a grand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_UNITS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen".split()
    )
}
_TENS = {
    word: value
    for value, word in zip(range(20, 100, 10), "twenty thirty forty fifty sixty seventy eighty ninety".split(), strict=True)
}
_TENS["fourty"] = 40
_SCALES = {"hundred": 100, "thousand": 1000, "grand": 1000, "k": 1000, "dozen": 12}
_SMALL = {**_UNITS, **_TENS}
_DIGITS = re.compile(r"(\d{1,3}(?:,\d{3}){1,2}|\d{1,9})(?:[.,](\d{1,2}))?(k)?")


@dataclass(frozen=True, slots=True)
class Number:
    """A number and how many tokens it takes."""

    value: float
    length: int


def number_at(words: Sequence[str], at: int) -> Number | None:
    """The number that starts at token `at`, or None. "one" alone counts; "a" does only before a scale word."""
    if at >= len(words):
        return None
    return _colloquial(words, at) or _digits(words, at) or _spelled(words, at)


def digits_value(word: str) -> float | None:
    """The value of a number in digits (1,200 · 9,99 · 1.5 · 2k), or None if the word is anything else."""
    match = _DIGITS.fullmatch(word)
    if match is None:
        return None
    value = float(f"{match[1].replace(',', '')}.{match[2] or 0}")
    return value * 1000 if match[3] else value


def _word(words: Sequence[str], at: int) -> str:
    return words[at] if at < len(words) else ""


def _colloquial(words: Sequence[str], at: int) -> Number | None:
    """(a) couple (of) hundred, half a grand, a hundred, a grand and a half."""
    start = at
    if words[at] == "half" and _word(words, at + 1) == "a" and _word(words, at + 2) in _SCALES:
        return Number(_SCALES[words[at + 2]] / 2, 3)
    if words[at] == "a":
        at += 1
    if _word(words, at) == "couple":
        scale_at = at + 2 if _word(words, at + 1) == "of" else at + 1
        if _word(words, scale_at) in _SCALES:
            return Number(2 * _SCALES[words[scale_at]], scale_at + 1 - start)
        return None
    if at > start and _word(words, at) in _SCALES and words[at] != "k":
        return _add_rest(words, start, at + 1, _SCALES[words[at]])
    return None


def _digits(words: Sequence[str], at: int) -> Number | None:
    value = digits_value(words[at])
    if value is None:
        return None
    scale = _SCALES.get(_word(words, at + 1))
    return Number(value * scale, 2) if scale and value < 1000 else Number(value, 1)


def _spelled(words: Sequence[str], at: int) -> Number | None:
    small = _small(words, at)
    if small is None:
        return None
    value, next_at = small.value, at + small.length
    scale = _SCALES.get(_word(words, next_at))
    if scale:
        return _add_rest(words, at, next_at + 1, value * scale)
    rest = _TENS.get(_word(words, next_at))
    if rest and 1 <= value <= 9:  # "two fifty" is 250
        return Number(value * 100 + rest, next_at + 1 - at)
    return Number(value, next_at - at)


def _small(words: Sequence[str], at: int) -> Number | None:
    """0 to 99: "thirty", "thirty five", "thirty-five"."""
    first, _, second = _word(words, at).partition("-")
    if second:
        joined = first in _TENS and second in _UNITS
        return Number(_TENS[first] + _UNITS[second], 1) if joined else None
    if first in _TENS and 1 <= _UNITS.get(_word(words, at + 1), 0) <= 9:
        return Number(_TENS[first] + _UNITS[words[at + 1]], 2)
    return Number(_SMALL[first], 1) if first in _SMALL else None


def _add_rest(words: Sequence[str], start: int, at: int, value: float) -> Number:
    """Adds what follows a scale word: "and a half", "and fifty", "fifty", "two hundred"."""
    if [*words[at : at + 3]] == ["and", "a", "half"]:
        return Number(value * 1.5, at + 3 - start)
    after = at + 1 if _word(words, at) == "and" else at
    rest = _small(words, after)
    if rest is None or rest.value >= value:
        return Number(value, at - start)
    end = after + rest.length
    if _word(words, end) == "hundred" and value >= 1000:
        return Number(value + rest.value * 100, end + 1 - start)
    return Number(value + rest.value, end - start)
