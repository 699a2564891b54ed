"""The next item of a sequence: a shopper's last product is held out, and every product is a candidate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.figures import ratio
from bench.ranking_measures import SEED, Accuracy, Question, best_lists, exposure, fitted, serving
from bench.shop import Result
from ranking.dataset import Dataset, from_sequences
from ranking.models.base import Model
from ranking.recommend import MODELS

USUAL = ("blend", "cosine_profile", "popularity", "logistic_regression", "ncf")
"""Measured where no model is named; the others take minutes each."""

SPLITS = {"test": 1, "validation": 2}
"""Which item is asked for, by how many items of a sequence come after what is known then."""


@dataclass(frozen=True, slots=True)
class NextItems:
    """What is learned from, and who is asked for what."""

    dataset: Dataset
    questions: tuple[Question, ...]


def read_next_items(sequences: Path, items: Path, split: str) -> NextItems:
    """The training items, and all shoppers, in an order drawn by a fixed seed, with the item of the split held out."""
    before, after = (from_sequences(sequences, None, SPLITS[split] - step) for step in (0, 1))
    return NextItems(from_sequences(sequences, items), tuple(held_out(before, after)))


def held_out(before: Dataset, after: Dataset) -> list[Question]:
    """All shoppers for whom `after` has an item beyond `before`: with their history up to it, that item being wanted."""
    able = np.flatnonzero(np.diff(before.offsets) < np.diff(after.offsets))
    return [
        Question(before.shopper(number), after.product_ids[after.items[after.offsets[number + 1] - 1]])
        for number in map(int, np.random.default_rng(SEED).permutation(able))
    ]


def next_items(
    name: str,
    asked: NextItems,
    models: Sequence[str],
    count: int,
    say: Callable[[str], None],
    models_by_name: Mapping[str, Callable[[], Model]] = MODELS,
) -> Iterator[Result]:
    """A line for each model named, the item graph, which is the yardstick, first; `count` shoppers are asked.

    `models_by_name` makes them.
    """
    shoppers = [question.shopper for question in asked.questions[:count]]
    wanted = [question.wanted for question in asked.questions[:count]]
    yardstick: float | None = None
    for model_name in dict.fromkeys(("item_graph", *(models or USUAL))):
        say(f"    {model_name}")
        model, seconds = fitted(models_by_name[model_name], asked.dataset)
        best = best_lists(model, shoppers, asked.dataset.product_ids)
        found = Accuracy.of(best, wanted)
        yardstick = found.gains.mean if yardstick is None else yardstick
        yield {
            "ratio": ratio(found.gains.mean, yardstick),
            "ratio_is": "NDCG@10 / that of the item graph",
            "task": "next",
            "set": name,
            "model": model_name,
            **found.named(),
            **exposure(best, wanted, asked.dataset),
            "shoppers": len(shoppers),
            **seconds,
            **serving(model, shoppers, asked.dataset.product_ids),
        }
