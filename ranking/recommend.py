"""The ten best items for each user of a sequences file (format 5), from models trained on that file alone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ranking.dataset import Dataset, from_sequences
from ranking.feature_models import FEATURE_MODELS
from ranking.long_tail import CountingRun, ExposureControl, highest
from ranking.models.base import Model, Scores
from ranking.models.history_vectors import HistoryVectors
from ranking.models.item_graph import ItemGraph
from ranking.models.neural.examples import Drawing
from ranking.models.next_item import NextItemBlend
from ranking.models.popularity import Popularity
from ranking.models.training.model import TrainedModel
from ranking.models.training.run import Run, Step


def _sequential() -> Model:
    from ranking.models.sequential import Sequential  # loads torch, which a shop's server can do without

    return Sequential()


def _cosine_profile() -> Model:
    from ranking.models.cosine_profile import CosineProfile

    return CosineProfile()


def _of_features(name: str) -> Model:
    model = FEATURE_MODELS[name]()
    # All items are candidates, so what is passed over is any of them, however rare.
    model.settings = replace(model.settings, drawing=Drawing(uniform=1.0))
    return model


MODELS: Mapping[str, Callable[[], Model]] = {
    "blend": NextItemBlend,
    "item_graph": ItemGraph,
    "history_vectors": HistoryVectors,
    "sequential": _sequential,
    "cosine_profile": _cosine_profile,
    "popularity": Popularity,
    **{name: partial(_of_features, name) for name in FEATURE_MODELS},
}
"""The models that can be asked for by name, untrained."""

Split = Literal["test", "validation"]

Choice = Callable[[NDArray[np.float64], Sequence[NDArray[np.int64]], int], NDArray[np.int64]]
"""From (n, n_products) scores, -inf for what may not come up, and the products of each history to (n, k) of the products,
best first; -1 where a row has no more of them. `CountingRun.best` is one."""

_BATCH = 1_024


def recommend_from_sequences(
    sequences: Path,
    items: Path | None,
    out: Path,
    model: str = "blend",
    split: Split = "test",
    progress: Callable[[int, int], None] = lambda done, total: None,
    learning: Callable[[str, int, int], None] = lambda step, done, total: None,
    exposure: float = 0.0,
    epsilon: float | None = None,
) -> int:
    """Trains `model` on the training items, writes `{"user", "items"}` lines to `out`, returns how many.

    The test and validation items teach nothing, as in the published tables; for "test", the validation item is part of
    the history that the model is asked with.
    Every item of the file that is not in the user's history is a candidate; where the model has nothing to say, the most
    popular come. `exposure` (0-1) is the strength of the exposure control, which counts what the users before were given;
    0 leaves the order to the scores. `progress` is told users done and users in all; while a network trains, `learning` is
    told the step in words, batches done and batches in all. A training that was interrupted goes on from its checkpoint
    beside `out`; `out` itself appears only when it is whole. With `epsilon`, the blend is learned under that privacy budget,
    and each user's list hangs on the others as little as that says; on the user's own history it hangs as ever.
    Raises `BadSequences`, `FeedError`, and `ValueError` for an unknown model, a bad `exposure` or `epsilon`, or a model or
    an exposure control that cannot be had with an `epsilon`; `PrivacyUnavailable` without Opacus.
    """
    _check(model, exposure, epsilon)
    training = from_sequences(sequences, items)
    newcomers: Scores
    if epsilon is None:
        fitted: Scores = _reporting(MODELS[model](), out.with_name(out.name + ".checkpoint"), learning).fit(training)
        newcomers = Popularity().fit(training)
    else:
        fitted, newcomers = _privately(training, epsilon)
    histories = from_sequences(sequences, None, left_out=1 if split == "test" else 2)
    choice = _controlled(training, exposure) if exposure else by_score
    total = len(histories.shopper_ids)
    unfinished = out.with_name(out.name + ".part")
    with unfinished.open("w", encoding="utf-8") as file:
        for done, (user, best) in enumerate(top_k(fitted, histories, 10, choice, newcomers), start=1):
            file.write(json.dumps({"user": int(user), "items": [int(item) for item in best]}) + "\n")
            if done % _BATCH == 0 or done == total:
                progress(done, total)
    os.replace(unfinished, out)
    return total


def _check(model: str, exposure: float, epsilon: float | None) -> None:
    if model not in MODELS:
        raise ValueError(f"model is {model!r}; expected one of {', '.join(MODELS)}.")
    if not 0 <= exposure <= 1:
        raise ValueError(f"exposure is {exposure!r}; expected a number from 0 (off) to 1.")
    if epsilon is not None and model != "blend":
        raise ValueError(f"model is {model!r} with a privacy budget; expected blend, as no other is learned privately.")
    if epsilon is not None and exposure:
        raise ValueError(f"exposure is {exposure!r} with a privacy budget; expected 0, as it counts what users did exactly.")


def _privately(training: Dataset, epsilon: float) -> tuple[Scores, Scores]:
    from ranking.privacy.budget import PrivacyBudget
    from ranking.privacy.fit import fit_privately  # loads torch

    learned = fit_privately(training, PrivacyBudget.for_shoppers(epsilon, len(training.shopper_ids)))
    return learned.blend, learned.popularity


def _reporting(model: Model, checkpoint: Path, learning: Callable[[str, int, int], None]) -> Model:
    """The model, whose network, if it has one, tells how far it is and keeps a checkpoint."""
    network: TrainedModel[Any] | Model = model.vectors if isinstance(model, NextItemBlend) else model
    if isinstance(network, TrainedModel):

        def tell(step: Step) -> None:
            learning(str(step), step.done, step.total)

        network.run = Run(checkpoint, tell)
    return model


def _controlled(training: Dataset, strength: float) -> Choice:
    popularity = np.bincount(training.items, minlength=len(training.product_ids)).astype(np.float64)
    return CountingRun(ExposureControl(popularity, strength)).best


def by_score(scores: NDArray[np.float64], histories: Sequence[NDArray[np.int64]], k: int) -> NDArray[np.int64]:
    """The choice that leaves the order to the scores; ties go to the product that comes first."""
    best = np.full((len(scores), k), -1, dtype=np.int64)
    for row, own in zip(best, scores, strict=True):
        chosen = highest(own, k)
        row[: len(chosen)] = chosen
    return best


def top_k(
    model: Scores, dataset: Dataset, k: int, choice: Choice = by_score, newcomers: Scores | None = None
) -> Iterator[tuple[str, list[str]]]:
    """Each shopper's id and the `k` best product ids that are not in the shopper's history, best first.

    For a shopper with fewer than `k` products that `model` scores above 0, `newcomers`, with scores from 0, orders those
    that it scores 0: all of them where nothing is known. Without it they come in the order of the catalogue.
    """
    owners = dataset.shoppers_of_rows
    for start in range(0, len(dataset.shopper_ids), _BATCH):
        end = min(start + _BATCH, len(dataset.shopper_ids))
        shoppers = [dataset.shopper(index) for index in range(start, end)]
        scores = model.score(shoppers, dataset.product_ids)
        borders = dataset.offsets[start : end + 1]
        seen = slice(borders[0], borders[-1])
        scores[owners[seen] - start, dataset.items[seen]] = -np.inf
        short = np.flatnonzero(np.count_nonzero(scores > 0, axis=1) < k)
        if newcomers is not None and len(short):
            of_newcomers = newcomers.score([shoppers[index] for index in short], dataset.product_ids)
            scores[short] = _filled_up(scores[short], of_newcomers)
        best = choice(scores, np.split(dataset.items[seen], borders[1:-1] - borders[0]), k)
        for shopper_id, row in zip(dataset.shopper_ids[start:end], best, strict=True):
            yield shopper_id, [dataset.product_ids[index] for index in row[row >= 0]]


def _filled_up(scores: NDArray[np.float64], of_newcomers: NDArray[np.float64]) -> NDArray[np.float64]:
    """The scores, with those of 0 replaced by what orders as `of_newcomers` does and stays below all above 0."""
    lowest = np.where(scores > 0, scores, np.inf).min(axis=1, keepdims=True, initial=1.0)
    highest_level = of_newcomers.max(axis=1, keepdims=True, initial=0.0)
    levels = of_newcomers / np.where(highest_level > 0, highest_level, 1.0)
    filled: NDArray[np.float64] = np.where(scores == 0, lowest / 2 * levels, scores)
    return filled
