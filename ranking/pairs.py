"""Measures of chances given to pairs of a shopper and a product, with how far they could be off by luck."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_SURE = 1e-7


@dataclass(slots=True, eq=False)
class Pairs:
    """`chances` (n,) that were given, 0-1, and whether each came true: `wanted` (n,).

    Raises `ValueError` unless there are pairs of both kinds and all chances are between 0 and 1.
    """

    chances: NDArray[np.float64]
    wanted: NDArray[np.bool_]
    _levels: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        """Checks, and sorts once for all measures."""
        if self.chances.shape != self.wanted.shape or not 0 < int(self.wanted.sum()) < len(self.wanted):
            raise ValueError(
                f"{int(self.wanted.sum())} of {self.wanted.shape} pairs are wanted, with {self.chances.shape} chances;"
                " expected some of each kind and one chance a pair."
            )
        if not bool(((self.chances >= 0) & (self.chances <= 1)).all()):
            raise ValueError("chances hold a value that is not between 0 and 1.")
        self._levels = np.unique(self.chances, return_inverse=True)[1].astype(np.int64)

    def auc(self, counts: NDArray[np.float64] | None = None) -> float:
        """How likely (0-1) a wanted pair has a higher chance than one that is not, equal ones counting half.

        `counts` (n,) is how often each pair counts, once where it is None.
        """
        times = np.ones(len(self.wanted)) if counts is None else counts
        size = int(self._levels.max()) + 1
        yes = np.bincount(self._levels, times * self.wanted, size)
        no = np.bincount(self._levels, times * ~self.wanted, size)
        below = np.cumsum(no) - no
        return float((yes * (below + no / 2)).sum() / (yes.sum() * no.sum()))

    def log_loss(self, counts: NDArray[np.float64] | None = None) -> float:
        """Mean of -log of the chance given to what came to be. `counts` as for `auc`."""
        given = np.where(self.wanted, self.chances, 1 - self.chances)
        return float(np.average(-np.log(np.clip(given, _SURE, 1)), weights=counts))


def interval(
    measure: Callable[[NDArray[np.float64]], float], groups: NDArray[np.int64], seed: int = 7, draws: int = 200
) -> tuple[float, float]:
    """The 95% confidence interval of a measure, by bootstrap over groups (the shoppers): 2.5th and 97.5th percentile.

    `groups` (n,) numbers the group of each observation, from 0; `measure` is given how often each observation counts.
    Raises `ValueError` for no groups.
    """
    if not len(groups):
        raise ValueError("groups is empty; expected at least one observation.")
    rng, size = np.random.default_rng(seed), int(groups.max()) + 1
    drawn = (np.bincount(rng.integers(0, size, size), minlength=size).astype(np.float64)[groups] for _ in range(draws))
    low, high = np.percentile([measure(counts) for counts in drawn], [2.5, 97.5])
    return float(low), float(high)
