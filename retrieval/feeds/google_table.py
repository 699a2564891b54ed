"""Google Merchant feeds as text: TSV, or CSV, with Google's field names in the header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from retrieval.feeds import google, values
from retrieval.feeds.base import Format, Head, ReadOptions
from retrieval.feeds.drafts import Draft, drafted, rows
from retrieval.feeds.groups import families
from retrieval.feeds.rows import BadRow, Row
from retrieval.feeds.tables import read_table

_TELLING = frozenset({"link", "image_link", "product_type", "google_product_category", "item_group_id", "gtin"})
# Fields that may be given more than once, in a cell as a list.
_REPEATED = frozenset({"product_highlight", "shipping"})


def _recognises(head: Head) -> bool:
    names = {_field(name) for name in head.columns}
    return {"id", "title"} <= names and len(names & _TELLING) >= 2


def _read(path: Path, options: ReadOptions) -> Iterator[Row | BadRow]:
    def draft(line: int, cells: Mapping[str, str]) -> Draft:
        fields: dict[str, list[str]] = {}
        for column, cell in cells.items():
            name = _field(column) if cell else ""
            if not name:
                continue
            found = (
                _details(cell) if name == "product_detail" else {name: values.parts(cell) if name in _REPEATED else [cell]}
            )
            for key, texts in found.items():
                fields.setdefault(key, []).extend(texts)
        return google.draft(line, fields, options.now)

    yield from rows(families(drafted(read_table(path, options.encoding), draft)), options.currency)


def _field(column: str) -> str:
    """Returns Google's name of a column, which may have spaces for underscores and a note: "image link", "color(text)"."""
    return re.sub(r"\W+", "_", re.sub(r"[\[(].*", "", column.strip()).strip().lower().removeprefix("g:"))


def _details(cell: str) -> dict[str, list[str]]:
    """Returns `product_detail`s by name; each is written "section:name:value", or "name:value"."""
    found: dict[str, list[str]] = {}
    for piece in values.parts(cell):
        *sections, name, value = ["product_detail", piece] if ":" not in piece else piece.split(":", 2)
        found.setdefault(google.detail("".join(sections), name), []).append(value)
    return found


FORMAT = Format("google-tsv", "Google Merchant TSV or CSV", _recognises, _read)
