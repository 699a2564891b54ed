"""Vectors in four bits a number: an eighth of the memory to read, so a scan takes an eighth of the time.

What a score may be off by is known for every row, so a search can tell which rows it has to look at again, exactly.
"""

from __future__ import annotations

import importlib
from threading import Lock
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval import quiet_openvino
from retrieval.embed import Vectors

CHUNK = 16_384
LARGEST = 7
# A row's largest number would leave the rest too coarse a grid: cut off here, the whole row is nearest to its code.
CUT_OFF = 0.8
LARGEST_QUERY = 127
# A sum in float32 of a thousand products of two unit vectors' numbers is off by less.
ROUNDING = 1e-4
PROBED = 256
TINY = 1e-30


class FourBitScan:
    """Approximate scores of all rows of a matrix for a vector, and how far each may be from the exact one.

    Rows are multiples of whole numbers in -8..7, the vector becomes one of whole numbers in -127..127; OpenVINO multiplies
    those in integers where the processor can.
    """

    def __init__(self, matrix: Vectors) -> None:
        """Codes `matrix` (n, dim), float32; about 5 seconds a million rows of 384 numbers.

        Raises:
            ImportError: OpenVINO is not installed.
            ArithmeticError: OpenVINO does not multiply these numbers exactly on this machine.
        """
        openvino = quiet_openvino.load("openvino")
        count, self._dimension = matrix.shape
        self._width = self._dimension + self._dimension % 2
        self._errors = np.zeros(count, dtype=np.float32)
        self._longest = 0.0
        codes = openvino.Tensor(openvino.Type.i4, [count, self._width])
        scales = self._fill(codes, matrix)
        self._request = _compiled(openvino, codes, scales)
        self._scanning = Lock()
        self._check(matrix[:PROBED])
        self._worst = float(self._errors.max(initial=0.0))

    def _fill(self, codes: Any, matrix: Vectors) -> NDArray[np.float32]:
        """Writes the codes of `matrix`, two numbers a byte, notes the errors, and returns the scales (n, 1)."""
        packed = codes.data.reshape(-1).view(np.uint8).reshape(len(matrix), self._width // 2)
        scales = np.zeros((len(matrix), 1), dtype=np.float32)
        for start in range(0, len(matrix), CHUNK):
            rows = slice(start, start + CHUNK)
            numbers, scales[rows] = coded(matrix[rows])
            self._errors[rows] = np.linalg.norm(matrix[rows] - scales[rows] * numbers, axis=1)
            self._longest = max(self._longest, float((scales[rows, 0] * np.linalg.norm(numbers, axis=1)).max()))
            nibbles = np.zeros((len(numbers), self._width), dtype=np.uint8)
            nibbles[:, : self._dimension] = numbers.astype(np.int8).view(np.uint8) & 15
            packed[rows] = nibbles[:, 0::2] | nibbles[:, 1::2] << 4
        return scales

    def scores(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns (n,) float32: about the products of the rows with `vector` (dim,)."""
        step, whole = _whole(vector)
        return self._products(whole, step)

    def reaching(self, vector: NDArray[np.float32], scores: NDArray[np.float32], least: float) -> NDArray[np.intp]:
        """Returns the rows whose exact product with `vector` may be `least` or more, given their `scores`, in order.

        No other row's is: what the codes of row and vector leave out can add no more than the product of the lengths.
        """
        step, whole = _whole(vector)
        length = np.linalg.norm(vector)
        missed = float(np.linalg.norm(vector - step * whole))
        floor = least - missed * self._longest - ROUNDING * max(float(length), 1.0)
        rows = np.flatnonzero(scores >= floor - length * self._worst)
        return rows[scores[rows] + length * self._errors[rows] >= floor]

    def _products(self, whole: NDArray[np.float32], step: np.float32) -> NDArray[np.float32]:
        padded = np.zeros((1, self._width), dtype=np.float32)
        padded[0, : self._dimension] = whole
        # One scan has all cores; a second beside it would only share the memory's bandwidth with it.
        with self._scanning:
            products: NDArray[np.float32] = self._request.infer([padded], share_inputs=True, share_outputs=True)[0][0]
            return products * step

    def _check(self, probed: Vectors) -> None:
        numbers, scales = coded(probed)
        # A whole vector's largest number is always the largest there is.
        whole = np.rint(np.linspace(-LARGEST_QUERY, LARGEST_QUERY, self._dimension)).astype(np.float32)
        expected = (numbers * scales) @ whole
        if not np.allclose(self._products(whole, np.float32(1))[: len(probed)], expected, rtol=1e-5, atol=1e-3):
            raise ArithmeticError("OpenVINO does not multiply whole numbers exactly on this machine")


def coded(rows: Vectors) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Returns whole numbers in -8..7 (m, dim) and scales (m, 1), whose products come near to `rows` (m, dim)."""
    steps = np.abs(rows).max(axis=1, keepdims=True) * np.float32(CUT_OFF / LARGEST)
    numbers = np.clip(np.rint(rows / np.maximum(steps, np.float32(TINY))), -LARGEST - 1, LARGEST)
    squares = np.maximum(np.square(numbers).sum(axis=1, keepdims=True), np.float32(1))
    # Not the step itself: this multiple of the numbers is the nearest to the row.
    return numbers, (rows * numbers).sum(axis=1, keepdims=True) / squares


def _whole(vector: NDArray[np.float32]) -> tuple[np.float32, NDArray[np.float32]]:
    """Returns a step and the whole numbers (dim,) in -127..127 that `vector` is about that many steps of."""
    step = np.float32(max(float(np.abs(vector).max(initial=0.0)) / LARGEST_QUERY, TINY))
    return step, np.rint(vector / step)


def _compiled(openvino: ModuleType, codes: Any, scales: NDArray[np.float32]) -> Any:
    """Returns a request that multiplies one vector (1, width) with all coded rows."""
    operations = importlib.import_module("openvino.opset13")
    vector = operations.parameter([1, codes.shape[1]], np.float32)
    rows = operations.convert(operations.constant(codes, shared_memory=True), np.float32)
    products = operations.matmul(vector, operations.multiply(rows, operations.constant(scales)), False, True)
    options = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",
        # One step for the whole vector, which then is the whole numbers it already consists of.
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": int(codes.shape[1]),
        "ENABLE_CPU_PINNING": False,
    }
    return openvino.Core().compile_model(openvino.Model([products], [vector]), "CPU", options).create_infer_request()
