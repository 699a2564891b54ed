from __future__ import annotations

import math

import pytest

from ranking.evaluate import coverage_at_k, gini, hit_rate_at_k, ndcg_at_k

RECOMMENDED = [["a", "b", "c"], ["b", "a", "d"], ["c", "d", "a"]]
TARGETS = ["a", "a", "x"]


def test_hit_rate_counts_targets_within_k() -> None:
    assert hit_rate_at_k(RECOMMENDED, TARGETS, 1) == pytest.approx(1 / 3)
    assert hit_rate_at_k(RECOMMENDED, TARGETS, 2) == pytest.approx(2 / 3)


def test_ndcg_discounts_by_place() -> None:
    assert ndcg_at_k(RECOMMENDED, TARGETS, 3) == pytest.approx((1 + 1 / math.log2(3) + 0) / 3)
    assert ndcg_at_k(RECOMMENDED, TARGETS, 1) == pytest.approx(1 / 3)


def test_coverage_counts_what_anybody_sees() -> None:
    assert coverage_at_k(RECOMMENDED, 8, 1) == pytest.approx(3 / 8)
    assert coverage_at_k(RECOMMENDED, 8, 3) == pytest.approx(4 / 8)


def test_gini_of_equal_shares_is_nothing_and_of_one_winner_nearly_all() -> None:
    assert gini([3, 3, 3, 3]) == pytest.approx(0)
    assert gini([0, 0, 0, 5]) == pytest.approx(3 / 4)
    # Sorted 1, 3: mean difference |1 - 3| over twice the mean 2 and n = 2 pairs.
    assert gini([3, 1]) == pytest.approx(1 / 4)


def test_figures_over_nobody_are_refused() -> None:
    with pytest.raises(ValueError, match="0 lists for 0 targets"):
        hit_rate_at_k([], [], 10)
    with pytest.raises(ValueError, match="3 lists for 1 targets"):
        ndcg_at_k(RECOMMENDED, ["a"], 10)
    with pytest.raises(ValueError, match="catalogue_size is 0"):
        coverage_at_k(RECOMMENDED, 0, 10)
    with pytest.raises(ValueError, match="exposures"):
        gini([0, 0])
