from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ranking.impressions import Impressions
from ranking.model_sets import ModelSets
from ranking.models.base import BadModel
from ranking.models.history_vectors import HistoryVectors
from ranking.models.sequence.settings import Settings
from ranking.scoring import NAMES
from ranking.search_order import Logged
from ranking.train import NothingToTrain, Recipe, Refused, train
from ranking.trained import Models, untrained
from ranking.types import Event
from retrieval.types import Product
from tests.fakes_ranking import DAY, NOW, make_event, make_product, shopper_who, small_shop

GRAPH = Recipe(least_interests=10**9)
QUICK = Recipe(Settings(width=8, recent=5, negatives=40, batch=32, epochs=1), least_interests=100)


def load(folder: Path) -> Models:
    return ModelSets(folder).load()


def test_training_measures_saves_and_loads(tmp_path: Path) -> None:
    products, events = small_shop()
    steps: list[str] = []
    metrics = train(events, products, tmp_path / "models", lambda step, done, total: steps.append(step))
    assert (metrics["shoppers"], metrics["products"], metrics["held_out"]) == (120, 120, 120)
    assert metrics["item_graph_hr@10"] > 2 * metrics["popularity_hr@10"] > 0  # type: ignore[operator]
    for name in ("item_graph", "popularity"):
        for figure in ("hr@10", "ndcg@10"):
            low, mean, high = (metrics[f"{name}_{figure}{bound}"] for bound in ("_low", "", "_high"))
            assert 0 <= low <= mean <= high <= 1  # type: ignore[operator]
        assert 0 < metrics[f"{name}_coverage@10"] <= 1  # type: ignore[operator]
        assert 0 <= metrics[f"{name}_gini@10"] < 1  # type: ignore[operator]
    assert metrics["item_graph_gini@10"] < metrics["popularity_gini@10"]  # type: ignore[operator]
    assert ModelSets(tmp_path / "models").metrics() == metrics
    models = load(tmp_path / "models")
    assert not models.is_empty
    assert models.next_item.score([shopper_who(("purchase", products[0].id))], [products[7].id])[0, 0] > 0
    assert steps[0] == "Reading events" and steps[-1] == "Saving"


def test_training_twice_gives_the_same_figures(tmp_path: Path) -> None:
    products, events = small_shop()
    assert train(events, products, tmp_path / "a") == train(list(reversed(events)), products, tmp_path / "b")


def test_a_shop_with_few_events_keeps_the_graph_alone(tmp_path: Path) -> None:
    products, events = small_shop()
    metrics = train(events, products, tmp_path)
    assert metrics["model"] == "item_graph" and "blend_ndcg@10" not in metrics
    assert not load(tmp_path).next_item.has_vectors


def test_the_better_one_on_held_out_interests_is_kept(tmp_path: Path) -> None:
    products, events = small_shop()
    steps: list[str] = []
    metrics = train(events, products, tmp_path, lambda step, done, total: steps.append(step), recipe=QUICK)
    blend, graph = metrics["blend_ndcg@10"], metrics["item_graph_ndcg@10"]
    assert blend != graph
    assert metrics["model"] == ("blend" if blend > graph else "item_graph")  # type: ignore[operator]
    assert load(tmp_path).next_item.has_vectors == (metrics["model"] == "blend")
    assert any("epoch 1" in step for step in steps)
    assert not list(tmp_path.glob(".*"))


def test_nothing_trained_loads_as_empty(tmp_path: Path) -> None:
    assert load(tmp_path).is_empty
    assert ModelSets(tmp_path).metrics() is None
    assert ModelSets(tmp_path).all() == ()


def test_a_catalogue_without_products_or_events_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NothingToTrain, match="catalogue is empty"):
        train([make_event("a")], [], tmp_path)
    with pytest.raises(NothingToTrain, match="no events"):
        train([], [make_product("a")], tmp_path)
    with pytest.raises(NothingToTrain, match="no events"):
        train([make_event("gone")], [make_product("a")], tmp_path)
    assert list(tmp_path.iterdir()) == []


def one_product() -> tuple[list[Product], list[Event]]:
    return [make_product("a")], [make_event("a")]


