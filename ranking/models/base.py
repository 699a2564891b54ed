"""What every user-item model can do, whatever is inside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from ranking.dataset import Dataset
from ranking.types import Shopper
from retrieval.types import Reason


class BadModel(Exception):
    """A saved model cannot be read: names the file and says to train again."""


class Scores(Protocol):
    """What can be asked how well products fit shoppers."""

    def score(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> NDArray[np.float64]:
        """(n_shoppers, n_candidates): higher is better, comparable within a row. An unknown product or an empty
        history adds nothing: it scores 0."""


class Model(Scores, Protocol):
    """One user-item model. Shoppers carry their own history, so what happened a second ago counts."""

    def fit(self, dataset: Dataset) -> Self:
        """Learns from `dataset`, forgetting what it knew, and returns itself."""

    def save(self, folder: Path) -> None:
        """Writes the model into `folder`, which exists."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that `save` wrote there. Raises `BadModel`."""

    def explain(self, shopper: Shopper, product_id: str) -> tuple[Reason, ...]:
        """What adds most to the product's score for this shopper; empty if nothing does."""
