from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from retrieval.bert import is_plain_bert
from retrieval.embed import (
    PACKAGED_MODEL,
    EmbedderUnavailable,
    SentenceTransformerEmbedder,
    default_model_path,
    open_embedder,
)
from retrieval.fast_embed import MULTIPLE, TOKENS, OpenVinoEmbedder, batches_by_tokens

TEXTS = [
    "hiking boots",
    "Shoes for the mountains, waterproof, with a firm ankle",
    "a stapler",
    "",
    "Ünïcode café — 日本 100% wool " * 20,
    "Trail Mid GTX. Alpine. Shoes > Hiking boots. material: leather; feature: waterproof. " * 40,
]


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    for opened in (SentenceTransformerEmbedder, open_embedder):
        with pytest.raises(EmbedderUnavailable, match="is no folder of an embedding model"):
            opened(tmp_path / "missing")
        with pytest.raises(EmbedderUnavailable, match="has no config.json"):
            opened(tmp_path)


def test_a_broken_model_is_refused_with_its_folder(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnavailable, match=f"{tmp_path} can't be loaded by OpenVINO"):
        OpenVinoEmbedder(tmp_path, "broken")


def test_batches_hold_all_texts_once_and_little_padding() -> None:
    lengths = [int(length) for length in np.random.default_rng(3).integers(3, 257, 500)]
    batches = list(batches_by_tokens(lengths))
    assert sorted(place for batch in batches for place in batch) == list(range(500))
    assert all(len(batch) * (max(lengths[place] for place in batch) + MULTIPLE) <= 1.1 * TOKENS for batch in batches)
    padded = sum(len(batch) * max(lengths[place] for place in batch) for batch in batches)
    assert padded < 1.1 * sum(lengths)
    assert list(batches_by_tokens([])) == []
    assert list(batches_by_tokens([10 * TOKENS, 1])) == [[0], [1]]


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("config.json", {"model_type": "roberta"}),
        ("config.json", {"hidden_act": "relu"}),
        ("config.json", {"position_embedding_type": "relative_key"}),
        ("1_Pooling/config.json", {"pooling_mode_cls_token": True}),
        ("config_sentence_transformers.json", {"default_prompt_name": "query"}),
    ],
)
def test_only_the_common_kind_goes_the_fast_way(tmp_path: Path, file: str, change: dict[str, object]) -> None:
    for name in ("config.json", "modules.json", "1_Pooling/config.json", "config_sentence_transformers.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((default_model_path() / name).read_text())
    for name in ("model.safetensors", "tokenizer.json"):
        (tmp_path / name).touch()
    assert is_plain_bert(tmp_path)
    path = tmp_path / file
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    assert not is_plain_bert(tmp_path)
    assert not is_plain_bert(tmp_path / "nowhere")


def test_the_packaged_model_needs_neither_torch_nor_transformers() -> None:
    code = (
        "import sys; from retrieval.embed import open_embedder; e = open_embedder(device='cpu'); "
        "print(e.model_id, e.encode(['boots', 'lamp']).shape, 'torch' in sys.modules, 'transformers' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert said.stdout.split("\n")[0] == f"{PACKAGED_MODEL} (2, 384) False False"


def test_the_packaged_model_puts_like_near_like() -> None:
    embedder = OpenVinoEmbedder(default_model_path(), PACKAGED_MODEL)
    told: list[int] = []
    vectors = embedder.encode(TEXTS, progress=told.append)
    assert (vectors.shape, vectors.dtype, told) == ((len(TEXTS), 384), np.float32, [len(TEXTS)])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2
    # Alone or among longer texts: the padding changes nothing but the rounding.
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert embedder.encode([text])[0] @ vector > 0.999
    assert embedder.encode([]).shape == (0, 384)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["auto", "bfloat16", "float32"])
def test_both_ways_give_the_same_vectors(dtype: str) -> None:
    reference = SentenceTransformerEmbedder(device="cpu", dtype="float32").encode(TEXTS)
    fast = OpenVinoEmbedder(default_model_path(), PACKAGED_MODEL, dtype).encode(TEXTS)  # type: ignore[arg-type]
    torch = SentenceTransformerEmbedder(device="cpu").encode(TEXTS)
    least = 0.999 if dtype != "float32" else 0.999999
    assert (reference * fast).sum(axis=1).min() >= least
    assert (reference * torch).sum(axis=1).min() >= 0.999
