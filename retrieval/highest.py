"""The best few of very many, without sorting them all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]
Scores = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Taken off the score of what is not allowed: a subtraction of all is ten times quicker than an assignment where needed.
FAR = np.float32(1e9)
_BLOCK = 64


def without(scores: Scores, allowed: Mask) -> Scores:
    """Returns the scores (n,) with those of what is not allowed (n,) far below all others."""
    return scores - np.multiply(~allowed, FAR, dtype=np.float32)


def highest(scores: Scores, count: int) -> Rows:
    """Returns where the `count` highest scores (n,) are, in no order."""
    if not 0 < count < len(scores):
        return np.arange(len(scores) if count > 0 else 0)
    return np.argpartition(scores, len(scores) - count)[len(scores) - count :]


def highest_of_many(scores: Scores, count: int) -> Rows:
    """Returns the same as `highest`, without going through all of them twice where they are many."""
    blocks = len(scores) // _BLOCK
    if not 0 < count <= blocks:
        return highest(scores, count)
    # So many blocks (of every so many rows) have a score as high as this that none of the highest can be lower.
    peaks = scores[: blocks * _BLOCK].reshape(_BLOCK, blocks).max(axis=0)
    floor = np.partition(peaks, blocks - count)[blocks - count]
    rows = np.flatnonzero(scores >= floor)
    return rows[highest(scores[rows], count)]


def first(keys: Sequence[NDArray[Any]], count: int) -> Rows:
    """Returns where the `count` least are, in order: by the first of `keys` (n,), where it ties by the next, then by place.

    The same as the beginning of a full sort, but only what may stand there is sorted.
    """
    sure: list[Rows] = []
    tied = np.arange(len(keys[0]))
    for key in keys:
        wanted = count - sum(map(len, sure))
        if not 0 < wanted < len(tied):
            break
        values = key[tied]
        bar = np.partition(values, wanted - 1)[wanted - 1]
        sure.append(tied[values < bar])
        tied = tied[values == bar]
    rows = np.sort(np.concatenate([*sure, tied[: max(count - sum(map(len, sure)), 0)]]))
    return rows[np.lexsort([key[rows] for key in reversed(keys)])]
