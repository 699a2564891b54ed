"""How closely a sentence keeps to the words it was given: runs of words that stand there as they do here.

A small model is fluent where it repeats what a merchant wrote, and stumbles where it stitches single words together.
"""

from __future__ import annotations

from collections.abc import Iterable

from assistant.comparing import without_comparisons
from assistant.grounding import REFERENCE
from assistant.stems import WORD

_RUN = 3


def closeness(sentence: str, lines: Iterable[str]) -> float:
    """The share (0-1) of the words of `sentence` that stand in runs of three or more words of one of `lines`.

    References and comparisons of price and rating, which are checked by themselves, don't count.
    """
    words = WORD.findall(without_comparisons(REFERENCE.sub(" ", sentence)).lower())
    known = {run for line in lines for run in _runs(WORD.findall(line.lower()))}
    covered = {place + step for place, run in enumerate(_runs(words)) if run in known for step in range(_RUN)}
    return len(covered) / len(words) if words else 0.0


def _runs(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words[start : start + _RUN]) for start in range(len(words) - _RUN + 1)]
