"""What a format is: its name, how its files begin, and the function that reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from retrieval.feeds.mapping import ColumnMapping
from retrieval.feeds.rows import BadRow, Row
from retrieval.feeds.tables import header_of


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How a feed is read.

    `currency` prices products whose feed names none; `encoding` is "" where the file tells by itself; `now` decides
    whether a reduced price is on; `mapping` tells the columns of a table of any kind.
    """

    currency: str = ""
    encoding: str = ""
    now: datetime = field(default_factory=_now)
    mapping: ColumnMapping | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The start of a file: its text, its column names (lower case) if it is a table, its first JSON object if it has any."""

    text: str
    columns: frozenset[str] = frozenset()
    first: object = None

    @classmethod
    def of(cls, text: str) -> Head:
        """Looks at the start of a file."""
        text = text.lstrip("\ufeff \t\r\n")
        if text.startswith(("{", "[")):
            return cls(text, first=_first_json(text))
        if text.startswith("<"):
            return cls(text)
        return cls(text, frozenset(name.casefold() for name in header_of(text).columns))

    @property
    def root(self) -> str:
        """The name of the first element of XML or HTML, lower case, without its prefix; "" where the text is neither."""
        plain = re.sub(r"<!--.*?-->", "", self.text, flags=re.DOTALL)
        found = re.match(
            r"(?:\s|<\?.*?\?>|<!doctype[^>\[]*(?:\[.*?\]\s*)?>)*<(?:[\w.-]+:)?([\w.-]+)", plain, re.DOTALL | re.I
        )
        return found[1].casefold() if found and self.text.startswith("<") else ""

    @property
    def keys(self) -> frozenset[str]:
        """The names in the first JSON object."""
        return frozenset(self.first) if isinstance(self.first, dict) else frozenset()

    def describe(self) -> str:
        """Says what the file looks like, for a message."""
        if self.root:
            return f"it is XML or HTML that begins with <{self.root}>"
        if self.text.startswith("["):
            return "it is one JSON list, expected one JSON object a line"
        if self.text.startswith("{"):
            return (
                f"its first line is JSON with {_named(self.keys)}" if self.keys else "its first line is no whole JSON object"
            )
        if len(self.columns) > 1:
            return f"it is a table with the columns {_named(self.columns)}, which need a mapping file"
        return f"it begins with {self.text[:40]!r}"


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file that catalogues come in. `name` is for the command line, `title` for people."""

    name: str
    title: str
    recognises: Callable[[Head], bool]
    read: Callable[[Path, ReadOptions], Iterator[Row | BadRow]]


def _named(names: frozenset[str]) -> str:
    shown = sorted(names)
    return ", ".join(shown[:12]) + (", …" if len(shown) > 12 else "")


def _first_json(text: str) -> object:
    try:
        return json.JSONDecoder().raw_decode(text)[0]
    except (ValueError, RecursionError):
        return None
