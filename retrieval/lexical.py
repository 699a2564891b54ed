"""Lexical search: BM25 over stemmed words, fields weighted by repetition."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

import bm25s
import numpy as np
from numpy.typing import NDArray

from retrieval.text import content_stems, stems
from retrieval.types import Product

TITLE_WEIGHT = 3
BRAND_WEIGHT = 2
CATEGORY_WEIGHT = 2
DESCRIPTION_LIMIT = 2_000


class LexicalIndex:
    """BM25 scores of every product for a query."""

    def __init__(self, products: Sequence[Product]) -> None:
        """Builds the index; `scores` follows the order of `products`."""
        self._count = len(products)
        self._vocabulary: dict[str, int] = {}
        self._naming: dict[str, array[int]] = {}
        for row, product in enumerate(products):
            for word in {word for text in (product.title, product.brand, *product.category) for word in stems(text)}:
                self._naming.setdefault(word, array("i")).append(row)
        documents = [self._numbered(_weighted_stems(product)) for product in products]
        self._bm25 = bm25s.BM25(k1=1.2, b=0.5)
        if self._vocabulary:
            self._bm25.index((documents, self._vocabulary), create_empty_token=False, show_progress=False)

    def _numbered(self, words: list[str]) -> list[int]:
        vocabulary = self._vocabulary
        return [vocabulary.setdefault(word, len(vocabulary)) for word in words]

    def scores(self, query: str) -> NDArray[np.float32]:
        """Returns (n,) float32 BM25 scores >= 0; all zero if no word of the query is in the catalogue."""
        known = [self._vocabulary[word] for word in content_stems(query) if word in self._vocabulary]
        if not known:
            return np.zeros(self._count, dtype=np.float32)
        return np.asarray(self._bm25.get_scores(known), dtype=np.float32)

    def naming(self, words: Iterable[str]) -> NDArray[np.bool_]:
        """Returns (n,) bool: which products have all of `words` in title, brand or category."""
        found = np.ones(self._count, dtype=np.bool_)
        for stemmed in content_stems(" ".join(words)):
            having = np.zeros(self._count, dtype=np.bool_)
            having[np.asarray(self._naming.get(stemmed, ()), dtype=np.intp)] = True
            found &= having
        return found


def _weighted_stems(product: Product) -> list[str]:
    attributes = [value if isinstance(value, str) else " ".join(value) for value in product.attributes.values()]
    options = [value for values in product.options.values() for value in values]
    return (
        stems(product.title) * TITLE_WEIGHT
        + stems(product.brand) * BRAND_WEIGHT
        + stems(" ".join(product.category)) * CATEGORY_WEIGHT
        + stems(" ".join([*attributes, *options]))
        + stems(product.description[:DESCRIPTION_LIMIT])
    )
