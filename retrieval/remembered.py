"""Vectors of texts that come again and again, such as the names of attributes: embedded once, then remembered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

import numpy as np

from retrieval.embed import Embedder, Vectors

TEXTS = 8_192
"""As many texts are remembered; of the packaged model that is 12 MB."""


class RememberedVectors:
    """Embeds texts and remembers those asked for last. Safe to use from many threads."""

    def __init__(self, embedder: Embedder, limit: int = TEXTS) -> None:
        """Remembers up to `limit` texts."""
        self._embedder = embedder
        self._limit = limit
        self._known: OrderedDict[str, Vectors] = OrderedDict()
        self._turn = Lock()

    def of(self, texts: Sequence[str]) -> Vectors:
        """Returns (n, dimension) float32, rows L2-normalised, embedding in one batch what is not known yet."""
        with self._turn:
            found = {text: self._known[text] for text in texts if text in self._known}
        new = [text for text in dict.fromkeys(texts) if text not in found]
        if new:
            found.update(zip(new, self._embedder.encode(new), strict=True))
        with self._turn:
            for text in dict.fromkeys(texts):
                self._known[text] = found[text]
                self._known.move_to_end(text)
            while len(self._known) > self._limit:
                self._known.popitem(last=False)
        rows = [found[text] for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self._embedder.dimension), dtype=np.float32)
