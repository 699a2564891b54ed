"""What a message calls a person for, with how likely that is: by rules alone, or by a trained linear model.

The model sees the meaning of the whole message (its sentence vector) and the plain signs in it; a few kilobytes of weights
over the packaged embedding model, which search uses anyway.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, cast, get_args

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from assistant.handoff.signs import all_signs, reason_by_rules, signs
from assistant.reading.text import read
from assistant.types import ReasonCode
from retrieval.embed import Embedder

FOLDER = Path(__file__).parent / "weights"
WEIGHTS = "judge.safetensors"
CARD = "card.json"
NO_REASON = "none"
VECTOR_SCALE = 2.0
SIGN_SCALE = 0.3
"""How much the sentence vector and each sign weigh before training; what cross-validation found best."""
_REMEMBERED = 256

Matrix = NDArray[np.float32]


class JudgeUnavailable(Exception):
    """The trained judge can't be used; the text says why and what to do."""


class Judge(Protocol):
    """Tells for what a message calls a person."""

    def chances(self, text: str) -> Mapping[ReasonCode, float]:
        """How likely each reason is (0-1, together at most 1); the rest is that no person is called for."""


class RuleJudge:
    """The plain signs alone: quick, needs no model, and misses what is said in other words."""

    def chances(self, text: str) -> Mapping[ReasonCode, float]:
        """1 for the first reason of which the message has a sign."""
        reason = reason_by_rules(read(text))
        return {} if reason is None else {reason: 1.0}


class TrainedJudge:
    """The trained linear model over `embedder`, which must be the one that it was trained with."""

    def __init__(self, embedder: Embedder, folder: Path = FOLDER) -> None:
        """Loads the weights. Raises `JudgeUnavailable` if they are missing, broken or belong to another embedder."""
        card, tensors = _load(folder)
        if card.get("embedder") != embedder.model_id or card.get("signs") != list(all_signs()):
            raise JudgeUnavailable(
                f"the weights in {folder} are for the embedder {card.get('embedder')!r} and its signs, expected "
                f"{embedder.model_id!r} and today's; run python -m assistant.handoff.train_judge"
            )
        self._embedder = embedder
        self._classes: tuple[str, ...] = tuple(card["classes"])
        self._weights, self._bias = tensors["weights"], tensors["bias"]
        self._weighed = lru_cache(_REMEMBERED)(self._weigh)

    def chances(self, text: str) -> Mapping[ReasonCode, float]:
        """How likely each reason is, by the model; a message is weighed once, however often a turn asks."""
        return self._weighed(text)

    def _weigh(self, text: str) -> Mapping[ReasonCode, float]:
        logits = (features([text], self._embedder) @ self._weights.T + self._bias)[0]
        powers = np.exp(logits - logits.max())
        likely = zip(self._classes, powers / powers.sum(), strict=True)
        return {cast(ReasonCode, name): float(chance) for name, chance in likely if name != NO_REASON}


def features(texts: Sequence[str], embedder: Embedder) -> Matrix:
    """What the model sees of each message: (n, dimension + signs) float32."""
    places = {name: at for at, name in enumerate(all_signs())}
    found = np.zeros((len(texts), len(places)), dtype=np.float32)
    for row, text in enumerate(texts):
        found[row, [places[name] for name in signs(read(text))]] = SIGN_SCALE
    return np.hstack([embedder.encode(list(texts)) * np.float32(VECTOR_SCALE), found])


def save(folder: Path, classes: Sequence[str], weights: Matrix, bias: Matrix, card: Mapping[str, object]) -> None:
    """Writes the weights (classes, features) and the card, which gains the classes and the signs."""
    unknown = set(classes) - {*get_args(ReasonCode), NO_REASON}
    if unknown:
        raise ValueError(
            f"classes {sorted(unknown)} are no reason codes; expected some of {', '.join(get_args(ReasonCode))}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    # Only the memory in its order is written, so it has to be in the order of the rows.
    tensors = {"weights": weights, "bias": bias}
    save_file({name: np.ascontiguousarray(tensor, np.float32) for name, tensor in tensors.items()}, folder / WEIGHTS)
    whole = {**card, "classes": list(classes), "signs": list(all_signs())}
    (folder / CARD).write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _load(folder: Path) -> tuple[dict[str, Any], dict[str, Matrix]]:
    try:
        return json.loads((folder / CARD).read_text(encoding="utf-8")), load_file(folder / WEIGHTS)
    except OSError as error:
        raise JudgeUnavailable(f"no weights in {folder}: {error}; run python -m assistant.handoff.train_judge") from error
    except (ValueError, SafetensorError) as error:
        raise JudgeUnavailable(f"the weights in {folder} are broken: {error}") from error
