"""A catalogue large enough for the four-bit scan is searched as if all of it were multiplied exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.catalog import Catalog
from retrieval.corpus import Corpus
from retrieval.filters import Columns
from retrieval.fourbit import FourBitScan
from retrieval.index import VectorIndex
from retrieval.lexical import LexicalIndex
from retrieval.mirror import SCANNED_FROM, Mirror
from retrieval.properties import Properties
from retrieval.search import Searcher, SearchResult, Shelf
from retrieval.sql import open_engine
from retrieval.types import Need, Query
from tests.fakes_retrieval import FakeEmbedder, product

COUNT = SCANNED_FROM + 500
KINDS = ("lamp", "boot", "kettle", "tent", "sofa")
WORDS = ("light", "sturdy", "folding", "quiet", "warm", "round", "steel", "cotton", "oak", "glass")


@dataclass(frozen=True)
class Sides:
    scanned: Searcher
    multiplied: Searcher


def no_scan(_: NDArray[np.float32]) -> FourBitScan:
    raise ImportError("not wanted here")


@pytest.fixture(scope="module")
def sides(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    folder, chance = tmp_path_factory.mktemp("many"), np.random.default_rng(8)
    products = tuple(
        product(
            id=f"p{row}",
            title=f"{WORDS[first]} {WORDS[second]} {KINDS[kind]} {row}",
            category=(KINDS[kind],),
            brand=f"Maker{first}",
            price=int(price),
        )
        for row, (first, second, kind, price) in enumerate(
            zip(*(chance.integers(0, most, COUNT) for most in (10, 10, 5, 9_000)), strict=True)
        )
    )
    embedder, engine = FakeEmbedder(), open_engine(f"sqlite:///{folder}/shop.db")
    vectors = embedder.encode([item.title for item in products])
    vectors += 0.05 * chance.normal(size=vectors.shape).astype(np.float32)
    ids = tuple(item.id for item in products)
    mirror = Mirror.of(ids, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dict.fromkeys(ids, "hash"))
    catalog, corpus = Catalog(engine), Corpus.of(products)
    words = (Columns(products), LexicalIndex(corpus), Properties(products, corpus))
    shelf = Shelf(catalog.edition, products, mirror, mirror.rows, *words)
    plain = replace(shelf, mirror=replace(mirror, make_scan=no_scan))
    index = VectorIndex(folder / "index", embedder)
    yield Sides(Searcher(catalog, index, embedder, shelf), Searcher(catalog, index, embedder, plain))
    engine.dispose()


def ids(result: SearchResult, count: int) -> list[str]:
    return [candidate.product.id for candidate in result.candidates[:count]]


@pytest.mark.parametrize(
    "need",
    [
        Need("sturdy lamp"),
        Need("quiet steel kettle", price_max=700),
        Need("folding tent", include=("cotton",), exclude=("warm",)),
        Need("oak sofa", brand=("Maker3",), price_min=4_000),
        Need("glass boot", price_max=-1),
        Need(include=("cotton",)),
        Need(price_max=50),
        Need("asdfgh"),
    ],
)
def test_the_same_is_found_first_as_without_the_scan(sides: Sides, need: Need) -> None:
    ours, theirs = (side.search(Query(need, 200)) for side in (sides.scanned, sides.multiplied))
    assert ids(ours, 50) == ids(theirs, 50)
    assert (len(ours.candidates), ours.relaxed, ours.unstated) == (len(theirs.candidates), theirs.relaxed, theirs.unstated)
    text = " ".join([need.query, *need.include])
    assert sides.scanned.rank(text, need, 50) == sides.multiplied.rank(text, need, 50)


def test_a_sort_ends_at_about_the_same_relevance_as_without_the_scan(sides: Sides) -> None:
    ours, theirs = (side.search(Query(Need("lamp", sort="price_asc"), 100)) for side in (sides.scanned, sides.multiplied))
    prices = [candidate.product.price or 0 for candidate in ours.candidates]
    assert prices == sorted(prices)
    assert len(set(ids(ours, 100)) & set(ids(theirs, 100))) >= 90


def test_the_same_is_like_a_product_as_without_the_scan(sides: Sides) -> None:
    for row in (0, 777, 5_000):
        ours, theirs = (side.search(Query(Need(), 50, like=f"p{row}")) for side in (sides.scanned, sides.multiplied))
        assert ids(ours, 50) == ids(theirs, 50)
        assert f"p{row}" not in ids(ours, 50)
