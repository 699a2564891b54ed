"""Merges a LoRA adapter into a model's weights, once, so that what serves knows nothing of adapters.

An adapter is a safetensors file as `peft` writes it: for each linear layer two factors, `….lora_A.weight` [rank, in] and
`….lora_B.weight` [out, rank], and `lora_alpha` in its metadata; the layer's weight grows by `lora_alpha / rank · B·A`.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from assistant.chat_models import ChatModelUnavailable

if TYPE_CHECKING:
    import gguf
    import torch

Floats = npt.NDArray[np.float32]

_FACTOR = re.compile(r"(?:base_model\.model\.)?(?P<layer>.+)\.lora_(?P<side>[AB])(?:\.default)?\.weight")
_LAYER = re.compile(r"model\.layers\.(?P<block>\d+)\.(?:self_attn|mlp)\.(?P<part>\w+)")
_GGUF_PARTS = {
    "q_proj": "attn_q",
    "k_proj": "attn_k",
    "v_proj": "attn_v",
    "o_proj": "attn_output",
    "gate_proj": "ffn_gate",
    "up_proj": "ffn_up",
    "down_proj": "ffn_down",
}
ROUNDED = frozenset({"Q4_1"})
"""Kinds of tensors that have a minimum for each block, which OpenVINO rounds to whole steps: of the packaged model, which is
of that kind, that makes a worse one (perplexity 63 in place of 52 on a page of English)."""
_HEADS = {"attn_q": "head_count", "attn_k": "head_count_kv"}


@dataclass(frozen=True, slots=True)
class Adapter:
    """What is added to each linear layer, by the layer's name (`model.layers.0.self_attn.q_proj`), [out, in]."""

    path: Path
    deltas: Mapping[str, Floats]


def fingerprint(path: Path) -> str:
    """Twelve hexadecimal digits of the file's content. Raises `ChatModelUnavailable` if it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    except OSError as error:
        raise ChatModelUnavailable(f"the adapter {path} cannot be read: {error}") from error


def read_adapter(path: Path) -> Adapter:
    """Reads an adapter. Raises `ChatModelUnavailable` naming the file and what is wrong with it."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:  # numpy has no bfloat16
            alpha = (file.metadata() or {}).get("lora_alpha", "")
            tensors = {key: file.get_tensor(key).float().numpy() for key in file.keys()}
    except (OSError, SafetensorError, TypeError) as error:
        raise ChatModelUnavailable(f"the adapter {path} cannot be read: {error}") from error
    try:
        return Adapter(path, _deltas(tensors, float(alpha)))
    except ValueError as error:
        raise ChatModelUnavailable(
            f"the adapter {path} is not as expected (lora_alpha in its metadata, lora_A [rank, in] and lora_B [out, rank] "
            f"for each layer): {error}"
        ) from error


def _deltas(tensors: Mapping[str, Floats], alpha: float) -> dict[str, Floats]:
    """What each layer's weight grows by. Raises `ValueError`."""
    factors: dict[str, dict[str, Floats]] = {}
    for key, tensor in tensors.items():
        found = _FACTOR.fullmatch(key)
        if found is None:
            raise ValueError(f"there is a tensor {key!r}")
        factors.setdefault(found["layer"], {})[found["side"]] = tensor
    if not factors or not math.isfinite(alpha) or alpha <= 0:
        raise ValueError(f"lora_alpha is {alpha}, over {len(factors)} layers")
    deltas = {}
    for layer, sides in factors.items():
        if sides.keys() != {"A", "B"} or sides["B"].shape[-1] != len(sides["A"]):
            raise ValueError(f"the factors of {layer} do not fit together")
        deltas[layer] = alpha / len(sides["A"]) * (sides["B"] @ sides["A"])
        if not np.isfinite(deltas[layer]).all():
            raise ValueError(f"the factors of {layer} are not finite")
    return deltas


