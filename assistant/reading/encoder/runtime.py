"""Running the trained network: compiled once for this processor, in half precision where the processor has it."""

from __future__ import annotations

import warnings
from threading import Lock

from torch import Tensor, nn

from assistant import quiet_openvino
from assistant.reading.encoder.decode import Scores
from assistant.reading.encoder.inputs import Encoded
from assistant.reading.encoder.model import Batch, ReaderModel, collate

_OUTPUTS = ("act", "topic", "sort", "price_rel", "tags", "item", "value")
_SETTINGS = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": 2}


class Network:
    """The network ready to read one turn at a time; may be shared by threads, which then take turns."""

    def __init__(self, model: ReaderModel) -> None:
        """Compiles the model; takes a second or two."""
        openvino = quiet_openvino.load("openvino")
        example = collate([_EXAMPLE])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the tracer's remarks on branches that no turn takes
            graph = openvino.convert_model(_Flat(model.eval()), example_input=(example.ids, example.features, example.mask))
        self._request = openvino.compile_model(graph, "CPU", _SETTINGS).create_infer_request()
        self._lock = Lock()

    def scores(self, encoded: Encoded) -> Scores:
        """What every head says about the turn."""
        batch = collate([encoded])
        with self._lock:
            found = self._request.infer([batch.ids.numpy(), batch.features.numpy(), batch.mask.numpy()])
            return {name: found[number][0].copy() for number, name in enumerate(_OUTPUTS)}


class _Flat(nn.Module):
    """The model with tensors in and a tuple out, as the compiler wants it."""

    def __init__(self, model: ReaderModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor, features: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        scores = self.model(Batch(ids, features, mask))
        return tuple(scores[name] for name in _OUTPUTS)


_EXAMPLE = Encoded(tuple(range(1, 25)), ((1,),) * 24, (1,), (), (), ())
