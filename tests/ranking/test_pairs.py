from __future__ import annotations

import math

import numpy as np
import pytest

from ranking.pairs import Pairs, interval


def pairs(chances: list[float], wanted: list[bool]) -> Pairs:
    return Pairs(np.array(chances), np.array(wanted))


def test_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    assert pairs([0.9, 0.4, 0.6, 0.1], [True, True, False, False]).auc() == 3 / 4
    assert pairs([0.5, 0.5, 0.5], [True, False, False]).auc() == 1 / 2


def test_log_loss_by_hand() -> None:
    found = pairs([0.8, 0.4], [True, False]).log_loss()
    assert found == pytest.approx(-(math.log(0.8) + math.log(0.6)) / 2)
    assert math.isfinite(pairs([0.0, 0.5], [True, False]).log_loss())


def test_counting_a_pair_twice_is_having_it_twice() -> None:
    once = pairs([0.9, 0.4, 0.6], [True, True, False])
    twice = pairs([0.9, 0.4, 0.6, 0.4], [True, True, False, True])
    counts = np.array([1.0, 2.0, 1.0])
    assert once.auc(counts) == pytest.approx(twice.auc())
    assert once.log_loss(counts) == pytest.approx(twice.log_loss())


@pytest.mark.parametrize(
    ("chances", "wanted", "says"),
    [
        ([0.5], [True], "1 of .* pairs are wanted"),
        ([0.5, 0.1], [False, False], "0 of .* pairs are wanted"),
        ([0.5, 0.5, 0.5], [True, False], "one chance a pair"),
        ([0.5, 1.5], [True, False], "not between 0 and 1"),
        ([0.5, math.nan], [True, False], "not between 0 and 1"),
    ],
)
def test_what_can_not_be_measured_is_refused(chances: list[float], wanted: list[bool], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        pairs(chances, wanted)


def test_the_interval_of_a_mean_is_that_of_the_textbook() -> None:
    values = np.random.default_rng(1).normal(size=400)
    low, high = interval(lambda counts: float(np.average(values, weights=counts)), np.arange(400), draws=2_000)
    assert (low + high) / 2 == pytest.approx(values.mean(), abs=0.02)
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)


def test_groups_are_drawn_whole() -> None:
    # Ten observations of a shopper are worth one: the interval is as wide as that of four values.
    values, groups = np.repeat([0.0, 0.0, 1.0, 1.0], 10), np.repeat(np.arange(4), 10)
    low, high = interval(lambda counts: float(np.average(values, weights=counts)), groups)
    assert (low, high) == (0.0, 1.0)
    with pytest.raises(ValueError, match="groups is empty"):
        interval(lambda counts: 0.0, np.empty(0, dtype=np.int64))
