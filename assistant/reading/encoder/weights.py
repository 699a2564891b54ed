"""The trained part on disk: how each weight differs from the packaged base model, in eight bits, and the heads.

Only what training changed is kept. A matrix is kept as whole numbers with a scale for each row, which is as good as
exact for differences this small; vectors and heads are kept in half precision. `card.json` names the base model by the
hash of its weights, so that differences are never added to another model.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from assistant.reading.context import ReaderUnavailable
from assistant.reading.encoder.model import ReaderModel

WEIGHTS = "reader.safetensors"
CARD = "card.json"
_SCALE = ".scale"
_LEVELS = 127


class WeightsError(ReaderUnavailable):
    """The weights can't be used; the text says why and what to do."""


def save(model: ReaderModel, base_folder: Path, folder: Path, card: dict[str, Any]) -> None:
    """Writes the differences and the card; `card` gains the hash of the base model."""
    before = ReaderModel.from_folder(base_folder).state_dict()
    tensors: dict[str, Tensor] = {}
    for name, weight in model.state_dict().items():
        _pack(tensors, name, weight.detach().float().cpu(), before[name])
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / WEIGHTS)
    _write_card(folder, {**card, "base_sha256": base_hash(base_folder)})


def add_to_card(folder: Path, entries: dict[str, Any]) -> None:
    """Adds entries to the card of saved weights."""
    card: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
    _write_card(folder, {**card, **entries})


def _write_card(folder: Path, card: dict[str, Any]) -> None:
    (folder / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(base_folder: Path, folder: Path) -> tuple[ReaderModel, dict[str, Any]]:
    """The reader as it was saved, and its card. Raises `WeightsError` if the files are missing or of another base."""
    try:
        card: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
        tensors = load_file(folder / WEIGHTS)
    except OSError as error:
        raise WeightsError(f"no reader weights in {folder}: {error}; run python -m assistant.train_reader") from error
    if card.get("base_sha256") != base_hash(base_folder):
        raise WeightsError(f"the reader weights in {folder} belong to another base model than {base_folder}")
    model = ReaderModel.from_folder(base_folder)
    state = model.state_dict()
    for name in state:
        if name in tensors:
            state[name] = _unpack(tensors, name, state[name])
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise WeightsError(f"the reader weights in {folder} are of another version: {error}") from error
    return model.eval(), card


def base_hash(folder: Path) -> str:
    """SHA-256 of the base model's weights."""
    with (folder / "model.safetensors").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pack(tensors: dict[str, Tensor], name: str, weight: Tensor, before: Tensor) -> None:
    if not weight.is_floating_point() or torch.equal(weight, before):
        return
    if not name.startswith("base."):
        tensors[name] = weight.half()
    elif weight.dim() < 2:
        tensors[name] = (weight - before).half()
    else:
        difference = weight - before
        scale = difference.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / _LEVELS
        tensors[name] = (difference / scale).round().to(torch.int8)
        tensors[name + _SCALE] = scale


def _unpack(tensors: dict[str, Tensor], name: str, before: Tensor) -> Tensor:
    packed = tensors[name].float()
    if not name.startswith("base."):
        return packed
    scale = tensors.get(name + _SCALE)
    return before + (packed if scale is None else packed * scale)
