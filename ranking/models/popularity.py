"""Time-decayed popularity: what everybody turns to, recent interest counting more. Knows nothing of the shopper."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ranking.dataset import Dataset
from ranking.models.base import BadModel
from ranking.types import Shopper
from retrieval.types import Reason

_DAY = 86_400.0


@dataclass(slots=True)
class Popularity:
    """Product id to its level: 0 nobody, 1 the most popular.

    An interest counts half as much for every `half_life_days` that it lies before the latest one. Levels grow with
    the logarithm of the count over the average count, so that one best-seller does not flatten all others to nothing.
    `popular` is the level from which a product is among the top tenth of those that anybody wanted. `highest` is what the
    levels were divided by, and `latest` the time of the latest interest in seconds since 1970, 0 where it is kept secret.
    """

    half_life_days: float = 30.0
    levels: dict[str, float] = field(default_factory=dict)
    popular: float = 1.0
    latest: float = 0.0
    highest: float = 1.0

    def fit(self, dataset: Dataset) -> Self:
        """Counts each shopper's interest in a product once, by its weight; dislikes and returns do not count."""
        self.latest = float(dataset.times.max(initial=0.0))
        age = (self.latest - dataset.times) / (self.half_life_days * _DAY)
        counts = np.bincount(dataset.items, np.maximum(dataset.weights, 0) * 0.5**age, minlength=len(dataset.product_ids))
        wanted = counts > 0
        levels = np.zeros(len(counts))
        if wanted.any():
            levels = np.log1p(counts / counts[wanted].mean())
            self.highest = float(levels.max())
            levels /= self.highest
            self.popular = float(np.quantile(levels[wanted], 0.9))
        self.levels = {dataset.product_ids[i]: float(levels[i]) for i in np.flatnonzero(wanted)}
        return self

    def score(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> NDArray[np.float64]:
        """(n_shoppers, n_candidates) levels, the same for every shopper."""
        row = np.array([self.levels.get(product_id, 0.0) for product_id in candidates])
        return np.tile(row, (len(shoppers), 1))

    def counts(self, product_ids: Sequence[str]) -> NDArray[np.float64]:
        """(n_products,): how often each was wanted, in units of the average of those that anybody wanted."""
        levels = np.array([self.levels.get(product_id, 0.0) for product_id in product_ids])
        return np.asarray(np.expm1(levels * self.highest), dtype=np.float64)

    def best(self, limit: int) -> list[str]:
        """The `limit` most popular product ids, best first."""
        return sorted(self.levels, key=lambda product_id: (-self.levels[product_id], product_id))[:limit]

    def is_popular(self, product_id: str) -> bool:
        """Whether it is among the top tenth."""
        return self.levels.get(product_id, 0.0) >= self.popular

    def explain(self, shopper: Shopper, product_id: str) -> tuple[Reason, ...]:
        """A reason of kind "popular" for the top tenth, none for the others."""
        if not self.is_popular(product_id):
            return ()
        return (Reason("popular", "Popular with other shoppers", self.levels[product_id]),)

    def save(self, folder: Path) -> None:
        """Writes `popularity.json`."""
        about = {"half_life_days": self.half_life_days, "popular": self.popular, "latest": self.latest}
        about |= {"highest": self.highest}
        (folder / "popularity.json").write_text(json.dumps(about | {"levels": self.levels}), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that `save` wrote. Raises `BadModel`."""
        try:
            return cls(**json.loads((folder / "popularity.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise BadModel(f"The popularity model in {folder} cannot be read ({error}); train again.") from error
