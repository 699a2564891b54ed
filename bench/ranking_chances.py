"""The chances that models of features give on a gift shop's invoices, cut in time: AUC and log loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.figures import ratio
from bench.ranking_data import Judged, cut, judged, read_invoices
from bench.ranking_measures import SEED, fitted, serving
from bench.shop import Result
from ranking.dataset import Dataset, from_events
from ranking.feature_models import FEATURE_MODELS
from ranking.models.base import Model
from ranking.pairs import Pairs, interval

if TYPE_CHECKING:
    from ranking.models.neural.model import NeuralModel  # loads torch

INVOICES = "online-retail"
DAYS = 30.0
"""The last stretch of the invoices, which is what models are tested on; the one before it is for choosing settings."""
USUAL = tuple(name for name in FEATURE_MODELS if name != "dien")
LINEAR = "logistic_regression"

Trial = Mapping[str, float]
"""Settings of a model that differ from those it comes with; `rate` is times its own."""

TRIALS: tuple[Trial, ...] = (
    {},
    {"weight_decay": 1.0, "epochs": 12},
    {"rate": 0.1, "weight_decay": 3.0, "epochs": 12},
)
"""What may be tried, for every model alike: as it comes, more held back, and slowly and still more held back."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was learned from up to a day, and what shoppers are asked about from after it."""

    dataset: Dataset
    judged: tuple[Judged, ...]

    @property
    def wanted(self) -> NDArray[np.bool_]:
        """(n_pairs,): which of the candidates were bought, one shopper after another."""
        return np.concatenate([one.wanted for one in self.judged])

    def pairs(self, model: Model) -> Pairs:
        """The chances that a model gives to all candidates."""
        return Pairs(np.concatenate([model.score([one.shopper], one.candidates)[0] for one in self.judged]), self.wanted)


def read_stretches(path: Path) -> tuple[Stretch, Stretch]:
    """The stretch for choosing settings, and the one after it, for the test. Raises `NoReader`."""
    events, products = read_invoices(path)
    past, future = cut(events, DAYS)
    earlier, between = cut(past, DAYS)
    return (
        Stretch(from_events(earlier, products), tuple(judged(earlier, between, SEED))),
        Stretch(from_events(past, products), tuple(judged(past, future, SEED))),
    )


def chances(
    validation: Stretch, test: Stretch, models: Sequence[str], trials: Sequence[Trial], say: Callable[[str], None]
) -> Iterator[Result]:
    """A line for each model of features named, the usual ones where none is; the linear one, the yardstick, first.

    The settings of each are those of the trial with the best AUC on the stretch before the test.
    """
    yardstick: Pairs | None = None
    groups = np.repeat(np.arange(len(test.judged)), [len(one.wanted) for one in test.judged])
    for name in FEATURE_MODELS:
        if name not in (*(models or USUAL), LINEAR):
            continue
        say(f"    {name}")
        trial, tried = chosen(name, validation, trials)
        model, seconds = fitted(partial(with_settings, name, trial), test.dataset)
        pairs = test.pairs(model)
        first = yardstick = yardstick or pairs
        yield {
            "ratio": ratio(pairs.auc(), first.auc()),
            "ratio_is": "AUC / that of logistic regression",
            "task": "chances",
            "set": INVOICES,
            "model": name,
            **_figures(pairs, first, groups),
            "shoppers": len(test.judged),
            "pairs": len(pairs.wanted),
            "settings": trial,
            "auc_validation": tried,
            **seconds,
            **serving(model, [one.shopper for one in test.judged], test.dataset.product_ids),
        }


def chosen(name: str, validation: Stretch, trials: Sequence[Trial]) -> tuple[Trial, list[float]]:
    """The trial with the highest AUC on the stretch for it, and the AUC of each; no AUC where there is one trial."""
    if len(trials) == 1:
        return trials[0], []
    found = [validation.pairs(with_settings(name, trial).fit(validation.dataset)).auc() for trial in trials]
    return trials[int(np.argmax(found))], [round(auc, 4) for auc in found]


def with_settings(name: str, trial: Trial) -> NeuralModel:
    """A model untrained, with the settings of a trial, its rate times that of the model."""
    model = FEATURE_MODELS[name]()
    changed = {**trial, "rate": trial.get("rate", 1.0) * model.settings.rate}
    model.settings = replace(model.settings, **changed)  # type: ignore[arg-type]
    return model


def _figures(pairs: Pairs, first: Pairs, groups: NDArray[np.int64]) -> dict[str, object]:
    gain = interval(lambda counts: pairs.auc(counts) - first.auc(counts), groups)
    return {
        "auc": round(pairs.auc(), 4),
        "auc_95": _rounded(interval(pairs.auc, groups)),
        "auc_gain_95": _rounded(gain),
        "log_loss": round(pairs.log_loss(), 4),
        "log_loss_95": _rounded(interval(pairs.log_loss, groups)),
    }


def _rounded(ends: tuple[float, float]) -> list[float]:
    return [round(end, 4) for end in ends]
