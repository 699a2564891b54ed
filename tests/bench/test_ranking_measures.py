from __future__ import annotations

import math

import numpy as np
import pytest

from bench.ranking_measures import Accuracy, Question, best_lists, by_chance, exposure, fitted, interactions, serving
from ranking.dataset import Dataset, from_events
from ranking.models.popularity import Popularity
from ranking.types import Shopper
from tests.fakes_ranking import make_event, make_product, shopper_who


@pytest.fixture
def shop() -> Dataset:
    """Levels fall from a to e; nobody wants f or g."""
    events = [
        make_event(p, shopper=f"{p}{n}") for p, count in zip("abcde", (9, 7, 5, 3, 1), strict=True) for n in range(count)
    ]
    return from_events(events, [make_product(name) for name in "abcdefg"])


def test_the_best_are_not_of_the_history_and_equals_keep_their_order(shop: Dataset) -> None:
    shoppers = [Shopper("new"), shopper_who(("purchase", "b"), ("click", "f")), shopper_who(("purchase", "x"))]
    model = Popularity().fit(shop)
    assert best_lists(model, shoppers, list("gfedcba"), 6) == [list("abcdeg"), list("acdeg"), list("abcdeg")]
    assert best_lists(model, shoppers[:1], ["g", "f", "a"], 2) == [["a", "g"]]


def test_a_history_of_everything_leaves_nothing(shop: Dataset) -> None:
    everything = shopper_who(*(("purchase", name) for name in "abcdefg"))
    assert best_lists(Popularity().fit(shop), [everything], shop.product_ids) == [[]]
    assert best_lists(Popularity().fit(shop), [], shop.product_ids) == []


def test_accuracy_has_its_intervals() -> None:
    figures = Accuracy.of([["a", "b"], ["b"], ["c"], ["a"]], ["b", "b", "b", "b"]).named()
    assert (figures["hr_at_10"], figures["ndcg_at_10"]) == (0.5, round((1 + 1 / math.log2(3)) / 4, 4))
    low, high = figures["hr_at_10_95"]  # type: ignore[misc]
    assert low < 0.5 < high


def test_what_chance_hits_hangs_on_how_many_are_left() -> None:
    candidates = [f"p{n}" for n in range(21)]
    questions = [Question(Shopper("s"), "p1"), Question(shopper_who(("purchase", "p0"), ("purchase", "x")), "p1")]
    chance = by_chance(questions, candidates)
    assert chance["hr_at_10"] == pytest.approx((10 / 21 + 10 / 20) / 2)
    discounts = sum(1 / math.log2(place + 1) for place in range(1, 11))
    assert chance["ndcg_at_10"] == pytest.approx(discounts * (1 / 21 + 1 / 20) / 2)
    assert by_chance(questions[:1], ["p1"]) == {"hr_at_10": 1.0, "ndcg_at_10": 1.0}
    assert by_chance(questions[1:], ["p0"]) == {"hr_at_10": 0.0, "ndcg_at_10": 0.0}


def test_exposure_counts_what_is_shown_of_all_products(shop: Dataset) -> None:
    assert interactions(shop) == {"a": 9, "b": 7, "c": 5, "d": 3, "e": 1}
    figures = exposure([["a", "b"], ["a", "g"]], ["a", "g"], shop)
    # The fifth of seven products that is no tail is a alone.
    assert figures["coverage_at_10"] == round(3 / 7, 4) and figures["tail_hr_at_10"] == 1.0
    assert figures["gini"] == pytest.approx(1 - 2 / 7 * (0.25 + 0.5) - 1 / 7, abs=1e-3)
    nothing = exposure([[], []], ["a", "a"], shop)
    assert (nothing["gini"], nothing["tail_hr_at_10"]) == (None, None)


def test_serving_is_timed_alone_and_together(shop: Dataset) -> None:
    model, seconds = fitted(Popularity, shop)
    assert seconds.keys() == {"fit_seconds", "fit_cpu_seconds"} and min(seconds.values()) >= 0
    figures = serving(model, [Shopper("new")], shop.product_ids)
    assert list(figures) == [f"{name}_{p}" for name in ("serving_ms", "serving_together_ms") for p in ("p50", "p95")]
    assert np.isfinite(list(figures.values())).all()
