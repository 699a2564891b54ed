"""What products are made of, as short vectors: TF-IDF of their tokens, brought down to its main directions.

Deerwester et al., "Indexing by Latent Semantic Analysis" (JASIS 1990). The directions are kept, so that a product that
comes in later has its place at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ranking.token_weights import TokenWeights

_NOTHING = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """The tokens that are known with what each counts, and `directions`, (n_tokens, width)."""

    tokens: TokenWeights
    directions: NDArray[np.float32]

    @classmethod
    def learn(cls, products: Sequence[Sequence[str]], width: int, seed: int) -> Self:
        """From the tokens of each product; directions that are not there are 0."""
        tokens = TokenWeights.of(products)
        weighed = tokens.rows(products)
        directions = np.zeros((weighed.shape[1], width), dtype=np.float32)
        kept = min(width, *weighed.shape)
        if kept:
            from sklearn.utils.extmath import randomized_svd  # takes a second to load, which serving can do without

            directions[:, :kept] = randomized_svd(weighed, kept, n_iter=2, random_state=seed)[2].T
        return cls(tokens, directions)

    def of(self, products: Sequence[Sequence[str]]) -> NDArray[np.float32]:
        """(n_products, width) from the tokens of each, rows of length 1; 0 for products without a token that is known."""
        vectors = np.asarray(self.tokens.rows(products) @ self.directions, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.where(lengths > _NOTHING, lengths, 1.0), dtype=np.float32)
