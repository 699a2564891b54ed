"""What the demo shop is made of: kinds, products, shoppers and events. Money is integer cents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Spec:
    """A measured property of a kind: its possible values and the sentence that tells one."""

    values: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Choice:
    """An option that a shopper picks; each value costs `step` (a share of the base price) more than the one before."""

    name: str
    values: tuple[str, ...]
    step: float


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing, such as hiking boots, with all that can be true of one. `price` is a range in cents."""

    id: str
    department: str
    category: str
    noun: str
    plural: bool
    shape: str
    price: tuple[int, int]
    count: int
    choice: Choice | None
    gendered: bool
    tinted: bool
    colors: tuple[str, ...]
    models: tuple[str, ...]
    brands: Mapping[str, float]
    lead: tuple[str, ...]
    tail: tuple[str, ...]
    scale: tuple[str, ...]
    uses: tuple[str, ...]
    notes: tuple[str, ...]
    accessories: tuple[str, ...]
    materials: Mapping[str, str]
    features: Mapping[str, str]
    specs: Mapping[str, Spec]
    usual: tuple[str, ...] = ()
    conflicts: tuple[frozenset[str], ...] = ()
    requires: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DemoVariant:
    """One buyable combination of options. `stock` is None for what can only be preordered."""

    id: str
    options: Mapping[str, str]
    price: int
    availability: str
    stock: int | None


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """A product as the shop sells it, and `appeal`, its hidden pull on shoppers (1.0 is ordinary)."""

    id: str
    kind: Kind
    title: str
    description: str
    brand: str
    price: int
    list_price: int | None
    availability: str
    stock: int | None
    attributes: Mapping[str, str | list[str]]
    options: Mapping[str, tuple[str, ...]]
    variants: tuple[DemoVariant, ...]
    rating: float | None
    rating_count: int
    created_at: datetime
    color: str
    appeal: float


@dataclass(frozen=True, slots=True)
class DemoShopper:
    """A shopper and the hidden tastes that drive what they do. `budget` is a point (0-1) in a kind's price range."""

    id: str
    name: str
    email: str | None
    postcode: str
    joined: datetime
    last_seen: datetime
    activity: float
    budget: float
    gender: str
    kinds: Mapping[str, float]
    brands: tuple[str, ...]
    colors: tuple[str, ...]
    departments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoEvent:
    """One thing a shopper did or saw (format 2). `position` counts from 1; `price` is cents."""

    time: datetime
    shopper_id: str
    type: str
    product_id: str
    position: int | None = None
    source: str | None = None
    variant_id: str | None = None
    quantity: int | None = None
    price: int | None = None


@dataclass(frozen=True, slots=True)
class Purchase:
    """A checkout: what one shopper bought at one moment. Lines are the purchase events."""

    shopper: DemoShopper
    time: datetime
    lines: tuple[DemoEvent, ...]


@dataclass(frozen=True, slots=True)
class DemoShop:
    """What was written: the folder and how much of each there is."""

    folder: Path
    products: int
    pictures: int
    shoppers: int
    events: int
    orders: int
    policies: int
    reviews: int
