"""What networks are told: products as vectors of what they are made of, shoppers as rows of product numbers.

Product and shopper numbers count from 1; 0 stands for none and for unknown ones, and pads short histories.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.dataset import Dataset
from ranking.interests import EVENT_WEIGHT
from ranking.models.content import Content
from ranking.types import Event

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
        content = np.vstack([np.zeros((1, CONTENT)), Content.learn(dataset.tokens, CONTENT, seed).of(dataset.tokens)])
        return cls(content.astype(np.float32), np.append(0.0, popularity).astype(np.float32), len(dataset.shopper_ids))

    @classmethod
    def blank(cls, products: int, shoppers: int) -> Features:
        """Features of this size with nothing in them, for a network whose weights are about to be read from a file."""
        return cls(np.zeros((products + 1, CONTENT), dtype=np.float32), np.zeros(products + 1, dtype=np.float32), shoppers)


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
        shoppers: Sequence[int],
        histories: Sequence[Sequence[Event]],
        product_numbers: Mapping[str, int],
    ) -> Histories:
        """Shopper numbers, and the interests of each, oldest first, all in products that have a number."""
        longest = max(map(len, histories), default=0)
        items = np.zeros((len(histories), max(1, longest)), dtype=np.int64)
        weights = np.zeros(items.shape, dtype=np.float32)
        for number, history in enumerate(histories):
            for step, event in enumerate(reversed(history)):
                items[number, step] = product_numbers[event.product_id or ""]
                weights[number, step] = EVENT_WEIGHT[event.type]
        return cls(np.array(shoppers, dtype=np.int64), items, weights)
