"""Measures of a list of recommendations: does it hit, how high, and how fairly is exposure shared out."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence


def hit_rate_at_k(recommended: Sequence[Sequence[Hashable]], targets: Sequence[Hashable], k: int) -> float:
    """Share of shoppers (0-1) whose target stands among the first `k`. Both sequences run over the same shoppers.

    Raises `ValueError` where they do not, or where there is no shopper.
    """
    return _mean([float(target in row[:k]) for row, target in _pairs(recommended, targets)])


def ndcg_at_k(recommended: Sequence[Sequence[Hashable]], targets: Sequence[Hashable], k: int) -> float:
    """Normalised discounted cumulative gain (0-1) with one target a shopper: 1 / log2(place + 1), places from 1.

    Raises `ValueError` as `hit_rate_at_k` does.
    """
    return _mean([_gain(row[:k], target) for row, target in _pairs(recommended, targets)])


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
