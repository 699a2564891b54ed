"""What the demo shop has of a kind: its categories are the truth, and a count has to agree with them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random

import pytest

from demo.kinds import read_kinds
from demo.products import make_products, product_row
from retrieval.catalog import Catalog
from retrieval.index import VectorIndex
from retrieval.search import Searcher
from retrieval.sql import open_engine
from retrieval.types import Need
from tests.fakes_retrieval import FakeEmbedder

# As shoppers say it, and the categories that it means.
SAID = {
    "tents": {"Tents"}, "kettles": {"Electric kettles"}, "kettle": {"Electric kettles"}, "headphones": {"Headphones"},
    "speakers": {"Bluetooth speakers"}, "earbuds": {"Earbuds"}, "hiking boots": {"Hiking boots"},
    "boots": {"Hiking boots", "Rain boots", "Chelsea boots"}, "sneakers": {"Sneakers"}, "sandal": {"Sandals"},
    "backpacks": {"Hiking backpacks", "Laptop backpacks"}, "lamps": {"Desk lamps", "Floor lamps"}, "headlamp": {"Headlamps"},
    "head lamps": {"Headlamps"}, "jackets": {"Rain jackets", "Fleece jackets"}, "t-shirts": {"T-shirts"},
    "tshirt": {"T-shirts"}, "dresses": {"Dresses"}, "dress": {"Dresses"}, "socks": {"Socks"}, "mouse": {"Computer mice"},
    "mice": {"Computer mice"}, "chef's knife": {"Chef's knives"}, "knives": {"Chef's knives"}, "beds": {"Dog beds"},
    "sleeping bag": {"Sleeping bags"}, "desks": {"Desks"}, "chairs": {"Office chairs"},
    "bottles": {"Water bottles", "Baby bottles"},
    "water bottle": {"Water bottles"}, "rugs": {"Rugs"}, "candle": {"Candles"}, "watering cans": {"Watering cans"},
    "puzzles": {"Puzzles"}, "board game": {"Board games"}, "moisturiser": {"Moisturizers"},
    "desk organiser": {"Desk organizers"},
    "yoga mat": {"Yoga mats"}, "dog leash": {"Dog leashes"}, "hammocks": {"Hammocks"}, "frying pans": {"Frying pans"},
    "pianos": set(), "coffee": set(), "sofas": set(),
}  # fmt: skip


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterable[Searcher]:
    folder = tmp_path_factory.mktemp("demo-counts")
    engine = open_engine(f"sqlite:///{folder}/shop.db")
    catalog, embedder = Catalog(engine), FakeEmbedder(dimension=8)
    products = make_products(read_kinds(), 2_800, datetime(2026, 6, 1, tzinfo=UTC), Random("7/products"))
    report = catalog.ingest(enumerate(map(product_row, products), 1))
    assert report.rejected == ()
    yield Searcher.build(catalog, VectorIndex(folder / "index", embedder), embedder)
    engine.dispose()


@pytest.mark.parametrize("said", SAID)
def test_a_count_agrees_with_the_categories(searcher: Searcher, said: str) -> None:
    truth = {product.id for product in searcher.products if product.for_sale and SAID[said] & {*product.category}}
    assert truth or not SAID[said]
    assert {product.id for product in searcher.matching(Need(said))} == truth


def test_every_category_is_counted_whole_by_its_own_name(searcher: Searcher) -> None:
    for_sale = [product for product in searcher.products if product.for_sale]
    for name in sorted({name for product in for_sale for name in product.category}):
        truth = {product.id for product in for_sale if name in product.category}
        assert {product.id for product in searcher.matching(Need(name.lower()))} == truth, name
