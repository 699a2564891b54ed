"""Linear heads: logistic regression over the features of a shop's own labelled products, with calibrated confidence."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from retrieval.tagging.features import Features
from retrieval.tagging.types import Guess, Method

Labels = Sequence[tuple[str, ...]]
Probabilities = NDArray[np.float64]

FEWEST_EXAMPLES = 3
FEWEST_LABELLED = 20
MOST_LABELLED = 5_000
"""Labelled products a head learns from; of more, these are drawn."""

UNCHANGED_SHARE = 0.9
"""A head is kept while so much of what it learned from is as it was."""

_FOLDS = 3
_INVERSE_PENALTY = 10.0
_ITERATIONS = 80


@dataclass(frozen=True, slots=True)
class Head:
    """Scores labels: `weights` (labels, features) and `bias` (labels,), already divided by the temperature.

    `accuracy` (0-1) is cross-validated on the labelled products; `seen` (n,) uint64 names what it learned from.
    """

    labels: tuple[tuple[str, ...], ...]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    accuracy: float
    seen: NDArray[np.uint64]
    features: str

    @property
    def version(self) -> str:
        """Names the head: two of the same name guess the same."""
        content = self.weights.tobytes() + self.bias.tobytes() + repr((self.labels, self.features)).encode()
        return hashlib.sha256(content).hexdigest()[:16]

    def probabilities(self, features: Features) -> Probabilities:
        """Returns (n, labels), rows summing to 1."""
        return softmax(features @ self.weights.T + self.bias)

    def is_for(self, seen: NDArray[np.uint64], features: str) -> bool:
        """Whether it may be kept for a shop with `seen` labelled products."""
        if features != self.features:
            return False
        return len(np.intersect1d(seen, self.seen)) >= UNCHANGED_SHARE * len(np.union1d(seen, self.seen))


def softmax(logits: NDArray[np.floating]) -> Probabilities:
    """Returns (n, labels) of logits (n, labels), rows summing to 1."""
    exponents = np.exp(np.asarray(logits, dtype=np.float64) - logits.max(axis=1, keepdims=True))
    return np.asarray(exponents / exponents.sum(axis=1, keepdims=True))


def learnable(labels: Labels) -> NDArray[np.intp]:
    """Returns the rows whose label has examples enough; none if they are too few, or all have the same label."""
    counts = Counter(labels)
    rows = [row for row, label in enumerate(labels) if counts[label] >= FEWEST_EXAMPLES]
    enough = len(rows) >= FEWEST_LABELLED and len({labels[row] for row in rows}) > 1
    return np.array(rows if enough else [], dtype=np.intp)


def train(features: Features, labels: Labels, seen: NDArray[np.uint64], made_by: str) -> Head:
    """Returns a head for features (n, f) and their labels, of which each has three examples or more.

    Confidence is calibrated by a temperature, fitted to predictions of products that a fold did not learn from.
    Raises `ValueError` where there is only one label.
    """
    names = tuple(sorted(set(labels)))
    if len(names) < 2:
        raise ValueError(f"labels are {names}; expected at least two different ones")
    index = {name: place for place, name in enumerate(names)}
    targets = np.array([index[label] for label in labels])
    unseen = _unseen_logits(features, targets, len(names))
    scale = _inverse_temperature(unseen, targets)
    weights, bias = _fit(features, targets, len(names))
    return Head(
        names,
        (weights * scale).astype(np.float32),
        (bias * scale).astype(np.float32),
        float(np.mean(unseen.argmax(axis=1) == targets)),
        seen,
        made_by,
    )


def _fit(features: Features, targets: NDArray[np.intp], count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=_INVERSE_PENALTY, max_iter=_ITERATIONS, tol=1e-3).fit(features, targets)
    weights, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        # scikit-learn keeps one row for two classes; halves of it are the two rows of the same softmax.
        weights, bias = np.vstack([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    full = np.zeros((count, features.shape[1]))
    full[model.classes_] = weights
    # A label that a fold has no example of is never guessed.
    intercept = np.full(count, -30.0)
    intercept[model.classes_] = bias
    return full, intercept


def _unseen_logits(features: Features, targets: NDArray[np.intp], count: int) -> NDArray[np.float64]:
    from sklearn.model_selection import StratifiedKFold

    logits = np.zeros((len(targets), count))
    for learned, held_out in StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(features, targets):
        weights, bias = _fit(features[learned], targets[learned], count)
        logits[held_out] = features[held_out] @ weights.T + bias
    return logits


def _inverse_temperature(logits: NDArray[np.float64], targets: NDArray[np.intp]) -> float:
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(targets))

    def loss(scale: float) -> float:
        return float(-np.log(softmax(logits * scale)[rows, targets] + 1e-12).mean())

    return float(minimize_scalar(loss, bounds=(0.1, 10.0), method="bounded").x)


def guess(probabilities: Probabilities, labels: Labels, threshold: float, method: Method = "head") -> list[Guess]:
    """Returns the best label of each row (n, labels): as much of its path as is sure enough, or all of it, unsure.

    How sure a part of a path is is the sum over all labels that begin with it. A part that all labels begin with tells
    nothing, and is not guessed.
    """
    paths = sorted({label[:depth] for label in labels for depth in range(1, len(label) + 1)}, key=lambda path: -len(path))
    under = np.array([[label[: len(path)] == path for path in paths] for label in labels], dtype=np.float64)
    telling = ~under.all(axis=0)
    guesses = []
    for row, sums in zip(probabilities, probabilities @ under, strict=True):
        sure = np.flatnonzero(telling & (sums >= threshold))
        # The deepest paths stand first; of equally deep ones the surest is meant.
        best = min(sure, key=lambda place: (-len(paths[place]), -sums[place]), default=None)
        value, confidence = (labels[row.argmax()], row.max()) if best is None else (paths[best], sums[best])
        guesses.append(Guess(value, round(min(float(confidence), 1.0), 4), method))
    return guesses


def save(head: Head, file: Path) -> None:
    """Writes a head as plain arrays. Raises `OSError` where that can't be done."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part.npz")
    np.savez(
        part,
        weights=head.weights,
        bias=head.bias,
        accuracy=np.float64(head.accuracy),
        seen=head.seen,
        features=np.str_(head.features),
        labels=np.str_(json.dumps(head.labels)),
    )
    part.replace(file)


def load(file: Path) -> Head | None:
    """Reads a head back, or returns None where there is none that can be read."""
    try:
        # Opened here, so that it is closed even where it turns out to be no archive.
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            labels = tuple(tuple(label) for label in json.loads(str(stored["labels"])))
            return Head(
                labels,
                stored["weights"],
                stored["bias"],
                float(stored["accuracy"]),
                stored["seen"],
                str(stored["features"]),
            )
    except (OSError, EOFError, KeyError, ValueError, BadZipFile):
        return None
