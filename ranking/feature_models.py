"""The models that learn from features of shoppers and products, by name; the linear one is the line to beat."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ranking.models.deep_fm import DeepFm
from ranking.models.dien import Dien
from ranking.models.din import Din
from ranking.models.logistic_regression import LogisticRegression
from ranking.models.ncf import Ncf
from ranking.models.neural.model import NeuralModel
from ranking.models.wide_and_deep import WideAndDeep

FEATURE_MODELS: Mapping[str, Callable[[], NeuralModel]] = {
    "logistic_regression": LogisticRegression,
    "ncf": Ncf,
    "wide_and_deep": WideAndDeep,
    "deep_fm": DeepFm,
    "din": Din,
    "dien": Dien,
}
