from __future__ import annotations

import numpy as np
import pytest

from ranking.exposure import ShopExposure
from ranking.long_tail import DEPTH
from ranking.models.popularity import Popularity

IDS = [f"p{n}" for n in range(10)]
POPULAR = Popularity(levels={"p0": 1.0, "p1": 0.9, "p2": 0.5}, highest=3.0)
SCORES = np.array([1.0, 0.98, 0.96, 0.94, 0.92, 0.9, 0.88, 0.86, 0.0, -0.5])


def shown(strength: float, ids: list[str] = IDS, scores: np.ndarray = SCORES, history: tuple[str, ...] = ()) -> list[str]:
    return list(ShopExposure.of(POPULAR, IDS, strength)(ids, scores, history))


def test_strength_nought_is_the_order_of_the_scores() -> None:
    assert shown(0.0) == IDS
    assert shown(0.0, IDS[::-1], SCORES[::-1]) == IDS


def test_the_stronger_the_later_come_popular_products() -> None:
    places = [sum(map(shown(strength).index, ("p0", "p1", "p2"))) for strength in (0.0, 0.7, 1.0)]
    assert places[0] < places[1] < places[2]
    assert sorted(shown(1.0)) == IDS


def test_what_has_no_score_stays_last_in_its_order() -> None:
    assert shown(1.0)[-2:] == ["p8", "p9"]


def test_who_turns_to_the_tail_is_led_there_more() -> None:
    assert shown(0.7, history=("p7", "p6", "p5")).index("p0") > shown(0.7, history=("p0", "p1")).index("p0")


def test_products_that_came_in_later_count_as_seen_by_nobody() -> None:
    ids = ["p0", "late", "later", "p3"]
    ordered = shown(1.0, ids, np.array([1.0, 0.9, 0.8, 0.7]), history=("gone",))
    assert sorted(ordered) == sorted(ids)
    assert ordered.index("late") < ordered.index("later") and ordered.index("p0") > 0


def test_few_or_no_products_are_ordered_too() -> None:
    assert shown(1.0, [], np.empty(0)) == []
    assert shown(1.0, ["p9", "p8"], np.zeros(2)) == ["p9", "p8"]
    assert ShopExposure.of(Popularity(), [], 1.0)(["a", "b"], np.array([0.1, 0.2]), ["c"]) == ("b", "a")


def test_what_is_far_behind_does_not_come_up() -> None:
    ids = [f"p{number}" if number < 3 else f"x{number}" for number in range(DEPTH + 50)]
    ordered = shown(1.0, ids, np.linspace(1, 0.5, len(ids)))
    assert ordered[DEPTH:] == ids[DEPTH:] and ordered[:DEPTH] != ids[:DEPTH]


def test_a_strength_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="strength is 1.5; expected a number from 0"):
        ShopExposure.of(POPULAR, IDS, 1.5)