def one_shopper() -> tuple[list[Product], list[Event]]:
    return [make_product(name) for name in "abc"], [make_event(name, time=NOW + n) for n, name in enumerate("abc")]


def all_of_one_product() -> tuple[list[Product], list[Event]]:
    return [make_product(name) for name in "ab"], [make_event("a", shopper=f"s{n}") for n in range(30)]


def only_dislikes() -> tuple[list[Product], list[Event]]:
    events = [make_event(name, "dislike", f"s{n}", NOW + n) for n in range(10) for name in "ab"]
    return [make_product(name) for name in "abc"], events


def without_prices() -> tuple[list[Product], list[Event]]:
    products, events = small_shop(shoppers=10)
    return [make_product(p.id, title=p.title, price=None, created_at="soon") for p in products], events


@pytest.mark.parametrize("shop", [one_product, one_shopper, all_of_one_product, only_dislikes, without_prices])
def test_odd_shops_train_and_rank(tmp_path: Path, shop) -> None:
    products, events = shop()
    for _ in range(2):  # the second time past the guard
        metrics = train(events, products, tmp_path)
    models = load(tmp_path)
    ids = [product.id for product in products]
    assert metrics["interests"] > 0 and metrics["model"] == "item_graph"  # type: ignore[operator]
    for shopper in (shopper_who(), shopper_who(("purchase", ids[0])), shopper_who(("dislike", ids[0]))):
        assert np.isfinite(models.next_item.score([shopper], ids)).all()
        assert set(models.ranker(lambda wanted: {}).candidates(shopper, 5)) <= set(ids)


def test_figures_that_nothing_can_be_held_out_for_are_none(tmp_path: Path) -> None:
    products, events = one_product()
    metrics = train(events, products, tmp_path)
    assert (metrics["held_out"], metrics["item_graph_hr@10"]) == (0, None)
    assert load(tmp_path).popularity.levels == {"a": 1.0}


def test_dislikes_make_nothing_popular_and_nothing_near(tmp_path: Path) -> None:
    products, events = only_dislikes()
    train(events, products, tmp_path)
    models = load(tmp_path)
    assert models.popularity.levels == {}
    assert models.next_item.score([shopper_who(("dislike", "a"))], ["b"])[0, 0] <= 0


# ---- the order of a search ---------------------------------------------------------------------------------------------


def shown_in_searches(lists: int, wanted: str, cards: int = 5) -> Logged:
    """Pages in random order, on which shoppers turn to what is relevant and has much of the part `wanted`."""
    rng = np.random.default_rng(3)
    parts = rng.random((lists * cards, len(NAMES)))
    odds = 2 * parts[:, 0] + 4 * parts[:, NAMES.index(wanted)] - 4
    clicked = rng.random(len(odds)) < 1 / (1 + np.exp(-odds))
    places, numbers = np.tile(np.arange(1, cards + 1), lists), np.repeat(np.arange(lists), cards)
    return Logged(Impressions(NAMES, parts, places, clicked, numbers))


def test_an_order_that_clicks_speak_for_is_learned_and_ships(tmp_path: Path) -> None:
    products, events = small_shop()
    metrics = train(events, products, tmp_path, seen=lambda: shown_in_searches(800, "rating"))
    assert metrics["order"] == "learned" and metrics["impressions"] == 4_000
    assert metrics["order_ndcg_learned"] > metrics["order_ndcg_by_hand"]  # type: ignore[operator]
    order = load(tmp_path).order
    assert order is not None and max(zip(order.weights[1:], NAMES[1:], strict=True))[1] == "rating"
    assert load(tmp_path).ranker(lambda ids: {}).order == order


def test_few_impressions_leave_the_order_as_it_was_set_by_hand(tmp_path: Path) -> None:
    products, events = small_shop()
    metrics = train(events, products, tmp_path, seen=lambda: shown_in_searches(8, "rating"))
    assert metrics["order"] == "by hand" and load(tmp_path).order is None


def test_an_order_over_other_parts_is_left_out(tmp_path: Path) -> None:
    products, events = small_shop()
    train(events, products, tmp_path, seen=lambda: shown_in_searches(800, "rating"))
    path = tmp_path / "models-00001" / "impressions.json"
    path.write_text(path.read_text().replace('"rating"', '"stars"'))
    assert load(tmp_path).order is None


