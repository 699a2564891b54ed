"""Training the shop's models from its events: measured first, fitted on everything, and let in only past the guard."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ranking.dataset import Dataset, from_events
from ranking.guard import Check, against_record, compared, sound
from ranking.impressions import ImpressionModel, TooFewImpressions
from ranking.measure import HeldOut, Metrics, figures, recommended
from ranking.model_sets import ModelSets
from ranking.models.base import BadModel, Scores
from ranking.models.history_vectors import HistoryVectors, usual_settings
from ranking.models.item_graph import ItemGraph
from ranking.models.next_item import NextItemBlend
from ranking.models.popularity import Popularity
from ranking.models.sequence.settings import Settings
from ranking.models.training.run import Run, Step
from ranking.search_order import Logged, judged, learned
from ranking.shelf import Shelf
from ranking.trained import Models
from ranking.types import Event
from retrieval.types import Product

Progress = Callable[[str, int, int], None]
"""Told a step in words, and how much of how much of it is done: 0 of 0 where that is not known."""

_SCORED = 200
_GONE_ON_WITH = 86_400.0


class NothingToTrain(Exception):
    """There is nothing to learn from: says what is missing and how to get it in."""


class Refused(Exception):
    """The guard did not let the new models in: says which figure fell, by how much, and how to take them anyhow."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a shop's models are trained.

    With fewer interests than `least_interests`, and wherever the blend finds no more held-out interests than the graph
    alone, the graph alone is kept. What was measured is trained anew on all interests where more than `refit` of them were
    held out; otherwise only the graph is, which takes seconds.

    With `epsilon`, models are learned under that privacy budget instead (`ranking/privacy`), and nothing is measured on
    the shop's own shoppers unless `measure` asks for it.
    """

    vectors: Settings = field(default_factory=usual_settings)
    least_interests: int = 1_000
    refit: float = 0.02
    epsilon: float | None = None
    measure: bool = False


def _silent(step: str, done: int, total: int) -> None:
    """Tells nobody."""


def train(
    events: Iterable[Event],
    products: Iterable[Product],
    folder: Path,
    progress: Progress = _silent,
    *,
    seen: Callable[[], Logged] | None = None,
    recipe: Recipe | None = None,
    force: bool = False,
    now: float | None = None,
) -> Metrics:
    """Measures models on held-out interests, fits them on all events, and makes them the current ones under `folder`.

    Where the guard does not hold, they are kept aside instead, unless `force` is set. `seen` reads what searches showed,
    from which the order of a search is learned. `now` is in seconds since 1970. A training of the vectors that was
    interrupted less than a day ago goes on where it stopped, with the events that there were then, unless the catalogue or
    those events have changed.
    Returns the metrics, which are saved beside the models.
    Raises `NothingToTrain` where there is no product, or no event of one; `Refused`; `OSError` where `folder` cannot be
    written; with an `epsilon`, `BadBudget`, and `PrivacyUnavailable` without Opacus.
    """
    recipe = recipe or Recipe()
    catalogue = list(products)
    if not catalogue:
        raise NothingToTrain("The catalogue is empty; ingest products before training.")
    begun = _Begun(folder, time.time() if now is None else now)
    progress("Reading events", 0, 0)
    dataset = from_events((event for event in events if event.time <= begun.until), catalogue)
    if not len(dataset.items):
        raise NothingToTrain("There are no events of products in the catalogue; ingest events before training.")
    if recipe.epsilon is None:
        models, metrics, guard = _trained(_Training(dataset, folder, progress, recipe, begun), catalogue, seen)
    else:
        from ranking.privacy.training import train_privately  # loads torch

        models, metrics, guard = train_privately(dataset, catalogue, recipe.epsilon, progress, measure=recipe.measure)
    progress("Saving", 0, 0)
    refused = not force and not all(check.holds for check in guard)
    name = ModelSets(folder).add(models, metrics, guard, begun.now, refused=refused)
    begun.end()
    if refused:
        raise Refused(_why(guard, name))
    return metrics


def _trained(
    training: _Training, catalogue: Sequence[Product], seen: Callable[[], Logged] | None
) -> tuple[Models, Metrics, tuple[Check, ...]]:
    metrics, guard, next_item = training.measured_and_fitted()
    order, figures_of_order = _learned_order(seen, training.progress)
    models = Models(Popularity().fit(training.dataset), next_item, Shelf.of(catalogue), order)
    some = list(islice(training.dataset.shoppers(), _SCORED))
    return models, metrics | figures_of_order, (*guard, sound(models, some))


def _learned_order(seen: Callable[[], Logged] | None, progress: Progress) -> tuple[ImpressionModel | None, Metrics]:
    """The order of a search that clicks speak for, if it is surely better than the hand-set one on lists held out."""
    if seen is None:
        return None, {}
    progress("Learning the order of a search", 0, 0)
    read = seen()
    figures: Metrics = {"impressions": len(read.impressions.clicked), "order": "by hand"}
    try:
        judgement = judged(read)
        order = learned(read.impressions) if judgement.holds else None
    except TooFewImpressions:
        return None, figures
    figures |= {"order_lists": judgement.lists, "order_ndcg_by_hand": judgement.ndcg_by_hand}
    figures |= {"order_ndcg_learned": judgement.ndcg_learned, "order": "learned" if order else "by hand"}
    return order, figures


def _why(guard: Iterable[Check], name: str) -> str:
    told = "; ".join(str(check) for check in guard if not check.holds)
    return (
        f"{told}. The models in use stay, and the new ones are kept as {name}: "
        f"`app.py rollback --to {name}` takes them anyhow, and `app.py train --force` trains without asking."
    )


class _Begun:
    """Notes up to which event a training has read, so that it can go on with the same ones, though more come in."""

    def __init__(self, folder: Path, now: float) -> None:
        self.now, self.until, self._at = now, math.inf, now
        self._note = folder / ".begun.json"
        try:
            begun = json.loads(self._note.read_text(encoding="utf-8"))
            if now - begun["at"] < _GONE_ON_WITH:
                self.until, self._at = float(begun["until"]), float(begun["at"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return  # nothing was interrupted, or so early that nothing is lost

    def note(self, until: float) -> None:
        self._note.parent.mkdir(parents=True, exist_ok=True)
        self._note.write_text(json.dumps({"at": self._at, "until": until}), encoding="utf-8")

    def end(self) -> None:
        self._note.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Training:
    """One training; `folder` holds the checkpoint while it runs."""

    dataset: Dataset
    folder: Path
    progress: Progress
    recipe: Recipe
    begun: _Begun

    def measured_and_fitted(self) -> tuple[Metrics, tuple[Check, ...], NextItemBlend]:
        """Held-out figures, what the guard finds in them, and the better model, fitted on all interests."""
        held_out = HeldOut.of(self.dataset)
        metrics: Metrics = {
            "shoppers": len(self.dataset.shopper_ids),
            "products": len(self.dataset.product_ids),
            "interests": len(self.dataset.items),
            "held_out": len(held_out),
        }
        learned = self._measured(held_out, metrics)
        guard = self._guarded(learned, held_out, metrics)
        if not learned.has_vectors or len(held_out) > self.recipe.refit * len(self.dataset.items):
            return metrics, guard, self._fitted(self.dataset, learned.has_vectors, "on all events")
        self.progress("Fitting the graph on all events", 0, 0)
        return metrics, guard, learned.with_graph_of(self.dataset)

    def _measured(self, held_out: HeldOut, metrics: Metrics) -> NextItemBlend:
        """The better of blend and graph alone, fitted without what is held out; adds the figures of all to `metrics`."""
        enough = len(self.dataset.items) >= self.recipe.least_interests and len(held_out) > 0
        learned = self._fitted(held_out.training, enough, "to be measured")
        alone = learned.graph_alone() if enough else learned
        models: dict[str, Scores] = {"blend": learned} if enough else {}
        models |= {"item_graph": alone, "popularity": Popularity().fit(held_out.training)}
        self.progress("Measuring on held-out interests", 0, 0)
        for name, model in models.items():
            metrics |= figures(name, recommended(model, held_out), held_out)
        better = enough and _number(metrics["blend_ndcg@10"]) > _number(metrics["item_graph_ndcg@10"])
        metrics["model"] = "blend" if better else "item_graph"
        return learned if better else alone

    def _fitted(self, dataset: Dataset, with_vectors: bool, purpose: str) -> NextItemBlend:
        self.progress(f"Fitting the graph {purpose}", 0, 0)
        if not with_vectors:
            return NextItemBlend.of_graph(ItemGraph().fit(dataset))
        return NextItemBlend(vectors=HistoryVectors(self.recipe.vectors, run=self._run(purpose))).fit(dataset)

    def _run(self, purpose: str) -> Run:
        def tell(step: Step) -> None:
            self.progress(f"Fitting the vectors {purpose}, {step}", step.done, step.total)

        self.begun.note(float(self.dataset.times.max()))
        return Run(self.folder / f".{purpose.replace(' ', '-')}.checkpoint", tell)

    def _guarded(self, learned: NextItemBlend, held_out: HeldOut, metrics: Metrics) -> tuple[Check, ...]:
        sets = ModelSets(self.folder)
        try:
            current, recorded = sets.load(), sets.metrics()
        except BadModel:
            return ()  # what cannot be read cannot be in use, and training is what mends it
        if recorded is None:
            return ()
        self.progress("Comparing with the models in use", 0, 0)
        return compared(learned, current, held_out) or against_record(metrics, recorded)


def _number(value: float | int | str | None) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
