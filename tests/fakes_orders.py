"""A small shop with orders of all sorts, return terms, a second secret for each order, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from assistant.identity import AttemptLimits, Identity
from assistant.order_store import OrderStore
from assistant.returns import ReturnTerms, Season
from assistant.turn import Assistant
from assistant.types import Conversation
from retrieval.sql import open_engine
from tests.fakes import NOW, Heard, hear, small_shop

TERMS = ReturnTerms(
    days=30,
    faulty_days=60,
    unused_only=frozenset({"headphones"}),
    never=frozenset({"tents"}),
    seasons=(Season((11, 15), (12, 24), (1, 31)),),
    drop_off_days=7,
    refund_days=5,
)


def line(product_id: str, price: float, variant_id: str | None = None, quantity: int = 1) -> dict[str, object]:
    """A line of such a row."""
    return {"product_id": product_id, "price": price, "variant_id": variant_id, "quantity": quantity}


def row(order_id: str, shopper_id: str, status: str, created_at: str, lines: Iterable[Sequence], **more: object) -> dict:
    """A row of `orders.jsonl`; each of `lines` is what `line` takes."""
    listed = [line(*values) for values in lines]
    total = round(sum(each["price"] * each["quantity"] for each in listed), 2)
    start = {"order_id": order_id, "shopper_id": shopper_id, "status": status, "created_at": created_at}
    return start | {"lines": listed, "total": total, "currency": "USD"} | more


# The clock stands at February 2, 2026.
MIAS = (
    row("SW1001", "mia", "delivered", "2026-01-16T09:00:00Z", [("boot-3", 74.0, "boot-3-8"), ("kettle-1", 39.0)])
    | {"delivered_at": "2026-01-20T10:00:00Z", "carrier": "Parcelwing", "tracking": "PW5551234", "postcode": "1234 AB"},
    row("SW1002", "mia", "paid", "2026-02-01T09:00:00Z", [("kettle-2", 29.0, None, 2)], postcode="1234 AB"),
    row("SW1003", "mia", "delivered", "2025-10-28T09:00:00Z", [("kettle-3", 19.0)], postcode="1234 AB")
    | {"delivered_at": "2025-11-01T10:00:00Z"},
    row("SW1004", "mia", "shipped", "2026-01-30T09:00:00Z", [("ear-2", 49.0)], postcode="1234 AB", expected_at="2026-02-05"),
)
JONAS = (
    row("SW2001", "jonas", "delivered", "2026-01-22T09:00:00Z", [("ear-1", 149.0, "ear-1-b"), ("kettle-3", 19.0)])
    | {"delivered_at": "2026-01-25T10:00:00Z", "carrier": "Windmail", "tracking": "WM99887766", "postcode": "74148"},
    row("SW2002", "jonas", "placed", "2026-02-01T10:00:00Z", [("tent-1", 199.0)], postcode="74148"),
)


@dataclass
class Clock:
    """Seconds since 1970, as the test has set them."""

    time: float = NOW

    def __call__(self) -> float:
        return self.time


@dataclass
class OrderShop:
    """The small shop, its orders and its clock."""

    assistant: Assistant
    orders: OrderStore
    clock: Clock = field(default_factory=Clock)

    def open(self, shopper_id: str | None = None) -> Conversation:
        return self.assistant.open(shopper_id)

    def say(self, conversation: Conversation, text: str) -> Heard:
        return hear(self.assistant.say(conversation.id, text))

    def talk(self, shopper_id: str | None, *texts: str) -> Heard:
        """A new conversation; what was heard last."""
        conversation = self.open(shopper_id)
        return [self.say(conversation, text) for text in texts][-1]

    def now(self, conversation: Conversation) -> Conversation:
        return self.assistant.conversation(conversation.id)


def order_shop(
    folder: Path,
    rows: Iterable[Mapping[str, object]] = (*MIAS, *JONAS),
    terms: ReturnTerms | None = TERMS,
    limits: AttemptLimits | None = None,
) -> OrderShop:
    """The small shop in `folder` with these orders."""
    folder.mkdir(parents=True, exist_ok=True)
    shop, clock = small_shop(folder), Clock()
    engine = open_engine(f"sqlite:///{folder / 'orders.db'}")
    orders = OrderStore(engine, clock)
    orders.replace_all(rows)
    services = replace(
        shop.services, orders=orders, identity=Identity(engine, orders, limits, clock), terms=terms, now=clock
    )
    return OrderShop(replace(shop, services=services), orders, clock)
