"""TF-IDF of what products are made of, with the weights kept so that products that come later can be weighed alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


@dataclass(frozen=True, slots=True, eq=False)
class TokenWeights:
    """`columns` numbers the tokens from 0; `rarity` (n_tokens,) is what each counts: less the more products have it."""

    columns: Mapping[str, int] = field(default_factory=dict)
    rarity: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    @classmethod
    def of(cls, tokens: Sequence[Sequence[str]]) -> Self:
        """The weights by these products, each given by its tokens; one that a product has twice counts once."""
        columns: dict[str, int] = {}
        numbers = [columns.setdefault(token, len(columns)) for some in tokens for token in dict.fromkeys(some)]
        counts = np.bincount(np.array(numbers, dtype=np.int64), minlength=len(columns))
        return cls(columns, np.log((1 + len(tokens)) / (1 + counts)) + 1)

    def rows(self, tokens: Sequence[Sequence[str]]) -> Any:
        """(n_products, n_tokens) CSR, rows of length 1; a row without a known token is empty."""
        known = [[self.columns[token] for token in dict.fromkeys(some) if token in self.columns] for some in tokens]
        numbers = np.array([number for row in known for number in row], dtype=np.int64)
        starts = np.cumsum([0, *map(len, known)])
        weights = self.rarity[numbers]
        squares = np.bincount(np.repeat(np.arange(len(known)), np.diff(starts)), weights**2, minlength=len(known))
        lengths = np.repeat(np.sqrt(squares), np.diff(starts))
        shape = (len(known), len(self.columns))
        return sparse.csr_matrix((np.divide(weights, lengths, out=np.zeros_like(weights)), numbers, starts), shape=shape)
