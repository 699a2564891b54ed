"""The models that learn from features of shoppers and products, by name; the linear one is the line to beat.

Each is loaded, and torch with it, when it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ranking.models.neural.model import NeuralModel


def _untrained(name: str, kind: str) -> Callable[[], NeuralModel]:
    def make() -> NeuralModel:
        model: NeuralModel = getattr(import_module(f"ranking.models.{name}"), kind)()
        return model

    return make


FEATURE_MODELS: Mapping[str, Callable[[], NeuralModel]] = {
    name: _untrained(name, kind)
    for name, kind in (
        ("logistic_regression", "LogisticRegression"),
        ("ncf", "Ncf"),
        ("wide_and_deep", "WideAndDeep"),
        ("deep_fm", "DeepFm"),
        ("din", "Din"),
        ("dien", "Dien"),
    )
}
