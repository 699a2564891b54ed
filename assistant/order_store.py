"""The orders of a shop that has no order system of its own to ask: orders and returns in a SQL database."""

from __future__ import annotations

import json
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from pydantic import TypeAdapter
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, Text, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from assistant.orders import (
    CANCELLABLE,
    BadOrder,
    NotPossible,
    Order,
    Reason,
    Return,
    ReturnItem,
    ReturnKind,
    TooLate,
    order_digits,
    order_key,
    read_order,
)
from assistant.times import rfc3339

_metadata = MetaData()
_orders = Table(
    "shop_orders",
    _metadata,
    Column("order_id", String(64), primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("digits", String(64), nullable=False, index=True),
    Column("shopper_id", String(100), nullable=False, index=True),
    Column("created_at", String(40), nullable=False),
    Column("status", String(20), nullable=False),
    Column("body", Text, nullable=False),
)
_returns = Table(
    "order_returns",
    _metadata,
    Column("return_id", String(80), primary_key=True),
    Column("order_id", String(64), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("body", Text, nullable=False),
)
# A line goes back once: its row here is what two requests at the same moment can't both write.
_returned_lines = Table(
    "returned_lines",
    _metadata,
    Column("order_id", String(64), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("return_id", String(80), nullable=False),
)
_order = TypeAdapter(Order)
_return = TypeAdapter(Return)
_CODE_BYTES = 5


class OrderStore:
    """Orders and returns in a SQL database; an `Orders`. Safe from several threads and processes."""

    def __init__(self, engine: Engine, now: Callable[[], float] = time.time) -> None:
        """Creates the tables in `engine` where they are missing; `now` dates what is started (seconds since 1970)."""
        self._engine = engine
        self._now = now
        _metadata.create_all(engine)

    def replace_all(self, rows: Iterable[Mapping[str, object]]) -> int:
        """Puts `rows` in the place of all orders; returns how many. Raises `BadOrder` and changes nothing."""
        orders = [read_order(row) for row in rows]
        twice = [key for key, count in Counter(order_key(order.order_id) for order in orders).items() if count > 1]
        if twice:
            raise BadOrder(f"order {twice[0]!r}: order_id is there twice; expected one row for an order")
        with self._engine.begin() as connection:
            connection.execute(delete(_orders))
            if orders:
                connection.execute(insert(_orders), [_values(order) for order in orders])
        return len(orders)

    def of(self, shopper_id: str) -> tuple[Order, ...]:
        """The shopper's orders, newest first."""
        query = select(_orders.c.body, _orders.c.status).where(_orders.c.shopper_id == shopper_id)
        with self._engine.connect() as connection:
            found = connection.execute(query.order_by(_orders.c.created_at.desc(), _orders.c.order_id.desc()))
            return tuple(_read(body, status) for body, status in found)

    def find(self, written: str) -> Order | None:
        """The order of that number, however it is written; its digits alone do where they are just one order's."""
        key, digits = order_key(written), order_digits(written)
        if not digits:
            return None
        query = select(_orders.c.key, _orders.c.body, _orders.c.status)
        with self._engine.connect() as connection:
            found = connection.execute(query.where(_orders.c.digits == digits).limit(9)).all()
        fitting = [row for row in found if row.key == key] or (list(found) if key == digits else [])
        return _read(fitting[0].body, fitting[0].status) if len(fitting) == 1 else None

    def cancel(self, order_id: str) -> Order:
        """Cancels the whole order; one that is cancelled stays so. Raises `TooLate`, and `NotPossible` for no order."""
        statement = update(_orders).where(_orders.c.order_id == order_id, _orders.c.status.in_(CANCELLABLE))
        with self._engine.begin() as connection:
            connection.execute(statement.values(status="cancelled"))
        order = self._load(order_id)
        if order.status != "cancelled":
            raise TooLate(f"order {order_id} is {order.status}")
        return order

    def start_return(self, order_id: str, items: tuple[ReturnItem, ...], kind: ReturnKind, reason: Reason = "") -> Return:
        """Starts a return; the same lines once more give the one that is under way. Raises `NotPossible`."""
        order = self._load(order_id)
        lines = [item.line for item in items]
        if order.status != "delivered":
            raise NotPossible(f"order {order_id} is {order.status}")
        if not lines or len(set(lines)) < len(lines) or not set(lines) <= set(range(1, len(order.lines) + 1)):
            raise NotPossible(f"order {order_id} has {len(order.lines)} lines, and no lines {lines}")
        try:
            return self._started(order_id, items, kind, reason)
        except IntegrityError:
            same = [back for back in self.returns(order_id) if (back.kind, set(back.items)) == (kind, set(items))]
            if not same:
                raise NotPossible(f"of order {order_id}, one of the lines {lines} is going back already") from None
            return same[0]

    def _started(self, order_id: str, items: tuple[ReturnItem, ...], kind: ReturnKind, reason: Reason) -> Return:
        code = secrets.token_hex(_CODE_BYTES).upper()
        back = Return(f"R-{code}", order_id, kind, items, code, rfc3339(self._now()), reason)
        with self._engine.begin() as connection:
            # In the order of their lines, so that two requests wait for each other instead of both giving up.
            lines = sorted(item.line for item in items)
            rows = [{"order_id": order_id, "line": line, "return_id": back.return_id} for line in lines]
            connection.execute(insert(_returned_lines), rows)
            number = len(connection.execute(select(_returns.c.number).where(_returns.c.order_id == order_id)).all())
            body = _return.dump_json(back).decode()
            row = {"return_id": back.return_id, "order_id": order_id, "number": number, "body": body}
            connection.execute(insert(_returns).values(row))
        return back

    def returns(self, order_id: str) -> tuple[Return, ...]:
        """The returns and exchanges of an order, in the order in which they were started."""
        query = select(_returns.c.body).where(_returns.c.order_id == order_id).order_by(_returns.c.number)
        with self._engine.connect() as connection:
            return tuple(_return.validate_json(body) for body in connection.scalars(query))

    def _load(self, order_id: str) -> Order:
        query = select(_orders.c.body, _orders.c.status).where(_orders.c.order_id == order_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotPossible(f"there is no order {order_id!r}")
        return _read(row.body, row.status)


def _values(order: Order) -> dict[str, object]:
    return {
        "order_id": order.order_id,
        "key": order_key(order.order_id),
        "digits": order_digits(order.order_id),
        "shopper_id": order.shopper_id,
        "created_at": order.created_at,
        "status": order.status,
        "body": _order.dump_json(order, exclude={"status"}).decode(),
    }


def _read(body: str, status: str) -> Order:
    # The column has the last word on the status: it is what a cancellation writes.
    return _order.validate_python({**json.loads(body), "status": status})
