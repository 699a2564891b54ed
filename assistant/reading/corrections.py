"""Corrections within a turn: "blue, no wait, green" leaves green; "pixel 8, i mean pixel 8a" leaves the 8a."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.reading.numbers import number_at
from assistant.reading.text import Text, listed
from assistant.reading.words import AUDIENCES, COLORS, MATERIALS, SIZES

_CUE = listed(r"""
    (?:(?:oh|oops|whoops|ah|er|no|hang on|hold on)(?: ,)? )*(?:no (?:wait|sorry)|wait no|i mean(?:t)?|
        make that|scratch that|or rather|correction|actually no|no actually|sorry|no no|oops|whoops|
        hang on|hold on)(?: (?:actually|i meant?|make that|no))*
""")
_MARKS = frozenset(",.!?;:()")
_SMALL = frozenset("a an the for in with and to under of -".split())
_CLASSES = (COLORS, MATERIALS, SIZES, AUDIENCES)


def discarded(text: Text) -> frozenset[int]:
    """The tokens of the turn that a later correction takes back, and those of the correction's own words."""
    gone: set[int] = set()
    for span in text.find(_CUE):
        before = _before(text, span.start)
        after = _after(text, span.stop)
        if before and after:
            gone.update(span)
            gone.update(_replaced(text.words, before, after))
    return frozenset(gone)


def _before(text: Text, stop: int) -> range:
    """The words that the correction may take back: the segment before it."""
    end = stop
    while end and text.words[end - 1] in _MARKS:
        end -= 1
    start = end
    while start and text.words[start - 1] not in _MARKS:
        start -= 1
    return range(start, end)


def _after(text: Text, start: int) -> range:
    while start < len(text.words) and (text.words[start] in _MARKS or text.words[start] in _SMALL):
        start += 1
    end = start
    while end < len(text.words) and text.words[end] not in _MARKS:
        end += 1
    return range(start, end)


def _replaced(words: Sequence[str], before: range, after: range) -> range:
    """Which words of `before` the words of `after` stand in for: the same word, the same class, or the last ones."""
    first = words[after.start]
    for at in reversed(before):
        if words[at] == first:
            return range(at, before.stop)
    for at in reversed(before):
        if _same_class(words, at, after.start):
            numeric = number_at(words, at) is not None
            return range(at, before.stop) if numeric else range(at, at + 1)
    length = len(after)
    start = max(before.start, before.stop - length)
    while start < before.stop and words[start] in _SMALL:
        start += 1
    return range(start, before.stop)


def _same_class(words: Sequence[str], left: int, right: int) -> bool:
    if any(words[left] in group and words[right] in group for group in _CLASSES):
        return True
    return words[left] != "a" and number_at(words, left) is not None and number_at(words, right) is not None
