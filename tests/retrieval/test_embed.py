from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.embed import PACKAGED_MODEL, EmbedderUnavailable, SentenceTransformerEmbedder, default_model_path


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnavailable, match="is no folder of an embedding model"):
        SentenceTransformerEmbedder(tmp_path / "missing")
    with pytest.raises(EmbedderUnavailable, match="has no config.json"):
        SentenceTransformerEmbedder(tmp_path)


@pytest.mark.slow
def test_the_packaged_model_puts_like_near_like() -> None:
    assert default_model_path().is_dir()
    embedder = SentenceTransformerEmbedder(device="cpu")
    vectors = embedder.encode(["hiking boots", "shoes for the mountains", "a stapler"])
    assert (embedder.model_id, embedder.dimension) == (PACKAGED_MODEL, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2
    assert np.allclose(embedder.encode(["hiking boots"])[0], vectors[0], atol=0.02)
