from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from ranking.dataset import from_events
from ranking.guard import LEAST_NEWER, against_record, compared, sound
from ranking.measure import HeldOut, Metrics, figures, recommended
from ranking.models.item_graph import ItemGraph
from ranking.models.next_item import NextItemBlend
from ranking.models.popularity import Popularity
from ranking.trained import Models
from ranking.types import Shopper
from tests.fakes_ranking import DAY, NOW, make_event, make_product, small_shop


class Fixed:
    """Scores that are the same for every shopper."""

    def __init__(self, **scores: float) -> None:
        self.scores = scores

    def score(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> NDArray[np.float64]:
        return np.tile([self.scores.get(name, 0.0) for name in candidates], (len(shoppers), 1))


def held_out(most: int = 5_000) -> HeldOut:
    """Three shoppers who end with a, b and c."""
    events = [
        make_event(product, shopper=f"s{number}", time=NOW + 10 * step + number)
        for number, sequence in enumerate(("da", "eb", "fc"))
        for step, product in enumerate(sequence)
    ]
    return HeldOut.of(from_events(events, [make_product(name) for name in "abcdef"]), most)


def test_of_more_than_the_most_the_latest_are_held_out_and_the_others_taught() -> None:
    some = held_out(most=2)
    assert (some.wanted, some.times.tolist()) == (["b", "c"], [NOW + 11, NOW + 12])
    assert len(some.training.items) == 4
    assert held_out().wanted == ["a", "b", "c"] and len(held_out().training.items) == 3


def test_lists_leave_out_the_history_and_what_is_not_among() -> None:
    assert recommended(Fixed(d=9, a=3, b=2, c=1, e=4), held_out()) == [
        ["e", "a", "b", "c", "f"],
        ["d", "a", "b", "c", "f"],
        ["d", "e", "a", "b", "c"],
    ]
    assert recommended(Fixed(a=3, b=2), held_out(), frozenset("ab"))[0] == ["a", "b"]


def test_figures_are_those_of_the_lists() -> None:
    found = figures("x", [["a"], ["a", "b"], ["a"]], held_out())
    assert found["x_hr@10"] == pytest.approx(2 / 3)
    assert found["x_ndcg@10"] == pytest.approx((1 + 1 / np.log2(3)) / 3)
    assert found["x_coverage@10"] == pytest.approx(2 / 6)
    nothing = held_out().only(np.zeros(3, dtype=np.bool_))
    assert set(figures("x", [], nothing)) == set(found) and set(figures("x", [], nothing).values()) == {None}


def record(ndcg: float, coverage: float = 0.5, high: float | None = None, popularity: float = 0.01) -> Metrics:
    about: Metrics = {"model": "blend", "blend_ndcg@10": ndcg, "blend_ndcg@10_high": ndcg if high is None else high}
    return about | {"blend_coverage@10": coverage, "popularity_ndcg@10": popularity}


@pytest.mark.parametrize(
    ("now", "holds"),
    [
        (record(0.100), [True, True, True]),
        (record(0.095), [True, True, True]),
        (record(0.094), [False, True, True]),
        (record(0.090, high=0.096), [True, True, True]),  # it may be chance
        (record(0.100, popularity=0.2), [True, False, True]),
        (record(0.100, coverage=0.25), [True, True, True]),
        (record(0.100, coverage=0.24), [True, True, False]),
    ],
)
def test_figures_may_fall_a_little_or_by_chance(now: Metrics, holds: list[bool]) -> None:
    assert [check.holds for check in against_record(now, record(0.1))] == holds


def test_figures_that_were_not_measured_are_not_compared() -> None:
    assert against_record({"model": "blend", "blend_ndcg@10": None}, record(0.1)) == ()
    before = {"item_graph_ndcg@10": 0.2, "item_graph_coverage@10": 0.1}  # of before there was a choice of models
    assert [check.was for check in against_record(record(0.1), before)] == [0.2, 0.01, 0.1]


def test_few_newer_interests_are_not_enough_to_compare() -> None:
    products, events = small_shop()
    dataset = from_events(events, products)
    current = Models(Popularity().fit(dataset), NextItemBlend.of_graph(ItemGraph().fit(dataset)))
    follows = [products[0].id, products[7].id]
    later = [make_event(p, shopper=f"n{n}", time=NOW + DAY + t) for n in range(LEAST_NEWER) for t, p in enumerate(follows)]
    new = Fixed(**{product.id: 1.0 for product in products[-10:]})
    assert compared(new, current, HeldOut.of(from_events([*events, *later[2:]], products))) is None
    ndcg, coverage = compared(new, current, HeldOut.of(from_events([*events, *later], products))) or ()
    assert not ndcg.holds and ndcg.was > ndcg.now == 0
    assert coverage.now == coverage.was == 10 / 120  # all have the same history


def test_scores_that_are_no_numbers_are_unsound() -> None:
    products, events = small_shop()
    dataset = from_events(events, products)
    models = Models(Popularity().fit(dataset), NextItemBlend.of_graph(ItemGraph().fit(dataset)))
    shoppers = list(dataset.shoppers())
    assert sound(models, shoppers).holds
    models.next_item.graph.edges.data[:] = np.nan
    check = sound(models, shoppers)
    assert not check.holds and check.now < 1
