"""Interests with the history before each, and products that the shopper passed over, drawn as the shop sold them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ranking.dataset import Dataset
from ranking.models.neural.features import Histories

_TRIES = 4
_MOST_HELD_OUT = 20_000


@dataclass(frozen=True, slots=True)
class Drawing:
    """How products that were passed over are drawn: `count` for each interest.

    They are drawn from what others were interested in at about the same time, so by popularity and from what was on
    sale: among the share `near` of all interests, in time, on either side. The share `uniform` of them is drawn from
    the whole catalogue instead, each product as likely as any other.
    """

    count: int = 4
    uniform: float = 0.0
    near: float = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Interests of a dataset to learn from or to validate on: `rows` are theirs, in the order of time.

    `moments` are the times of `rows`. Over all rows of the dataset run `items` and `shoppers` (numbers from 1), `times`,
    `weights`, `starts` (where the shopper's rows start) and `ends` (where the history before the row ends). `keys` are
    all pairs of shopper and product, in order.
    """

    rows: NDArray[np.int64]
    moments: NDArray[np.float64]
    items: NDArray[np.int64]
    shoppers: NDArray[np.int64]
    times: NDArray[np.float64]
    weights: NDArray[np.float32]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    keys: NDArray[np.int64]
    products: int

    @classmethod
    def of(cls, dataset: Dataset) -> Examples:
        """Every interest of the dataset that speaks for a product.

        What happened at the same time is no history of one another, so that a basket is not told by its own contents;
        in a dataset without times, what stands before is history.
        """
        rows = np.arange(len(dataset.items))
        shoppers, starts = dataset.shoppers_of_rows, dataset.offsets[dataset.shoppers_of_rows]
        timed = len(rows) > 0 and float(dataset.times.min()) < float(dataset.times.max())
        fresh = np.ones(len(rows), dtype=bool)
        fresh[1:] = (shoppers[1:] != shoppers[:-1]) | (dataset.times[1:] != dataset.times[:-1]) | (not timed)
        products = len(dataset.product_ids)
        wanted = np.flatnonzero(dataset.weights > 0)
        wanted = wanted[np.argsort(dataset.times[wanted], kind="stable")]
        return cls(
            rows=wanted,
            moments=dataset.times[wanted],
            items=dataset.items + 1,
            shoppers=shoppers + 1,
            times=dataset.times,
            weights=dataset.weights.astype(np.float32),
            starts=starts,
            ends=np.maximum.accumulate(np.where(fresh, rows, 0)),
            keys=np.sort((shoppers + 1) * (products + 1) + dataset.items + 1),
            products=products,
        )

    @property
    def timed(self) -> bool:
        """Whether the interests have times that differ."""
        return len(self.moments) > 0 and bool(self.moments[0] < self.moments[-1])

    def split(self, share: float) -> tuple[Examples, Examples]:
        """What to learn from, and the last `share` (0-1) of the interests to validate on, 20,000 at most.

        Without times, these are the last interests of a part of the shoppers, of those who have three.
        """
        count = min(int(share * len(self.rows)), _MOST_HELD_OUT)
        if self.timed:
            border = len(self.rows) - count
            return self._with(self.rows[:border]), self._with(self.rows[border:])
        owners, held = self.shoppers[self.rows], np.zeros(len(self.rows), dtype=bool)
        last = np.append(owners[1:] != owners[:-1], True)[: len(owners)]
        able = np.flatnonzero(last & (self.rows - self.starts[self.rows] >= 2))
        held[able[np.linspace(0, len(able) - 1, min(count, len(able))).astype(np.int64)]] = True
        return self._with(self.rows[~held]), self._with(self.rows[held])

    def _with(self, rows: NDArray[np.int64]) -> Examples:
        return replace(self, rows=rows, moments=self.times[rows])

    def histories(self, rows: NDArray[np.int64], recent: int) -> Histories:
        """What each shopper had done before the interest at a row, the latest `recent` of it."""
        places = self.ends[rows, None] - 1 - np.arange(recent)
        there = places >= self.starts[rows, None]
        longest = max(1, int(there.sum(axis=1).max(initial=0)))
        places, there = np.maximum(places[:, :longest], 0), there[:, :longest]
        return Histories(
            self.shoppers[rows],
            np.where(there, self.items[places], 0),
            np.where(there, self.weights[places], 0).astype(np.float32),
        )

    def passed_over(self, rows: NDArray[np.int64], how: Drawing, rng: np.random.Generator) -> NDArray[np.int64]:
        """(n_rows, how.count) numbers of products that the shopper of each row has no interest in.

        0 where none was found in a few tries.
        """
        drawn = self._draw(rows, how, rng)
        for _ in range(_TRIES):
            wrong = self._has(np.broadcast_to(self.shoppers[rows, None], drawn.shape), drawn)
            if not wrong.any():
                return drawn
            drawn = np.where(wrong, self._draw(rows, how, rng), drawn)
        return np.where(self._has(np.broadcast_to(self.shoppers[rows, None], drawn.shape), drawn), 0, drawn)

    def _draw(self, rows: NDArray[np.int64], how: Drawing, rng: np.random.Generator) -> NDArray[np.int64]:
        size, last = (len(rows), how.count), len(self.rows) - 1
        reach = max(1, int(how.near * len(self.rows))) if self.timed else last + 1
        place = np.searchsorted(self.moments, self.times[rows]).reshape(-1, 1)
        places = rng.integers(np.maximum(place - reach, 0), np.minimum(place + reach, last) + 1, size)
        by_popularity = self.items[self.rows[places]]
        anything = rng.integers(1, self.products + 1, size)
        return np.where(rng.random(size) < how.uniform, anything, by_popularity)

    def _has(self, shoppers: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.bool_]:
        keys = shoppers * (self.products + 1) + items
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.asarray(self.keys[places] == keys)
