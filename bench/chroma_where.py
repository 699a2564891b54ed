"""The naive side's search: Chroma's own `where` filter on price, stock, brand, department and rating."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import chromadb
from chromadb.config import Settings
from numpy.typing import NDArray

from retrieval.embed import Vectors
from retrieval.types import Need, Product

BATCH = 1_000
NO_PRICE = -1
NO_RATING = -1.0


class ChromaShelf:
    """Products in a Chroma collection of their own, each with the metadata that `where` filters on."""

    def __init__(self, folder: Path, products: Iterable[Product], vectors: Vectors) -> None:
        """Fills a new collection in `folder`; row i of `vectors` (n, dim) is of `products[i]`."""
        settings = Settings(anonymized_telemetry=False, is_persistent=True, persist_directory=str(folder))
        self._collection = chromadb.PersistentClient(path=str(folder), settings=settings).create_collection(
            "bench", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )
        self._products: dict[str, Product] = {}
        coming = iter(products)
        for start in range(0, len(vectors), BATCH):
            batch = list(itertools.islice(coming, BATCH))
            self._products.update((product.id, product) for product in batch)
            self._collection.add(
                ids=[product.id for product in batch],
                embeddings=vectors[start : start + BATCH],
                metadatas=[_metadata(product) for product in batch],
            )

    def query(self, vector: NDArray[Any], need: Need, limit: int) -> list[Product]:
        """Returns up to `limit` products for sale that pass `where_of(need)`, nearest to `vector` (dim,) first."""
        return [self._products[product_id] for product_id in self.nearest(vector, where_of(need), limit)]

    def nearest(self, vector: NDArray[Any], where: Any, limit: int) -> list[str]:
        """Returns the ids of up to `limit` products that pass `where` (None for all), nearest to `vector` (dim,) first."""
        found = self._collection.query(query_embeddings=vector.reshape(1, -1), n_results=limit, where=where, include=[])
        return list(found["ids"][0])


def where_of(need: Need, category: tuple[str, ...] = ()) -> Any:
    """What of a need Chroma can be asked for: stock, price, brand and rating; words to exclude it has no way to say.

    `category` is the path that products have to be under, of one level at most.
    """
    conditions: list[dict[str, Any]] = [{"for_sale": True}]
    if need.price_max is not None:
        conditions.append({"price": {"$lte": need.price_max}})
    if need.price_min is not None:
        conditions.append({"price": {"$gte": need.price_min}})
    if need.brand:
        conditions.append({"brand": {"$in": list(need.brand)}})
    if need.brand_exclude:
        conditions.append({"brand": {"$nin": list(need.brand_exclude)}})
    if category:
        conditions.append({"department": category[0]})
    if need.rating_min is not None:
        conditions.append({"rating": {"$gte": need.rating_min}})
    return conditions[0] if len(conditions) == 1 else {"$and": conditions}


def _metadata(product: Product) -> dict[str, str | int | float | bool]:
    return {
        "for_sale": product.for_sale,
        "price": NO_PRICE if product.price is None else product.price,
        "brand": product.brand,
        "department": product.category[0] if product.category else "",
        "rating": NO_RATING if product.rating is None else product.rating,
    }