def add_to(model: torch.nn.Module, adapter: Adapter) -> None:
    """Adds the adapter to a transformers model in place. Raises `ChatModelUnavailable` where it does not fit."""
    import torch

    weights = dict(model.named_parameters())
    with torch.no_grad():
        for layer, delta in adapter.deltas.items():
            weight = weights.get(f"{layer}.weight")
            _check_fit(adapter, layer, delta, None if weight is None else tuple(weight.shape))
            assert weight is not None
            weight.copy_((weight.float() + torch.from_numpy(delta)).to(weight.dtype))


def is_rounded(gguf_file: Path) -> bool:
    """Whether OpenVINO would read a GGUF less than exactly. Raises `ChatModelUnavailable` if it cannot be read."""
    return any(tensor.tensor_type.name in ROUNDED for tensor in _reader(gguf_file).tensors)


def rewrite_gguf(source: Path, target: Path, adapter: Adapter | None = None, kind: str = "Q8_0") -> None:
    """Writes a copy of a GGUF that OpenVINO reads exactly, with an adapter in its weights (for llama models).

    Layers that are `ROUNDED` or change are kept as `kind`: eight bits keep what an adapter adds, four bits lose most of it
    to rounding. Raises `ChatModelUnavailable` where the adapter does not fit the model.
    """
    import gguf

    reader = _reader(source)
    deltas = _by_tensor(reader, adapter) if adapter else {}
    writer = gguf.GGUFWriter(target, _field(reader, "general.architecture"))
    for field in reader.fields.values():
        if not field.name.startswith("GGUF.") and field.name != "general.architecture":
            writer.add_key_value(field.name, field.contents(), field.types[0], field.types[-1])
    for tensor in reader.tensors:
        if tensor.name in deltas or tensor.tensor_type.name in ROUNDED:
            weight = gguf.quants.dequantize(tensor.data, tensor.tensor_type) + deltas.get(tensor.name, np.float32(0))
            as_kind = gguf.GGMLQuantizationType[kind]
            writer.add_tensor(tensor.name, gguf.quants.quantize(weight, as_kind), raw_dtype=as_kind)
        else:
            writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _reader(path: Path) -> gguf.GGUFReader:
    import gguf

    try:
        return gguf.GGUFReader(path)
    except (OSError, ValueError, IndexError) as error:
        raise ChatModelUnavailable(f"the language model {path} cannot be read as GGUF: {error}") from error


def _by_tensor(reader: gguf.GGUFReader, adapter: Adapter) -> dict[str, Floats]:
    """The adapter by the names that a GGUF has for the layers, its rows in the order that a GGUF has them in."""
    shapes = {tensor.name: tuple(int(size) for size in reversed(tensor.shape)) for tensor in reader.tensors}
    architecture = _field(reader, "general.architecture")
    deltas = {}
    for layer, delta in adapter.deltas.items():
        name, part = gguf_name(layer)
        _check_fit(adapter, layer, delta, shapes.get(name))
        heads = _HEADS.get(part) if architecture == "llama" else None
        deltas[name] = permuted(delta, _field(reader, f"{architecture}.attention.{heads}")) if heads else delta
    return deltas


def gguf_name(layer: str) -> tuple[str, str]:
    """A layer's tensor in a GGUF, and which part of a block it is: `("blk.0.attn_q.weight", "attn_q")`; "" if none."""
    found = _LAYER.fullmatch(layer)
    part = _GGUF_PARTS.get(found["part"], "") if found else ""
    return (f"blk.{found['block']}.{part}.weight", part) if found and part else ("", "")


def permuted(rows: Floats, heads: int) -> Floats:
    """Query or key rows as a llama GGUF orders them: rotary pairs side by side, not half a head apart."""
    halves = rows.reshape(heads, 2, len(rows) // heads // 2, *rows.shape[1:])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows.shape))


def _field(reader: gguf.GGUFReader, name: str) -> Any:
    field = reader.get_field(name)
    if field is None:
        raise ChatModelUnavailable(f"the model's file has no field {name}")
    return field.contents()


def _check_fit(adapter: Adapter, layer: str, delta: Floats, shape: tuple[int, ...] | None) -> None:
    if shape != delta.shape:
        found = "there is no such layer" if shape is None else f"the layer has {shape}"
        raise ChatModelUnavailable(f"the adapter {adapter.path} has {delta.shape} for {layer}, but in the model {found}")
