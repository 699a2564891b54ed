"""What opens a conversation to the browser that began it: a random token, of which only the hash is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sqlalchemy import Column, Engine, MetaData, String, Table, bindparam, insert, select

_metadata = MetaData()
_tokens = Table(
    "conversation_tokens",
    _metadata,
    Column("conversation_id", String(64), primary_key=True),
    Column("sha256", String(64), nullable=False, index=True),
)
# Built once: to build a statement takes longer than to ask it.
_OF_CONVERSATION = select(_tokens.c.sha256).where(_tokens.c.conversation_id == bindparam("conversation"))
_BYTES = 32
PREFIX = "ct_"
"""How every token begins, so that one that leaked into a log or a page is found by those who look for secrets."""


class ConversationTokens:
    """Tokens in a SQL database. Safe from several threads and processes.

    They are random rather than derived from a secret of the shop: nothing has to be kept safe for them to stay valid, and
    a copy of the database opens no conversation. A plain SHA-256 is enough for 256 random bits.
    """

    def __init__(self, engine: Engine) -> None:
        """Creates the table in `engine` where it is missing."""
        self._engine = engine
        _metadata.create_all(engine)

    def issue(self, conversation_id: str) -> str:
        """The token of a new conversation; it is told this once. Raises `IntegrityError` where there is one already."""
        token = f"{PREFIX}{secrets.token_urlsafe(_BYTES)}"
        with self._engine.begin() as connection:
            connection.execute(insert(_tokens).values(conversation_id=conversation_id, sha256=_hash(token)))
        return token

    def opens(self, token: str, conversation_id: str) -> bool:
        """Whether this is the conversation's token; never for an unknown conversation, and as slowly."""
        with self._engine.connect() as connection:
            known = connection.scalar(_OF_CONVERSATION, {"conversation": conversation_id})
        is_same = hmac.compare_digest(_hash(token), known or _hash(""))
        return is_same and known is not None

    def conversation_of(self, token: str) -> str | None:
        """Which conversation the token opens, for calls that name none."""
        query = select(_tokens.c.conversation_id).where(_tokens.c.sha256 == _hash(token))
        with self._engine.connect() as connection:
            return connection.scalar(query)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
