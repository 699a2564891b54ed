from __future__ import annotations

import json
from pathlib import Path

import pytest

from ranking.models.base import BadModel
from ranking.train import Models, NothingToTrain, load, load_metrics, train, untrained
from tests.fakes_ranking import make_event, make_product, shopper_who, small_shop


def test_training_measures_saves_and_loads(tmp_path: Path) -> None:
    products, events = small_shop()
    steps: list[str] = []
    metrics = train(events, products, tmp_path / "models", steps.append)
    assert (metrics["shoppers"], metrics["products"], metrics["held_out"]) == (120, 120, 120)
    assert metrics["item_graph_hr@10"] > 2 * metrics["popularity_hr@10"] > 0  # type: ignore[operator]
    assert load_metrics(tmp_path / "models") == metrics
    models = load(tmp_path / "models")
    assert not models.is_empty
    assert models.graph.score([shopper_who(("purchase", products[0].id))], [products[7].id])[0, 0] > 0
    assert len(steps) == 4


def test_training_twice_gives_the_same_figures(tmp_path: Path) -> None:
    products, events = small_shop()
    assert train(events, products, tmp_path / "a") == train(list(reversed(events)), products, tmp_path / "b")


def test_nothing_trained_loads_as_empty(tmp_path: Path) -> None:
    assert load(tmp_path).is_empty
    assert load_metrics(tmp_path) is None


def test_a_catalogue_without_products_or_events_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NothingToTrain, match="catalogue is empty"):
        train([make_event("a")], [], tmp_path)
    with pytest.raises(NothingToTrain, match="no events"):
        train([], [make_product("a")], tmp_path)
    with pytest.raises(NothingToTrain, match="no events"):
        train([make_event("gone")], [make_product("a")], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_one_interest_trains_without_figures(tmp_path: Path) -> None:
    metrics = train([make_event("a")], [make_product("a")], tmp_path)
    assert (metrics["held_out"], metrics["item_graph_hr@10"]) == (0, None)
    assert load(tmp_path).popularity.levels == {"a": 1.0}


def test_a_new_set_replaces_the_old_one_and_three_are_kept(tmp_path: Path) -> None:
    products = [make_product("a"), make_product("b")]
    for number in range(5):
        train([make_event("a")] + [make_event("b", shopper=f"s{n}") for n in range(number)], products, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "current",
        "models-00003",
        "models-00004",
        "models-00005",
    ]
    assert load(tmp_path).popularity.best(1) == ["b"]


def test_training_that_cannot_be_saved_leaves_the_old_models(tmp_path: Path) -> None:
    train([make_event("a")], [make_product("a")], tmp_path)
    (tmp_path / ".current").mkdir()
    with pytest.raises(OSError, match="current"):
        train([make_event("b")], [make_product("b")], tmp_path)
    assert load(tmp_path).popularity.levels == {"a": 1.0}


def test_broken_models_are_refused(tmp_path: Path) -> None:
    train([make_event("a")], [make_product("a")], tmp_path)
    (tmp_path / "models-00001" / "graph.json").write_text(json.dumps({"settings": {}}), encoding="utf-8")
    with pytest.raises(BadModel, match="train again"):
        load(tmp_path)


def test_a_shop_without_events_knows_what_products_are_made_of() -> None:
    products, _ = small_shop()
    models = untrained(products)
    assert models.is_empty
    near, far = models.graph.score([shopper_who(("like", products[0].id))], [products[1].id, products[-1].id])[0]
    assert near > far
    assert Models().is_empty
