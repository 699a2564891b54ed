"""Conversations that wait for a person, and the sources of their facts, for the tests of what agents are told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assistant.handoff.matter import Sources
from assistant.orders import Order, read_order
from assistant.returns import ReturnTerms
from assistant.types import Conversation, Handover, Message, ReasonCode
from tests.fakes import NOW, small_catalogue

CATALOGUE = {product.id: product for product in small_catalogue()}
# NOW is February 2, 2026.
DELIVERED, LONG_AGO, SOON, PAST = "2026-01-21", "2025-11-01", "2026-02-05", "2026-01-30"


def order(order_id: str = "SW100", status: str = "delivered", **more: object) -> Order:
    """An order of Mia's with a kettle in it, that went to the postcode 97201."""
    plain = {"order_id": order_id, "shopper_id": "mia", "status": status, "created_at": "2026-01-02", "total": 39}
    plain |= {"lines": [{"product_id": "kettle-1"}], "postcode": "97201"}
    if status == "delivered":
        plain |= {"delivered_at": DELIVERED}
    return read_order(plain | more)


def waiting(reason: ReasonCode, *texts: str, **more: Any) -> Conversation:
    """A conversation of Mia's in which these are her messages, and which waits for a person for this reason."""
    messages = tuple(Message("shopper", text, f"2026-02-02T00:00:{place:02}+00:00") for place, text in enumerate(texts))
    handover = Handover("h1", reason, "shopper", NOW)
    plain: dict[str, Any] = {"messages": messages, "handover": handover, "status": "pending"}
    return Conversation("c1", "mia", **(plain | more))


def sources(*orders: Order, **more: Any) -> Sources:
    """Sources over the small catalogue, with these orders of the shopper's."""
    plain: dict[str, Any] = {
        "products": lambda ids: {each: CATALOGUE[each] for each in ids if each in CATALOGUE},
        "orders": lambda _: orders,
        "sentiment": _neutral,
        "now": lambda: NOW,
        "terms": ReturnTerms(days=30, faulty_days=60),
    }
    return Sources(**(plain | more))


def _neutral(_messages: Sequence[str]) -> str:
    return "neutral"