# ---- interruptions -----------------------------------------------------------------------------------------------------


def interrupted(step: str, done: int, total: int) -> None:
    if "epoch 2" in step:
        raise KeyboardInterrupt


@pytest.mark.parametrize(("later", "first"), [(3_600.0, "epoch 2"), (2 * DAY, "epoch 1")])
def test_an_interrupted_training_goes_on_though_events_come_in(tmp_path: Path, later: float, first: str) -> None:
    products, events = small_shop()
    recipe = replace(QUICK, vectors=replace(QUICK.vectors, epochs=3))
    with pytest.raises(KeyboardInterrupt):
        train(events, products, tmp_path, interrupted, recipe=recipe, now=NOW)
    assert ModelSets(tmp_path).current is None
    steps: list[str] = []
    more = [*events, make_event(products[0].id, shopper="s000", time=NOW + 60)]
    metrics = train(more, products, tmp_path, lambda s, *_: steps.append(s), recipe=recipe, now=NOW + later)
    assert first in next(step for step in steps if "epoch" in step)
    if first == "epoch 2":
        assert metrics == train(events, products, tmp_path / "straight", recipe=recipe)
    assert not list(tmp_path.glob(".*"))


# ---- the guard ---------------------------------------------------------------------------------------------------------


def scrambled(events: list[Event], seed: int = 0) -> list[Event]:
    """The same shoppers and times, but with products at random: nothing can be learned of them but nonsense."""
    ids = [event.product_id for event in events]
    random.Random(seed).shuffle(ids)
    return [Event(e.event_id, e.time, e.shopper_id, e.type, i) for e, i in zip(events, ids, strict=True)]


def test_training_again_on_the_same_events_passes(tmp_path: Path) -> None:
    products, events = small_shop()
    for _ in range(2):
        train(events, products, tmp_path)
    sets = ModelSets(tmp_path)
    assert sets.current == "models-00002"
    assert [check.figure.split()[0] for check in sets.all()[1].guard] == ["NDCG@10", "NDCG@10,", "coverage@10", "The"]


def test_worse_models_are_refused_and_kept_aside(tmp_path: Path) -> None:
    products, events = small_shop()
    good = train(events, products, tmp_path)
    with pytest.raises(Refused, match=r"NDCG@10 was 0\.\d+, is 0\.\d+, and had to be 0\.\d+.*refused-00002.*--force"):
        train(scrambled(events), products, tmp_path)
    sets = ModelSets(tmp_path)
    assert sets.current == "models-00001" and sets.metrics() == good
    assert [one.name for one in sets.all() if one.name.startswith("refused-")] == ["refused-00002"]


def test_force_takes_them_anyhow_and_a_refused_set_can_be_taken_later(tmp_path: Path) -> None:
    products, events = small_shop()
    train(events, products, tmp_path)
    with pytest.raises(Refused):
        train(scrambled(events), products, tmp_path)
    sets = ModelSets(tmp_path)
    assert sets.rollback("refused-00002") == sets.current == "refused-00002"
    assert sets.rollback() == "models-00001"
    train(scrambled(events), products, tmp_path, force=True)
    assert sets.current == "models-00003"
    assert not all(check.holds for check in sets.all()[-1].guard)


def newer_events(events: list[Event], days: float = 40.0) -> list[Event]:
    """The same shoppers doing the like again, later."""
    return [Event(f"{e.event_id}-again", e.time + days * DAY, e.shopper_id + "-again", e.type, e.product_id) for e in events]


def test_with_enough_newer_interests_both_models_are_measured_on_them(tmp_path: Path) -> None:
    products, before = small_shop()
    _, other = small_shop(seed=2, shoppers=260)
    after = newer_events(other)
    train(before, products, tmp_path, recipe=GRAPH)
    train([*before, *after], products, tmp_path, recipe=GRAPH)
    check = ModelSets(tmp_path).all()[-1].guard[0]
    assert "260 interests since" in check.figure and check.holds and check.now > 0.95 * check.was > 0


