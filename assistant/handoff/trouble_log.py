"""The log of what the assistant could not do: a row a turn, written with the turn itself, for the shop to learn from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Column, Connection, Engine, Float, Integer, MetaData, String, Table, Text, insert, select

from assistant.handoff.masking import Masking
from assistant.types import Conversation

_metadata = MetaData()
_troubles = Table(
    "troubles",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("conversation_id", String(64), nullable=False),
    Column("at", Float, nullable=False, index=True),
    Column("trouble", String(40), nullable=False),
    Column("asked", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One turn that went wrong: what was the matter, and the shopper's words without what identifies or pays."""

    trouble: str
    asked: str


class TroubleLog:
    """Troubles in a SQL database. `record` is a watcher of the conversation store."""

    def __init__(self, engine: Engine, now: Callable[[], float]) -> None:
        """Creates the table in `engine` where it is missing. `now` tells seconds since 1970."""
        self._engine = engine
        self._now = now
        _metadata.create_all(engine)

    def record(self, connection: Connection, before: Conversation, after: Conversation) -> None:
        """Adds the turn that a change saved, if it went wrong; within the change's own transaction."""
        latest = after.attempts[-1] if after.attempts and after.attempts != before.attempts else None
        if latest is None or latest.trouble is None:
            return
        values = {"conversation_id": after.id, "at": self._now(), "trouble": latest.trouble}
        connection.execute(insert(_troubles).values(**values, asked=Masking(after).words(latest.asked)))

    def since(self, time: float) -> tuple[Trouble, ...]:
        """All since `time`, seconds since 1970, oldest first."""
        query = select(_troubles.c.trouble, _troubles.c.asked).where(_troubles.c.at >= time).order_by(_troubles.c.id)
        with self._engine.connect() as connection:
            return tuple(Trouble(**row) for row in connection.execute(query).mappings())
