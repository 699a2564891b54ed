"""The demo shop's orders, one for every checkout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from demo.types import DemoEvent, Purchase, Row

CARRIERS = (("Parcelwing", "PW"), ("Northway Post", "NP"), ("Swiftlane", "SL"))
CANCELLED_SHARE = 0.03
DATES = ("created_at", "delivered_at", "expected_at")
SHIPPED = ("shipped", "delivered", "returned", "refunded")


@dataclass(frozen=True, slots=True)
class Journey:
    """How far an order has come: its status, and when it came or should come."""

    status: str
    delivered_at: datetime | None = None
    expected_at: datetime | None = None


def make_orders(purchases: Sequence[Purchase], events: Sequence[DemoEvent], end: datetime, random: Random) -> list[Row]:
    """One row of `orders.jsonl` for each purchase, numbered from SW10001 in order of time."""
    returned = {(event.shopper_id, event.product_id): event.time for event in events if event.type == "return"}
    rows: list[Row] = []
    for number, purchase in enumerate(sorted(purchases, key=lambda bought: (bought.time, bought.shopper.id)), 10001):
        back = [returned.get((purchase.shopper.id, line.product_id)) for line in purchase.lines]
        sent_back = max((time for time in back if time is not None and time > purchase.time), default=None)
        journey = _journey(purchase.time, sent_back, end, random)
        rows.append(_order_row(f"SW{number}", purchase, journey, random))
    return rows


def brought_up_to(now: datetime, rows: Iterable[Row], end: datetime) -> Iterator[Row]:
    """The rows with their dates moved so that what happened at `end` happens at `now`, in whole days.

    A shop's orders are recent: of old ones nothing could be sent back any more.
    """
    days = timedelta(days=(now - end).days)
    for row in rows:
        moved = {name: _moved(row[name], days) for name in DATES if name in row}
        yield row | moved


def _moved(time: str, days: timedelta) -> str:
    moved = datetime.fromisoformat(time) + days
    return moved.isoformat() if len(time) > len("2026-01-31") else moved.date().isoformat()


def _journey(placed: datetime, sent_back: datetime | None, end: datetime, random: Random) -> Journey:
    transit = timedelta(days=random.randint(3, 6), hours=random.randint(0, 9))
    age = end - placed
    if sent_back is not None:
        status = "refunded" if end - sent_back > timedelta(days=7) else "returned"
        return Journey(status, delivered_at=placed + min(transit, timedelta(days=5)))
    if random.random() < CANCELLED_SHARE:
        return Journey("cancelled")
    if age > transit:
        return Journey("delivered", delivered_at=placed + transit)
    steps = (("placed", 0.15), ("paid", 0.6), ("packed", 1.6), ("shipped", 99.0))
    status = next(name for name, days in steps if age < timedelta(days=days))
    return Journey(status, expected_at=placed + transit)


def _order_row(order_id: str, purchase: Purchase, journey: Journey, random: Random) -> Row:
    total = sum((line.price or 0) * (line.quantity or 1) for line in purchase.lines)
    row: Row = {
        "order_id": order_id,
        "shopper_id": purchase.shopper.id,
        "created_at": purchase.time.isoformat(),
        "status": journey.status,
        "lines": [_line_row(line) for line in purchase.lines],
        "total": total / 100,
        "currency": "USD",
        "postcode": purchase.shopper.postcode,
    }
    if journey.status in SHIPPED:
        carrier, prefix = random.choice(CARRIERS)
        row |= {"carrier": carrier, "tracking": f"{prefix}{random.randint(10**9, 10**10 - 1)}"}
    if journey.delivered_at is not None:
        row["delivered_at"] = journey.delivered_at.isoformat()
    if journey.expected_at is not None:
        row["expected_at"] = journey.expected_at.date().isoformat()
    return row


def _line_row(line: DemoEvent) -> Row:
    row: Row = {"product_id": line.product_id, "quantity": line.quantity, "price": (line.price or 0) / 100}
    return row if line.variant_id is None else row | {"variant_id": line.variant_id}
