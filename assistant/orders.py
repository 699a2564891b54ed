"""Orders, as far as the assistant tells of them: only ever to the shopper whose order it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Column, Engine, Float, MetaData, String, Table, Text, delete, insert, select

_metadata = MetaData()
_orders = Table(
    "orders",
    _metadata,
    Column("order_id", String(64), primary_key=True),
    Column("shopper_id", String(100), nullable=False, index=True),
    Column("created_at", String(40), nullable=False),
    Column("total", Float, nullable=False),
    Column("body", Text, nullable=False),
)


class BadOrder(ValueError):
    """An order cannot be read; the text names the field, the value and what was expected."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order. Dates are RFC 3339, empty where they are not known."""

    order_id: str
    shopper_id: str
    status: str
    created_at: str
    product_ids: tuple[str, ...]
    expected_at: str = ""
    delivered_at: str = ""
    carrier: str = ""


class Orders(Protocol):
    """Where orders are looked up. Nothing is ever found for another shopper than the one named."""

    def of(self, shopper_id: str) -> tuple[Order, ...]:
        """The shopper's orders, newest first."""

    def get(self, shopper_id: str, order_id: str) -> Order | None:
        """The order, if it exists and is this shopper's."""


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore")
    product_id: str


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore")
    order_id: str = Field(min_length=1, max_length=64)
    shopper_id: str = Field(min_length=1, max_length=100)
    status: str = Field(min_length=1)
    created_at: str
    lines: list[_Line] = Field(min_length=1)
    total: float = Field(ge=0)
    expected_at: str = ""
    delivered_at: str = ""
    carrier: str = ""


class OrderStore:
    """Orders in a SQL database."""

    def __init__(self, engine: Engine) -> None:
        """Creates the table in `engine` where it is missing."""
        self._engine = engine
        _metadata.create_all(engine)

    def replace_all(self, rows: Iterable[Mapping[str, object]]) -> int:
        """Puts `rows` in the place of all orders; returns how many. Raises `BadOrder` and changes nothing."""
        values = [_values(row) for row in rows]
        with self._engine.begin() as connection:
            connection.execute(delete(_orders))
            if values:
                connection.execute(insert(_orders), values)
        return len(values)

    def of(self, shopper_id: str) -> tuple[Order, ...]:
        """The shopper's orders, newest first."""
        query = select(_orders.c.body).where(_orders.c.shopper_id == shopper_id).order_by(_orders.c.created_at.desc())
        with self._engine.connect() as connection:
            return tuple(_order(body) for body in connection.scalars(query))

    def get(self, shopper_id: str, order_id: str) -> Order | None:
        """The order, if it exists and is this shopper's; a shopper may leave out its letters."""
        wanted = order_id.upper().lstrip("#")
        return next((o for o in self.of(shopper_id) if wanted in (o.order_id.upper(), _digits(o.order_id))), None)


def _digits(order_id: str) -> str:
    return "".join(c for c in order_id if c.isdigit())


def _values(row: Mapping[str, object]) -> dict[str, object]:
    try:
        read = _Row.model_validate(row)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(map(str, problem["loc"]))
        raise BadOrder(f"order {row.get('order_id')!r}: {field} is {problem['input']!r}; {problem['msg']}") from error
    return {
        "order_id": read.order_id,
        "shopper_id": read.shopper_id,
        "created_at": read.created_at,
        "total": read.total,
        "body": read.model_dump_json(),
    }


def _order(body: str) -> Order:
    row = json.loads(body)
    products = tuple(line["product_id"] for line in row.pop("lines"))
    del row["total"]
    return Order(product_ids=products, **row)