def test_nonsense_is_found_out_on_newer_interests(tmp_path: Path) -> None:
    products, before = small_shop()
    _, other = small_shop(seed=2, shoppers=260)
    steps: dict[str, list[Event]] = {}
    for event in newer_events(other):
        if event.type == "purchase":
            steps.setdefault(event.shopper_id, []).append(event)
    # Two interests each, the last of which is held out: nothing can be learned from them, but both models can be asked.
    pairs = [event for some in steps.values() for event in some[-2:]]
    train(before, products, tmp_path, recipe=GRAPH)
    with pytest.raises(Refused, match="interests since the models in use were trained was"):
        train([*scrambled(before), *pairs], products, tmp_path, recipe=GRAPH)


# ---- what is on the disk -----------------------------------------------------------------------------------------------


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


def test_broken_models_are_refused_and_training_mends_them(tmp_path: Path) -> None:
    train([make_event("a")], [make_product("a")], tmp_path)
    (tmp_path / "models-00001" / "graph.json").write_text(json.dumps({"settings": {}}), encoding="utf-8")
    with pytest.raises(BadModel, match="train again"):
        load(tmp_path)
    train([make_event("a")], [make_product("a")], tmp_path)
    assert load(tmp_path).popularity.levels == {"a": 1.0}


def test_a_set_of_before_there_were_vectors_still_loads(tmp_path: Path) -> None:
    products, events = small_shop()
    train(events, products, tmp_path)
    folder = tmp_path / "models-00001"
    about = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
    (folder / "graph.json").write_text(json.dumps({k: v for k, v in about.items() if k not in ("tokens", "rarity")}))
    for name in ("next_item.json", "about.json"):
        (folder / name).unlink()
    models = load(tmp_path)
    shopper = shopper_who(("purchase", products[0].id))
    assert models.next_item.score([shopper], [products[7].id])[0, 0] > 0
    assert ModelSets(tmp_path).all()[0].before is None
    assert models.with_products([*products, make_product("new")]).next_item.product_ids == models.next_item.product_ids


# ---- products that come later ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", [Recipe(), QUICK])
def test_a_product_that_came_in_after_training_is_recommended_by_what_it_is_made_of(tmp_path: Path, recipe: Recipe) -> None:
    products, events = small_shop()
    train(events, products, tmp_path, recipe=recipe)
    about = {"title": "Ember Stoves", "category": ("Outdoor", "Stoves"), "attributes": {"color": "black"}}
    new = [
        make_product("new-like", brand="Ember", **about),
        make_product("new-unlike", title="Quill Tents", brand="Quill", category=("Outdoor", "Tents")),
        make_product("new-odd", title="Zzz"),
    ]
    shopper = shopper_who(*(("purchase", p.id) for p in products if p.brand == "Ember" and "Stoves" in p.category))
    before = load(tmp_path)
    assert "new-like" not in before.next_item.product_ids
    models = before.with_products([*products, *new])
    like, unlike = models.next_item.score([shopper], ["new-like", "new-unlike"])[0]
    assert like > unlike
    assert "new-odd" not in models.next_item.product_ids
    assert "new-like" in models.ranker(lambda wanted: {}).candidates(shopper, 30)
    assert models.with_products(products) is models


def test_a_shop_without_events_knows_what_products_are_made_of() -> None:
    products, _ = small_shop()
    models = untrained(products)
    assert models.is_empty
    near, far = models.next_item.score([shopper_who(("like", products[0].id))], [products[1].id, products[-1].id])[0]
    assert near > far
    assert Models().is_empty


def test_a_server_loads_its_models_without_torch(tmp_path: Path) -> None:
    products, events = small_shop()
    train(events, products, tmp_path, recipe=QUICK, force=True)
    code = (
        "import sys; from pathlib import Path; from ranking.serving import CurrentRanker;"
        f"ranker = CurrentRanker(Path({str(tmp_path)!r}), tuple, lambda ids: {{}})();"
        "assert ranker.next_item.product_ids; assert 'torch' not in sys.modules, 'torch is loaded'"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr


def test_a_shop_trains_the_vectors_that_were_measured() -> None:
    assert Recipe().vectors == HistoryVectors().settings
