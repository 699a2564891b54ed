from __future__ import annotations

from pathlib import Path

from bench.chroma_where import ChromaShelf
from bench.search import compared, drawn_needs, embedded
from retrieval.catalog import Catalog
from retrieval.index import VectorIndex
from retrieval.search import Searcher
from retrieval.sql import open_engine
from retrieval.types import Need
from tests.fakes_retrieval import FakeEmbedder, product

ROWS = [
    {"id": f"p{number}", "title": f"Boots {number}", "price": 10 + number, "brand": "Alpine", "category": ["Shoes", "Boots"]}
    for number in range(20)
]


def test_needs_are_the_same_each_time_and_can_be_met() -> None:
    products = [product(id=f"p{number}", price=1000 + number, brand=f"b{number}") for number in range(30)]
    needs = drawn_needs(products, 50)
    assert needs == drawn_needs(products, 50)
    assert sum(bool(need.brand) for need in needs) == 17
    for need in needs:
        assert need.query == "hiking boots"
        assert any(
            need.price_max is not None and item.price <= need.price_max and need.brand in ((), (item.brand,))
            for item in products
        )


def test_products_without_price_or_category_are_not_drawn() -> None:
    products = [product(id="a", price=None), product(id="b", category=()), product(id="c", price=500, category=("Lamps",))]
    assert {need.query for need in drawn_needs(products, 10)} == {"lamps"}


def test_each_query_is_embedded_once() -> None:
    embedder = FakeEmbedder()
    times = embedded(embedder, [Need("boots"), Need("lamps"), Need("boots", price_max=5)])
    assert len(times) == 2
    assert embedder.asked == ["warm up", "boots", "lamps"]


def test_both_sides_are_measured_over_every_need(tmp_path: Path) -> None:
    catalog = Catalog(open_engine("sqlite://"))
    catalog.ingest(enumerate(ROWS, 1))
    embedder = FakeEmbedder()
    index = VectorIndex(tmp_path / "index", embedder)
    searcher = Searcher.build(catalog, index, embedder)
    chroma = ChromaShelf(tmp_path / "chroma", searcher.products, index.mirror.matrix)
    line = compared(searcher, chroma, embedder, drawn_needs(searcher.products, 6), 8)
    assert (line["limit"], line["needs"], line["products"]) == (8, 6, 20)
    for side in ("unfiltered", "filtered", "chroma_where"):
        assert 0 < line[f"{side}_ms_p50"] <= line[f"{side}_ms_p95"]
    assert line["ratio"] > 0
