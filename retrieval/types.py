"""What flows through retrieval: products, the shopper's need, queries and candidates.

Money is an integer number of minor units (cents) everywhere inside the program. This module imports nothing of the project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Availability = Literal["in_stock", "limited_stock", "backorder", "preorder", "out_of_stock", "discontinued"]
Sort = Literal["price_asc", "price_desc", "rating", "popularity", "newest"]
AttributeValue = str | tuple[str, ...]

NOT_FOR_SALE: frozenset[str] = frozenset({"out_of_stock", "discontinued"})


@dataclass(frozen=True, slots=True)
class Variant:
    """One buyable combination of a product's options. `price` and `stock` are None where they are the product's own."""

    id: str
    options: Mapping[str, str] = field(default_factory=dict)
    price: int | None = None
    availability: Availability | None = None
    stock: int | None = None

    @property
    def for_sale(self) -> bool:
        """Whether it can be bought now, as far as the variant itself tells."""
        return self.availability not in NOT_FOR_SALE and self.stock != 0


@dataclass(frozen=True, slots=True)
class Product:
    """One product of the shop's catalogue (format 1). `price` and `list_price` are minor units of `currency`."""

    id: str
    title: str
    price: int | None = None
    currency: str = "USD"
    description: str = ""
    category: tuple[str, ...] = ()
    brand: str = ""
    list_price: int | None = None
    availability: Availability = "in_stock"
    stock: int | None = None
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    variants: tuple[Variant, ...] = ()
    rating: float | None = None
    rating_count: int | None = None
    image_url: str = ""
    url: str = ""
    created_at: str = ""

    @property
    def for_sale(self) -> bool:
        """Whether a shopper may be offered it: with a price, and in stock in at least one variant."""
        if self.availability in NOT_FOR_SALE or self.stock == 0 or self.price is None:
            return False
        return not self.variants or any(variant.for_sale for variant in self.variants)


@dataclass(frozen=True, slots=True)
class Need:
    """What the conversation wants now (the `state` of format 3). Prices are minor units; empty fields ask for nothing."""

    query: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    brand: tuple[str, ...] = ()
    brand_exclude: tuple[str, ...] = ()
    price_min: int | None = None
    price_max: int | None = None
    rating_min: float | None = None
    sort: Sort | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return self == Need()


@dataclass(frozen=True, slots=True)
class Query:
    """A search: the need, how many candidates, product ids never wanted, and a product to be like."""

    need: Need
    limit: int = 200
    without: frozenset[str] = frozenset()
    like: str | None = None


ReasonKind = Literal["need", "history", "popular", "attribute", "brand", "like", "new", "rating", "price"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a product stands where it stands: the kind of cause, what it names, and how much it adds to the score."""

    kind: ReasonKind
    text: str
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product found for a query.

    `relevance` is 0-1 (1 best of its query), `score` orders the list, `violates` names the constraints it breaks
    (empty unless the search had to relax).
    """

    product: Product
    relevance: float
    score: float
    reasons: tuple[Reason, ...] = ()
    violates: tuple[str, ...] = ()
