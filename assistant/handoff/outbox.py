"""The outbox: what help desks are to be told, written together with the change that it tells of.

A row of `deliveries` is one event for one target. It is written in the transaction of the change itself, so neither is ever
there without the other. Workers lease rows, send them, and write down what came of it; a row whose worker died is leased
again once the lease is over. The events of one conversation go to a target in order, one at a time.

What is sent may arrive twice: when the answer is lost, or a worker dies before it has written down that all went well. The
`event_id` is the same each time, and receivers go by it.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Float,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    Update,
    and_,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from assistant.times import rfc3339
from retrieval.sql import storable

State = Literal["waiting", "delivered", "dead"]

_metadata = MetaData()
_deliveries = Table(
    "deliveries",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("event_id", String(100), nullable=False),
    Column("target", String(40), nullable=False),
    Column("conversation_id", String(64), nullable=False),
    Column("event", String(40), nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("queued_at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("error", Text, nullable=False),
    Column("told", Boolean, nullable=False),
    Column("lease", String(40), nullable=False),
    Column("leased_until", Float, nullable=False),
    UniqueConstraint("event_id", "target"),
    Index("deliveries_due", "target", "state", "due_at"),
    Index("deliveries_line", "conversation_id", "target", "state"),
)
_row = _deliveries.c
_LONGEST_ERROR = 500


class DeliveryFailed(Exception):
    """A target could not be told. The text is for the shop's operator and holds no secrets."""

    def __init__(self, retryable: bool, message: str, *, retry_after: float | None = None) -> None:
        """`retryable`: it may go through later. `retry_after`: the seconds for which the target asked to be left alone."""
        super().__init__(message)
        self.retryable = retryable
        self.retry_after = retry_after


class NotDead(ValueError):
    """Deliveries that were to be replayed have not been given up, or are not there; the text names them."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one target. Times are seconds since 1970.

    `body` is the JSON that is sent, emptied once that is done. `sequence` orders the events of a conversation. `attempts`
    counts those since it was queued (again) at `queued_at`, the one under way too; `error` is what the last one ended with.
    `told` says that the shopper knows that the help desk has not been reached; `lease` is the right of one worker to it.
    """

    id: int
    event_id: str
    target: str
    conversation_id: str
    event: str
    body: str
    created_at: float
    sequence: int
    state: State = "waiting"
    attempts: int = 0
    queued_at: float = 0.0
    due_at: float = 0.0
    error: str = ""
    told: bool = False
    lease: str = ""

    def as_json(self) -> dict[str, object]:
        """What an operator needs to know of it, without what it says of the shopper. Dates are RFC 3339."""
        names = ("id", "state", "target", "event", "event_id", "conversation_id", "attempts", "error")
        next_try = rfc3339(self.due_at) if self.state == "waiting" else None
        return {name: getattr(self, name) for name in names} | {"created_at": rfc3339(self.created_at), "next_try": next_try}


class Target(Protocol):
    """A help desk, or whatever else is told of hand-overs. `name` is what its rows go by, and must not change."""

    name: str

    def send(self, delivery: Delivery) -> None:
        """Tells it. May be called again for an event that went through. Raises `DeliveryFailed`."""


