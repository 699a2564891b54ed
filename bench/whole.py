"""Whole searches in made-up shops of 20 and 100 thousand products: words, meaning, filter, order and reasons.

Each size is measured in a process of its own, so that its memory is its own:
`python -m bench.whole --products 1000000` measures one. Embedding the query is left out; it costs the same at any size.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from bench.figures import Spread, ms_since, ratio
from bench.filtered import apart, resident_mb
from bench.shop import BenchShop, Result
from bench.synthetic import WORDS, SyntheticShop, product_id
from retrieval.catalog import Catalog
from retrieval.corpus import Corpus
from retrieval.embed import Vectors
from retrieval.filters import Columns
from retrieval.index import VectorIndex
from retrieval.lexical import LexicalIndex
from retrieval.mirror import Mirror
from retrieval.properties import Properties
from retrieval.search import Searcher, Shelf
from retrieval.sql import open_engine
from retrieval.types import Need, Query

SIZES = (20_000, 100_000)
QUERIES = 60
LIMIT = 200
SEED = 31


class MadeUpEmbedder:
    """Embeds `kind7` as a product of that kind; any other text as the mean of a few products."""

    model_id = "made-up"

    def __init__(self, shop: SyntheticShop) -> None:
        """Takes the shop whose vectors it gives."""
        self.dimension = shop.matrix.shape[1]
        self._matrix = shop.matrix
        self._row_of = {f"kind{kind}": row for row, kind in enumerate(shop.kinds)}

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Returns (n, dimension) float32, rows L2-normalised."""
        rows = [[self._row_of.get(word, len(word)) for word in text.split()] or [0] for text in texts]
        means = np.stack([self._matrix[row].mean(axis=0) for row in rows])
        vectors: Vectors = means / np.linalg.norm(means, axis=1, keepdims=True)
        return vectors


def run(shop: BenchShop, sizes: Sequence[int] = SIZES) -> Iterator[Result]:
    """A line a size, its `ratio` being how much longer a search takes than at the first size."""
    base = 0.0
    for count in sizes:
        shop.say(f"  whole searches of {count:,} made-up products")
        for line in apart("bench.whole", "--products", str(count)):
            took = float(str(line["search_ms_p50"]))
            base = base or took
            yield {**line, "ratio": ratio(took, base), "ratio_is": f"search p50 / search p50 at {sizes[0]:,} products"}


def measured(count: int) -> dict[str, object]:
    """The figures of one size: searches and rankings with a filter, the seconds to build, and the memory."""
    shop = SyntheticShop.of(count)
    before, started = resident_mb(), time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="shelfwise-whole-") as folder:
        searcher = _searcher(shop, Path(folder))
        seconds, memory = time.perf_counter() - started, resident_mb() - before
        needs = _needs(shop)
        searcher.search(Query(needs[0], LIMIT))
        busy = time.process_time()
        searches = [_ms(searcher.search, Query(need, LIMIT)) for need in needs]
        busy = (time.process_time() - busy) * 1000 / len(needs)
        rankings = [_ms(searcher.rank, " ".join([need.query, *need.include]), need, LIMIT) for need in needs]
    return {
        "products": count,
        "queries": len(needs),
        "limit": LIMIT,
        **Spread.of(searches).named("search_ms"),
        "search_cpu_ms_mean": round(busy, 2),
        **Spread.of(rankings).named("rank_ms"),
        "build_s": round(seconds, 1),
        "memory_mb": round(memory),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _searcher(shop: SyntheticShop, folder: Path) -> Searcher:
    """What `Searcher.build` makes, of vectors that need not be embedded and a catalogue that never changes."""
    products = tuple(shop.products())
    ids = tuple(product_id(row) for row in range(len(products)))
    mirror = Mirror.of(ids, shop.matrix, {product: f"{row:032x}" for row, product in enumerate(ids)})
    _ = mirror.scan
    catalog, embedder = Catalog(open_engine(f"sqlite:///{folder / 'shop.db'}")), MadeUpEmbedder(shop)
    corpus = Corpus.of(products)
    lexical, properties = LexicalIndex(corpus), Properties(products, corpus)
    shelf = Shelf(catalog.edition, products, mirror, mirror.rows, Columns(products), lexical, properties)
    return Searcher(catalog, VectorIndex(folder / "index", embedder), embedder, shelf)


def _needs(shop: SyntheticShop) -> list[Need]:
    """Kinds of things by one of their words under the median price; some with a property, some without another."""
    random = np.random.default_rng(SEED)
    median = int(np.median(shop.prices))
    needs = []
    for number, row in enumerate(random.integers(0, len(shop.kinds), QUERIES)):
        word, wanted, unwanted = (WORDS[place] for place in random.integers(0, len(WORDS), 3))
        include = (wanted,) if number % 3 == 0 else ()
        exclude = (unwanted,) if number % 3 == 1 and unwanted != word else ()
        needs.append(Need(f"{word} kind{shop.kinds[row]}", include=include, exclude=exclude, price_max=median))
    return needs


def _ms(work: Callable[..., object], *arguments: object) -> float:
    started = time.perf_counter()
    work(*arguments)
    return ms_since(started)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures one size and writes its line to standard output."""
    parser = argparse.ArgumentParser(prog="python -m bench.whole", description=__doc__)
    parser.add_argument("--products", type=int, default=SIZES[0], help="how many products to make up")
    sys.stdout.write(json.dumps(measured(parser.parse_args(arguments).products)) + "\n")


if __name__ == "__main__":
    main()
