"""What ranking needs to know of a product, worked out once and kept for as long as the product stays as it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ranking.shelf import Shelf, created
from ranking.traits import attribute_tokens, brand_token, kind_token, tokens
from retrieval.types import Product

_LARGEST = 50_000
_AVERAGE_RATING = 3.8
_RATINGS_TO_TRUST = 10


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """A product with what a shopper may like in it.

    `brand` and `kind` are trait tokens, empty where it has none; `attributes` maps trait tokens to their names;
    `tokens` is everything it is made of. `price_level` is 0-1 among its kind, `created` seconds since 1970, `quality`
    0-1 by its ratings.
    """

    product: Product
    brand: str
    kind: str
    attributes: dict[str, str]
    tokens: frozenset[str]
    price_level: float | None
    created: float | None
    quality: float

    @property
    def traits(self) -> tuple[str, ...]:
        """All trait tokens."""
        return tuple(token for token in (self.brand, self.kind, *self.attributes) if token)

    @property
    def family(self) -> tuple[str, str]:
        """What near variants of one another share: brand and kind; where either is unknown, nothing but itself."""
        return (self.brand, self.kind) if self.brand and self.kind else (self.product.id, "")


@dataclass(frozen=True, slots=True)
class FactsCache:
    """Facts by product id. A product that has changed is worked out anew. Safe to use from several threads."""

    shelf: Shelf
    _known: dict[str, Facts] = field(default_factory=dict)

    def of(self, product: Product) -> Facts:
        """The facts of the product as it is now."""
        known = self._known.get(product.id)
        if known is not None and (known.product is product or known.product == product):
            return known
        if len(self._known) >= _LARGEST:
            self._known.clear()
        facts = self._known[product.id] = Facts(
            product=product,
            brand=brand_token(product),
            kind=kind_token(product),
            attributes=attribute_tokens(product),
            tokens=frozenset(tokens(product)),
            price_level=self._price_level(product),
            created=created(product),
            quality=quality(product),
        )
        return facts

    def _price_level(self, product: Product) -> float | None:
        # A price that is no number, as a broken feed may bring one, is as good as none.
        return self.shelf.price_level(product) if product.price is not None and math.isfinite(product.price) else None


def quality(product: Product) -> float:
    """How far (0-1) the ratings lie above the average, with ten average ratings mixed in."""
    rating, count = product.rating, product.rating_count or 0
    if rating is None or not math.isfinite(rating):
        return 0.0
    smoothed = (rating * count + _AVERAGE_RATING * _RATINGS_TO_TRUST) / (count + _RATINGS_TO_TRUST)
    return max(0.0, smoothed - _AVERAGE_RATING) / (5 - _AVERAGE_RATING)
