"""Products are found by what is only guessed of them, and nothing is told or excluded by a guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from retrieval.catalog import Catalog
from retrieval.index import VectorIndex
from retrieval.products import to_row
from retrieval.search import Searcher
from retrieval.sql import open_engine
from retrieval.types import Need, Product, Query
from tests.fakes_retrieval import FakeEmbedder, product

BREVA = product(id="breva", title="Breva 300", price=2_000, stock=5, category=(), attributes={}, description="")
LAMP = product(id="lamp", title="Desk lamp", category=("Lamps",), price=3_000, stock=5)


def guessed(products: Sequence[Product]) -> list[Product]:
    return [
        replace(item, category=("Kitchen", "Kettles"), attributes={**item.attributes, "color": "red"})
        if item.id == "breva"
        else item
        for item in products
    ]


def test_a_guess_finds_a_product_and_tells_nothing(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/shop.db")
    catalog, embedder = Catalog(engine), FakeEmbedder()
    catalog.ingest(enumerate(map(to_row, (BREVA, LAMP)), 1))
    index = VectorIndex(tmp_path / "vectors", embedder)
    plain = Searcher.build(catalog, index, embedder)
    searcher = Searcher.build(catalog, index, embedder, found_as=guessed)
    assert not [found for found in plain.search(Query(Need("kettle"))).candidates if found.product.id == "breva"]
    (found,) = searcher.search(Query(Need("kettle"))).candidates
    assert found.product.id == "breva" and found.product.category == ()
    (wanted,) = searcher.search(Query(Need("kettle", include=("red",)))).candidates
    assert wanted.violates == ("red: not stated",) and not [r for r in wanted.reasons if r.text == "red"]
    (kept,) = searcher.search(Query(Need("kettle", exclude=("red",)))).candidates
    assert kept.product.id == "breva"
    engine.dispose()
