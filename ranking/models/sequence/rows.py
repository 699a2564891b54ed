"""Histories as rows of product numbers, latest first.

Product numbers count from 1; 0 pads short histories.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, overload

import numpy as np
from numpy.typing import NDArray

from ranking.dataset import Dataset

_SORTED_TOGETHER = 16


def histories(dataset: Dataset, longest: int) -> list[NDArray[np.int64]]:
    """Each shopper's liked products, latest first, `longest` at most; shoppers with fewer than two are left out."""
    liked = dataset.weights > 0
    before = np.concatenate([[0], np.cumsum(liked)])
    numbers = dataset.items[liked] + 1
    rows = (numbers[before[start] : before[end]] for start, end in zip(dataset.offsets, dataset.offsets[1:], strict=False))
    return [row[::-1][:longest] for row in rows if len(row) > 1]


def padded(rows: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """(n_rows, longest of them), filled up with 0."""
    out = np.zeros((len(rows), max(map(len, rows), default=0)), dtype=np.int64)
    for number, row in enumerate(rows):
        out[number, : len(row)] = row
    return out


def batches(rows: Sequence[NDArray[np.int64]], size: int, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """All rows once, in random order, `size` together, rows of about the same length with each other."""
    order = rng.permutation(len(rows))
    lengths = np.array([len(row) for row in rows])
    found = []
    for start in range(0, len(order), size * _SORTED_TOGETHER):
        some = order[start : start + size * _SORTED_TOGETHER]
        some = some[np.argsort(lengths[some], kind="stable")]
        groups = [some[at : at + size] for at in range(0, len(some), size)]
        found += [padded([rows[number] for number in groups[group]]) for group in rng.permutation(len(groups))]
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Windows(Sequence[NDArray[np.int64]]):
    """Batches of windows: every product of a row but the oldest, with what stands before it, in random order.

    `products` are all rows one after another, `ends` (n_products,) where the row of each ends, `order` the products that
    windows start at. A batch is only put together when it is asked for: all at once take `width` times as much memory as
    the rows.
    """

    products: NDArray[np.int64]
    ends: NDArray[np.int64]
    order: NDArray[np.int64]
    width: int
    size: int

    @classmethod
    def of(cls, rows: Sequence[NDArray[np.int64]], width: int, size: int, rng: np.random.Generator) -> Self:
        """Windows of at most `width` products, `size` in a batch, from rows that are latest first."""
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        products = np.concatenate([np.empty(0, dtype=np.int64), *rows])
        ends = np.repeat(np.cumsum(lengths), lengths)
        starts = np.flatnonzero(np.arange(len(products)) < ends - 1)
        return cls(products, ends, rng.permutation(starts), width, size)

    def __len__(self) -> int:
        """How many batches there are."""
        return -(-len(self.order) // self.size)

    @overload
    def __getitem__(self, index: int) -> NDArray[np.int64]: ...

    @overload
    def __getitem__(self, index: slice) -> list[NDArray[np.int64]]: ...

    def __getitem__(self, index: int | slice) -> NDArray[np.int64] | list[NDArray[np.int64]]:
        """The batch at `index`: (b, width), padded with 0."""
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(f"batch {index} of {len(self)}")
        starts = self.order[index * self.size : (index + 1) * self.size, None]
        places = starts + np.arange(self.width)
        there = places < self.ends[starts]
        return np.where(there, self.products[np.where(there, places, 0)], 0)
