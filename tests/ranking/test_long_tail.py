from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from ranking.evaluate import coverage_at_k, gini
from ranking.long_tail import CountingRun, ExposureControl, highest, kinds

# Ten products, the first two are the head; those bought least stand last.
POPULARITY = np.array([90.0, 70, 12, 9, 7, 5, 4, 3, 2, 1])
EVERYTHING = np.arange(10)
SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25])
NOTHING = np.empty(0, dtype=np.int64)


def control(strength: float, groups: NDArray[np.int64] | None = None) -> ExposureControl:
    return ExposureControl(POPULARITY, strength, groups)


def test_strength_nothing_is_the_order_of_the_scores() -> None:
    off = control(0, groups=np.arange(10) % 2)
    rng = np.random.default_rng(0)
    shown = rng.random(10) * 50
    for scores in (SCORES, SCORES[::-1].copy(), np.full(10, 0.3), np.zeros(10), rng.random(10)):
        expected = np.argsort(-scores, kind="stable")
        assert off.rerank(scores, EVERYTHING, np.array([3, 4]), 10, shown).tolist() == expected.tolist()
        assert off.best(scores[None, :], [NOTHING], 4).tolist() == [expected[:4].tolist()]


def test_more_strength_never_shows_less_of_the_tail() -> None:
    lists = [control(strength).rerank(SCORES, EVERYTHING, np.array([8]), 4) for strength in np.linspace(0, 1, 11)]
    in_tail = [int((best > 1).sum()) for best in lists]
    assert in_tail == sorted(in_tail)
    assert (in_tail[0], in_tail[-1]) == (2, 4)
    bought = [POPULARITY[best].mean() for best in lists]
    assert bought == sorted(bought, reverse=True)


def test_a_sure_next_product_stays_first() -> None:
    scores = np.array([40.0, 0.011, *np.linspace(0.01, 0.009, 8)])
    assert control(1).rerank(scores, EVERYTHING, np.array([8, 9]), 10)[0] == 0


def test_neither_the_size_nor_the_steepness_of_scores_matters() -> None:
    half = control(0.5)
    expected = half.rerank(SCORES, EVERYTHING, np.array([8]), 10).tolist()
    assert expected != EVERYTHING.tolist()
    assert half.rerank(1_000 * SCORES, EVERYTHING, np.array([8]), 10).tolist() == expected
    assert half.rerank(SCORES**3, EVERYTHING, np.array([8]), 10).tolist() == expected


def test_the_lift_follows_the_shoppers_own_history() -> None:
    histories = [np.array([0, 1]), NOTHING, np.array([7, 8])]
    average = (POPULARITY[2:].sum() + 1) / (POPULARITY.sum() + 1)
    shares = np.array([2 * average / 4, average, (2 + 2 * average) / 4])
    assert control(0.5).leanings(histories) == pytest.approx(2 * shares / (shares + average))
    lists = control(0.5).top_k(np.tile(SCORES, (3, 1)), np.tile(EVERYTHING, (3, 1)), histories, 3)
    bought = POPULARITY[lists].mean(axis=1)
    assert bought[0] >= bought[1] > bought[2]


def test_what_was_shown_less_comes_up() -> None:
    flat = replace(control(1), popularity=np.full(10, 5.0))
    shown = np.zeros(10)
    without = np.array([flat.rerank(SCORES, EVERYTHING, NOTHING, 3) for _ in range(20)])
    lists = []
    for _ in range(20):
        lists.append(flat.rerank(SCORES, EVERYTHING, NOTHING, 3, shown))
        shown[lists[-1]] += 1
    assert lists[0].tolist() == without[0].tolist() == [0, 1, 2]
    assert coverage_at_k(lists, 10, 3) > coverage_at_k(without, 10, 3) == 0.3
    assert gini(shown.astype(int).tolist()) < gini([20, 20, 20, 0, 0, 0, 0, 0, 0, 0])


def test_a_run_counts_what_it_has_shown() -> None:
    run, rows = CountingRun(control(1)), np.tile(SCORES, (5, 1))
    first, second = run.best(rows, [NOTHING] * 5, 3), run.best(rows, [NOTHING] * 5, 3)
    assert first.tolist() == control(1).best(rows, [NOTHING] * 5, 3).tolist()
    counted = np.bincount(first.ravel(), minlength=10).astype(float)
    assert second.tolist() == control(1).best(rows, [NOTHING] * 5, 3, counted).tolist() != first.tolist()
    assert run.shown.sum() == 30
    off = CountingRun(control(0))
    assert [off.best(rows, [NOTHING] * 5, 3).tolist() for _ in range(2)] == [[[0, 1, 2]] * 5] * 2


def test_places_follow_the_kinds_of_the_history() -> None:
    kind = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    flat = replace(control(1), popularity=np.full(10, 5.0))
    history = np.array([8, 9, 4, 8])  # three of four are of kind 1
    plain = flat.rerank(SCORES, EVERYTHING, history, 4)
    calibrated = replace(flat, groups=kind).rerank(SCORES, EVERYTHING, history, 4)
    wanted = 3 / 4
    assert abs(kind[calibrated].mean() - wanted) < abs(kind[plain].mean() - wanted)
    of_kind_0 = [product for product in calibrated if kind[product] == 0]
    assert of_kind_0 == sorted(of_kind_0), "within a kind, the better score goes first"


