"""What heads see of a product: its text without the labels, as an embedding and as hashed words."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from retrieval.embed import Embedder, Vectors
from retrieval.mirror import Mirror
from retrieval.text import embedding_text, stems
from retrieval.types import Product

Features = NDArray[np.float32]

HASHED_WORDS = 1_024
_SIGN_BIT = 31


def evidence(product: Product) -> str:
    """Returns what a label is guessed from: the text that is embedded, without category and attributes.

    The stored vector of a labelled product has its labels in it. A head trained on those looks for what products that
    need a label don't have.
    """
    return embedding_text(replace(product, category=(), attributes={}))


def text_hash(text: str) -> str:
    """Returns the name of a text, the same that the vector index gives it."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


Known = Callable[[str, str], Vectors | None]
"""From a product's id and the hash of its evidence to a vector (dim,) that is already there, or None."""


def known_to(mirror: Mirror) -> Known:
    """Returns what finds the vectors of an index: those of products that lack both category and attributes fit."""

    def known(product_id: str, key: str) -> Vectors | None:
        return mirror.matrix[mirror.rows[product_id]] if mirror.hashes.get(product_id) == key else None

    return known


class Featurizer:
    """Makes features of products, and embeds each text once."""

    def __init__(self, embedder: Embedder, known: Known = lambda product_id, key: None) -> None:
        """Vectors that `known` finds are not made again."""
        self.embedder = embedder
        self._known = known
        self._vectors: dict[str, Vectors] = {}

    @property
    def model_id(self) -> str:
        """Names what features are made by; heads for other features don't fit."""
        return f"{self.embedder.model_id}+words{HASHED_WORDS}"

    def __call__(self, products: Sequence[Product], progress: Callable[[int, int], None] | None = None) -> Features:
        """Returns (n, dim + 1024) float32. `progress` is told how many of how many texts are embedded."""
        vectors = self.embed(products, progress)
        return np.hstack([vectors, hashed_words([f"{product.title}. {product.description}" for product in products])])

    def embed(self, products: Sequence[Product], progress: Callable[[int, int], None] | None = None) -> Vectors:
        """Returns (n, dim) float32, rows L2-normalised."""
        texts = [evidence(product) for product in products]
        hashes = [text_hash(text) for text in texts]
        for product, key in zip(products, hashes, strict=True):
            if key not in self._vectors and (found := self._known(product.id, key)) is not None:
                self._vectors[key] = found
        missing = {key: text for key, text in zip(hashes, texts, strict=True) if key not in self._vectors}
        # Texts of like length together: a batch costs what its longest text costs.
        keys = sorted(missing, key=lambda key: len(missing[key]))
        told = None if progress is None else lambda done: progress(done, len(keys))
        self._vectors.update(zip(keys, self.embedder.encode([missing[key] for key in keys], told), strict=True))
        return np.array([self._vectors[key] for key in hashes], dtype=np.float32).reshape(-1, self.embedder.dimension)


def hashed_words(texts: Sequence[str]) -> Features:
    """Returns (n, 1024) float32, rows L2-normalised: which words a text has, hashed with a sign."""
    words = np.zeros((len(texts), HASHED_WORDS), dtype=np.float32)
    for row, text in enumerate(texts):
        for word in set(stems(text)):
            digest = zlib.crc32(word.encode())
            words[row, digest % HASHED_WORDS] += 1.0 if digest >> _SIGN_BIT else -1.0
    norms = np.maximum(np.linalg.norm(words, axis=1, keepdims=True), np.float32(1e-12))
    words /= norms
    return words
