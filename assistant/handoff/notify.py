"""What help desks are told: events read off each change of a conversation, put into the outbox in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

from sqlalchemy import Connection

from assistant.handoff.outbox import Outbox
from assistant.types import Conversation, Message

EventName = Literal[
    "handover.requested",
    "handover.accepted",
    "handover.released",
    "handover.resolved",
    "handover.withdrawn",
    "message.created",
]
_MOST_EVENTS = 1000  # of one change: keeps the numbers of the events of a conversation in order


class MakePacket(Protocol):
    """Makes the body of an event."""

    def __call__(
        self,
        event: EventName,
        event_id: str,
        created_at: float,
        conversation: Conversation,
        message: Message | None,
        *,
        before: Conversation,
    ) -> Mapping[str, object]:
        """JSON values; `message` is the one told of, if any, and `before` the conversation before the change."""


class Notifier:
    """Puts events into the outbox, once for each target. `record` is a watcher of the conversation store."""

    def __init__(self, outbox: Outbox, targets: Sequence[str], packet: MakePacket, now: Callable[[], float]) -> None:
        """`targets` are names; `now` tells seconds since 1970."""
        self._outbox = outbox
        self._targets = tuple(targets)
        self._packet = packet
        self._now = now

    def record(self, connection: Connection, before: Conversation, after: Conversation) -> None:
        """Adds what the change means for whoever is told of hand-overs."""
        if not self._targets:
            return
        for number, (event, message) in enumerate(events_of(before, after)):
            self._add(connection, event, message, before, after, number)

    def _add(
        self,
        connection: Connection,
        event: EventName,
        message: Message | None,
        before: Conversation,
        after: Conversation,
        number: int,
    ) -> None:
        event_id, at = f"{after.id}.{after.version}.{number}", self._now()
        body = json.dumps(self._packet(event, event_id, at, after, message, before=before), ensure_ascii=False)
        for target in self._targets:
            # What an agent wrote at a help desk is not told to that one again.
            if message is None or message.role != "agent" or not message.id.startswith(f"{target}:"):
                self._outbox.add(
                    connection,
                    event_id=event_id,
                    target=target,
                    conversation_id=after.id,
                    event=event,
                    body_json=body,
                    created_at=at,
                    sequence=after.version * _MOST_EVENTS + number,
                )


def events_of(before: Conversation, after: Conversation) -> tuple[tuple[EventName, Message | None], ...]:
    """What happened between two versions of a conversation, as far as it matters to who hands over or is handed over to.

    A hand-over that goes back into the queue is requested anew. Messages are told while one is under way; those of before
    are in the packet of the request.
    """
    events: list[tuple[EventName, Message | None]] = []
    if before.handover is not None:
        written = after.messages[len(before.messages) :]
        events += [("message.created", message) for message in written if message.role != "notice"]
    was, now = before.handover, after.handover
    if was is not None and (now is None or now.id != was.id):
        ended: EventName = "handover.released" if before.status == "human" else "handover.withdrawn"
        events.append(("handover.resolved" if after.status == "resolved" else ended, None))
        was = None
    if now is not None and (was is None or (was.agent and not now.agent)):
        events.append(("handover.requested", None))
    if now is not None and now.agent and (was is None or now.agent != was.agent):
        events.append(("handover.accepted", None))
    return tuple(events)
