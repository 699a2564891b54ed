"""Reads tables of text, CSV and TSV: a header, then rows, whatever stands between the columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from retrieval.feeds.files import open_text
from retrieval.feeds.rows import BadRow, FeedError

Cells = Mapping[str, str]
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a file, and what stands between them."""

    columns: tuple[str, ...]
    delimiter: str


def header_of(text: str) -> Table:
    """Returns the columns that a table's first line names; the delimiter is the one that gives the most."""
    line = next(iter(text.lstrip("\ufeff\r\n\t ").splitlines()), "")
    tables = [Table(tuple(_names(next(csv.reader([line], delimiter=mark), []))), mark) for mark in _DELIMITERS]
    return max(tables, key=lambda table: len(table.columns))


def read_table(path: Path, encoding: str = "") -> Iterator[BadRow | tuple[int, Cells]]:
    """Yields each row's line and its cells by column name; or what is wrong with the row.

    Raises:
        FeedError: The file is no text, has no sound header, or a quotation mark in it is never closed.
    """
    with open_text(path, encoding) as text:
        header = _first_line(text)
        table = header_of(header)
        _check(path, table)
        yield from _rows(path, csv.reader(text, delimiter=table.delimiter, strict=True), table, header.count("\n"))


def _first_line(text: TextIO) -> str:
    """Returns the header's line and the blank ones before it."""
    read = ""
    while line := text.readline(1_000_000):
        read += line
        if line.strip():
            break
    return read


def _names(cells: list[str]) -> list[str]:
    # What a spreadsheet leaves behind: empty columns at the end.
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names


def _check(path: Path, table: Table) -> None:
    if len(table.columns) < 2:
        shown = table.columns[0][:60] if table.columns else ""
        raise FeedError(path, f"its first line {shown!r} is no header; expected names of columns, between commas or tabs")
    seen: set[str] = set()
    for name in table.columns:
        if name and name.casefold() in seen:
            raise FeedError(path, f"has two columns called {name!r}; expected names that differ")
        seen.add(name.casefold())


def _rows(path: Path, reader: Iterator[list[str]], table: Table, above: int) -> Iterator[BadRow | tuple[int, Cells]]:
    lines = 0
    while True:
        line = above + lines + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            lines = reader.line_num  # type: ignore[attr-defined]
            yield _bad_quoting(path, line, error)
            continue
        if cells is None:
            return
        lines = reader.line_num  # type: ignore[attr-defined]
        if any(cell.strip() for cell in cells):
            yield _row(line, cells, table)


def _bad_quoting(path: Path, line: int, error: csv.Error) -> BadRow:
    """Returns what is wrong with one row; a quotation mark left open would swallow all the rows behind it."""
    if "expected after" in str(error):
        return BadRow(line, "row", "'\"'", "has a quotation mark inside a quoted cell; expected it doubled")
    raise FeedError(path, f"a quotation mark opened at line {line} is never closed ({error})") from None


def _row(line: int, cells: list[str], table: Table) -> BadRow | tuple[int, Cells]:
    while len(cells) > len(table.columns) and not cells[-1].strip():
        cells.pop()
    if len(cells) != len(table.columns):
        shown = repr(table.delimiter.join(cells)[:60])
        return BadRow(line, "row", shown, f"has {len(cells)} cells, expected {len(table.columns)}")
    names = (name or f"column {place}" for place, name in enumerate(table.columns, start=1))
    return line, {name: cell.strip() for name, cell in zip(names, cells, strict=True)}
