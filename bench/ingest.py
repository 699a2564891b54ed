"""How long taking products in takes: beside a naive pipeline, and when only prices changed.

The naive pipeline is what one writes first: rows in the order they come, 32 at a time, embedded in float32 by
sentence-transformers and added to a Chroma collection. Ours does all of an ingest: it parses the rows, keeps them in SQL,
embeds, and writes vectors to the log and to Chroma.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from bench.chroma_where import ChromaShelf
from bench.figures import ratio
from bench.shop import BenchShop, Result
from retrieval.catalog import Catalog
from retrieval.embed import Embedder, SentenceTransformerEmbedder, Vectors
from retrieval.index import VectorIndex
from retrieval.products import to_row
from retrieval.search import Searcher
from retrieval.sql import open_engine
from retrieval.text import embedding_text
from retrieval.types import Need, Product, Query

NAIVE_BATCH = 32
SAMPLE = 512
ROUNDS = 2
REPRICED = 10_000
REQUIRED = 4
WARM_UP = 64


def run(shop: BenchShop) -> Iterator[Result]:
    """A line for a first ingest, `ratio` being the naive pipeline's seconds over ours; and one for new prices."""
    products = list(shop.open_catalog().all())
    sample = products[:: max(1, len(products) // SAMPLE)][:SAMPLE]
    ours, theirs = shop.open_embedder(), SentenceTransformerEmbedder(device="cpu", dtype="float32")
    for embedder in (ours, theirs):
        embedder.encode([embedding_text(product) for product in sample[:WARM_UP]])
    shop.say(f"  taking {len(sample)} products in, both ways, {ROUNDS} times each")
    with tempfile.TemporaryDirectory(prefix="shelfwise-ingest-") as folder:
        first = compared(sample, ours, theirs, Path(folder), ROUNDS)
        yield first
        shop.say(f"  {REPRICED} products at new prices")
        many = [replace(product, id=f"p{number}") for number, product in enumerate(islice(cycle(products), REPRICED))]
        yield repriced(many, Path(folder) / "prices", float(str(first["naive_ms_per_product"])))


def compared(products: Sequence[Product], ours: Embedder, theirs: Embedder, folder: Path, rounds: int) -> dict[str, object]:
    """The figures of a first ingest; the sides take turns, so that what else the machine does falls on both."""
    naive = fast = 0.0
    for number in range(rounds):
        fast += _seconds(take_in, products, ours, folder / f"ours-{number}")
        naive += _seconds(take_in_naively, products, theirs, folder / f"naive-{number}")
    count = rounds * len(products)
    return {
        "part": "first",
        "ratio": ratio(naive, fast),
        "ratio_is": "naive pipeline's seconds / ours",
        "required": REQUIRED,
        "products": len(products),
        "ms_per_product": round(1000 * fast / count, 2),
        "naive_ms_per_product": round(1000 * naive / count, 2),
    }


def repriced(products: Sequence[Product], folder: Path, naive_ms: float) -> dict[str, object]:
    """The figures of an ingest where every price is new; `naive_ms` is what the naive pipeline takes for a product."""
    folder.mkdir(parents=True)
    embedder = Counting()
    catalog = Catalog(open_engine(f"sqlite:///{folder / 'shop.db'}"))
    index = VectorIndex(folder / "index", embedder)
    _ingest(catalog, index, products)
    searcher = Searcher.build(catalog, VectorIndex(folder / "index", embedder), embedder)
    embedded = embedder.count
    dearer = [replace(product, price=(product.price or 0) + 100) for product in products]
    taking = _seconds(_ingest, catalog, index, dearer)
    seeing = _seconds(searcher.refresh)
    reembedded = embedder.count - embedded
    found = searcher.search(Query(Need(), limit=1)).candidates
    return {
        "part": "prices",
        "ratio": ratio(naive_ms * len(products) / 1000, taking),
        "ratio_is": "naive pipeline's seconds for as many products / ours",
        "products": len(products),
        "embedded": reembedded,
        "visible": bool(found) and catalog.get(found[0].product.id) == found[0].product,
        "ingest_s": round(taking, 2),
        "refresh_s": round(seeing, 2),
    }


def take_in(products: Sequence[Product], embedder: Embedder, folder: Path) -> None:
    """An ingest into a new shop in `folder`, as the command line does it."""
    folder.mkdir(parents=True)
    engine = open_engine(f"sqlite:///{folder / 'shop.db'}")
    _ingest(Catalog(engine), VectorIndex(folder / "index", embedder), products)
    engine.dispose()


def take_in_naively(products: Sequence[Product], embedder: Embedder, folder: Path) -> None:
    """Embeds and adds the products in the order given, with the metadata that Chroma would filter on."""
    texts = [embedding_text(product) for product in products]
    vectors = [embedder.encode(texts[start : start + NAIVE_BATCH]) for start in range(0, len(texts), NAIVE_BATCH)]
    ChromaShelf(folder, products, np.concatenate(vectors))


class Counting:
    """An embedder that counts its texts and gives each the same vector: for what is measured without embedding."""

    model_id = "counting"
    dimension = 384

    def __init__(self) -> None:
        """Has counted nothing yet."""
        self.count = 0

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Returns (n, dimension) float32, L2-normalised."""
        self.count += len(texts)
        return np.full((len(texts), self.dimension), self.dimension**-0.5, dtype=np.float32)


def _ingest(catalog: Catalog, index: VectorIndex, products: Sequence[Product]) -> None:
    with index.writing():
        catalog.ingest(enumerate(map(to_row, products), 1), prepare=index.prepare)
        index.sync(catalog.all(), exact=True)


def _seconds(work: Callable[..., object], *arguments: object) -> float:
    started = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - started
