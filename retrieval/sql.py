"""Opens SQL databases: SQLite by default, any SQLAlchemy URL otherwise."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Engine, StaticPool, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_TIMEOUT_MS = 15_000
"""How long a writer waits for another one before it gives up."""
# Who writes may have to read on a second connection before it is done. With a limit, all connections could be held by
# threads that wait for one more; their number is limited by that of the threads anyway.
_NO_LIMIT = -1
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


def open_engine(url: str) -> Engine:
    """Returns an engine that many threads may use at once. `sqlite://` is a database in memory, for tests."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, max_overflow=_NO_LIMIT)
    in_memory = make_url(url).database in (None, "", ":memory:")
    # A database in memory lives in its connection, so all threads have to share the one.
    shared: dict[str, Any] = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
    engine = create_engine(url, **(shared if in_memory else {"max_overflow": _NO_LIMIT}))
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def insert_new(engine: Engine, table: Table, *key: str) -> Any:
    """The statement that inserts rows into `table` and leaves those alone whose columns `key` are there already."""
    dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
    return dialect.insert(table).on_conflict_do_nothing(index_elements=key)


def storable(text: str) -> str:
    """`text` without what can't be kept as UTF-8, or not in every database: halves of a letter, and NUL."""
    return _NOT_STORABLE.sub("", text)


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    # The timeout first: switching to the write-ahead log may itself have to wait for another process.
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()
