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
    towards: NDArray[np.float64] | None = None,
    pull: float = _RIDGE,
) -> NDArray[np.float64]:
    """(k,) weights under which `sigmoid(inputs @ weights)` comes nearest to `aims`, by Newton's method.

    `inputs` are (n, k), `aims` (n,) outcomes or estimates of them, which may lie over 1; `counts` (n,) is how much each
    one counts. Weights are drawn `towards` some (k,), 0 where it is None, by `pull`: one over the variance that they are
    expected to have around these. A step that makes things worse is halved until it does not.
    """
    times = np.ones(len(aims)) if counts is None else counts
    centre = np.zeros(inputs.shape[1]) if towards is None else towards
    weights = centre.copy() if start is None else start

    def loss_of(tried: NDArray[np.float64]) -> float:
        logits = inputs @ tried
        misfit = (times * (np.logaddexp(0, logits) - aims * logits)).sum()
        return float(misfit + pull / 2 * ((tried - centre) ** 2).sum())

    loss = loss_of(weights)
    for _ in range(_STEPS):
        chances = sigmoid(inputs @ weights)
        slope = inputs.T @ (times * (chances - aims)) + pull * (weights - centre)
        bend = (inputs * (times * chances * (1 - chances))[:, None]).T @ inputs + pull * np.eye(len(weights))
        step = np.linalg.solve(bend, slope)
        while (reached := loss_of(weights - step)) > loss + _ENOUGH:
            step = step / 2
        weights, loss = weights - step, reached
        if float(np.abs(step).max()) < _ENOUGH:
            break
    return weights


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """The chance whose odds have these logarithms."""
    chances: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(logits, -500, 500)))
    return chances


def calibration_error(chances: NDArray[np.float64], wanted: NDArray[np.bool_], bins: int = 10) -> float:
    """How far (0-1) chances lie from what came true, on average: the expected calibration error over equally full bins.

    Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning" (AAAI 2015). Raises
    `ValueError` without chances.
    """
    if not len(chances):
        raise ValueError("chances is empty; expected at least one.")
    parts = np.array_split(np.argsort(chances, kind="stable"), min(bins, len(chances)))
    return sum(len(part) * abs(float(chances[part].mean() - wanted[part].mean())) for part in parts) / len(chances)
