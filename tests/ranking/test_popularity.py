from __future__ import annotations

import math
from pathlib import Path

import pytest

from ranking.dataset import from_events
from ranking.models.base import BadModel
from ranking.models.popularity import Popularity
from ranking.types import Shopper
from tests.fakes_ranking import DAY, NOW, make_event, make_product

PRODUCTS = [make_product(name) for name in "abc"]
GUEST = Shopper("guest")


def fitted(*events: tuple[str, str, str, float]) -> Popularity:
    rows = [make_event(p, t, s, time) for s, t, p, time in events]  # type: ignore[arg-type]
    return Popularity(half_life_days=30).fit(from_events(rows, PRODUCTS))


def test_an_interest_halves_with_every_half_life() -> None:
    model = fitted(("s1", "purchase", "a", NOW), ("s2", "purchase", "b", NOW - 30 * DAY))
    # Counts 1 and 1/2, mean 3/4; levels log(1 + 4/3) and log(1 + 2/3), divided by the first.
    assert model.score([GUEST], ["a", "b", "c"])[0] == pytest.approx([1, math.log(5 / 3) / math.log(7 / 3), 0])


def test_a_shopper_counts_once_a_product_and_dislikes_do_not_count() -> None:
    model = fitted(
        ("s1", "purchase", "a", NOW),
        ("s1", "purchase", "a", NOW - 1),
        ("s2", "purchase", "b", NOW),
        ("s3", "dislike", "c", NOW),
    )
    assert model.levels == pytest.approx({"a": 1.0, "b": 1.0})


def test_all_shoppers_get_the_same_and_unknown_products_nothing() -> None:
    model = fitted(("s1", "purchase", "a", NOW))
    assert model.score([GUEST, Shopper("s1")], ["a", "unknown"]).tolist() == [[1.0, 0.0], [1.0, 0.0]]


def test_only_the_top_tenth_is_called_popular() -> None:
    products = [make_product(f"p{n:02d}") for n in range(20)]
    events = [make_event(f"p{n:02d}", "purchase", f"s{s}") for n in range(20) for s in range(n + 1)]
    model = Popularity().fit(from_events(events, products))
    assert [p.id for p in products if model.explain(GUEST, p.id)] == ["p18", "p19"]
    assert model.best(2) == ["p19", "p18"]


def test_it_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    model = fitted(("s1", "purchase", "a", NOW), ("s2", "click", "b", NOW))
    model.save(tmp_path)
    assert Popularity.load(tmp_path) == model


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "popularity.json").write_text("{", encoding="utf-8")
    with pytest.raises(BadModel, match="train again"):
        Popularity.load(tmp_path)


def test_without_events_nothing_is_popular() -> None:
    model = fitted()
    assert model.score([GUEST], ["a"]).tolist() == [[0.0]]
    assert model.explain(GUEST, "a") == ()
    assert Popularity().explain(GUEST, "a") == ()


def test_what_was_wanted_long_ago_gives_way_to_what_is_wanted_now() -> None:
    old = [(f"s{n}", "purchase", "a", NOW - 300 * DAY) for n in range(50)]
    assert fitted(*old, ("t", "purchase", "b", NOW)).best(2) == ["b", "a"]
    assert fitted(*old, ("t", "purchase", "b", NOW - 300 * DAY)).best(2) == ["a", "b"]


def test_only_what_shoppers_wanted_is_popular() -> None:
    model = fitted(("s1", "dislike", "a", NOW), ("s2", "return", "b", NOW))
    assert model.levels == {} and model.best(3) == []
    assert model.score([GUEST], ["a", "b"]).tolist() == [[0.0, 0.0]]
