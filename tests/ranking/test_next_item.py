from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ranking.dataset import Dataset, from_events
from ranking.models.base import BadModel
from ranking.models.history_vectors import HistoryVectors
from ranking.models.item_graph import ItemGraph
from ranking.models.next_item import VECTORS, NextItemBlend
from ranking.models.sequence.settings import Settings
from ranking.types import Shopper
from tests.fakes_ranking import shopper_who, small_shop

QUICK = Settings(width=8, recent=5, negatives=40, batch=32, epochs=1)


@pytest.fixture(scope="module")
def shop() -> Dataset:
    products, events = small_shop()
    return from_events(events, products)


def quick() -> NextItemBlend:
    return NextItemBlend(vectors=HistoryVectors(QUICK))


def test_it_adds_the_chances_to_the_graph(shop: Dataset) -> None:
    model, shoppers = quick().fit(shop), [shop.shopper(0), shop.shopper(1)]
    ids = shop.product_ids[:30]
    parts = model.graph.score(shoppers, ids) + VECTORS * model.vectors.chances(shoppers, ids)
    assert model.score(shoppers, ids) == pytest.approx(parts)


def test_the_reason_comes_from_the_part_that_adds_more(shop: Dataset) -> None:
    shopper, product = shopper_who(("purchase", shop.product_ids[3])), shop.product_ids[10]
    graph, vectors = ItemGraph().fit(shop), HistoryVectors(QUICK).fit(shop)
    only_graph = NextItemBlend(graph, HistoryVectors())
    only_vectors = NextItemBlend(ItemGraph(), vectors)
    assert only_graph.explain(shopper, product) == graph.explain(shopper, product) != ()
    assert only_vectors.explain(shopper, product) == vectors.explain(shopper, product)
    assert NextItemBlend().explain(shopper, product) == ()


def test_nothing_known_scores_nothing(shop: Dataset) -> None:
    model = quick().fit(shop)
    assert model.score([Shopper("new"), shopper_who(("purchase", "x"))], shop.product_ids[:2]).tolist() == [[0, 0]] * 2
    assert model.score([shop.shopper(0)], ["x"]).tolist() == [[0]]


def test_it_comes_back_as_it_was_saved(shop: Dataset, tmp_path: Path) -> None:
    model = quick().fit(shop)
    model.save(tmp_path)
    again = NextItemBlend.load(tmp_path)
    shoppers = [shop.shopper(0), Shopper("new")]
    assert again.score(shoppers, shop.product_ids).tolist() == model.score(shoppers, shop.product_ids).tolist()
    (tmp_path / "history_vectors.json").unlink()
    with pytest.raises(BadModel, match="train again"):
        NextItemBlend.load(tmp_path)


def test_contributions_of_both_add_up_to_the_score(shop: Dataset) -> None:
    model = quick().fit(shop)
    shopper = shopper_who(
        ("purchase", shop.product_ids[3]), ("dislike", shop.product_ids[70]), ("click", shop.product_ids[9])
    )
    history, parts = model.contributions(shopper, [*shop.product_ids, "x"])
    assert sorted(history) == sorted(shop.product_ids[i] for i in (3, 9, 70))
    assert parts.sum(axis=0) == pytest.approx(model.score([shopper], [*shop.product_ids, "x"])[0])
    assert model.contributions(Shopper("new"), ["x"])[1].shape == (0, 1)


def test_its_unit_is_what_the_best_product_scores(shop: Dataset) -> None:
    model = quick().fit(shop)
    scores = model.score(list(shop.shoppers()), shop.product_ids)
    scores[shop.shoppers_of_rows, shop.items] = 0  # what a shopper has already is no measure of what is new to them
    assert model.typical == pytest.approx(np.median(scores.max(axis=1)))
    assert model.product_ids == shop.product_ids


def test_without_vectors_it_is_the_graph(shop: Dataset, tmp_path: Path) -> None:
    alone = quick().fit(shop).graph_alone()
    graph, shopper = ItemGraph().fit(shop), shop.shopper(0)
    assert not alone.has_vectors and alone.typical == pytest.approx(graph.typical)
    assert alone.score([shopper], shop.product_ids) == pytest.approx(graph.score([shopper], shop.product_ids))
    assert alone.contributions(shopper, shop.product_ids)[1].sum() == pytest.approx(
        alone.score([shopper], shop.product_ids).sum()
    )
    alone.save(tmp_path)
    assert not list(tmp_path.glob("history_vectors*"))
    assert not NextItemBlend.load(tmp_path).has_vectors
    (tmp_path / "next_item.json").unlink()  # as of before there were vectors
    old = NextItemBlend.load(tmp_path)
    assert old.typical == alone.typical and not old.has_vectors
    (tmp_path / "next_item.json").write_text("{}")
    with pytest.raises(BadModel, match="train again"):
        NextItemBlend.load(tmp_path)


def test_products_that_came_later_are_known_to_both(shop: Dataset) -> None:
    model = quick().fit(shop)
    later = model.with_products(["new", "odd"], ["New", "Odd"], [shop.tokens[0], ("nothing:known",)])
    shopper = shopper_who(("purchase", shop.product_ids[1]))
    assert later.product_ids == (*shop.product_ids, "new")
    assert later.graph.score([shopper], ["new"])[0, 0] > 0 < later.vectors.chances([shopper], ["new"])[0, 0]
    assert model.score([shopper], ["new"])[0, 0] == 0


def test_a_graph_of_later_events_goes_with_the_same_vectors(shop: Dataset) -> None:
    model = quick().fit(shop)
    nothing = replace(shop, offsets=shop.offsets * 0, items=shop.items[:0], codes=shop.codes[:0], times=shop.times[:0])
    again = model.with_graph_of(nothing)
    assert again.graph.edges.nnz == 0 < model.graph.edges.nnz and again.graph.settings == model.graph.settings
    assert again.vectors is model.vectors