def test_without_a_history_places_follow_the_kinds_of_what_fits() -> None:
    odd_one_last = (np.arange(10) == 9).astype(np.int64)
    flat = ExposureControl(np.full(10, 5.0), 1, odd_one_last)
    assert 9 not in flat.rerank(SCORES, EVERYTHING, NOTHING, 6)
    assert 9 in flat.rerank(SCORES, EVERYTHING, np.array([9, 9, 9]), 6)


def test_one_kind_for_all_changes_nothing() -> None:
    alike = np.zeros(10, dtype=np.int64)
    for strength in (0.3, 1.0):
        plain = control(strength).rerank(SCORES, EVERYTHING, np.array([8]), 10)
        assert control(strength, alike).rerank(SCORES, EVERYTHING, np.array([8]), 10).tolist() == plain.tolist()


@pytest.mark.parametrize("groups", [None, np.arange(10) % 3])
def test_many_shoppers_get_what_each_gets_alone(groups: NDArray[np.int64] | None) -> None:
    rng = np.random.default_rng(1)
    scores, histories = rng.random((6, 10)), [rng.integers(0, 10, size) for size in range(6)]
    scores[2, 3:] = -np.inf
    scores[4, ::2] = 0
    together = control(0.7, groups).best(scores, histories, 5, POPULARITY)
    for row, history, best in zip(scores, histories, together, strict=True):
        alone = control(0.7, groups).rerank(row, EVERYTHING, history, 5, POPULARITY)
        assert alone.tolist() == [product for product in best if product >= 0]
        assert len(set(alone.tolist())) == len(alone)


def test_what_may_not_come_up_does_not_and_what_scores_nothing_comes_last() -> None:
    scores = np.array([0.5, -np.inf, 0.0, 0.4, -np.inf, 0.0, -np.inf, -np.inf, -np.inf, -np.inf])
    for groups in (None, np.arange(10)):
        best = control(1, groups).top_k(scores[None, :], EVERYTHING[None, :], [NOTHING], 6)[0].tolist()
        assert set(best[:2]) == {0, 3}
        assert set(best[2:4]) == {2, 5}
        assert best[4:] == [-1, -1]


def test_few_products_or_none() -> None:
    one = ExposureControl(np.array([3.0]), 1, np.array([0]))
    assert one.rerank(np.array([0.2]), np.array([0]), np.array([0]), 10).tolist() == [0]
    assert one.rerank(np.empty(0), NOTHING, NOTHING, 10).tolist() == []
    assert one.best(np.empty((0, 1)), [], 10).shape == (0, 0)
    assert ExposureControl(np.zeros(2), 1).rerank(np.array([0.1, 0.2]), np.arange(2), NOTHING, 2).tolist() == [1, 0]


def test_only_the_best_are_candidates() -> None:
    assert highest(np.array([0.1, 0.5, -np.inf, 0.5, 0.1]), 3).tolist() == [1, 3, 0]
    assert highest(np.array([0.1, -np.inf]), 3).tolist() == [0]
    # 30 sure ones, then a flat rest, where the first of the rare is at 195: five of them are candidates.
    scores = np.append(np.linspace(50, 20, 30), np.linspace(1.001, 1, 270))
    popularity = np.where(np.arange(300) < 195, 1_000.0, 0.0)
    best = ExposureControl(popularity, 1).best(scores[None, :], [NOTHING], 36)[0].tolist()
    assert best[30:] == [195, 196, 197, 198, 199, 30]


def test_kinds_are_the_narrowest_categories() -> None:
    tokens = [
        ("brand:a", "kind:shoes > boots", "category:shoes", "category:boots", "word:boot"),
        ("category:shoes", "category:hiking", "word:boot"),
        ("word:boot",),
        ("kind:shoes > boots",),
        (),
    ]
    first, second, third, fourth, fifth = kinds(tokens).tolist()
    assert first == fourth and third == fifth
    assert len({first, second, third}) == 3
    assert kinds([]).tolist() == []


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match=r"strength is 1.5; expected a number from 0"):
        control(1.5)
    with pytest.raises(ValueError, match="strength is nan"):
        control(float("nan"))
    with pytest.raises(ValueError, match="popularity is not a row of counts"):
        ExposureControl(np.array([1.0, -1.0]))
    with pytest.raises(ValueError, match="groups has 2 entries; expected 10"):
        control(0.5, np.array([0, 1]))
    with pytest.raises(ValueError, match="scores is"):
        control(0.5).top_k(SCORES[None, :], EVERYTHING[None, :], [], 3)
    with pytest.raises(ValueError, match=r"shown is \(3,\); expected \(10,\)"):
        control(0.5).rerank(SCORES, EVERYTHING, NOTHING, 3, np.ones(3))
    with pytest.raises(ValueError, match="below 0"):
        control(0.5).rerank(SCORES - 1, EVERYTHING, NOTHING, 3)
    with pytest.raises(ValueError, match="not a number"):
        control(0.5).rerank(SCORES * np.nan, EVERYTHING, NOTHING, 3)
