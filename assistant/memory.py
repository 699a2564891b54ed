"""Where conversations are kept: one row each, changed by the turns of the assistant and by the people of the shop."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from pydantic import TypeAdapter
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    func,
    insert,
    select,
    update,
)

from assistant.types import Conversation

_metadata = MetaData()
_conversations = Table(
    "conversations",
    _metadata,
    Column("id", String(64), primary_key=True),
    Column("shopper_id", String(100), nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("updated", Float, nullable=False),
    Column("body", Text, nullable=False),
)
# Built once: to build a statement takes longer than to ask it.
_of_id = _conversations.c.id == bindparam("conversation_id")
_BODY = select(_conversations.c.body).where(_of_id)
_VERSION = select(_conversations.c.version).where(_of_id)
_REPLACE = update(_conversations).where(_of_id, _conversations.c.version == bindparam("version_before"))
_adapter = TypeAdapter(Conversation)
_MOST_TRIES = 50
Watcher = Callable[[Connection, Conversation, Conversation], None]


class ConversationChanged(Exception):
    """Too many other writers came between to save a change."""


class ConversationStore:
    """Conversations in a SQL database. Safe from several threads and processes: no change is made to a stale copy."""

    def __init__(self, engine: Engine, watchers: Sequence[Watcher] = ()) -> None:
        """Creates the table in `engine` where it is missing.

        Each of `watchers` is called with the connection, the conversation before and the one after, for every change and
        within its transaction: what it writes is there exactly if the change is. It must not talk to anybody else.
        """
        self._engine = engine
        self._watchers = tuple(watchers)
        _metadata.create_all(engine)

    def create(self, shopper_id: str, locale: str = "") -> Conversation:
        """A new, empty, saved conversation with a random id of 128 bits."""
        conversation = Conversation(id=secrets.token_urlsafe(16), shopper_id=shopper_id, locale=locale)
        with self._engine.begin() as connection:
            connection.execute(insert(_conversations), _row(conversation))
        return conversation

    def load(self, conversation_id: str) -> Conversation:
        """The conversation as saved last. Raises `KeyError` for an unknown id."""
        with self._engine.connect() as connection:
            return _load(connection, conversation_id)

    def version(self, conversation_id: str) -> int:
        """How often the conversation has been saved: what tells cheaply whether anything is new. Raises `KeyError`."""
        with self._engine.connect() as connection:
            version = connection.scalar(_VERSION, {"conversation_id": conversation_id})
        if version is None:
            raise KeyError(conversation_id)
        return int(version)

    def count(self, since: float) -> int:
        """How many conversations with at least one message were changed at `since`, seconds since 1970, or later."""
        spoken = (_conversations.c.updated >= since) & (_conversations.c.version > 0)
        with self._engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(_conversations).where(spoken)) or 0)

    def change(self, conversation_id: str, alter: Callable[[Conversation], Conversation]) -> Conversation:
        """Saves what `alter` makes of the conversation as it is now; returns it with its new version.

        `alter` must be pure: it is called again with the newest state where another writer came between. What it raises
        leaves everything as it was; where it changes nothing, nothing is written. Raises `KeyError` for an unknown id and
        `ConversationChanged` where others were quicker time and again.
        """
        for _ in range(_MOST_TRIES):
            with self._engine.begin() as connection:
                before = _load(connection, conversation_id)
                after = alter(before)
                if after == before:
                    return before
                after = replace(after, version=before.version + 1)
                if _replaced(connection, after):
                    for watch in self._watchers:
                        watch(connection, before, after)
                    return after
        raise ConversationChanged(conversation_id)


def _load(connection: Connection, conversation_id: str) -> Conversation:
    body = connection.scalar(_BODY, {"conversation_id": conversation_id})
    if body is None:
        raise KeyError(conversation_id)
    conversation = _adapter.validate_json(body)
    if conversation.status == "pending" and conversation.handover is None:
        # Saved before there was a queue: nobody knows that this shopper waits, so the assistant has them.
        return replace(conversation, status="bot")
    return conversation


def _replaced(connection: Connection, after: Conversation) -> bool:
    """Whether `after` took the place of the version before it, which must still be the last."""
    mine = {"conversation_id": after.id, "version_before": after.version - 1}
    return connection.execute(_REPLACE, _row(after) | mine).rowcount == 1


def _row(conversation: Conversation) -> dict[str, object]:
    return {
        "id": conversation.id,
        "shopper_id": conversation.shopper_id,
        "version": conversation.version,
        "updated": time.time(),
        "body": _adapter.dump_json(conversation).decode(),
    }
