"""What the ranker saw of each product that was shown, kept beside its impression: what an order is learned from later.

Impressions themselves are events like all others; they say where a product stood, and this table why.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import JSON, Boolean, Column, Engine, Float, MetaData, String, Table, func, select

from retrieval.sql import insert_new

_BATCH = 2_000

_metadata = MetaData()
_seen = Table(
    "impression_parts",
    _metadata,
    Column("event_id", String(100), primary_key=True),
    Column("relevance", Float, nullable=False),
    Column("levels", JSON, nullable=False),
    Column("asked", Boolean, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the ranker saw at the impression `event_id`: the relevance, 0-1, and the levels of its parts by name.

    Levels that are 0 may be left out. `asked` is false where nothing was asked for, so that all were equally relevant.
    """

    event_id: str
    relevance: float
    levels: Mapping[str, float]
    asked: bool = True


class ImpressionLog:
    """The log in the shop's SQL database (SQLite or PostgreSQL). Safe to use from several threads."""

    def __init__(self, engine: Engine) -> None:
        """Makes the table if it is not there."""
        self._engine = engine
        self._writing = threading.Lock()  # SQLite has one writer; waiting here beats "database is locked"
        _metadata.create_all(engine)
        self._insert = insert_new(engine, _seen, "event_id")

    def add(self, seen: Iterable[Seen]) -> None:
        """Stores these, all or none; what is there already stays as it is."""
        rows = [{"event_id": s.event_id, "relevance": s.relevance, "levels": dict(s.levels), "asked": s.asked} for s in seen]
        if not rows:
            return
        with self._writing, self._engine.begin() as connection:
            connection.execute(self._insert, rows)

    def all(self) -> Iterator[Seen]:
        """Everything, as a stream, in no particular order."""
        query = select(_seen.c.event_id, _seen.c.relevance, _seen.c.levels, _seen.c.asked)
        with self._engine.connect() as connection:
            for row in connection.execution_options(yield_per=_BATCH).execute(query):
                yield Seen(*row)

    def count(self) -> int:
        """How many impressions have their parts logged."""
        with self._engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(_seen)) or 0)
