"""Chances that mean what they say: a straight line through the logits, fitted on what was held out (Platt scaling).

Platt, "Probabilistic Outputs for Support Vector Machines and Comparisons to Regularized Likelihood Methods" (1999).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_STEPS = 50
_ENOUGH = 1e-7
_RIDGE = 1e-4


@dataclass(frozen=True, slots=True)
class Platt:
    """The chance for a logit is `sigmoid(slope x logit + shift)`; the default changes nothing."""

    slope: float = 1.0
    shift: float = 0.0

    @classmethod
    def fit(
        cls, logits: NDArray[np.float64], wanted: NDArray[np.bool_], weights: NDArray[np.float64] | None = None
    ) -> Platt:
        """The line under which what came true is likeliest. `weights` (n,) is how much each observation counts.

        Changes nothing where all or none came true, or where higher logits came true less often, which no line that
        keeps the order can mend. Follows Platt in drawing the outcomes in a little, so that chances stay off 0 and 1.
        """
        counts = np.ones(len(logits)) if weights is None else weights
        yes, no = float((counts * wanted).sum()), float((counts * ~wanted).sum())
        if yes <= 0 or no <= 0:
            return cls()
        aims = np.where(wanted, (yes + 1) / (yes + 2), 1 / (no + 2))
        line = logistic(np.stack([logits, np.ones(len(logits))], axis=1), aims, counts)
        return cls(float(line[0]), float(line[1])) if line[0] > 0 else cls()

    def __call__(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Chances, 0-1, of the same shape."""
        return sigmoid(self.slope * logits + self.shift)


def logistic(
    inputs: NDArray[np.float64],
    aims: NDArray[np.float64],
    counts: NDArray[np.float64] | None = None,
    start: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """(k,) weights under which `sigmoid(inputs @ weights)` comes nearest to `aims`, by Newton's method.

    `inputs` are (n, k), `aims` (n,) outcomes or estimates of them, which may lie over 1; `counts` (n,) is how much each
    one counts. A step that makes things worse is halved until it does not.
    """
    times = np.ones(len(aims)) if counts is None else counts
    weights = np.zeros(inputs.shape[1]) if start is None else start
    loss = _loss(inputs @ weights, aims, times, weights)
    for _ in range(_STEPS):
        chances = sigmoid(inputs @ weights)
        slope = inputs.T @ (times * (chances - aims)) + _RIDGE * weights
        bend = (inputs * (times * chances * (1 - chances))[:, None]).T @ inputs + _RIDGE * np.eye(len(weights))
        step = np.linalg.solve(bend, slope)
        while (tried := _loss(inputs @ (weights - step), aims, times, weights - step)) > loss + _ENOUGH:
            step = step / 2
        weights, loss = weights - step, tried
        if float(np.abs(step).max()) < _ENOUGH:
            break
    return weights


def _loss(
    logits: NDArray[np.float64], aims: NDArray[np.float64], times: NDArray[np.float64], weights: NDArray[np.float64]
) -> float:
    return float((times * (np.logaddexp(0, logits) - aims * logits)).sum() + _RIDGE / 2 * (weights**2).sum())


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """The chance whose odds have these logarithms."""
    chances: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(logits, -500, 500)))
    return chances
