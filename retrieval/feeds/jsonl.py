"""Reads JSON Lines, plain or gzipped, one row at a time."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NoReturn

from retrieval.feeds.files import open_bytes
from retrieval.feeds.rows import BadRow, FeedError, Row

LINE_LIMIT = 1_000_000
"""Bytes. A product is a few kilobytes; a longer line is another kind of file, and must not fill the memory."""


def read_jsonl(path: Path) -> Iterator[Row | BadRow]:
    """Yields each line's number and object, or what is wrong with the line. Blank lines are passed over.

    Raises:
        FeedError: The file is missing, is a folder, may not be read, is UTF-16, or ends in the middle (a truncated .gz).
    """
    with open_bytes(path) as file:
        yield from _rows(file, path)


def _rows(lines: BinaryIO, path: Path) -> Iterator[Row | BadRow]:
    number = 0
    while line := lines.readline(LINE_LIMIT + 1):
        number += 1
        if number == 1 and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise FeedError(path, "is UTF-16, expected UTF-8")
        if len(line) > LINE_LIMIT:
            _skip_line(lines, line)
            yield BadRow(number, "line", _clip(line), f"is longer than {LINE_LIMIT:,} bytes")
        elif text := line.strip():
            yield _parse(text, number)


def _skip_line(lines: BinaryIO, line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = lines.readline(LINE_LIMIT)


def _parse(line: bytes, number: int) -> Row | BadRow:
    try:
        # A byte order mark before the first object is harmless.
        row = json.loads(line.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        return BadRow(number, "line", _clip(line), f"is not UTF-8 (byte {error.start + 1})")
    except (ValueError, RecursionError) as error:
        return BadRow(number, "line", _clip(line), f"is not JSON ({error})")
    if not isinstance(row, dict):
        return BadRow(number, "line", _clip(line), "is not a JSON object")
    return number, row


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _clip(line: bytes) -> str:
    text = line[:60].decode("utf-8", errors="backslashreplace")
    return repr(text if len(line) <= 60 else text + "…")
