"""BERT sentence encoders as OpenVINO graphs, built from the weights as they are stored: no other framework is imported.

Only what such encoders have in common is known here: absolute positions, exact GELU, and the mean over the words. A folder
of any other kind is told apart by `is_plain_bert`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval import quiet_openvino

Weights = Mapping[str, NDArray[Any]]

WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"
_FARAWAY = 1e4
"""What a padding's attention score is lowered by: far enough to be nothing, and little enough for half precision."""
_MODULES = ("Transformer", "Pooling", "Normalize")
_KNOWN = {"model_type": "bert", "hidden_act": "gelu"}


def is_plain_bert(folder: Path) -> bool:
    """Whether the folder holds a sentence encoder that `encoder` builds: a BERT whose last states are averaged."""
    if not all((folder / name).is_file() for name in (WEIGHTS, TOKENIZER, "config.json", "modules.json")):
        return False
    config, modules = read_json(folder / "config.json"), read_json(folder / "modules.json")
    kinds = tuple(module["type"].rsplit(".", 1)[-1] for module in modules)
    if kinds not in (_MODULES, _MODULES[:2]) or any(config.get(name) != value for name, value in _KNOWN.items()):
        return False
    if config.get("position_embedding_type", "absolute") != "absolute":
        return False
    pooling = read_json(folder / modules[1]["path"] / "config.json")
    if [name for name, value in pooling.items() if name.startswith("pooling_mode_") and value] != [
        "pooling_mode_mean_tokens"
    ]:
        return False
    return not read_json(folder / "config_sentence_transformers.json").get("default_prompt_name")


def read_json(path: Path) -> Any:
    """Returns what a file says, an empty object where there is no such file. Raises `ValueError` for broken JSON."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def encoder(weights: Weights, config: Mapping[str, Any]) -> Any:
    """Returns an OpenVINO model: token ids (B, L) int32 and mask (B, L) float32 to the mean states (B, width) float32.

    Raises `KeyError` if a weight is missing.
    """
    openvino, layers = quiet_openvino.load("openvino"), Layers(weights, config)
    ops = layers.ops
    ids = ops.parameter([-1, -1], np.int32, name="ids")
    mask = ops.parameter([-1, -1], np.float32, name="mask")
    states = layers.encoded(layers.embedded(ids), mask)
    words = ops.multiply(states, ops.unsqueeze(mask, axes(2)))
    mean = ops.divide(ops.reduce_sum(words, axes(1)), ops.reduce_sum(mask, axes(1), keep_dims=True))
    return openvino.Model([mean], [ids, mask], "sentence_encoder")


class Layers:
    """The parts of a graph, which other graphs may be made of too; names of weights are those of the published files."""

    def __init__(self, weights: Weights, config: Mapping[str, Any]) -> None:
        """`config` is what the `config.json` of the model says. Raises `KeyError` if it lacks a size."""
        self.ops: Any = quiet_openvino.load("openvino.opset13")
        self._weights = weights
        self._count = int(config["num_hidden_layers"])
        self._width = int(config["hidden_size"])
        self._heads = int(config["num_attention_heads"])
        self._epsilon = float(config["layer_norm_eps"])

    def embedded(self, ids: Any, added: Any = None) -> Any:
        """Returns what the first layer gets, (B, L, width), for token ids (B, L); `added`, of its shape, joins the words."""
        ops = self.ops
        length = ops.gather(ops.shape_of(ids), axes(1), np.int64(0))
        positions = ops.slice(self.constant("embeddings.position_embeddings.weight"), axes(0), length, axes(1), axes(0))
        words = ops.gather(self.constant("embeddings.word_embeddings.weight"), ids, np.int64(0))
        if added is not None:
            words = ops.add(words, added)
        # A lone text is all of the first segment.
        segment = ops.constant(self._weights["embeddings.token_type_embeddings.weight"][0].astype(np.float32))
        return self._normalised(ops.add(ops.add(words, positions), segment), "embeddings.LayerNorm")

    def encoded(self, states: Any, mask: Any = None) -> Any:
        """Returns the last states, (B, L, width); without a `mask` (B, L) all places are words."""
        ops = self.ops
        hidden: tuple[Any, ...] = ()
        if mask is not None:
            gap = ops.subtract(ops.unsqueeze(mask, axes(1, 2)), np.float32(1))
            hidden = (ops.multiply(gap, np.float32(_FARAWAY)),)
        for number in range(self._count):
            states = self._layer(states, hidden, f"encoder.layer.{number}.")
        return states

    def linear(self, states: Any, name: str) -> Any:
        """Returns the states times the weight of this name, plus its bias."""
        product = self.ops.matmul(states, self.constant(f"{name}.weight"), False, True)
        return self.ops.add(product, self.constant(f"{name}.bias"))

    def constant(self, name: str) -> Any:
        """Returns the weight of this name. Raises `KeyError` if there is none."""
        return self.ops.constant(np.ascontiguousarray(self._weights[name], dtype=np.float32))

    def _layer(self, states: Any, hidden: tuple[Any, ...], name: str) -> Any:
        ops = self.ops
        query, key, value = (
            self._split(self.linear(states, f"{name}attention.self.{part}")) for part in ("query", "key", "value")
        )
        attended = ops.transpose(ops.scaled_dot_product_attention(query, key, value, *hidden), axes(0, 2, 1, 3))
        joined = self.linear(ops.reshape(attended, axes(0, 0, self._width), True), f"{name}attention.output.dense")
        states = self._normalised(ops.add(states, joined), f"{name}attention.output.LayerNorm")
        inner = ops.gelu(self.linear(states, f"{name}intermediate.dense"), "erf")
        return self._normalised(ops.add(states, self.linear(inner, f"{name}output.dense")), f"{name}output.LayerNorm")

    def _split(self, states: Any) -> Any:
        shape = axes(0, 0, self._heads, self._width // self._heads)
        return self.ops.transpose(self.ops.reshape(states, shape, True), axes(0, 2, 1, 3))

    def _normalised(self, states: Any, name: str) -> Any:
        normal = self.ops.mvn(states, axes(-1), True, self._epsilon, "INSIDE_SQRT")
        scaled = self.ops.multiply(normal, self.constant(f"{name}.weight"))
        return self.ops.add(scaled, self.constant(f"{name}.bias"))


def axes(*numbers: int) -> NDArray[np.int64]:
    """Returns numbers of axes, or sizes, as operations take them."""
    return np.array(numbers, dtype=np.int64)
