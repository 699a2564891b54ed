"""Training the shop's models from its events, swapping them in whole, and loading them again."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ranking.blend import Lookup, Ranker
from ranking.dataset import Dataset, from_events, leave_one_out
from ranking.evaluate import coverage_at_k, hit_rate_at_k, ndcg_at_k
from ranking.models.base import BadModel, Model
from ranking.models.item_graph import ItemGraph
from ranking.models.popularity import Popularity
from ranking.parts import BlendWeights
from ranking.recommend import top_k
from ranking.shelf import Shelf
from ranking.types import Event
from retrieval.types import Product

Metrics = dict[str, float | int | None]

_CURRENT = "current"
_KEPT = 3


class NothingToTrain(Exception):
    """There is nothing to learn from: says what is missing and how to get it in."""


@dataclass(frozen=True, slots=True)
class Models:
    """What ranking has learned of the shop; empty where nothing was trained yet."""

    popularity: Popularity = field(default_factory=Popularity)
    graph: ItemGraph = field(default_factory=ItemGraph)
    shelf: Shelf = field(default_factory=Shelf)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was learned from shoppers yet."""
        return not self.popularity.levels

    def ranker(self, lookup: Lookup, weights: BlendWeights | None = None) -> Ranker:
        """The ranker that uses these models; `lookup` reads products from the catalogue."""
        return Ranker(self.popularity, self.graph, self.shelf, lookup, weights or BlendWeights())


def untrained(products: Iterable[Product]) -> Models:
    """Models of a shop without events: they know what products are made of and cost, and nothing of shoppers."""
    catalogue = list(products)
    dataset = from_events((), catalogue)
    return Models(Popularity().fit(dataset), ItemGraph().fit(dataset), Shelf.of(catalogue))


def train(
    events: Iterable[Event],
    products: Iterable[Product],
    folder: Path,
    progress: Callable[[str], None] = lambda step: None,
) -> Metrics:
    """Fits the models, measures them on each shopper's last interest, and swaps them in under `folder`.

    Whoever loads meanwhile gets the old models or the new ones, never a mixture; the last three sets are kept.
    `progress` is told each step in words. Returns the metrics, which are saved beside the models.
    Raises `NothingToTrain` where there is no product, or no event of one; `OSError` if `folder` cannot be written.
    """
    catalogue = list(products)
    if not catalogue:
        raise NothingToTrain("The catalogue is empty; ingest products before training.")
    progress("Reading events")
    dataset = from_events(events, catalogue)
    if not len(dataset.items):
        raise NothingToTrain("There are no events of products in the catalogue; ingest events before training.")
    progress("Measuring on each shopper's last interest")
    metrics = measure(dataset)
    progress("Fitting on all events")
    models = Models(Popularity().fit(dataset), ItemGraph().fit(dataset), Shelf.of(catalogue))
    progress("Saving")
    save(models, metrics, folder)
    return metrics


def measure(dataset: Dataset) -> Metrics:
    """Sizes, and HR@10, NDCG@10 and coverage@10 of the item graph and of popularity with the last interests held out.

    The figures are None where no shopper has two interests.
    """
    training, targets = leave_one_out(dataset)
    metrics: Metrics = {
        "shoppers": len(dataset.shopper_ids),
        "products": len(dataset.product_ids),
        "interests": len(dataset.items),
        "held_out": len(targets),
    }
    wanted = [dataset.product_ids[item] for item in targets.values()]
    for name, model in (("item_graph", ItemGraph()), ("popularity", Popularity())):
        fitted: Model = model.fit(training)
        best = [row for index, (_, row) in enumerate(top_k(fitted, training, 10)) if index in targets]
        metrics[f"{name}_hr@10"] = hit_rate_at_k(best, wanted, 10) if wanted else None
        metrics[f"{name}_ndcg@10"] = ndcg_at_k(best, wanted, 10) if wanted else None
        metrics[f"{name}_coverage@10"] = coverage_at_k(best, len(dataset.product_ids), 10) if wanted else None
    return metrics


def save(models: Models, metrics: Metrics, folder: Path) -> None:
    """Writes a new set of models under `folder` and makes it the current one in a single step."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=folder))
    try:
        for part in (models.popularity, models.graph, models.shelf):
            part.save(unfinished)
        (unfinished / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
        sets = _sets(folder)
        name = f"models-{int(sets[-1].name.split('-')[1]) + 1 if sets else 1:05d}"
        os.replace(unfinished, folder / name)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    pointer = folder / f".{_CURRENT}"
    pointer.write_text(name, encoding="utf-8")
    os.replace(pointer, folder / _CURRENT)
    for old in _sets(folder)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _sets(folder: Path) -> list[Path]:
    return sorted(folder.glob("models-[0-9]*"))


def load(folder: Path) -> Models:
    """The current models under `folder`; empty ones where nothing was trained. Raises `BadModel` if they are broken."""
    current = _current(folder)
    if current is None:
        return Models()
    return Models(Popularity.load(current), ItemGraph.load(current), Shelf.load(current))


def load_metrics(folder: Path) -> Metrics | None:
    """What the current models measured when they were trained; None where nothing was trained."""
    current = _current(folder)
    if current is None:
        return None
    try:
        metrics: Metrics = json.loads((current / "metrics.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadModel(f"{current / 'metrics.json'} cannot be read ({error}); train again.") from error
    return metrics


def _current(folder: Path) -> Path | None:
    try:
        return folder / (folder / _CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
