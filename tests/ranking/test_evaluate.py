from __future__ import annotations

import math

import pytest

from ranking.evaluate import (
    bootstrap,
    coverage_at_k,
    exposures_at_k,
    gains_at_k,
    gini,
    head_of,
    hit_rate_at_k,
    ndcg_at_k,
    tail_hit_rate_at_k,
)

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


def test_the_tail_is_what_lies_outside_the_most_popular_fifth() -> None:
    interactions = {"a": 9, "b": 5, "c": 1}
    rows, targets = [["a"], ["b"], ["c"], ["a"]], ["a", "b", "c", "d"]
    # Of 5 products one is head: b hits, c hits, d misses; of 15 all three are, and d is alone.
    assert tail_hit_rate_at_k(rows, targets, interactions, 5, 1) == pytest.approx(2 / 3)
    assert tail_hit_rate_at_k(rows, targets, interactions, 15, 1) == 0
    assert tail_hit_rate_at_k([["a"]], ["a"], interactions, 5, 1) is None


def test_the_head_is_a_fifth_of_the_catalogue_and_not_of_what_was_bought() -> None:
    interactions = {"b": 5, "a": 9, "c": 5, "d": 1}
    assert head_of(interactions, 5) == {"a"}
    assert head_of(interactions, 10) == {"a", "b"}
    assert head_of(interactions, 4) == head_of({}, 100) == frozenset()


def test_exposure_counts_what_is_shown() -> None:
    assert exposures_at_k(RECOMMENDED, "abcde", 2) == [2, 2, 1, 1, 0]


def test_the_bootstrap_encloses_the_mean_and_narrows_with_more_shoppers() -> None:
    few, many = bootstrap([0.0, 1.0] * 20), bootstrap([0.0, 1.0] * 2_000)
    assert few.low < few.mean == 0.5 < few.high
    assert many.high - many.low < (few.high - few.low) / 5
    # 1.96 standard errors of a fair coin thrown 4,000 times.
    assert many.high - 0.5 == pytest.approx(1.96 * 0.5 / math.sqrt(4_000), rel=0.15)
    assert bootstrap([0.3] * 5).low == bootstrap([0.3] * 5).high == pytest.approx(0.3)
    assert bootstrap(gains_at_k(RECOMMENDED, TARGETS, 3)).mean == pytest.approx(ndcg_at_k(RECOMMENDED, TARGETS, 3))
    assert bootstrap([0.0, 1.0] * 2_000) == many != bootstrap([0.0, 1.0] * 2_000, seed=1)
    with pytest.raises(ValueError, match="no figures"):
        bootstrap([])
