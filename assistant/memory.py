"""Where conversations are kept: one row each, loaded once a turn and saved once."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace

from pydantic import TypeAdapter
from sqlalchemy import Column, Engine, Float, Integer, MetaData, String, Table, Text, insert, select, update

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
_adapter = TypeAdapter(Conversation)


class ConversationChanged(Exception):
    """Another turn of the same conversation was saved first."""


class ConversationStore:
    """Conversations in a SQL database. Safe from several threads and processes: a save of a stale copy is refused."""

    def __init__(self, engine: Engine) -> None:
        """Creates the table in `engine` where it is missing."""
        self._engine = engine
        _metadata.create_all(engine)

    def create(self, shopper_id: str) -> Conversation:
        """A new, empty, saved conversation with a random id of 128 bits."""
        conversation = Conversation(id=secrets.token_urlsafe(16), shopper_id=shopper_id)
        with self._engine.begin() as connection:
            connection.execute(insert(_conversations).values(_row(conversation)))
        return conversation

    def load(self, conversation_id: str) -> Conversation:
        """The conversation as saved last. Raises `KeyError` for an unknown id."""
        with self._engine.connect() as connection:
            body = connection.scalar(select(_conversations.c.body).where(_conversations.c.id == conversation_id))
        if body is None:
            raise KeyError(conversation_id)
        return _adapter.validate_json(body)

    def save(self, conversation: Conversation) -> Conversation:
        """Saves over the version that `conversation` was loaded as; returns it with its new version.

        Raises `ConversationChanged` if that version is not the last any more.
        """
        saved = replace(conversation, version=conversation.version + 1)
        with self._engine.begin() as connection:
            done = connection.execute(
                update(_conversations)
                .where(_conversations.c.id == conversation.id, _conversations.c.version == conversation.version)
                .values(_row(saved))
            )
        if done.rowcount != 1:
            raise ConversationChanged(conversation.id)
        return saved


def _row(conversation: Conversation) -> dict[str, object]:
    return {
        "id": conversation.id,
        "shopper_id": conversation.shopper_id,
        "version": conversation.version,
        "updated": time.time(),
        "body": _adapter.dump_json(conversation).decode(),
    }
