"""Orders, as far as the assistant tells of them and acts on them: what one is, and what it asks of a shop's own system.

A shop with an order system of its own writes one class with the five methods of `Orders` over it and hands that to
`Services.orders` in `app.py`. Who may hear of an order is never its business: `assistant/identity.py` sees to that before
any method but `of` and `find` is called.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Protocol

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from assistant.data_files import first_fault
from retrieval.money import to_minor

OrderStatus = Literal["placed", "paid", "packed", "shipped", "delivered", "returned", "refunded", "cancelled"]
ReturnKind = Literal["return", "exchange"]
Reason = Literal["", "faulty", "wrong_item"]
CANCELLABLE: frozenset[OrderStatus] = frozenset({"placed", "paid"})


class BadOrder(ValueError):
    """An order cannot be read; the text names the order, the field, the value and what was expected."""


class NotPossible(Exception):
    """The shop can't do what was asked of an order; the text says why, for the log."""


class TooLate(NotPossible):
    """It could have been done earlier: the order has gone too far."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line of an order. `price` is what one cost, in minor units; `title` what it was called, where the shop tells."""

    product_id: str
    quantity: int = 1
    price: int = 0
    variant_id: str | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """One order. `total` is minor units of `currency`; dates are RFC 3339, empty where they are not known.

    `postcode` is where it goes to. It opens the order to a shopper who has not signed in, and is never told.
    """

    order_id: str
    shopper_id: str
    status: OrderStatus
    created_at: str
    lines: tuple[OrderLine, ...]
    total: int = 0
    currency: str = "USD"
    expected_at: str = ""
    delivered_at: str = ""
    carrier: str = ""
    tracking: str = ""
    postcode: str = ""

    @property
    def product_ids(self) -> tuple[str, ...]:
        """The products, in the order of the lines."""
        return tuple(line.product_id for line in self.lines)


@dataclass(frozen=True, slots=True)
class ReturnItem:
    """A whole line of an order that goes back, by its place from 1; `wanted` is the variant to get for it instead."""

    line: int
    wanted: str | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """A return or exchange that has been started. `code` is the label's; `instructions` are the shop's, if it gives any."""

    return_id: str
    order_id: str
    kind: ReturnKind
    items: tuple[ReturnItem, ...]
    code: str
    created_at: str
    reason: Reason = ""
    instructions: str = ""


class Orders(Protocol):
    """The shop's orders. Every write is all or nothing, and doing the same again changes nothing and gives the same back.

    Raise `NotPossible` (or `TooLate`) where the shop refuses; the shopper is told kindly, and offered a person. Any id
    that a method is given but `find`'s is one that `of` or `find` gave out.
    """

    def of(self, shopper_id: str) -> tuple[Order, ...]:
        """The shopper's orders, newest first."""

    def find(self, written: str) -> Order | None:
        """The order that a shopper means by `written`, whoever's it is: to check a second secret against, never to tell."""

    def cancel(self, order_id: str) -> Order:
        """Cancels the whole order; returns it as it is then. Raises `TooLate` once it is packed."""

    def start_return(self, order_id: str, items: tuple[ReturnItem, ...], kind: ReturnKind, reason: Reason = "") -> Return:
        """Starts a return or an exchange of lines. Raises `NotPossible` where one of them is going back already."""

    def returns(self, order_id: str) -> tuple[Return, ...]:
        """The returns and exchanges of an order, in the order in which they were started."""


def order_key(written: str) -> str:
    """An order number without what people write it with: `#sw-10001` and `SW 10001` are `SW10001`."""
    return re.sub(r"[\W_]+", "", written.upper())


def order_digits(written: str) -> str:
    """The digits of an order number: many shoppers leave out its letters."""
    return "".join(c for c in written if c.isdigit())


def _date(value: str) -> str:
    """A date or time, read and written again in UTC, so that they sort; empty stays empty."""
    if not value:
        return value
    try:
        read = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("expected an RFC 3339 date or time, such as 2026-03-01T09:30:00Z") from error
    if len(value) == len("2026-03-01"):
        return value
    return (read.replace(tzinfo=read.tzinfo or UTC)).astimezone(UTC).isoformat(timespec="seconds")


_Date = Annotated[str, AfterValidator(_date)]
_Amount = Annotated[Decimal, Field(ge=0, le=10**9, allow_inf_nan=False)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore")
    product_id: str = Field(min_length=1, max_length=100)
    quantity: int = Field(default=1, ge=1, le=10**6, strict=True)
    price: _Amount = Decimal(0)
    variant_id: str | None = None
    title: str = ""


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore")
    order_id: str = Field(min_length=1, max_length=64, pattern=r"\d")
    shopper_id: str = Field(min_length=1, max_length=100)
    status: OrderStatus
    created_at: Annotated[_Date, Field(min_length=1)]
    lines: list[_Line] = Field(min_length=1)
    total: _Amount
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")
    expected_at: _Date = ""
    delivered_at: _Date = ""
    carrier: str = ""
    tracking: str = ""
    postcode: str = ""


def read_order(row: Mapping[str, object]) -> Order:
    """The order of a row whose amounts are decimal numbers, as in `orders.jsonl`. Raises `BadOrder`."""
    try:
        read = _Row.model_validate(row)
    except ValidationError as error:
        raise BadOrder(f"order {row.get('order_id')!r}: {first_fault(error)}") from error
    fields: dict[str, Any] = read.model_dump(exclude={"lines", "total"})
    lines = tuple(
        OrderLine(line.product_id, line.quantity, to_minor(line.price, read.currency), line.variant_id, line.title)
        for line in read.lines
    )
    return Order(lines=lines, total=to_minor(read.total, read.currency), **fields)
