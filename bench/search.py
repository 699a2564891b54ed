"""How long the search itself takes: filtered, unfiltered, and beside Chroma's own `where` filter.

First whole searches of the demo shop, then nearest neighbours alone in made-up shops of up to a million products, then
whole searches of such shops.
Needs are drawn from the catalogue by a fixed seed: a kind of product with a price limit, a third of them with a brand.
All sides are given the queries embedded already, so that a line compares searching; embedding has a figure of its own.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bench import filtered, whole
from bench.chroma_where import ChromaShelf
from bench.figures import Spread, ms_since, ratio
from bench.shop import BenchShop, Result
from retrieval.embed import Embedder
from retrieval.search import Searcher
from retrieval.types import Need, Product, Query

NEEDS = 200
SEED = 11
LIMITS = (8, 200)
"""A page of cards, and what the assistant asks for to rank."""


def run(shop: BenchShop) -> Iterator[Result]:
    """A line a limit, `ratio` being Chroma's filtered p50 over that of our filtered search; then `filtered`, `whole`."""
    shop.say("  opening the shop and a Chroma collection with metadata")
    catalog = shop.open_catalog()
    embedder = shop.open_embedder()
    index = shop.open_index(embedder)
    searcher = Searcher.build(catalog, index, embedder)
    mirror = index.mirror
    needs = drawn_needs(searcher.products, NEEDS)
    embedding = Spread.of(embedded(embedder, needs))
    products = catalog.get_many(mirror.ids)
    with tempfile.TemporaryDirectory(prefix="shelfwise-naive-") as folder:
        chroma = ChromaShelf(Path(folder), list(products.values()), mirror.matrix)
        for limit in LIMITS:
            shop.say(f"  {NEEDS} needs, the best {limit}")
            yield compared(searcher, chroma, embedder, needs, limit) | embedding.named("embedding_ms")
    yield from filtered.run(shop)
    yield from whole.run(shop)


def drawn_needs(products: Sequence[Product], count: int) -> list[Need]:
    """`count` needs that a product each can meet, always the same for the same catalogue."""
    choose = random.Random(SEED)
    priced = [product for product in products if product.price is not None and product.category]
    needs = []
    for number in range(count):
        product = choose.choice(priced)
        brand = (product.brand,) if product.brand and number % 3 == 0 else ()
        price_max = round((product.price or 0) * choose.uniform(1.0, 1.5))
        needs.append(Need(product.category[-1].lower(), brand=brand, price_max=price_max))
    return needs


def embedded(embedder: Embedder, needs: Sequence[Need]) -> list[float]:
    """Milliseconds to embed each query that is not remembered yet, as later searches then find it."""
    embedder.encode(["warm up"])
    return [_timed(embedder.encode, [text]) for text in dict.fromkeys(need.query for need in needs)]


def compared(
    searcher: Searcher, chroma: ChromaShelf, embedder: Embedder, needs: Sequence[Need], limit: int
) -> dict[str, object]:
    """The figures of one limit, each need searched on all sides before the next."""
    plain, limited, where = [], [], []
    for need in needs:
        anything = replace(need, brand=(), price_max=None)
        vector = embedder.encode([need.query])[0]
        plain.append(_timed(searcher.search, Query(anything, limit)))
        limited.append(_timed(searcher.search, Query(need, limit)))
        where.append(_timed(chroma.query, vector, need, limit))
    ours, theirs = Spread.of(limited), Spread.of(where)
    return {
        "limit": limit,
        "ratio": ratio(theirs.p50, ours.p50),
        "ratio_is": "Chroma query with where p50 / filtered search p50",
        "needs": len(needs),
        "products": len(searcher.products),
        **Spread.of(plain).named("unfiltered_ms"),
        **ours.named("filtered_ms"),
        **theirs.named("chroma_where_ms"),
    }


def _timed(work: Callable[..., object], *arguments: object) -> float:
    started = time.perf_counter()
    work(*arguments)
    return ms_since(started)
