from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from retrieval.catalog import Catalog
from retrieval.index import VectorIndex
from retrieval.products import to_row
from retrieval.search import Searcher
from retrieval.sql import open_engine
from retrieval.types import Need, Product, Query, Variant
from tests.fakes_retrieval import FakeEmbedder, product

LAMPS = [product(id=f"lamp{number}", title=f"Lamp {number}", price=1_000 + number, stock=5) for number in range(6)]
SHIRT = product(
    id="shirt",
    title="Shirt",
    options={"size": ("S", "M")},
    variants=(Variant("s", {"size": "S"}, stock=3), Variant("m", {"size": "M"}, stock=3)),
)


class Shop:
    """A catalogue and its search, and ways to change the first."""

    def __init__(self, folder: Path) -> None:
        self.engine = open_engine(f"sqlite:///{folder}/shop.db")
        self.catalog, self.embedder = Catalog(self.engine), FakeEmbedder()
        self.take([*LAMPS, SHIRT])
        self.searcher = Searcher.build(self.catalog, VectorIndex(folder / "vectors", self.embedder), self.embedder)

    def take(self, products: Sequence[Product], *, retire: bool = False) -> None:
        self.catalog.ingest(enumerate(map(to_row, products), 1), replace=retire)

    def found(self, need: Need) -> list[str]:
        return [candidate.product.id for candidate in self.searcher.search(Query(need)).candidates]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.engine.dispose()


def test_a_new_price_is_seen_by_the_next_search_and_shares_all_else(shop: Shop) -> None:
    before = shop.searcher._shelf
    shop.take([replace(LAMPS[4], price=100)])
    assert shop.found(Need("lamp", price_max=500)) == ["lamp4"]
    assert [item.price for item in shop.searcher.rank("lamp", Need(price_max=500), 5)] == [100]
    after = shop.searcher._shelf
    assert (after.lexical, after.properties, after.mirror) == (before.lexical, before.properties, before.mirror)
    assert before.products[before.rows["lamp4"]].price == 1_004
    assert before.columns.offers.price[before.rows["lamp4"]] == 1_004
    assert not shop.searcher.refresh()


def test_stock_and_rating_are_seen_by_the_next_search(shop: Shop) -> None:
    shop.take([replace(LAMPS[0], stock=0), replace(LAMPS[1], availability="discontinued"), replace(LAMPS[2], rating=4.5)])
    assert not {"lamp0", "lamp1"} & set(shop.found(Need("lamp")))
    assert shop.found(Need("lamp", rating_min=4)) == ["lamp2"]


def test_a_ranking_sees_it_first_as_well(shop: Shop) -> None:
    shop.take([replace(LAMPS[4], price=100)])
    assert [item.id for item in shop.searcher.rank("lamp", Need(price_max=500), 5)] == ["lamp4"]


@pytest.mark.parametrize(
    "changed",
    [
        replace(LAMPS[0], title="Lantern"),
        replace(LAMPS[0], attributes={"material": "brass"}),
        replace(LAMPS[0], brand="Other"),
        replace(LAMPS[0], category=("Lanterns",)),
        product(id="new", title="Lantern"),
        # A size sold out is an option less, so the words of the options change.
        replace(SHIRT, variants=(SHIRT.variants[0], Variant("m", {"size": "M"}, stock=0))),
    ],
)
def test_what_changes_words_waits_for_a_refresh(shop: Shop, changed: Product) -> None:
    before = shop.searcher._shelf
    shop.take([changed])
    shop.found(Need("lamp"))
    assert shop.searcher._shelf is before
    assert shop.searcher.refresh()
    rows = shop.searcher._shelf.rows
    assert shop.searcher.products[rows[changed.id]] == changed
    assert shop.searcher._shelf.lexical is not before.lexical


def test_what_was_retired_waits_for_a_refresh(shop: Shop) -> None:
    shop.take([replace(lamp, price=50) for lamp in LAMPS], retire=True)
    assert shop.found(Need("shirt"))[:1] == ["shirt"]
    assert shop.searcher.refresh()
    assert {item.id for item in shop.searcher.products} == {lamp.id for lamp in LAMPS}


def test_a_change_after_one_that_waits_is_not_lost(shop: Shop) -> None:
    shop.take([replace(LAMPS[0], title="Lantern")])
    shop.found(Need("lamp"))
    shop.take([replace(LAMPS[4], price=100)])
    shop.found(Need("lamp"))
    assert shop.searcher.refresh()
    assert shop.found(Need("lamp", price_max=500)) == ["lamp4"]
    assert shop.found(Need("lantern"))[0] == "lamp0"


def test_a_refresh_of_prices_alone_shares_all_else(shop: Shop) -> None:
    before = shop.searcher._shelf
    shop.take([replace(lamp, price=lamp.price + 1) for lamp in LAMPS])
    assert shop.searcher.refresh()
    assert shop.searcher._shelf.lexical is before.lexical
    assert {item.price for item in shop.searcher.products} == {1_001, 1_002, 1_003, 1_004, 1_005, 1_006, SHIRT.price}


def test_changes_too_many_to_wait_for_are_left_to_a_refresh(shop: Shop) -> None:
    edition = shop.catalog.edition
    shop.take([replace(lamp, price=10) for lamp in LAMPS])
    assert shop.catalog.changed_since(edition, limit=5) is None
    changed = shop.catalog.changed_since(edition, limit=6)
    assert changed is not None
    assert {item.id for item in changed} == {lamp.id for lamp in LAMPS}
    assert shop.catalog.changed_since(shop.catalog.edition) == []
    assert shop.catalog.edition.count == 7


def test_a_search_goes_on_where_the_catalogue_cannot_be_read(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    with shop.engine.begin() as connection:
        connection.execute(text("DROP TABLE catalog_facts"))
    assert len(shop.found(Need("lamp"))) == 6
    assert "as it was" in caplog.text
