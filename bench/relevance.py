"""How good the search is: NDCG@10 on the judged queries of a public catalogue, beside each of its two halves alone.

Needs the data set `icecat` (product data in English, 67 queries with judgements); says so and skips where it is not there.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.need import apply
from assistant.understand import Context, LexicalReader
from assistant.vocabulary import Vocabulary
from bench.figures import ratio
from bench.shop import BenchShop, Result
from retrieval.catalog import Catalog
from retrieval.corpus import Corpus
from retrieval.embed import Embedder
from retrieval.feeds.jsonl import read_jsonl
from retrieval.index import VectorIndex
from retrieval.lexical import LexicalIndex
from retrieval.search import Searcher
from retrieval.sql import open_engine
from retrieval.types import Need, Product

K = 10
FILES = ("products.jsonl.gz", "queries.dev.jsonl", "judgements.dev.jsonl")

Ranking = Callable[[str], list[str]]
"""From a query to product ids, best first."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Judged queries: the text and the gains (product id → gain, over 0) of each."""

    queries: Mapping[str, str]
    gains: Mapping[str, Mapping[str, float]]


def run(shop: BenchShop) -> Iterator[Result]:
    """One line; `ratio` is our NDCG@10 over the better one of BM25 alone and embeddings alone."""
    folder = shop.data / "icecat"
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        yield {"skipped": f"{folder} has no {', '.join(missing)}; SHELFWISE_DATA names the folder of the data sets"}
        return
    embedder = shop.open_embedder()
    searcher, index = open_searcher(shop, "icecat", embedder)
    judged = read_collection(folder / FILES[1], folder / FILES[2])
    sides = rankings(searcher, index, embedder, searcher.products[0].currency)
    yield compared(judged, sides) | {"products": len(searcher.products)}


def open_searcher(shop: BenchShop, name: str, embedder: Embedder) -> tuple[Searcher, VectorIndex]:
    """The search over the products of a data set, whose vectors are kept for the next time."""
    shop.scratch.mkdir(parents=True, exist_ok=True)
    shop.say(f"  taking {name} in; the first time, embedding it takes minutes")
    catalog = Catalog(open_engine(f"sqlite:///{shop.scratch / f'{name}.db'}"))
    catalog.ingest(read_jsonl(shop.data / name / FILES[0]), replace=True)
    index = VectorIndex(shop.scratch / f"{name}-index", embedder)
    return Searcher.build(catalog, index, embedder, lambda done, all_: shop.say(f"  {done:,} of {all_:,} embedded")), index


def rankings(searcher: Searcher, index: VectorIndex, embedder: Embedder, currency: str) -> dict[str, Ranking]:
    """Our search as the shop uses it, and its two halves alone over the same products."""
    products = searcher.products
    lexical = LexicalIndex(Corpus.of(products))
    reader = LexicalReader(Vocabulary.from_products(products))

    def ours(text: str) -> list[str]:
        need = apply(Need(), reader.read(text, Context(currency=currency)).frame, ())
        return [product.id for product in searcher.rank(text, need, K)]

    def bm25(text: str) -> list[str]:
        return best(products, lexical.scores(text))

    def embeddings(text: str) -> list[str]:
        return index.nearest(embedder.encode([text])[0], None, K)[0]

    return {"search": ours, "bm25": bm25, "embeddings": embeddings}


def best(products: Sequence[Product], scores: NDArray[np.float32]) -> list[str]:
    """Ids of the 10 products with the highest scores (n,) over 0, the best first."""
    order = np.argsort(-scores, kind="stable")[:K]
    return [products[row].id for row in order if scores[row] > 0]


def compared(judged: Collection, sides: Mapping[str, Ranking]) -> dict[str, object]:
    """The mean NDCG@10 of each side over the queries that have a product with a gain."""
    scores = {
        name: sum(ndcg_at_k(rank(judged.queries[query]), gains, K) for query, gains in judged.gains.items())
        / len(judged.gains)
        for name, rank in sides.items()
    }
    halves = max(score for name, score in scores.items() if name != "search")
    return {
        "ratio": ratio(scores["search"], halves),
        "ratio_is": "NDCG@10 of the search / the better one of BM25 alone and embeddings alone",
        "queries": len(judged.gains),
        **{f"{name}_ndcg_at_10": round(score, 4) for name, score in scores.items()},
    }


def ndcg_at_k(ranked: Sequence[str], gains: Mapping[str, float], k: int) -> float:
    """Normalised discounted cumulative gain (0-1) of the first `k`: (2^gain - 1) / log2(place + 1), places from 1.

    Raises `ValueError` unless some gain is over 0.
    """
    ideal = _discounted(sorted(gains.values(), reverse=True)[:k])
    if ideal <= 0:
        raise ValueError(f"gains are {dict(gains)}; expected at least one over 0")
    return _discounted([gains.get(product_id, 0.0) for product_id in ranked[:k]]) / ideal


def _discounted(gains: Sequence[float]) -> float:
    return sum((2**gain - 1) / math.log2(place + 1) for place, gain in enumerate(gains, 1))


def read_collection(queries: Path, judgements: Path) -> Collection:
    """The judged queries of two files (format 4). Raises `ValueError` or `KeyError` for lines that are neither."""
    gains: dict[str, dict[str, float]] = defaultdict(dict)
    for row in read_lines(judgements):
        if row["gain"] > 0:
            gains[str(row["query_id"])][str(row["product_id"])] = float(row["gain"])
    texts = {str(row["query_id"]): str(row["query"]) for row in read_lines(queries)}
    return Collection(texts, gains)


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines."""
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines if line.strip())
