"""The log of hand-overs: a row an episode, written with the change of status itself. It is the queue; insight reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    MetaData,
    Select,
    String,
    Table,
    func,
    insert,
    select,
    update,
)

from assistant.types import Conversation, Ending, Handover, ReasonCode, RequestedBy

_metadata = MetaData()
_handovers = Table(
    "handovers",
    _metadata,
    Column("id", String(64), primary_key=True),
    Column("conversation_id", String(64), nullable=False, index=True),
    Column("reason", String(40), nullable=False),
    Column("requested_by", String(20), nullable=False),
    Column("requested_at", Float, nullable=False, index=True),
    Column("accepted_at", Float),
    Column("agent", String(100), nullable=False),
    Column("ended_at", Float, index=True),
    Column("ending", String(20)),
    Column("notified", Boolean, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Episode:
    """One hand-over from the request to its end. Times are seconds since 1970; None where it has not come to that.

    `accepted_at` is when a person first joined, `agent` who had it last, empty while it waits.
    """

    id: str
    conversation_id: str
    reason: ReasonCode
    requested_by: RequestedBy
    requested_at: float
    accepted_at: float | None
    agent: str
    ended_at: float | None
    ending: Ending | None
    notified: bool


class HandoverLog:
    """Hand-overs in a SQL database. `record` is a watcher of the conversation store."""

    def __init__(self, engine: Engine, now: Callable[[], float]) -> None:
        """Creates the table in `engine` where it is missing. `now` tells seconds since 1970."""
        self._engine = engine
        self._now = now
        _metadata.create_all(engine)

    def record(self, connection: Connection, before: Conversation, after: Conversation) -> None:
        """Writes what a change of the conversation means for its hand-over, within the change's own transaction."""
        if before.handover == after.handover:
            return
        if before.handover is not None and (after.handover is None or after.handover.id != before.handover.id):
            _end(connection, before, after, self._now())
        if after.handover is None:
            return
        if before.handover is None or before.handover.id != after.handover.id:
            connection.execute(insert(_handovers).values(_row(after.id, after.handover)))
        else:
            _update(connection, after.handover)

    def open(self) -> tuple[Episode, ...]:
        """Those that wait or are with a person: first whom no help desk was told of, then dangers, then the longest."""
        query = select(_handovers).where(_handovers.c.ended_at.is_(None))
        # Where somebody may be hurt, nobody else's turn comes before.
        is_calmer = _handovers.c.reason != "safety"
        order = (_handovers.c.agent != "", _handovers.c.notified, is_calmer, _handovers.c.requested_at)
        return self._read(query.order_by(*order))

    def since(self, time: float) -> tuple[Episode, ...]:
        """All that were asked for at `time` or later, oldest first."""
        return self._read(select(_handovers).where(_handovers.c.requested_at >= time).order_by(_handovers.c.requested_at))

    def waiting(self) -> int:
        """How many conversations wait for a person."""
        return sum(not episode.agent for episode in self.open())

    def _read(self, query: Select[Any]) -> tuple[Episode, ...]:
        with self._engine.connect() as connection:
            return tuple(Episode(**row) for row in connection.execute(query).mappings())


def _row(conversation_id: str, handover: Handover) -> dict[str, object]:
    return {
        "id": handover.id,
        "conversation_id": conversation_id,
        "reason": handover.reason,
        "requested_by": handover.requested_by,
        "requested_at": handover.requested_at,
        "accepted_at": handover.accepted_at,
        "agent": handover.agent,
        "notified": handover.notified,
    }


def _update(connection: Connection, handover: Handover) -> None:
    # One that went back into the queue was accepted all the same: how long a shopper waited is known from the first time.
    first = func.coalesce(_handovers.c.accepted_at, handover.accepted_at)
    values = {"agent": handover.agent, "accepted_at": first, "notified": handover.notified}
    connection.execute(update(_handovers).where(_handovers.c.id == handover.id).values(values))


def _end(connection: Connection, before: Conversation, after: Conversation, at: float) -> None:
    ended = before.handover
    assert ended is not None
    ending: Ending = "released" if before.status == "human" else "withdrawn"
    values = {"ended_at": at, "ending": "resolved" if after.status == "resolved" else ending}
    connection.execute(update(_handovers).where(_handovers.c.id == ended.id).values(values))
