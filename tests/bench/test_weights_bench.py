from __future__ import annotations

import numpy as np
import pytest

from bench.weights import cross_validated, goal_score, variants
from tests.fakes_retrieval import product

GOAL = {
    "category": ["Shoes", "Pumps"],
    "attributes": ["open toe", "rubber sole"],
    "options": {"color": "red"},
    "price_max": 40.0,
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 1.0),
        ({"price": 4_001}, 3 / 4),
        ({"description": "Open toe."}, 3 / 4),
        ({"options": {"color": ("blue",)}}, 3 / 4),
        ({"category": ("Shoes", "Boots")}, 0.5),
        ({"category": ("Hats",), "price": None}, 0.1 * 3 / 4),
    ],
)
def test_a_goals_score_worked_out_by_hand(changes: dict[str, object], expected: float) -> None:
    plain = {"category": ("Shoes", "Pumps"), "price": 4_000, "options": {"color": ("red",)}, "description": "Open toe."}
    extra = ["rubber sole"] if changes.get("description") is None else []
    assert goal_score(GOAL, product(**(plain | changes)), extra) == pytest.approx(expected)


def test_every_variant_differs_from_the_weights_in_use() -> None:
    tried = variants()
    assert len(set(tried)) == len(tried) > 20


def test_what_is_best_everywhere_is_chosen_in_every_fold() -> None:
    measure = np.array([np.full(20, 0.25), np.full(20, 0.75)])
    assert cross_validated([measure]) == pytest.approx([0.75])


def test_luck_on_single_queries_does_not_count() -> None:
    # Each variant is good at one query only: chosen for it on the other folds, it is worth nothing on the fold left out.
    assert cross_validated([np.eye(10)]) == pytest.approx([0.0])
