"""From what a shopper did to what it means: one telling event a product, and how much it weighs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from ranking.types import Event, EventType

EVENT_WEIGHT: Mapping[EventType, float] = MappingProxyType(
    {
        "impression": 0.0,
        "click": 0.25,
        "view": 0.25,
        "remove_from_cart": 0.1,
        "like": 0.6,
        "add_to_cart": 0.7,
        "purchase": 1.0,
        "return": -0.5,
        "dislike": -1.0,
    }
)
"""How much an event says about what a shopper wants: 1 is a purchase; a return or a dislike counts against."""

_TAKES_BACK: frozenset[EventType] = frozenset({"remove_from_cart", "return", "dislike"})


def interests(history: Iterable[Event]) -> tuple[Event, ...]:
    """The most telling event of each product, in the order in which the products were last touched.

    `history` is oldest first. A dislike, a return or a removal from the cart takes back what came before it; otherwise
    the weightier event stands. Impressions and events without a product say nothing.
    """
    telling: dict[str, Event] = {}
    for event in history:
        if event.product_id is None or event.type == "impression":
            continue
        before = telling.pop(event.product_id, None)
        telling[event.product_id] = event if before is None else _stronger(before, event)
    return tuple(telling.values())


def _stronger(before: Event, after: Event) -> Event:
    if after.type in _TAKES_BACK or abs(EVENT_WEIGHT[after.type]) >= abs(EVENT_WEIGHT[before.type]):
        return after
    return before