class Outbox:
    """Deliveries in a SQL database. Safe from several threads and processes, whose clocks should agree to a few seconds."""

    def __init__(self, engine: Engine) -> None:
        """Creates the table in `engine` where it is missing."""
        self._engine = engine
        _metadata.create_all(engine)

    def add(
        self,
        connection: Connection,
        *,
        event_id: str,
        target: str,
        conversation_id: str,
        event: str,
        body_json: str,
        created_at: float,
        sequence: int,
    ) -> None:
        """Puts an event in, within the caller's transaction.

        Those of a conversation are sent by `sequence`, and those of the same number as they were added. Raises
        SQLAlchemy's `IntegrityError` for an event that the target has had already.
        """
        row = {
            "event_id": event_id,
            "target": target,
            "conversation_id": conversation_id,
            "event": event,
            "body": body_json,
            "created_at": created_at,
            "sequence": sequence,
            "state": "waiting",
            "attempts": 0,
            "queued_at": created_at,
            "due_at": created_at,
            "error": "",
            "told": False,
            "lease": "",
            "leased_until": 0.0,
        }
        connection.execute(insert(_deliveries).values(row))

    def lease(self, target: str, now: float, limit: int, seconds: float) -> tuple[Delivery, ...]:
        """Up to `limit` deliveries that may be sent now, of as many conversations; nobody else gets them for `seconds`."""
        due = _first_in_line(target, now).limit(limit)
        while True:
            with self._engine.connect() as connection:
                ids = connection.scalars(due).all()
            if not ids:
                return ()
            # Another worker may have read the same rows, or have sent them by now: each goes to who writes first.
            free = update(_deliveries).where(_row.id.in_(ids), *_free(now))
            lease = {"lease": secrets.token_hex(8), "leased_until": now + seconds, "attempts": _row.attempts + 1}
            with self._engine.begin() as connection:
                taken = connection.execute(free.values(lease).returning(*_fields())).mappings().all()
            if taken:
                return tuple(Delivery(**row) for row in taken)

    def delivered(self, delivery: Delivery) -> None:
        """It went through. That is true whoever holds the lease by now."""
        self._write(update(_deliveries).where(_row.id == delivery.id).values(state="delivered", error="", body=""))

    def failed(self, delivery: Delivery, retry_at: float, error: str) -> None:
        """It did not, and is to be tried again at `retry_at`. Does nothing where the lease has gone to somebody else."""
        self._write(_held(delivery).values(due_at=retry_at, leased_until=0.0, error=_kept(error)))

    def give_up(self, delivery: Delivery, error: str) -> None:
        """It did not, and never will. Later events of its conversation go out. Does nothing where the lease has gone."""
        self._write(_held(delivery).values(state="dead", leased_until=0.0, error=_kept(error)))

    def unheard(self, target: str, event: str, before: float) -> tuple[Delivery, ...]:
        """Those of which the shopper is still to be told: given up, or waiting since `before`."""
        overdue = or_(_row.state == "dead", _row.queued_at <= before)
        # The states by name, so that the index spares reading all that went through.
        open_ones = and_(_row.target == target, _row.state.in_(("waiting", "dead")))
        return self._read(_query().where(open_ones, _row.event == event, ~_row.told, overdue))

    def told(self, delivery: Delivery) -> None:
        """The shopper knows now."""
        self._write(update(_deliveries).where(_row.id == delivery.id).values(told=True))

    def waiting(self, limit: int = 100) -> tuple[Delivery, ...]:
        """Those still to be sent, the oldest first."""
        return self._read(_query().where(_row.state == "waiting").order_by(_row.id).limit(limit))

    def dead(self, limit: int = 100) -> tuple[Delivery, ...]:
        """Those that were given up, the oldest first."""
        return self._read(_query().where(_row.state == "dead").order_by(_row.id).limit(limit))

    def counts(self) -> Mapping[str, Mapping[State, int]]:
        """How many deliveries each target has in each state; states without any are 0."""
        found: dict[str, dict[State, int]] = {}
        query = select(_row.target, _row.state, func.count()).group_by(_row.target, _row.state).order_by(_row.target)
        with self._engine.connect() as connection:
            for target, state, count in connection.execute(query):
                found.setdefault(target, {"waiting": 0, "delivered": 0, "dead": 0})[state] = count
        return found

    def replay(self, ids: Collection[int] | None, now: float) -> int:
        """Queues dead deliveries again as if they were new, all of them if `ids` is None; returns how many.

        Raises `NotDead`, and changes nothing, if one of the ids is not that of a dead delivery.
        """
        again = update(_deliveries).where(_row.state == "dead")
        again = again if ids is None else again.where(_row.id.in_(ids))
        again = again.values(state="waiting", attempts=0, queued_at=now, due_at=now, told=False, lease="")
        with self._engine.begin() as connection:
            done = set(connection.scalars(again.returning(_row.id)))
            wrong = sorted(set(ids or ()) - done)
            if wrong:
                raise NotDead(f"delivery {', '.join(map(str, wrong))}: expected the ids of dead deliveries")
        return len(done)

    def _write(self, statement: Update) -> None:
        with self._engine.begin() as connection:
            connection.execute(statement)

    def _read(self, query: Select[Any]) -> tuple[Delivery, ...]:
        with self._engine.connect() as connection:
            return tuple(Delivery(**row) for row in connection.execute(query).mappings())


def _fields() -> list[Column[Any]]:
    return [_row[name] for name in Delivery.__dataclass_fields__]


def _query() -> Select[Any]:
    return select(*_fields())


def _free(now: float) -> tuple[ColumnElement[bool], ...]:
    """What holds of a row that may be sent now: it is due and not leased."""
    return _row.state == "waiting", _row.due_at <= now, _row.leased_until <= now


def _kept(error: str) -> str:
    """As much of an error as is kept; it may hold whatever a server answered."""
    return storable(error)[:_LONGEST_ERROR]


def _first_in_line(target: str, now: float) -> Select[Any]:
    """The ids of what may be sent now: due, not leased, and nothing older of the same conversation waits."""
    older = _deliveries.alias()
    before = or_(older.c.sequence < _row.sequence, and_(older.c.sequence == _row.sequence, older.c.id < _row.id))
    same = and_(older.c.conversation_id == _row.conversation_id, older.c.target == _row.target)
    held_up = exists().where(same, older.c.state == "waiting", before)
    return select(_row.id).where(_row.target == target, *_free(now), ~held_up).order_by(_row.due_at, _row.id)


def _held(delivery: Delivery) -> Update:
    return update(_deliveries).where(_row.id == delivery.id, _row.state == "waiting", _row.lease == delivery.lease)
