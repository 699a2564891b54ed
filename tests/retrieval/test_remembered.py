from __future__ import annotations

import numpy as np

from retrieval.remembered import RememberedVectors
from tests.fakes_retrieval import FakeEmbedder


def test_a_text_is_embedded_once() -> None:
    embedder = FakeEmbedder()
    remembered = RememberedVectors(embedder)
    first = remembered.of(["weight", "battery life", "weight"])
    again = remembered.of(["battery life", "material"])
    assert embedder.asked == ["weight", "battery life", "material"]
    assert np.array_equal(first[0], first[2]) and np.array_equal(first[1], again[0])
    assert remembered.of([]).shape == (0, embedder.dimension)


def test_only_the_latest_are_remembered() -> None:
    embedder = FakeEmbedder()
    remembered = RememberedVectors(embedder, limit=2)
    remembered.of(["a tent", "a boot"])
    remembered.of(["a tent"])
    remembered.of(["a lamp"])
    remembered.of(["a tent", "a boot"])
    assert embedder.asked == ["a tent", "a boot", "a lamp", "a boot"]
