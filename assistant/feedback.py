"""What shoppers say of single answers: helpful or not, and why. The last word about an answer is the one that counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from sqlalchemy import Column, ColumnElement, Engine, Float, MetaData, String, Table, Text, delete, func, select, update

from retrieval.sql import insert_new

FeedbackValue = Literal["helpful", "not_helpful"]
_metadata = MetaData()
_feedback = Table(
    "feedback",
    _metadata,
    Column("conversation_id", String(64), primary_key=True),
    Column("message_id", String(100), primary_key=True),
    Column("value", String(20), nullable=False),
    Column("note", Text, nullable=False),
    Column("time", Float, nullable=False, index=True),
)


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the shopper said of one answer, and when: seconds since 1970. `note` is why, in their own words, if they said."""

    conversation_id: str
    message_id: str
    value: FeedbackValue
    note: str
    time: float


class FeedbackStore:
    """Feedback in a SQL database. Safe from several threads and processes."""

    def __init__(self, engine: Engine, now: Callable[[], float]) -> None:
        """Creates the table in `engine` where it is missing. `now` tells seconds since 1970."""
        self._engine = engine
        self._now = now
        _metadata.create_all(engine)

    def put(self, conversation_id: str, message_id: str, value: FeedbackValue, note: str = "") -> Feedback:
        """Keeps what the shopper says of an answer, in the place of what they said of it before."""
        said = Feedback(conversation_id, message_id, value, note, self._now())
        new = insert_new(self._engine, _feedback, "conversation_id", "message_id")
        with self._engine.begin() as connection:
            connection.execute(new, asdict(said))
            connection.execute(update(_feedback).where(_is(conversation_id, message_id)).values(asdict(said)))
        return said

    def take_back(self, conversation_id: str, message_id: str) -> None:
        """The shopper says nothing of that answer any more."""
        with self._engine.begin() as connection:
            connection.execute(delete(_feedback).where(_is(conversation_id, message_id)))

    def of(self, conversation_id: str) -> Mapping[str, FeedbackValue]:
        """What the shopper says of the answers of a conversation, by the answers' ids."""
        query = select(_feedback.c.message_id, _feedback.c.value).where(_feedback.c.conversation_id == conversation_id)
        with self._engine.connect() as connection:
            return {message_id: value for message_id, value in connection.execute(query)}

    def recent(self, limit: int, value: FeedbackValue | None = None) -> tuple[Feedback, ...]:
        """The latest feedback, newest first, at most `limit` of it; only that of `value`, where one is given."""
        query = select(_feedback).order_by(_feedback.c.time.desc(), _feedback.c.message_id).limit(limit)
        if value is not None:
            query = query.where(_feedback.c.value == value)
        with self._engine.connect() as connection:
            return tuple(Feedback(**row) for row in connection.execute(query).mappings())

    def counts(self) -> Mapping[FeedbackValue, int]:
        """How many answers are called helpful, and how many not."""
        query = select(_feedback.c.value, func.count()).group_by(_feedback.c.value)
        with self._engine.connect() as connection:
            found = {value: int(count) for value, count in connection.execute(query)}
        return {value: found.get(value, 0) for value in get_args(FeedbackValue)}


def _is(conversation_id: str, message_id: str) -> ColumnElement[bool]:
    return (_feedback.c.conversation_id == conversation_id) & (_feedback.c.message_id == message_id)
