"""The network as an OpenVINO graph, built from the weights as they are stored: reading needs no training framework."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from assistant.reading.encoder.inputs import FEATURE, FEATURES_PER_TOKEN
from assistant.reading.encoder.labels import WHOLE_HEADS
from assistant.reading.encoder.weights import BASE
from retrieval import quiet_openvino
from retrieval.bert import Layers, Weights, axes

OUTPUTS = (*WHOLE_HEADS, "tags", "chosen")
"""What the graph returns, in this order."""

_LEAST = np.float32(-10)
"""Stands for words that aren't of the turn where the greatest is looked for."""


def build(weights: Weights, config: Mapping[str, Any]) -> Any:
    """Returns an OpenVINO model of one turn: ids (1, L) and features (1, L, F) int32, mask (1, L) float32 to `OUTPUTS`.

    These are logits: (1, C) for heads over the whole turn, `tags` (1, L, T), and `chosen` (1, L, 2): item, value. The mask
    is 0 at paddings. `config` is the base model's. Raises `KeyError` if a weight is missing.
    """
    openvino = quiet_openvino.load("openvino")
    layers = Layers({name.removeprefix(BASE): weight for name, weight in weights.items()}, config)
    ops = layers.ops
    ids = ops.parameter([1, -1], np.int32, name="ids")
    features = ops.parameter([1, -1, FEATURES_PER_TOKEN], np.int32, name="features")
    mask = ops.parameter([1, -1], np.float32, name="mask")
    known = ops.reduce_sum(ops.gather(layers.constant("feature_table.weight"), features, np.int64(0)), axes(2))
    states = layers.encoded(layers.embedded(ids, known), mask)
    whole = _pooled(ops, states, features)
    scores = [layers.linear(whole, f"whole.{name}") for name in WHOLE_HEADS]
    scores += [layers.linear(states, name) for name in ("tags", "chosen")]
    return openvino.Model(scores, [ids, features, mask], "reader")


def _pooled(ops: Any, states: Any, features: Any) -> Any:
    """The first token, the mean and the greatest over the words of the turn, side by side: (1, 3 * width)."""
    first_feature = ops.gather(features, axes(0), np.int64(2))
    turn = ops.equal(first_feature, np.int32(FEATURE["turn"]))
    here = ops.convert(turn, "f32")
    count = ops.maximum(ops.reduce_sum(here, axes(1)), np.float32(1))
    mean = ops.divide(ops.reduce_sum(ops.multiply(states, here), axes(1)), count)
    greatest = ops.reduce_max(ops.select(turn, states, _LEAST), axes(1))
    return ops.concat([ops.gather(states, np.int64(0), np.int64(1)), mean, greatest], -1)
