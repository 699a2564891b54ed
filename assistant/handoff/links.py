"""The threads of a help desk, the conversations that they are about, and what has been posted there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

Posted = Literal["never", "perhaps", "surely"]

_metadata = MetaData()
_links = Table(
    "help_desk_links",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("desk", String(40), nullable=False),
    Column("thread", String(64), nullable=False),
    Column("conversation_id", String(64), nullable=False, index=True),
    Column("episode", String(100), nullable=False),
    Column("agent", String(100), nullable=False),
    Column("assignee", String(100), nullable=False),
    Column("cursor", String(40), nullable=False),
    UniqueConstraint("desk", "thread"),
)
_posts = Table(
    "help_desk_posts",
    _metadata,
    Column("desk", String(40), primary_key=True),
    Column("mark", String(120), primary_key=True),
    Column("arrived", Boolean, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A thread of a help desk (a conversation or a ticket there) and the conversation that it is about.

    `episode` is the hand-over that the thread has been told of last, `agent` who joined the conversation from there and
    `assignee` who had the thread when it was last looked at, all empty at first. `cursor` is where to read on from.
    """

    desk: str
    thread: str
    conversation_id: str
    episode: str = ""
    agent: str = ""
    assignee: str = ""
    cursor: str = ""


class Links:
    """Links and posts in a SQL database. Safe from several threads and processes."""

    def __init__(self, engine: Engine) -> None:
        """Creates the tables in `engine` where they are missing."""
        self._engine = engine
        _metadata.create_all(engine)

    def add(self, desk: str, thread: str, conversation_id: str) -> Link:
        """The link of a thread, made if there is none."""
        row = {"desk": desk, "thread": thread, "conversation_id": conversation_id}
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(_links).values(row | {"episode": "", "agent": "", "assignee": "", "cursor": ""}))
        except IntegrityError:  # It is there already, perhaps since this moment.
            link = self.of_thread(desk, thread)
            assert link is not None
            return link
        return Link(**row)

    def of_thread(self, desk: str, thread: str) -> Link | None:
        """The link of a thread, or None for one that is about no conversation of this shop."""
        return next(iter(self._find(_links.c.desk == desk, _links.c.thread == thread)), None)

    def of_conversation(self, desk: str, conversation_id: str) -> tuple[Link, ...]:
        """The links of all threads about a conversation, the newest first."""
        return self._find(_links.c.desk == desk, _links.c.conversation_id == conversation_id)

    def change(self, link: Link, **values: str) -> Link:
        """Saves new values of `episode`, `agent`, `assignee` or `cursor`; returns the link with them."""
        row = (_links.c.desk == link.desk) & (_links.c.thread == link.thread)
        with self._engine.begin() as connection:
            connection.execute(update(_links).where(row).values(values))
        return replace(link, **values)

    def posted(self, desk: str, mark: str) -> Posted:
        """Whether what goes by `mark` is at the help desk; "perhaps" where it was sent and no answer came."""
        query = select(_posts.c.arrived).where(_posts.c.desk == desk, _posts.c.mark == mark)
        with self._engine.connect() as connection:
            arrived = connection.scalar(query)
        return "never" if arrived is None else "surely" if arrived else "perhaps"

    def posting(self, desk: str, mark: str) -> None:
        """It is about to be sent."""
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(_posts).values(desk=desk, mark=mark, arrived=False))
        except IntegrityError:
            return  # Not for the first time.

    def arrived(self, desk: str, mark: str) -> None:
        """It is there."""
        with self._engine.begin() as connection:
            connection.execute(update(_posts).where(_posts.c.desk == desk, _posts.c.mark == mark).values(arrived=True))

    def _find(self, *conditions: ColumnElement[bool]) -> tuple[Link, ...]:
        fields = [_links.c[name] for name in Link.__dataclass_fields__]
        query = select(*fields).where(*conditions).order_by(_links.c.id.desc())
        with self._engine.connect() as connection:
            return tuple(Link(**row) for row in connection.execute(query).mappings())
