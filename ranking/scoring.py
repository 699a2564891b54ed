"""From a candidate's relevance and the levels of its parts to its score: by hand-set weights, or by an order learned.

Both are functions of the numbers that are logged beside each impression, so that an order can be learned from what the
ranker saw, and any cause can be taken out of a score.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ranking.facts import Facts
from ranking.impressions import ImpressionModel
from ranking.parts import PARTS, BlendWeights, Part
from retrieval.types import Candidate

NAMES: tuple[str, ...] = ("relevance", *PARTS)
"""What an order is learned over: the logarithm of the relevance, and the levels of the parts."""

_LEAST_RELEVANCE = 1e-3


class Scoring(Protocol):
    """Scores (n,) from relevance (n,), 0-1, and levels (n, n_parts)."""

    def __call__(self, relevance: NDArray[np.float64], levels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Higher is better, never below 0."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """`relevance x (1 + the weighted sum of all parts)`."""

    weights: BlendWeights

    def __call__(self, relevance: NDArray[np.float64], levels: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) scores."""
        shares: NDArray[np.float64] = relevance * np.maximum(0.0, 1 + levels @ self.weights.of_parts)
        return shares


@dataclass(frozen=True, slots=True)
class ByChance:
    """The chance that a shopper who looks at the product turns to it. Raises `ValueError` for an order of other parts."""

    order: ImpressionModel

    def __post_init__(self) -> None:
        """Checks."""
        if self.order.names != NAMES:
            raise ValueError(f"order has the parts {self.order.names}; expected {NAMES}: learn it again.")

    def __call__(self, relevance: NDArray[np.float64], levels: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) chances, 0-1; 0 for what is not relevant at all."""
        chances: NDArray[np.float64] = self.order.score(inputs(relevance, levels)) * (relevance > 0)
        return chances


def inputs(relevance: NDArray[np.float64], levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 1 + n_parts) in the order of `NAMES`: what an order is learned from and applied to."""
    return np.concatenate([np.log(np.maximum(relevance, _LEAST_RELEVANCE))[:, None], levels], axis=1)


@dataclass(slots=True, eq=False)
class Scored:
    """Candidates with all that their scores are made of; `kept` (n,) is what turning one down leaves of its score.

    `relevance` is (n,), 0-1; `scores` (n,) are those before anything is done for the page as a whole.
    """

    candidates: Sequence[Candidate]
    facts: Sequence[Facts]
    parts: Sequence[Part]
    levels: NDArray[np.float64]
    kept: NDArray[np.float64]
    scoring: Scoring
    relevance: NDArray[np.float64] = field(init=False)
    scores: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        """Scores them all once."""
        self.relevance = np.array([candidate.relevance for candidate in self.candidates], dtype=np.float64)
        self.scores = self.scoring(self.relevance, self.levels) * self.kept

    def of(self, rows: Sequence[int], levels: NDArray[np.float64]) -> NDArray[np.float64]:
        """(r,): what the candidates at `rows` would score with other `levels` (r, n_parts)."""
        places = list(rows)
        return self.scoring(self.relevance[places], levels) * self.kept[places]

    def losses(self, rows: Sequence[int], names: Sequence[str], levels: Sequence[float]) -> NDArray[np.float64]:
        """(r,): what the score of each of `rows` loses without so much of the level of the part of that name."""
        whole = self.levels[list(rows)]
        less = whole.copy()
        less[np.arange(len(rows)), [PARTS.index(name) for name in names]] -= levels
        return self.of(rows, whole) - self.of(rows, less)


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Candidates in their order, best first, and what the ranker saw of them.

    `levels` (n, n_parts) go with the candidates; `chances` (n,) are calibrated, and None where no order is learned or
    nothing was asked for (`asked`). Where the ranker had no say, there are no levels.
    """

    candidates: tuple[Candidate, ...] = ()
    levels: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, len(PARTS))))
    chances: NDArray[np.float64] | None = None
    asked: bool = True

    def parts_of(self, product_ids: Iterable[str]) -> dict[str, dict[str, float]]:
        """Product id to its levels by name, those that are 0 left out; products that were not ranked are not in it."""
        wanted = set(product_ids)
        rows = zip(self.candidates, self.levels, strict=False)
        return {
            candidate.product.id: {name: float(level) for name, level in zip(PARTS, row, strict=True) if level}
            for candidate, row in rows
            if candidate.product.id in wanted
        }
