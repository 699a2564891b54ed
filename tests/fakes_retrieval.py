"""Public fakes of retrieval: an embedder that needs no model, and a maker of products."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from retrieval.text import stems
from retrieval.types import Product


class FakeEmbedder:
    """An `Embedder` by hashed bags of words: texts that share words are near each other. Keeps what it is asked."""

    def __init__(self, model_id: str = "fake-bag-of-words", dimension: int = 64) -> None:
        self.model_id = model_id
        self.dimension = dimension
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        self.asked.extend(texts)
        vectors = np.stack([self._vector(text) for text in texts]) if texts else np.zeros((0, self.dimension))
        if progress is not None:
            progress(len(texts))
        return vectors.astype(np.float32)

    def _vector(self, text: str) -> NDArray[np.float64]:
        vector = np.zeros(self.dimension)
        for word in stems(text):
            digest = hashlib.sha256(word.encode()).digest()
            vector[int.from_bytes(digest[:4]) % self.dimension] += 1.0 if digest[4] % 2 else -1.0
        length = np.linalg.norm(vector)
        return vector / length if length else vector


def product(**overrides: object) -> Product:
    """A plain product for sale; name the fields that matter to the test."""
    plain = Product(id="p1", title="Trail Mid Hiking Boots", price=9900, category=("Shoes", "Hiking boots"), brand="Alpine")
    return replace(plain, **overrides)
