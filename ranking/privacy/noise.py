"""Where the randomness of private training comes from."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

_GRID = 2.0**-20


class Noise:
    """Random numbers from the operating system's cryptographic source, or from a seed.

    A seed is for tests and measurements only: whoever knows it can take the noise away, and nothing is private.
    """

    def __init__(self, seed: int | None = None) -> None:
        """None takes the operating system's source."""
        self._bytes: Callable[[int], bytes] = os.urandom if seed is None else np.random.default_rng(seed).bytes

    def uniform(self, size: int) -> NDArray[np.float64]:
        """(size,) between 0 and 1, neither of them included."""
        bits = np.frombuffer(self._bytes(8 * size), dtype=np.uint64) >> np.uint64(11)
        return np.asarray((bits + 0.5) * 2.0**-53, dtype=np.float64)

    def chosen(self, size: int, rate: float) -> NDArray[np.int64]:
        """Which of `size` are drawn, each by itself with the chance `rate`."""
        return np.flatnonzero(self.uniform(size) < rate)

    def integers(self, size: int, low: int, high: int) -> NDArray[np.int64]:
        """(size,) from `low` up to `high` - 1."""
        return low + (self.uniform(size) * (high - low)).astype(np.int64)

    def seed(self) -> int:
        """A seed for another generator."""
        return int.from_bytes(self._bytes(7), "little")

    def add_to(self, counts: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
        """`counts` (n,), which lie on the grid, with Gaussian noise of the standard deviation `scale`, on the grid too.

        The lowest bits of a float can give away what noise was added to (Mironov, "On Significance of the Least
        Significant Bits For Differential Privacy", CCS 2012). On the grid, this is the exact sum, rounded.
        """
        noise = np.rint(ndtri(self.uniform(len(counts))) * (scale / _GRID)) * _GRID
        return np.asarray(counts + noise, dtype=np.float64)


def on_grid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """`values`, none of them negative, rounded down to the grid, so that no bound is broken by it."""
    return np.floor(values / _GRID) * _GRID
