from __future__ import annotations

from pathlib import Path

import pytest

from ranking.dataset import Dataset, from_events
from ranking.models.base import BadModel
from ranking.models.history_vectors import HistoryVectors
from ranking.models.item_graph import ItemGraph
from ranking.models.next_item import VECTORS, NextItemBlend
from ranking.models.sequence.network import Settings
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
