"""The ten best items for each user of a sequences file (format 5), from models trained on that file alone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ranking.dataset import Dataset, from_sequences
from ranking.models.base import Model
from ranking.models.item_graph import ItemGraph
from ranking.models.popularity import Popularity


def _blend() -> Model:
    from ranking.models.next_item import NextItemBlend  # loads torch, which a shop's server can do without

    return NextItemBlend()


def _history_vectors() -> Model:
    from ranking.models.history_vectors import HistoryVectors

    return HistoryVectors()


def _sequential() -> Model:
    from ranking.models.sequential import Sequential

    return Sequential()


MODELS: Mapping[str, Callable[[], Model]] = {
    "blend": _blend,
    "item_graph": ItemGraph,
    "history_vectors": _history_vectors,
    "sequential": _sequential,
    "popularity": Popularity,
}
"""The models that can be asked for by name, untrained."""

Split = Literal["test", "validation"]

_BATCH = 1_024


def recommend_from_sequences(
    sequences: Path,
    items: Path | None,
    out: Path,
    model: str = "blend",
    split: Split = "test",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Trains `model` on the training items, writes `{"user", "items"}` lines to `out`, returns how many.

    The test and validation items teach nothing, as in the published tables; for "test", the validation item is part of
    the history that the model is asked with.
    Every item of the file that is not in the user's history is a candidate. `progress` is told users done and users in
    all. `out` appears only when it is whole. Raises `BadSequences`, `FeedError`, and `ValueError` for an unknown model.
    """
    if model not in MODELS:
        raise ValueError(f"model is {model!r}; expected one of {', '.join(MODELS)}.")
    fitted = MODELS[model]().fit(from_sequences(sequences, items))
    histories = from_sequences(sequences, None, left_out=1 if split == "test" else 2)
    total = len(histories.shopper_ids)
    unfinished = out.with_name(out.name + ".part")
    with unfinished.open("w", encoding="utf-8") as file:
        for done, (user, best) in enumerate(top_k(fitted, histories, 10), start=1):
            file.write(json.dumps({"user": int(user), "items": [int(item) for item in best]}) + "\n")
            if done % _BATCH == 0 or done == total:
                progress(done, total)
    os.replace(unfinished, out)
    return total


def top_k(model: Model, dataset: Dataset, k: int) -> Iterator[tuple[str, list[str]]]:
    """Each shopper's id and the `k` best product ids that are not in the shopper's history, best first.

    Ties go to the product that comes first in `dataset.product_ids`.
    """
    owners = dataset.shoppers_of_rows
    for start in range(0, len(dataset.shopper_ids), _BATCH):
        end = min(start + _BATCH, len(dataset.shopper_ids))
        scores = model.score([dataset.shopper(index) for index in range(start, end)], dataset.product_ids)
        seen = slice(dataset.offsets[start], dataset.offsets[end])
        scores[owners[seen] - start, dataset.items[seen]] = -np.inf
        for shopper_id, row in zip(dataset.shopper_ids[start:end], scores, strict=True):
            yield shopper_id, [dataset.product_ids[index] for index in _best(row, k)]


def _best(scores: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """Indices of the `k` highest scores that are not -inf, highest first, lower index first among equals."""
    if k < len(scores):
        border = np.partition(scores, len(scores) - k)[len(scores) - k]
        above = np.flatnonzero(scores > border)
        level = np.flatnonzero(scores == border)[: k - len(above)]
        chosen = np.concatenate([above, level])
    else:
        chosen = np.arange(len(scores))
    chosen = chosen[scores[chosen] > -np.inf]
    order: NDArray[np.int64] = chosen[np.lexsort((chosen, -scores[chosen]))]
    return order
