"""Measures of a list of recommendations: does it hit, how high, and how fairly is exposure shared out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

HEAD = 0.2
"""Share of the catalogue, the most popular, that is not its tail."""

_DRAWS = 2**18


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over shoppers, and between what it lies with a confidence of 95%."""

    mean: float
    low: float
    high: float


def bootstrap(figures: Sequence[float], resamples: int = 1_000, seed: int = 0) -> Figure:
    """The mean of one figure a shopper, with the percentile bootstrap over shoppers.

    Efron, "Bootstrap Methods: Another Look at the Jackknife" (Annals of Statistics, 1979). Raises `ValueError` without
    figures.
    """
    if not figures:
        raise ValueError("there are no figures; expected one a shopper, at least one.")
    values, rng = np.asarray(figures, dtype=np.float64), np.random.default_rng(seed)
    at_once = max(1, _DRAWS // len(values))
    sizes = [(min(at_once, resamples - done), len(values)) for done in range(0, resamples, at_once)]
    means = np.concatenate([values[rng.integers(0, len(values), size)].mean(axis=1) for size in sizes])
    low, high = np.quantile(means, [0.025, 0.975])
    return Figure(float(values.mean()), float(low), float(high))


def gains_at_k(recommended: Sequence[Sequence[Hashable]], targets: Sequence[Hashable], k: int) -> list[float]:
    """Each shopper's gain (0-1), the mean of which is `ndcg_at_k`. Raises `ValueError` as `hit_rate_at_k` does."""
    return [_gain(row[:k], target) for row, target in _pairs(recommended, targets)]


def hits_at_k(recommended: Sequence[Sequence[Hashable]], targets: Sequence[Hashable], k: int) -> list[float]:
    """1 for each shopper whose target stands among the first `k`, else 0. Raises `ValueError` as `hit_rate_at_k` does."""
    return [float(target in row[:k]) for row, target in _pairs(recommended, targets)]


def head_of(interactions: Mapping[Any, int], catalogue_size: int) -> frozenset[Hashable]:
    """The fifth of the catalogue with most training interactions; what is not in it is the tail.

    `interactions` counts them for each product; those that had none may be absent. Among equals, the first are taken.
    """
    ranked = sorted(interactions, key=lambda product: -interactions[product])
    return frozenset(ranked[: int(HEAD * catalogue_size)])


def tail_hit_rate_at_k(
    recommended: Sequence[Sequence[Hashable]],
    targets: Sequence[Hashable],
    interactions: Mapping[Any, int],
    catalogue_size: int,
    k: int,
) -> float | None:
    """`hit_rate_at_k` of the shoppers whose target is in the tail: outside the fifth with most training interactions.

    `interactions` counts them for each product; those that had none may be absent. None where no target is in the tail.
    """
    head = head_of(interactions, catalogue_size)
    hits = [float(t in row[:k]) for row, t in _pairs(recommended, targets) if t not in head]
    return _mean(hits) if hits else None


def exposures_at_k(recommended: Sequence[Sequence[Hashable]], catalogue: Sequence[Hashable], k: int) -> list[int]:
    """How often each product of the catalogue stands among the first `k`: the input of `gini`."""
    shown = Counter(product for row in recommended for product in row[:k])
    return [shown[product] for product in catalogue]


def hit_rate_at_k(recommended: Sequence[Sequence[Hashable]], targets: Sequence[Hashable], k: int) -> float:
    """Share of shoppers (0-1) whose target stands among the first `k`. Both sequences run over the same shoppers.

    Raises `ValueError` where they do not, or where there is no shopper.
    """
    return _mean(hits_at_k(recommended, targets, k))


def ndcg_at_k(recommended: Sequence[Sequence[Hashable]], targets: Sequence[Hashable], k: int) -> float:
    """Normalised discounted cumulative gain (0-1) with one target a shopper: 1 / log2(place + 1), places from 1.

    Raises `ValueError` as `hit_rate_at_k` does.
    """
    return _mean(gains_at_k(recommended, targets, k))


def coverage_at_k(recommended: Sequence[Sequence[Hashable]], catalogue_size: int, k: int) -> float:
    """Share of the catalogue (0-1) that stands among the first `k` of at least one shopper."""
    if catalogue_size < 1:
        raise ValueError(f"catalogue_size is {catalogue_size}; expected at least 1.")
    return len({item for row in recommended for item in row[:k]}) / catalogue_size


def gini(exposures: Sequence[int]) -> float:
    """Inequality of exposure over all products, those never shown included: 0 is equal shares, near 1 one takes all."""
    total, n = sum(exposures), len(exposures)
    if total <= 0 or min(exposures) < 0:
        raise ValueError("exposures are all zero or partly negative; expected counts with at least one shown product.")
    ranked = sum(place * count for place, count in enumerate(sorted(exposures), start=1))
    return 2 * ranked / (n * total) - (n + 1) / n


def _gain(row: Sequence[Hashable], target: Hashable) -> float:
    return 1 / math.log2(row.index(target) + 2) if target in row else 0.0


def _pairs(
    recommended: Sequence[Sequence[Hashable]], targets: Sequence[Hashable]
) -> list[tuple[Sequence[Hashable], Hashable]]:
    if len(recommended) != len(targets) or not targets:
        raise ValueError(f"{len(recommended)} lists for {len(targets)} targets; expected one list a target, at least one.")
    return list(zip(recommended, targets, strict=True))


def _mean(figures: Sequence[float]) -> float:
    return sum(figures) / len(figures)
