"""Products as two vectors each, one as part of a history and one as what may come next. Plain arrays, no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ranking.models.content import Content
from ranking.models.sequence.rows import padded
from ranking.models.training.model import Weights
from ranking.token_weights import TokenWeights

_ARRAYS = ("before", "next", "fading", "sharpness", "of_before", "of_next")


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """What is left of a trained network of histories.

    `before` and `next` are (n_products + 1, d), row 0 is no product and the rows of `next` have length 1. `fading` (recent,)
    is what a product counts by its steps back, `sharpness` () scales the cosines. `of_before` and `of_next` are
    (d, width): they turn the content of a product that came in later into its vectors.
    """

    before: NDArray[np.float32]
    next: NDArray[np.float32]
    fading: NDArray[np.float32]
    sharpness: NDArray[np.float32]
    of_before: NDArray[np.float32]
    of_next: NDArray[np.float32]
    content: Content

    def logits(self, rows: Sequence[NDArray[np.int64]], numbers: NDArray[np.int64] | None) -> NDArray[np.float32]:
        """(n_rows, n_numbers): scaled cosines of what each row, latest first, points to with these products, or all."""
        items = padded(rows)
        found = (self.fading[: items.shape[1]] @ self.before[items]) if items.size else self.before[:0]
        candidates = self.next[1:] if numbers is None else self.next[numbers]
        return np.asarray((unit(found) * self.sharpness) @ candidates.T, dtype=np.float32)

    def shares(self, row: NDArray[np.int64], numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        """(n_row, n_numbers): how much of each product's logit comes from each product of the row; columns sum to 1.

        Only what speaks for a product counts; where nothing does, each counts by its steps back.
        """
        weighed = self.fading[: len(row), None] * self.before[row]
        parts = np.maximum(weighed @ self.next[numbers].T, 0.0).astype(np.float64)
        parts = np.where(parts.sum(axis=0) > 0, parts, self.fading[: len(row), None])
        return np.asarray(parts / parts.sum(axis=0), dtype=np.float64)

    def with_content(self, of_products: NDArray[np.float32]) -> Self:
        """The same, with products added by their content, (n_new, width)."""
        before = np.vstack([self.before, of_products @ self.of_before.T])
        return replace(self, before=before, next=np.vstack([self.next, unit(of_products @ self.of_next.T)]))

    def weights(self) -> Weights:
        """All arrays by name."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        return arrays | {"directions": self.content.directions, "rarity": self.content.tokens.rarity}

    @classmethod
    def of(cls, weights: Weights, tokens: Sequence[str]) -> Self:
        """What `weights` gave; `tokens` are those of the content, in order. Raises `KeyError` or `ValueError`."""
        columns = {token: column for column, token in enumerate(tokens)}
        content = Content(TokenWeights(columns, weights["rarity"]), weights["directions"])
        return cls(**{name: weights[name] for name in _ARRAYS}, content=content)


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rows brought to length 1; those of nothing stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.float32(1e-12)), dtype=np.float32)
