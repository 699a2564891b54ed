"""Running the trained network: compiled once for this processor, in half precision where the processor has it."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.reading.encoder import graph
from assistant.reading.encoder.decode import Scores
from assistant.reading.encoder.inputs import FEATURES_PER_TOKEN, Encoded
from retrieval import quiet_openvino
from retrieval.bert import Weights

# One thread: a turn is too little work to share, and a busy server has other shoppers for the other cores.
_SETTINGS = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": 1}
_MULTIPLE = 16
"""Turns are padded to a multiple of this many tokens: of few shapes the network is always prepared for the next one."""


class Network:
    """The network ready to read one turn at a time; may be shared by threads, which then take turns."""

    def __init__(self, weights: Weights, config: Mapping[str, Any], precision: str | None = None) -> None:
        """Compiles the network of these weights on a base model of this `config`; takes a fraction of a second.

        `precision` is OpenVINO's name of one, such as f32; None is the quickest that the processor computes in.
        """
        settings = _SETTINGS if precision is None else {**_SETTINGS, "INFERENCE_PRECISION_HINT": precision}
        core = quiet_openvino.load("openvino").Core()
        self._request = core.compile_model(graph.build(weights, config), "CPU", settings).create_infer_request()
        self._lock = Lock()

    def scores(self, encoded: Encoded) -> Scores:
        """What every head says about the turn."""
        with self._lock:
            found = self._request.infer(_padded(encoded))
            scores = {name: found[number][0].copy() for number, name in enumerate(graph.OUTPUTS)}
        length = len(encoded.ids)
        tags, chosen = scores.pop("tags")[:length], scores.pop("chosen")[:length]
        return {**scores, "tags": tags, "item": chosen[:, 0], "value": chosen[:, 1]}


def _padded(encoded: Encoded) -> list[NDArray[Any]]:
    """Returns ids (1, L), features (1, L, F) and mask (1, L), filled up with 0, which is no feature."""
    length = len(encoded.ids)
    width = -(-length // _MULTIPLE) * _MULTIPLE
    ids, mask = np.zeros((1, width), dtype=np.int32), np.zeros((1, width), dtype=np.float32)
    ids[0, :length], mask[0, :length] = encoded.ids, 1
    features = np.zeros((1, width, FEATURES_PER_TOKEN), dtype=np.int32)
    features[0, :length] = [names + (0,) * (FEATURES_PER_TOKEN - len(names)) for names in encoded.features]
    return [ids, features, mask]
