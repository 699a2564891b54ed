"""The report on the long tail and on fairness of a shop: its models, asked for what shoppers turned to last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.text import Text

from ranking.dataset import from_events
from ranking.long_tail import ExposureControl
from ranking.measure import HeldOut, K, recommended
from ranking.models.history_vectors import HistoryVectors
from ranking.models.item_graph import ItemGraph
from ranking.models.next_item import NextItemBlend
from ranking.models.popularity import Popularity
from ranking.models.training.run import Run, Step
from ranking.privacy.budget import PrivacyBudget, PrivacyReport
from ranking.recommend import Choice, by_score
from ranking.report import Report, report_of
from ranking.show import as_text
from ranking.train import Progress
from ranking.trained import Models
from ranking.types import Event
from retrieval.types import Product

_PRIVATE = "The figures are exact: the privacy budget of the models doesn't cover them, so keep them to yourself."


class NothingToReport(Exception):
    """There is nothing to measure, or nothing to measure it on: says what is missing."""


@dataclass(frozen=True, slots=True)
class ShopReport:
    """A report, and in words what was `measured`; `strength` (0-1) is that of exposure control."""

    report: Report
    measured: str
    strength: float

    def as_json(self) -> dict[str, Any]:
        """All of it, for a dashboard."""
        return {"measured": self.measured, "strength": self.strength, **self.report}

    def as_text(self) -> RenderableType:
        """All of it, for a terminal."""
        return Group(Text(self.measured), Text(), as_text(self.report))


def report_of_shop(
    events: Iterable[Event], products: Iterable[Product], models: Models, strength: float, progress: Progress
) -> ShopReport:
    """How the kind of model in use shares out exposure and serves groups, on each shopper's last interest.

    The models in use may have learned from those interests, so their kind is learned anew without them, which takes about
    as long as half a training. `strength` (0-1) is that of exposure control; above 0, the report tells what it costs.
    Raises `NothingToReport` where nothing was trained or no shopper has two interests, and `PrivacyUnavailable` without
    Opacus where the models in use were learned privately.
    """
    if models.is_empty:
        raise NothingToReport("No models are in use yet, so there is nothing to report on; `app.py train` makes some.")
    catalogue = list(products)
    progress("Reading events", 0, 0)
    dataset = from_events(events, catalogue)
    held_out = HeldOut.of(dataset)
    if not len(held_out):
        raise NothingToReport("No shopper has two interests, so nothing can be held out; ingest more events first.")
    model, popularity = _anew(models, held_out, progress)
    progress("Measuring on held-out interests", 0, 0)
    plain = _lists(model, held_out, by_score)
    lists = _lists(model, held_out, _controlled(popularity, held_out, strength)) if strength else plain
    targets = dict(zip(held_out.shoppers.tolist(), held_out.items.tolist(), strict=True))
    now, uncontrolled = float(dataset.times.max()), plain if strength else None
    report = report_of(lists, held_out.training, targets, catalogue, now, K, uncontrolled)
    return ShopReport(report, _told(models, model, len(held_out), strength), strength)


def _anew(models: Models, held_out: HeldOut, progress: Progress) -> tuple[NextItemBlend, Popularity]:
    if models.privacy is not None:
        progress("Learning privately, without what is held out", 0, 0)
        return _privately(models.privacy, held_out)
    progress("Fitting the graph without what is held out", 0, 0)
    graph = ItemGraph(models.next_item.graph.settings)
    popularity = Popularity(models.popularity.half_life_days).fit(held_out.training)
    if not models.next_item.has_vectors:
        return NextItemBlend.of_graph(graph.fit(held_out.training)), popularity

    def tell(step: Step) -> None:
        progress(f"Fitting the vectors without what is held out, {step}", step.done, step.total)

    vectors = HistoryVectors(models.next_item.vectors.settings, run=Run(None, tell))
    return NextItemBlend(graph, vectors).fit(held_out.training), popularity


def _privately(spent: PrivacyReport, held_out: HeldOut) -> tuple[NextItemBlend, Popularity]:
    from ranking.privacy.fit import fit_privately  # loads torch

    learned = fit_privately(held_out.training, PrivacyBudget(spent.asked, spent.delta))
    return learned.blend, learned.popularity


def _controlled(popularity: Popularity, held_out: HeldOut, strength: float) -> Choice:
    control = ExposureControl(popularity.counts(held_out.training.product_ids), strength)

    def best(scores: NDArray[np.float64], histories: Sequence[NDArray[np.int64]], k: int) -> NDArray[np.int64]:
        return control.best(np.where(np.isfinite(scores), np.maximum(scores, 0.0), scores), histories, k)

    return best


def _lists(model: NextItemBlend, held_out: HeldOut, choice: Choice) -> list[list[str]]:
    """A list for each shopper of the training data, empty for those of whom nothing is held out."""
    found: list[list[str]] = [[] for _ in held_out.training.shopper_ids]
    for shopper, row in zip(held_out.shoppers, recommended(model, held_out, choice=choice), strict=True):
        found[shopper] = row
    return found


def _told(models: Models, model: NextItemBlend, count: int, strength: float) -> str:
    kind = "the blend of graph and vectors" if model.has_vectors else "the graph alone"
    how = "without exposure control" if not strength else f"under exposure control of strength {strength:g}"
    told = f"Measured: {kind}, learned anew without the last interests of {count:,} shoppers, which it had to find; {how}."
    return told if models.privacy is None else f"{told} {_PRIVATE}"
