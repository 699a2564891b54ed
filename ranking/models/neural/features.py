"""What networks are told: products as vectors of what they are made of, shoppers as rows of product numbers.

Product and shopper numbers count from 1; 0 stands for none and for unknown ones, and pads short histories.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from ranking.dataset import Dataset
from ranking.interests import EVENT_WEIGHT, interests
from ranking.types import Shopper

CONTENT = 32
"""Numbers in the vector of what a product is made of."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """What a network knows before it learns. Row 0 is no product.

    `content` is (n_products + 1, CONTENT) with rows of length 1, or 0 where a product has no tokens. `popularity` is
    (n_products + 1,): the logarithm of how many were interested, with mean 0 and deviation 1. `shoppers` counts them.
    """

    content: NDArray[np.float32]
    popularity: NDArray[np.float32]
    shoppers: int

    @classmethod
    def of(cls, dataset: Dataset, seed: int) -> Features:
        """The features of a dataset; products that nobody touched have content all the same."""
        size = len(dataset.product_ids)
        counts = np.log1p(np.bincount(dataset.items[dataset.weights > 0], minlength=size))
        spread = float(counts.std()) if size else 0.0
        popularity = (counts - counts.mean()) / spread if spread > 0 else np.zeros(size)
        content = np.vstack([np.zeros((1, CONTENT)), _content(dataset.tokens, seed)])
        return cls(content.astype(np.float32), np.append(0.0, popularity).astype(np.float32), len(dataset.shopper_ids))

    @classmethod
    def blank(cls, products: int, shoppers: int) -> Features:
        """Features of this size with nothing in them, for a network whose weights are about to be read from a file."""
        return cls(np.zeros((products + 1, CONTENT), dtype=np.float32), np.zeros(products + 1, dtype=np.float32), shoppers)


def _content(tokens: Sequence[Sequence[str]], seed: int) -> NDArray[np.float64]:
    """(n_products, CONTENT): TF-IDF of the tokens, brought down to its main directions (latent semantic analysis)."""
    vectors = np.zeros((len(tokens), CONTENT))
    if not any(tokens):
        return vectors
    weighed = TfidfVectorizer(analyzer=list).fit_transform(tokens)
    if weighed.shape[1] > CONTENT:
        found = TruncatedSVD(CONTENT, random_state=seed).fit_transform(weighed)
    else:
        found = weighed.toarray()
    vectors[:, : found.shape[1]] = found
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.where(lengths > 1e-6, lengths, 1.0)
    return vectors


@dataclass(frozen=True, slots=True, eq=False)
class Histories:
    """Shoppers as a network sees them: `shoppers` (n,), and `items` and `weights` (n, longest), latest first.

    `weights` run from -1 (disliked) to 1 (bought), 0 where `items` is 0.
    """

    shoppers: NDArray[np.int64]
    items: NDArray[np.int64]
    weights: NDArray[np.float32]

    @classmethod
    def of(
        cls,
        shoppers: Sequence[Shopper],
        shopper_numbers: Mapping[str, int],
        product_numbers: Mapping[str, int],
        recent: int,
    ) -> Histories:
        """The latest `recent` interests of each shopper in products that have a number."""
        rows = [_latest(shopper, product_numbers, recent) for shopper in shoppers]
        longest = max(map(len, rows), default=0)
        items = np.zeros((len(rows), max(1, longest)), dtype=np.int64)
        weights = np.zeros(items.shape, dtype=np.float32)
        for number, row in enumerate(rows):
            for step, (item, weight) in enumerate(row):
                items[number, step], weights[number, step] = item, weight
        return cls(np.array([shopper_numbers.get(s.id, 0) for s in shoppers], dtype=np.int64), items, weights)


def _latest(shopper: Shopper, product_numbers: Mapping[str, int], recent: int) -> list[tuple[int, float]]:
    found: list[tuple[int, float]] = []
    for event in reversed(interests(shopper.history)):
        number = product_numbers.get(event.product_id or "")
        if number is not None:
            found.append((number, EVENT_WEIGHT[event.type]))
        if len(found) == recent:
            break
    return found
