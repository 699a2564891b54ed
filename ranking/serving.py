"""The ranker that a running shop uses: the current models, and what came in since they were trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from ranking.blend import Lookup, Ranker
from ranking.model_sets import ModelSets
from ranking.trained import Models
from retrieval.types import Product


class CurrentRanker:
    """Call it for the ranker of now. `refresh` replaces that ranker as a whole; who holds the old one goes on with it."""

    def __init__(
        self, folder: Path, products: Callable[[], Iterable[Product]], lookup: Lookup, exposure: float = 0.0
    ) -> None:
        """Loads the current models under `folder`; `products` gives the catalogue as it is now. Raises `BadModel`.

        `exposure` is as in `Models.ranker`.
        """
        self._sets, self._products, self._lookup, self._exposure = ModelSets(folder), products, lookup, exposure
        self._name: str | None = None
        self._models = Models()
        self._ranker = self._models.ranker(lookup)
        self._seen: object = None
        self.refresh()

    def __call__(self) -> Ranker:
        """The ranker of now."""
        return self._ranker

    def refresh(self) -> bool:
        """Takes in models that were trained or rolled back to, and new products; returns whether there were any.

        Raises `BadModel` once for a set that cannot be read, and keeps the models it has. One thread at a time may call it.
        """
        name, products = self._sets.current, tuple(self._products())
        if name == self._name and products is self._seen:
            return False
        models = self._models if name == self._name else self._loaded(name)
        self._seen, models = products, models.with_products(products)
        if models is self._models:
            return False
        self._models, self._ranker = models, models.ranker(self._lookup, exposure=self._exposure)
        return True

    def _loaded(self, name: str | None) -> Models:
        self._name = name  # noted first, so that a broken set is told of once
        return self._sets.load()
