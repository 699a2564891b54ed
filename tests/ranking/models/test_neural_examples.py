from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from ranking.dataset import Dataset, from_events
from ranking.models.neural.examples import Drawing, Examples
from tests.fakes_ranking import DAY, NOW, make_event, make_product, small_shop

NAMES = "abcdefgh"
PRODUCTS = [make_product(name) for name in NAMES]


def bought(*rows: tuple[str, str, float]) -> Dataset:
    return from_events([make_event(p, "purchase", s, NOW + t) for s, p, t in rows], PRODUCTS)


def test_a_basket_is_not_told_by_its_own_contents() -> None:
    dataset = bought(("s1", "a", 0), ("s1", "b", 1), ("s1", "c", 1), ("s2", "d", 1))
    examples = Examples.of(dataset)
    before = {NAMES[examples.items[row] - 1]: examples.histories(np.array([row]), 9).items[0] for row in examples.rows}
    assert {name: items.tolist() for name, items in before.items()} == {"a": [0], "b": [1], "c": [1], "d": [0]}


def test_without_times_what_stands_before_is_history() -> None:
    examples = Examples.of(bought(("s1", "a", 0), ("s1", "b", 0), ("s1", "c", 0)))
    assert examples.histories(np.array([2, 0]), 9).items.tolist() == [[2, 1], [0, 0]]


def test_the_history_goes_no_further_back_than_asked_and_keeps_dislikes() -> None:
    events = [make_event(p, t, "s1", NOW + i) for i, (p, t) in enumerate([("a", "like"), ("b", "dislike"), ("c", "click")])]
    examples = Examples.of(from_events(events, PRODUCTS))
    assert examples.items[examples.rows].tolist() == [1, 3]
    history = examples.histories(np.array([2]), 1)
    assert (history.items.tolist(), history.weights.tolist()) == ([[2]], [[-1.0]])


def test_nothing_that_the_shopper_wants_is_passed_over() -> None:
    products, events = small_shop()
    examples = Examples.of(from_events(events, products))
    drawn = examples.passed_over(examples.rows, Drawing(count=6), np.random.default_rng(1))
    own = {(s, i) for s, i in zip(examples.shoppers, examples.items, strict=True)}
    pairs = [(s, i) for s, row in zip(examples.shoppers[examples.rows], drawn, strict=True) for i in row]
    assert not own & set(pairs)
    assert sum(item > 0 for _, item in pairs) > 0.99 * len(pairs)


def test_who_wants_everything_passes_nothing_over() -> None:
    examples = Examples.of(bought(*(("s1", name, i) for i, name in enumerate(NAMES))))
    assert not examples.passed_over(examples.rows, Drawing(uniform=0.5), np.random.default_rng(1)).any()


def test_products_are_drawn_as_they_sold_at_the_time() -> None:
    early = [(f"e{n}", "a" if n % 4 else "b", n) for n in range(200)]
    late = [(f"l{n}", "c", 100 * DAY + n) for n in range(200)]
    examples = Examples.of(bought(*early, *late, ("x", "d", 20), ("y", "d", 100 * DAY + 100)))
    row = {NAMES[examples.items[row] - 1] + str(examples.times[row] > NOW + DAY): row for row in examples.rows}
    drawn = examples.passed_over(np.array([row["dFalse"], row["dTrue"]]), Drawing(count=300), np.random.default_rng(1))
    counts = [Counter(NAMES[i - 1] for i in some if i) for some in drawn]
    assert set(counts[0]) == {"a", "b"} and set(counts[1]) == {"c"}
    assert counts[0]["a"] / counts[0]["b"] == pytest.approx(3, rel=0.4)


def test_uniform_draws_reach_what_nobody_wanted() -> None:
    examples = Examples.of(bought(("s1", "a", 0), ("s2", "b", 1)))
    drawn = examples.passed_over(np.array([0]), Drawing(count=200, uniform=1.0), np.random.default_rng(1))
    assert set(drawn[0].tolist()) == set(range(2, len(NAMES) + 1))


def test_the_last_stretch_is_held_out() -> None:
    products, events = small_shop()
    learned, held = Examples.of(from_events(events, products)).split(0.2)
    assert len(held.rows) == pytest.approx(0.25 * len(learned.rows), rel=0.02)
    assert learned.moments.max() <= held.moments.min()


def test_without_times_the_last_of_some_shoppers_is_held_out() -> None:
    rows = [(f"s{n}", name, 0) for n in range(10) for name in "abc"] + [("short", "a", 0), ("short", "b", 0)]
    learned, held = Examples.of(bought(*rows)).split(0.1)
    assert set(held.items[held.rows]) == {3}
    assert len(held.rows) == 3
    assert not set(learned.rows) & set(held.rows)


def test_nothing_can_be_split() -> None:
    learned, held = Examples.of(from_events([], PRODUCTS)).split(0.1)
    assert len(learned.rows) == len(held.rows) == 0
