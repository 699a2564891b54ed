from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.catalog import Catalog
from retrieval.feeds.rows import BadRow
from retrieval.index import VectorIndex
from retrieval.products import to_row
from retrieval.run import BadQuery, run_queries
from retrieval.search import Searcher
from retrieval.sql import open_engine
from retrieval.types import Need
from tests.fakes_retrieval import FakeEmbedder, product


def searcher_of(folder: Path, *products: object) -> Searcher:
    catalog, embedder = Catalog(open_engine(f"sqlite:///{folder}/shop.db")), FakeEmbedder()
    catalog.ingest(enumerate(map(to_row, products), start=1))
    return Searcher.build(catalog, VectorIndex(folder / "vectors", embedder), embedder)


def test_each_query_gives_a_line_that_obeys_what_was_read(tmp_path: Path) -> None:
    searcher = searcher_of(tmp_path, product(id="dear", price=9_900), product(id="cheap", price=900))
    rows = [(1, {"query_id": "q1", "query": "hiking boots"}), (2, {"query_id": "q2", "query": "hiking boots under $10"})]
    found = list(run_queries(rows, searcher, lambda text: Need(price_max=1_000 if "under" in text else None), 5))
    assert [(line["query_id"], set(line["product_ids"])) for line in found] == [("q1", {"dear", "cheap"}), ("q2", {"cheap"})]
    assert all(line["ms"] >= 0 for line in found)


def test_a_line_that_is_no_query_is_named(tmp_path: Path) -> None:
    searcher = searcher_of(tmp_path)
    with pytest.raises(BadQuery, match="line 3: expected query_id and query"):
        list(run_queries([(3, {"query": "boots"})], searcher, lambda _: Need(), 5))
    with pytest.raises(BadQuery):
        list(run_queries([BadRow(4, "line", "{", "is no JSON object")], searcher, lambda _: Need(), 5))
