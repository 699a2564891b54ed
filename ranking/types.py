"""What flows through ranking: events, shoppers and their history. Imports nothing of the project."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EventType = Literal[
    "impression", "click", "view", "add_to_cart", "remove_from_cart", "purchase", "like", "dislike", "return"
]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a shopper did (format 2). `time` is seconds since 1970, `price` minor units, `position` from 1."""

    event_id: str
    time: float
    shopper_id: str
    type: EventType
    product_id: str | None = None
    conversation_id: str | None = None
    variant_id: str | None = None
    quantity: int | None = None
    price: int | None = None
    position: int | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Shopper:
    """A shopper as ranking sees one: what they did, oldest first, impressions left out."""

    id: str
    history: tuple[Event, ...] = ()
