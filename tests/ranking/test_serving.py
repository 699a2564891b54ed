from __future__ import annotations

from pathlib import Path

import pytest

from ranking.model_sets import ModelSets
from ranking.models.base import BadModel
from ranking.serving import CurrentRanker
from ranking.train import train
from retrieval.types import Product
from tests.fakes_ranking import NOW, found, lookup_in, make_product, shopper_who, small_shop


class Shop:
    """A catalogue that can grow, and the ranker of the shop that serves it."""

    def __init__(self, folder: Path, products: list[Product]) -> None:
        self.products: tuple[Product, ...] = tuple(products)
        self.ranker = CurrentRanker(folder, lambda: self.products, lambda ids: lookup_in(self.products)(ids))


def test_a_newly_trained_set_and_one_rolled_back_to_are_taken_in(tmp_path: Path) -> None:
    products, events = small_shop()
    shop = Shop(tmp_path, products)
    shopper = shopper_who(("purchase", products[0].id))
    untrained = shop.ranker()
    assert untrained.popularity.levels == {} and not shop.ranker.refresh()
    train(events[:900], products, tmp_path)
    assert shop.ranker.refresh()
    first = shop.ranker()
    assert first.popularity.levels and not shop.ranker.refresh() and shop.ranker() is first
    train(events, products, tmp_path, force=True)
    assert shop.ranker.refresh()
    second = shop.ranker()
    assert second is not first and second.popularity.levels != first.popularity.levels
    assert first.candidates(shopper, 5)  # a turn that began with it can end with it
    ModelSets(tmp_path).rollback()
    assert shop.ranker.refresh()
    assert shop.ranker().popularity == first.popularity


def test_products_that_came_in_are_known_without_training(tmp_path: Path) -> None:
    products, events = small_shop()
    train(events, products, tmp_path)
    new = make_product("new", title="Ember Stoves", brand="Ember", category=("Outdoor", "Stoves"))
    shop = Shop(tmp_path, products)
    before = shop.ranker()
    assert "new" not in before.next_item.product_ids
    shop.products = (*products, new)
    assert shop.ranker.refresh()
    assert "new" in shop.ranker().next_item.product_ids
    assert not shop.ranker.refresh()
    shop.products = (*products, new)  # the same with other prices, say
    assert not shop.ranker.refresh()
    # A server that starts later knows it, too.
    later = Shop(tmp_path, [*products, new]).ranker()
    liked = [("like", product.id) for product in products if product.brand == "Ember" and "Stoves" in product.category]
    assert "new" in later.candidates(shopper_who(*liked), 20)  # type: ignore[arg-type]


def test_a_shop_without_events_knows_new_products(tmp_path: Path) -> None:
    shop = Shop(tmp_path, [])
    assert shop.ranker().candidates(shopper_who(), 5) == []
    shop.products = (make_product("a", title="Red kettle"), make_product("b", title="Red pot"))
    assert shop.ranker.refresh()
    assert shop.ranker().candidates(shopper_who(("like", "a")), 5) == ["a", "b"]


def test_a_broken_set_is_told_once_and_the_old_models_stay(tmp_path: Path) -> None:
    products, events = small_shop()
    train(events, products, tmp_path)
    shop = Shop(tmp_path, products)
    before = shop.ranker()
    train(events, products, tmp_path)
    (tmp_path / "models-00002" / "popularity.json").write_text("{", encoding="utf-8")
    with pytest.raises(BadModel, match="models-00002"):
        shop.ranker.refresh()
    assert not shop.ranker.refresh() and shop.ranker() is before
    ModelSets(tmp_path).rollback()
    assert shop.ranker.refresh()
    with pytest.raises(BadModel, match="train again"):
        (tmp_path / "models-00001" / "shelf.json").write_text("{", encoding="utf-8")
        Shop(tmp_path, products)


def test_exposure_control_lifts_what_few_have_seen_where_nothing_is_asked_for(tmp_path: Path) -> None:
    products, events = small_shop()
    train(events, products, tmp_path)
    plain, strong = (
        CurrentRanker(tmp_path, lambda: products, lookup_in(products), exposure=strength)() for strength in (0.0, 1.0)
    )
    assert plain.exposure is None
    shopper = shopper_who(("purchase", products[0].id))
    pages = [ranker.rank(found(products), shopper, NOW, 10) for ranker in (plain, strong)]
    levels = [sum(plain.popularity.levels.get(candidate.product.id, 0) for candidate in page) for page in pages]
    assert levels[1] < levels[0]
    asked = found(products[:30], [1 - place / 100 for place in range(30)])
    assert plain.rank(asked, shopper, NOW, 30) == strong.rank(asked, shopper, NOW, 30)


def test_no_twin_of_what_was_turned_down_is_lifted(tmp_path: Path) -> None:
    products, events = small_shop()
    turned_down, *others = products[:20]
    twin = make_product("twin", title=turned_down.title, category=turned_down.category, brand=turned_down.brand)
    train(events, [*products, twin], tmp_path)
    shopper, places = shopper_who(("purchase", products[-1].id)), []
    for strength in (0.0, 0.5, 1.0):
        ranker = CurrentRanker(tmp_path, lambda: products, lookup_in([*products, twin]), exposure=strength)()
        page = ranker.rank(found([turned_down, twin, *others]), shopper, NOW, 21, {turned_down.id})
        places.append([[candidate.product.id for candidate in page].index(one.id) for one in (turned_down, twin)])
    assert places[1] >= places[0] and places[2] >= places[0]
    assert all(place > 10 for pair in places for place in pair)
