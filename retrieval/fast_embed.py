"""Sentence embeddings by OpenVINO: starts in a second, and shares a batch of texts out to all cores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval import quiet_openvino
from retrieval.bert import TOKENIZER, WEIGHTS, encoder, read_json
from retrieval.embed import CACHED_TEXTS, EmbedderUnavailable, Precision, Vectors

Tokens = NDArray[np.int32]

TOKENS = 2_048
"""Tokens of a batch, paddings included: enough work to share, and little enough to stay in the processor's cache."""
MULTIPLE = 8
"""Batches are padded to a multiple of this, as each new shape costs time once."""
CHUNK = 1_024
_HINTS = {"float32": "f32", "bfloat16": "bf16"}


class OpenVinoEmbedder:
    """A plain BERT sentence encoder on the CPU, in bfloat16 where the processor computes in it. Threads may share it."""

    def __init__(self, folder: Path, model_id: str, dtype: Precision = "auto") -> None:
        """Builds and compiles the model of `folder`, for which `bert.is_plain_bert` must hold.

        Raises `EmbedderUnavailable` if OpenVINO or what is in the files can't be used.
        """
        self.model_id = model_id
        try:
            config = read_json(folder / "config.json")
            self.dimension = int(config["hidden_size"])
            self._tokenizer = _tokenizer(folder, int(config["max_position_embeddings"]))
            self._queue, self._lone = _compiled(folder, config, dtype)
        except (ImportError, OSError, KeyError, ValueError, RuntimeError) as error:
            raise EmbedderUnavailable(f"the embedding model {folder} can't be loaded by OpenVINO: {error}") from error
        self._turn = Lock()
        self._lone_turn = Lock()
        self._cache: dict[str, Vectors] = {}

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Returns (n, dimension) float32, rows L2-normalised; single texts (queries) are remembered."""
        if len(texts) == 1:
            return self._query(texts[0])
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), CHUNK):
            chunk = list(texts[start : start + CHUNK])
            self._fill(
                vectors[start : start + len(chunk)], [encoding.ids for encoding in self._tokenizer.encode_batch(chunk)]
            )
            if progress is not None:
                progress(start + len(chunk))
        return _normalised(vectors)

    def _query(self, text: str) -> Vectors:
        known = self._cache.get(text)
        if known is None:
            tokens = _padded([self._tokenizer.encode(text).ids])
            # A request of its own: a query doesn't wait until a thousand products are embedded.
            with self._lone_turn:
                found = self._lone.infer(tokens)[0]
                known = _normalised(np.array(found, dtype=np.float32))
            if len(self._cache) >= CACHED_TEXTS:
                self._cache.clear()
            self._cache[text] = known
        return known

    def _fill(self, vectors: Vectors, token_ids: Sequence[Sequence[int]]) -> None:
        def keep(request: Any, rows: list[int]) -> None:
            vectors[rows] = request.get_output_tensor(0).data

        with self._turn:
            self._queue.set_callback(keep)
            for rows in batches_by_tokens([len(ids) for ids in token_ids]):
                self._queue.start_async(_padded([token_ids[row] for row in rows]), rows)
            self._queue.wait_all()


def batches_by_tokens(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yields the places of texts of like length, so many at a time as make a batch of about `TOKENS`, the longest first."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        if batch and (len(batch) + 1) * _width(lengths[batch[0]]) > TOKENS:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _width(length: int) -> int:
    return -(-length // MULTIPLE) * MULTIPLE


def _padded(token_ids: Sequence[Sequence[int]]) -> list[NDArray[Any]]:
    """Returns ids (B, L) int32 and mask (B, L) float32."""
    shape = (len(token_ids), _width(max(map(len, token_ids))))
    ids, mask = np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.float32)
    for row, tokens in enumerate(token_ids):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    return [ids, mask]


def _normalised(vectors: Vectors) -> Vectors:
    norms: Vectors = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))
    return np.divide(vectors, norms)


def _tokenizer(folder: Path, positions: int) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_padding()
    tokenizer.enable_truncation(int(read_json(folder / "sentence_bert_config.json").get("max_seq_length") or positions))
    return tokenizer


def _compiled(folder: Path, config: Any, dtype: Precision) -> tuple[Any, Any]:
    """Returns a queue of requests that shares batches out to the cores, and a request for single texts."""
    from safetensors.numpy import load_file

    openvino = quiet_openvino.load("openvino")
    core = openvino.Core()
    # A batch a core is quicker than all cores on a batch; a lone query is too little work to share anyway.
    settings = {"PERFORMANCE_HINT": "THROUGHPUT"}
    if dtype != "auto":
        settings["INFERENCE_PRECISION_HINT"] = _HINTS[dtype]
    compiled = core.compile_model(encoder(load_file(folder / WEIGHTS), config), "CPU", settings)
    return openvino.AsyncInferQueue(compiled), compiled.create_infer_request()
