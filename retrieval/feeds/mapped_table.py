"""Any other table, CSV or TSV: a mapping file says what its columns are, or they are called as the fields of format 1."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from retrieval.feeds import values
from retrieval.feeds.base import Format, Head, ReadOptions
from retrieval.feeds.drafts import Draft, drafted, rows
from retrieval.feeds.files import decoded_head
from retrieval.feeds.groups import families
from retrieval.feeds.mapping import ColumnMapping, Source, identity
from retrieval.feeds.rows import BadRow, FeedError, Row
from retrieval.feeds.tables import header_of, read_table
from retrieval.products import BadProduct

# Cells of these hold JSON, where a table has format 1's own names.
_JSON = ("attributes", "options", "variants")
_CONVERTED = {
    "availability": values.availability,
    "stock": values.stock,
    "rating": values.number,
    "rating_count": values.count,
    "created_at": values.timestamp,
}


def _recognises(head: Head) -> bool:
    return {"id", "title"} <= head.columns


def _read(path: Path, options: ReadOptions) -> Iterator[Row | BadRow]:
    columns = header_of(decoded_head(path, options.encoding)).columns
    mapping = options.mapping or identity(path, frozenset(columns))
    _check(path, mapping, columns)
    native = () if options.mapping else tuple(name for name in _JSON if name in columns)

    def draft(line: int, cells: Mapping[str, str]) -> Draft:
        made = _row(line, cells, mapping, native)
        _nested(made, cells, native)
        return made

    yield from rows(families(drafted(read_table(path, options.encoding), draft)), options.currency)


def _check(path: Path, mapping: ColumnMapping, columns: tuple[str, ...]) -> None:
    for name in sorted(mapping.columns):
        if name not in columns:
            raise FeedError(mapping.path, f"names the column {name!r}, which {path.name} lacks; it has {', '.join(columns)}")
    for name in ("id", "title"):
        if name not in mapping.fields:
            raise FeedError(path, f"has no column {name!r}; expected one, or a mapping file that says which it is")


def _row(line: int, cells: Mapping[str, str], mapping: ColumnMapping, native: tuple[str, ...]) -> Draft:
    made = Draft(line, group=cells.get(mapping.group, ""))
    # The currency first, so that a price in another one is noticed.
    for name, source in sorted(mapping.fields.items(), key=lambda item: item[0] != "currency"):
        _field(made, name, source, cells, mapping.decimal)
    for name, source in mapping.attributes.items():
        made.note(name, *_found(source, cells))
    for name, source in mapping.options.items():
        found = _found(source, cells)
        if found:
            made.options[values.label(name)] = found
    for column, cell in cells.items():
        if column not in mapping.columns and column not in native:
            made.note(column, values.plain_text(cell))
    return made


def _field(made: Draft, name: str, source: Source, cells: Mapping[str, str], decimal: str) -> None:
    cell = cells.get(source.column, "") or source.value
    column = source.column or name
    if name in ("price", "list_price"):
        made.price(name, column, cell, decimal)
    elif name in _CONVERTED:
        made.read(name, column, cell, _CONVERTED[name])
    elif name == "category":
        made.put(name, values.path(cell, source.split))
    elif name == "currency":
        made.put(name, cell.upper())
    else:
        made.put(name, values.plain_text(cell))


def _found(source: Source, cells: Mapping[str, str]) -> list[str]:
    text = values.plain_text(cells.get(source.column, "") or source.value)
    return values.parts(text, source.split) if source.split else values.distinct([text])


def _nested(made: Draft, cells: Mapping[str, str], native: tuple[str, ...]) -> None:
    """Reads the cells that hold what no cell of text can."""
    for name in native:
        if not cells.get(name):
            continue
        found = _json(name, cells[name])
        if name == "variants":
            made.variants = found
        elif not isinstance(found, dict):
            raise BadProduct(name, cells[name], "is not a JSON object")
        elif name == "options":
            made.options |= found
        else:
            for key, value in found.items():
                made.attributes[key] = value if isinstance(value, list) else [str(value)]


def _json(name: str, cell: str) -> Any:
    try:
        return json.loads(cell)
    except (ValueError, RecursionError) as error:
        raise BadProduct(name, cell, f"is not JSON ({error})") from None


FORMAT = Format("csv", "CSV or TSV", _recognises, _read)
