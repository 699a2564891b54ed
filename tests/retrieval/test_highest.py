from __future__ import annotations

import numpy as np
import pytest

from retrieval.highest import first, highest, highest_of_many, without


@pytest.mark.parametrize("count", [0, 1, 7, 100, 5_000, 9_000])
def test_the_highest_are_those_of_a_full_sort(count: int) -> None:
    scores = np.random.default_rng(count).random(5_000, dtype=np.float32)
    best = set(np.argsort(-scores)[:count].tolist())
    assert set(highest(scores, count).tolist()) == best
    assert set(highest_of_many(scores, count).tolist()) == best


def test_what_is_not_allowed_is_never_among_the_highest() -> None:
    scores, allowed = np.arange(1_000, dtype=np.float32), np.arange(1_000) % 2 == 0
    assert sorted(highest_of_many(without(scores, allowed), 3)) == [994, 996, 998]


@pytest.mark.parametrize("count", [0, 1, 8, 60, 300, 400])
@pytest.mark.parametrize("steps", [1, 2, 5, 1_000])
def test_the_first_are_the_beginning_of_a_full_sort(count: int, steps: int) -> None:
    chance = np.random.default_rng(steps)
    keys = [chance.integers(0, steps, 300), chance.integers(0, steps, 300).astype(np.float64)]
    assert first(keys, count).tolist() == np.lexsort(keys[::-1])[:count].tolist()


def test_of_nothing_nothing_is_first() -> None:
    assert first([np.zeros(0), np.zeros(0)], 5).tolist() == []
