"""How often products and pairs of them were wanted: each shopper's part is of length 1 at most, and noise hides it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import ndtri

from ranking.dataset import Dataset
from ranking.privacy.noise import Noise, on_grid


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """The latest interests of each shopper that count for something, oldest first: one row of each array an interest.

    `items` are indices of products, `owners` of shoppers, in their order, and `weights` (0-1] how much each counts.
    """

    items: NDArray[np.int64]
    owners: NDArray[np.int64]
    weights: NDArray[np.float64]
    shoppers: int
    products: int

    @classmethod
    def of(cls, dataset: Dataset, recent: int) -> Wanted:
        """The last `recent` of each shopper."""
        liked = np.flatnonzero(dataset.weights > 0)
        owners = dataset.shoppers_of_rows[liked]
        shoppers = len(dataset.shopper_ids)
        ends = np.cumsum(np.bincount(owners, minlength=shoppers))
        kept = liked[ends[owners] - np.arange(len(liked)) <= recent]
        owners = dataset.shoppers_of_rows[kept]
        return cls(dataset.items[kept], owners, dataset.weights[kept], shoppers, len(dataset.product_ids))

    def among(self, products: NDArray[np.int64]) -> Wanted:
        """Interests in these products alone, which are numbered anew, in the order of `products`."""
        number = np.full(self.products, -1)
        number[products] = np.arange(len(products))
        there = number[self.items] >= 0
        items = number[self.items[there]]
        return Wanted(items, self.owners[there], self.weights[there], self.shoppers, len(products))


def product_counts(wanted: Wanted) -> NDArray[np.float64]:
    """(n_products,): the sum of what each shopper wanted, brought to a length of 1 at most."""
    parts = _clipped(wanted.weights, wanted)
    return np.bincount(wanted.items, parts, minlength=wanted.products).astype(np.float64)


def pair_counts(wanted: Wanted) -> NDArray[np.float64]:
    """(n_products × (n_products - 1) / 2,): how often one came right after the other, in either order.

    Pairs stand as in `pairs_of`. Each shopper's part is brought to a length of 1 at most.
    """
    first = np.flatnonzero(wanted.owners[:-1] == wanted.owners[1:])
    ends = np.sort([wanted.items[first], wanted.items[first + 1]], axis=0).astype(np.int64)
    strengths = np.sqrt(wanted.weights[first] * wanted.weights[first + 1])
    pairs = Wanted(_number(ends, wanted.products), wanted.owners[first], strengths, wanted.shoppers, _pairs(wanted.products))
    return product_counts(pairs)


def _clipped(values: NDArray[np.float64], wanted: Wanted) -> NDArray[np.float64]:
    """No shopper has an entry twice, so the length of a shopper's part is the root of the sum of its squares."""
    lengths = np.sqrt(np.bincount(wanted.owners, values**2, minlength=wanted.shoppers))
    return on_grid(values / np.maximum(1.0, lengths * (1 + 1e-9))[wanted.owners])


def _pairs(products: int) -> int:
    return products * (products - 1) // 2


def _number(ends: NDArray[np.int64], products: int) -> NDArray[np.int64]:
    low, high = ends
    found: NDArray[np.int64] = low * (2 * products - low - 1) // 2 + high - low - 1
    return found


def sure_pairs(counts: NDArray[np.float64], products: int, scale: float, by_luck: float, noise: Noise) -> Any:
    """(n_products, n_products) symmetric CSR: the pair counts with noise of the standard deviation `scale`.

    Only those stay that are so high that, of pairs that nobody wanted, `by_luck` are expected to get there.
    """
    noisy = noise.add_to(counts, scale)
    least = -scale * float(ndtri(min(0.5, by_luck / max(1, len(counts)))))
    kept = np.flatnonzero(noisy > least)
    low, high = (end[kept] for end in np.triu_indices(products, 1))
    one_way = sparse.csr_matrix((noisy[kept], (low, high)), shape=(products, products))
    return one_way + one_way.T


def levels(noisy: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """(n_products,): noisy counts, never below what the noise alone may bring about."""
    return np.maximum(noisy, 0.0) + max(scale, math.sqrt(np.finfo(float).eps))
