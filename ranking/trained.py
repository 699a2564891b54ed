"""What ranking has learned of a shop, as a whole: saved, loaded and put to work together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from ranking.blend import Lookup, Ranker
from ranking.dataset import from_events
from ranking.exposure import ShopExposure
from ranking.impressions import ImpressionModel
from ranking.models.item_graph import ItemGraph
from ranking.models.next_item import NextItemBlend
from ranking.models.popularity import Popularity
from ranking.parts import BlendWeights
from ranking.privacy.budget import REPORT, PrivacyReport
from ranking.scoring import NAMES
from ranking.shelf import Shelf
from ranking.traits import tokens
from retrieval.types import Product


@dataclass(frozen=True, slots=True)
class Models:
    """The models of a shop; empty where nothing was trained yet.

    `order` is that of a search, where shoppers' clicks showed a better one than that set by hand. `privacy` tells what was
    spent on models that were learned under a privacy budget.
    """

    popularity: Popularity = field(default_factory=Popularity)
    next_item: NextItemBlend = field(default_factory=NextItemBlend)
    shelf: Shelf = field(default_factory=Shelf)
    order: ImpressionModel | None = None
    privacy: PrivacyReport | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was learned from shoppers yet."""
        return not self.popularity.levels and self.privacy is None

    def ranker(self, lookup: Lookup, weights: BlendWeights | None = None, exposure: float = 0.0) -> Ranker:
        """The ranker that uses these models; `lookup` reads products from the catalogue.

        `exposure` (0-1) is the strength of exposure control where nothing is asked for; without popularity, there is
        nothing to lean against. Raises `ValueError` for another strength.
        """
        control = ShopExposure.of(self.popularity, self.next_item.product_ids, exposure)
        return Ranker(
            self.popularity,
            self.next_item,
            self.shelf,
            lookup,
            weights or BlendWeights(),
            order=self.order,
            exposure=control if exposure and self.popularity.levels else None,
        )

    def with_products(self, products: Iterable[Product]) -> Models:
        """These models, knowing the products that came in after training by what they are made of.

        The shelf is that of all `products`, those that came in being its newest. Models that already know them all are
        returned as they are; empty ones learn of all products what they are made of.
        """
        catalogue = list(products)
        known = set(self.next_item.product_ids)
        new = [product for product in catalogue if product.id not in known]
        if not new:
            return self
        if self.is_empty:
            return untrained(catalogue)
        ids, titles = [product.id for product in new], [product.title for product in new]
        next_item = self.next_item.with_products(ids, titles, [tokens(product) for product in new])
        return replace(self, next_item=next_item, shelf=Shelf.of(catalogue).with_newest(ids))

    def save(self, folder: Path) -> None:
        """Writes the files of all models into `folder`, which exists."""
        for part in (self.popularity, self.next_item, self.shelf):
            part.save(folder)
        for learned in (self.order, self.privacy):
            if learned is not None:
                learned.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The models that `save` wrote. Raises `BadModel`.

        An order over other parts than those of now, as of an older version, is left out.
        """
        order = ImpressionModel.load(folder) if (folder / "impressions.json").exists() else None
        fits = order is not None and order.names == NAMES
        privacy = PrivacyReport.load(folder) if (folder / REPORT).exists() else None
        popularity, next_item, shelf = Popularity.load(folder), NextItemBlend.load(folder), Shelf.load(folder)
        return cls(popularity, next_item, shelf, order if fits else None, privacy)


def untrained(products: Iterable[Product]) -> Models:
    """Models of a shop without events: they know what products are made of and cost, and nothing of shoppers."""
    catalogue = list(products)
    dataset = from_events((), catalogue)
    return Models(Popularity().fit(dataset), NextItemBlend.of_graph(ItemGraph().fit(dataset)), Shelf.of(catalogue))
