"""The trained part on disk: how each weight differs from the packaged base model, in eight bits, and the heads.

Only what training changed is kept. A matrix is kept as whole numbers with a scale for each row, which is as good as
exact for differences this small; vectors and heads are kept in half precision. `card.json` names the base model by the
hash of its weights, so that differences are never added to another model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from assistant.reading.context import ReaderUnavailable
from assistant.reading.encoder.inputs import FEATURE
from assistant.reading.encoder.labels import TAGS, WHOLE_HEADS
from retrieval.bert import WEIGHTS as BASE_WEIGHTS
from retrieval.bert import Weights

WEIGHTS = "reader.safetensors"
CARD = "card.json"
BASE = "base."
"""Names of the base model's weights begin with this; the others are the table of features and the heads."""
_SCALE = ".scale"
_LEVELS = 127


class WeightsError(ReaderUnavailable):
    """The weights can't be used; the text says why and what to do."""


def save(weights: Weights, base_folder: Path, folder: Path, card: dict[str, Any]) -> None:
    """Writes the differences and the card; `card` gains the hash of the base model."""
    before = load_file(base_folder / BASE_WEIGHTS)
    tensors: dict[str, NDArray[Any]] = {}
    for name, weight in weights.items():
        if name.startswith(BASE):
            _pack(tensors, name, weight, before[name.removeprefix(BASE)])
        else:
            tensors[name] = weight.astype(np.float16)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / WEIGHTS)
    _write_card(folder, {**card, "base_sha256": base_hash(base_folder)})


def add_to_card(folder: Path, entries: dict[str, Any]) -> None:
    """Adds entries to the card of saved weights."""
    card: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
    _write_card(folder, {**card, **entries})


def _write_card(folder: Path, card: dict[str, Any]) -> None:
    (folder / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(base_folder: Path, folder: Path) -> tuple[Weights, dict[str, Any]]:
    """All weights of the reader as they were saved, in float32, and the card.

    Raises `WeightsError` if the files are missing, broken, of another base model or of another version.
    """
    try:
        card: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
        tensors = load_file(folder / WEIGHTS)
    except OSError as error:
        raise WeightsError(f"no reader weights in {folder}: {error}; run python -m assistant.train_reader") from error
    except (ValueError, SafetensorError) as error:
        raise WeightsError(f"the reader weights in {folder} are broken: {error}") from error
    if card.get("base_sha256") != base_hash(base_folder):
        raise WeightsError(f"the reader weights in {folder} belong to another base model than {base_folder}")
    _check_version(tensors, folder)
    weights: dict[str, NDArray[np.float32]] = {}
    for name, before in load_file(base_folder / BASE_WEIGHTS).items():
        if np.issubdtype(before.dtype, np.floating):
            weights[BASE + name] = _unpack(tensors, BASE + name, before)
    heads = {name: tensor.astype(np.float32) for name, tensor in tensors.items() if not name.startswith(BASE)}
    return {**weights, **heads}, card


def _check_version(tensors: Weights, folder: Path) -> None:
    """Raises `WeightsError` where the weights were trained for other features or classes than there are now."""
    rows = {f"whole.{name}.weight": size for name, size in WHOLE_HEADS.items()}
    for name, expected in {**rows, "tags.weight": len(TAGS), "feature_table.weight": len(FEATURE)}.items():
        found = len(tensors[name]) if name in tensors else 0
        if found != expected:
            raise WeightsError(
                f"the reader weights in {folder} are of another version: {name} has {found} rows, expected {expected}; "
                "run python -m assistant.train_reader"
            )


def average(base_folder: Path, folders: Sequence[Path]) -> tuple[Weights, list[dict[str, Any]]]:
    """The mean of readers that went on from the same weights, and their cards; it reads better than any of them.

    Raises `WeightsError` if one of them can't be used. Source: Wortsman et al., "Model soups", ICML 2022.
    """
    loaded = [load(base_folder, folder) for folder in folders]
    parts = [weights for weights, _ in loaded]
    return {name: _mean([part[name] for part in parts]) for name in parts[0]}, [card for _, card in loaded]


def _mean(values: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    # What training left alone stays the same to the last bit, and so out of the file; a mean would be rounded.
    if all(np.array_equal(value, values[0]) for value in values):
        return values[0]
    mean: NDArray[np.float32] = np.mean(values, axis=0, dtype=np.float32)
    return mean


def base_hash(folder: Path) -> str:
    """SHA-256 of the base model's weights."""
    with (folder / BASE_WEIGHTS).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pack(tensors: dict[str, NDArray[Any]], name: str, weight: NDArray[Any], before: NDArray[Any]) -> None:
    if np.array_equal(weight, before):
        return
    difference = weight - before
    if weight.ndim < 2:
        tensors[name] = difference.astype(np.float16)
    else:
        scale = np.abs(difference).max(axis=1, keepdims=True).clip(min=1e-12) / np.float32(_LEVELS)
        tensors[name] = np.rint(difference / scale).astype(np.int8)
        tensors[name + _SCALE] = scale


def _unpack(tensors: Weights, name: str, before: NDArray[Any]) -> NDArray[np.float32]:
    weight = before.astype(np.float32, copy=False)
    if name not in tensors:
        return weight
    difference = tensors[name].astype(np.float32)
    scale = tensors.get(name + _SCALE)
    return np.add(weight, difference if scale is None else difference * scale)
