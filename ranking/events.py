"""What shoppers did: reading events (format 2), keeping them, and giving a shopper's history back fast."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, ValidationError
from sqlalchemy import Column, Engine, Float, Index, Integer, MetaData, Select, String, Table, bindparam, func, select

from ranking.types import Event, EventType
from retrieval.feeds.rows import BadField, BadRow, Row, readable
from retrieval.money import to_minor
from retrieval.sql import insert_new

_BATCH = 2_000
_LOOKUP = 500  # ids a query; SQLite takes 999 parameters in its oldest builds

_metadata = MetaData()
_events = Table(
    "events",
    _metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("event_id", String(100), nullable=False, unique=True),
    Column("time", Float, nullable=False),
    Column("shopper_id", String(100), nullable=False),
    Column("type", String(20), nullable=False),
    Column("product_id", String(100)),
    Column("conversation_id", String(100)),
    Column("variant_id", String(100)),
    Column("quantity", Integer),
    Column("price", Integer),
    Column("position", Integer),
    Column("source", String(100)),
    Index("events_by_shopper", "shopper_id", "time", "sequence"),
    Index("events_by_time", "time"),
)
_FIELDS = tuple(Event.__dataclass_fields__)
_values = attrgetter(*_FIELDS)  # dataclasses.asdict copies deeply, at five times the price
_columns = tuple(_events.c[name] for name in _FIELDS)
# Built once: to build a statement takes longer than to ask it.
_LATEST = (
    select(*_columns)
    .where(_events.c.shopper_id == bindparam("shopper"), _events.c.type != "impression")
    .order_by(_events.c.time.desc(), _events.c.sequence.desc())
    .limit(bindparam("most"))
)
_THERE = select(_events.c.event_id).where(_events.c.event_id.in_(bindparam("ids", expanding=True)))


class BadEvent(BadField):
    """A row that is no event."""


def _seconds(value: object) -> float:
    """RFC 3339 with an offset to seconds since 1970."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise ValueError("expected an RFC 3339 time with its offset, such as 2026-03-01T09:30:00Z")
    return time.timestamp()


_Id = Annotated[str, Field(min_length=1, max_length=100, strict=True)]
_Count = Annotated[int, Field(ge=1, le=2**31 - 1, strict=True)]


class _Row(BaseModel):
    event_id: _Id
    time: Annotated[float, BeforeValidator(_seconds)]
    shopper_id: _Id
    type: EventType
    product_id: _Id | None = None
    conversation_id: _Id | None = None
    variant_id: _Id | None = None
    quantity: _Count | None = None
    price: Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False, strict=True)] | None = None
    position: _Count | None = None
    source: _Id | None = None


def parse_event(row: object, currency: str = "USD") -> Event:
    """The event in a row of format 2, its price in minor units of the shop's `currency`.

    Raises `BadEvent` for the first thing that is wrong.
    """
    if not isinstance(row, Mapping):
        raise BadEvent("row", row, "expected an object")
    try:
        read = _Row.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        raise BadEvent(name, row.get(name), first["msg"].removeprefix("Value error, ")) from error
    return Event(**{**read.__dict__, "price": None if read.price is None else to_minor(read.price, currency)})


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of the rows: how many were new, how many were there already, and which were refused."""

    added: int = 0
    repeated: int = 0
    rejected: tuple[BadRow, ...] = ()


class EventStore:
    """The shop's events in a SQL database (SQLite or PostgreSQL). Safe to use from several threads."""

    def __init__(self, engine: Engine) -> None:
        """Makes the table if it is not there."""
        self._engine = engine
        self._writing = threading.Lock()  # SQLite has one writer; waiting here beats "database is locked"
        _metadata.create_all(engine)
        self._insert = insert_new(engine, _events, "event_id")

    def add(self, events: Iterable[Event]) -> int:
        """Stores the events whose `event_id` is not there yet, all or none, and returns how many those are."""
        return self._add(list(events))

    def ingest(
        self,
        rows: Iterable[Row | BadRow],
        currency: str = "USD",
        progress: Callable[[int], None] = lambda done: None,
    ) -> IngestReport:
        """Stores numbered rows of format 2 in batches, skips those that are wrong and says which and why.

        Prices are in the shop's `currency`; `progress` is told
        how many events have been read so far.
        """
        rejected: list[BadRow] = []
        events = readable(rows, lambda row: parse_event(row, currency), rejected)
        done = added = 0
        while batch := list(islice(events, _BATCH)):
            added += self._add(batch)
            done += len(batch)
            progress(done)
        return IngestReport(added, done - added, tuple(rejected))

    def _add(self, events: list[Event]) -> int:
        by_id: dict[str, Event] = {}
        for event in events:
            by_id.setdefault(event.event_id, event)
        ids = list(by_id)
        with self._writing, self._engine.begin() as connection:
            for start in range(0, len(ids), _LOOKUP):
                for (event_id,) in connection.execute(_THERE, {"ids": ids[start : start + _LOOKUP]}):
                    del by_id[event_id]
            if by_id:
                connection.execute(
                    self._insert, [dict(zip(_FIELDS, _values(event), strict=True)) for event in by_id.values()]
                )
        return len(by_id)

    def history(self, shopper_id: str, limit: int = 200) -> tuple[Event, ...]:
        """The shopper's latest `limit` events, oldest first, impressions left out; empty for an unknown shopper."""
        with self._engine.connect() as connection:
            rows = connection.execute(_LATEST, {"shopper": shopper_id, "most": limit}).all()
        return tuple(Event(*row) for row in reversed(rows))

    def all(self) -> Iterator[Event]:
        """Every event in the order of time, as a stream."""
        return self._stream(select(*_columns).order_by(_events.c.time, _events.c.sequence))

    def interactions(self) -> Iterator[Event]:
        """Every event but impressions in the order of time, as a stream: what models learn from."""
        wanted = select(*_columns).where(_events.c.type != "impression")
        return self._stream(wanted.order_by(_events.c.time, _events.c.sequence))

    def _stream(self, query: Select[Any]) -> Iterator[Event]:
        with self._engine.connect() as connection:
            for row in connection.execution_options(yield_per=_BATCH).execute(query):
                yield Event(*row)

    def count(self) -> int:
        """How many events there are."""
        with self._engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(_events)) or 0)
