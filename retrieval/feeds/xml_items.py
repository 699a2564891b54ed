"""Streams the items of an RSS or Atom file. Nothing is kept of an item once it is read, and nothing is ever expanded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from retrieval.feeds.files import open_bytes
from retrieval.feeds.rows import BadRow, FeedError

ITEM_LIMIT = 1_000_000
"""Characters of one item; more is no product, and must not fill the memory."""

_CHUNK = 65_536
_ROOTS = frozenset({"rss", "feed", "RDF"})
_ITEMS = frozenset({"item", "entry"})


@dataclass(slots=True)
class Element:
    """An element of an item: its name without the namespace, the namespace, its XML attributes, its text, its children."""

    name: str
    namespace: str
    properties: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)


def read_items(path: Path, encoding: str = "") -> Iterator[BadRow | tuple[int, Element]]:
    """Yields each item's line and element. Declarations of a document type are refused, and with them every entity.

    The file's own declaration tells its encoding, unless `encoding` does.

    Raises:
        FeedError: The file is no XML or not sound, is no RSS or Atom, or declares a document type.
    """
    reader = _Reader(path, encoding)
    with open_bytes(path) as file:
        chunk = b"-"
        while chunk:
            chunk = file.read(_CHUNK)
            try:
                reader.feed(chunk, is_last=not chunk)
            finally:
                # Those before a fault are sound.
                yield from reader.taken()


class _Reader:
    """Turns the parser's events into items."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._path = path
        self._open: list[Element] = []
        self._depth = 0
        self._line = 0
        self._size = 0
        self._items: list[BadRow | tuple[int, Element]] = []
        self._parser = expat.ParserCreate(encoding or None, namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._refuse

    def feed(self, chunk: bytes, is_last: bool) -> None:
        """Takes the next bytes. Raises `FeedError` where they are not sound XML."""
        try:
            self._parser.Parse(chunk, is_last)
        except expat.ExpatError as error:
            raise FeedError(self._path, self._told(error)) from None
        except (LookupError, ValueError) as error:
            raise FeedError(self._path, f"is XML in an encoding that can't be read ({error})") from None

    def taken(self) -> list[BadRow | tuple[int, Element]]:
        """Returns the items complete so far, once."""
        items, self._items = self._items, []
        return items

    def _told(self, error: expat.ExpatError) -> str:
        reason = expat.ErrorString(error.code)
        if error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]:
            return f"line {error.lineno}: the XML ends in the middle"
        return f"line {error.lineno}: is not sound XML ({reason})"

    def _refuse(self, *_: object) -> None:
        raise FeedError(self._path, "declares a document type (DOCTYPE), which no feed needs; take that line out")

    def _start(self, tag: str, properties: dict[str, str]) -> None:
        namespace, _, name = tag.rpartition(" ")
        self._depth += 1
        if self._depth == 1 and name not in _ROOTS:
            raise FeedError(self._path, f"is XML that begins with <{name}>, expected <rss> or <feed>")
        if not self._open and name not in _ITEMS:
            return
        if not self._open:
            self._line, self._size = self._parser.CurrentLineNumber, 0
        element = Element(name, namespace, properties)
        self._grow(len(tag) + sum(map(len, properties.values())))
        if self._open and self._size <= ITEM_LIMIT:
            self._open[-1].children.append(element)
        self._open.append(element)

    def _characters(self, text: str) -> None:
        if self._open:
            self._grow(len(text))
            if self._size <= ITEM_LIMIT:
                self._open[-1].text += text

    def _grow(self, size: int) -> None:
        self._size += size

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if not self._open:
            return
        element = self._open.pop()
        element.text = element.text.strip()
        if self._open:
            return
        if self._size > ITEM_LIMIT:
            self._items.append(BadRow(self._line, element.name, "<…>", f"is longer than {ITEM_LIMIT:,} characters"))
        else:
            self._items.append((self._line, element))
