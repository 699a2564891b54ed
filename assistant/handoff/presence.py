"""Which agents are at their desks: each console says so every few seconds, and is believed for a little longer than that."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Boolean, Column, Engine, Float, MetaData, String, Table, func, select, update

from retrieval.sql import insert_new

# Browsers slow the timers of tabs that nobody looks at to about one a minute.
BELIEVED_SECONDS = 90.0
_metadata = MetaData()
_agents = Table(
    "agents",
    _metadata,
    Column("name", String(100), primary_key=True),
    Column("seen_at", Float, nullable=False),
    Column("is_away", Boolean, nullable=False),
)


class Presence:
    """Agents in a SQL database."""

    def __init__(self, engine: Engine, now: Callable[[], float]) -> None:
        """Creates the table in `engine` where it is missing. `now` tells seconds since 1970."""
        self._engine = engine
        self._now = now
        _metadata.create_all(engine)

    def seen(self, agent: str, *, is_away: bool = False) -> None:
        """The agent's console is open; `is_away` says that they take no conversations at the moment."""
        with self._engine.begin() as connection:
            values = {"seen_at": self._now(), "is_away": is_away}
            connection.execute(insert_new(self._engine, _agents, "name"), {"name": agent, **values})
            connection.execute(update(_agents).where(_agents.c.name == agent).values(values))

    def is_away(self, agent: str) -> bool:
        """Whether the agent has said that they take no conversations."""
        with self._engine.connect() as connection:
            return bool(connection.scalar(select(_agents.c.is_away).where(_agents.c.name == agent)))

    def available(self) -> int:
        """How many agents are there and take conversations."""
        here = (_agents.c.seen_at > self._now() - BELIEVED_SECONDS) & ~_agents.c.is_away
        with self._engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(_agents).where(here)) or 0)
