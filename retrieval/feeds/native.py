"""The program's own format 1, JSON Lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from retrieval.feeds.base import Format, Head, ReadOptions
from retrieval.feeds.jsonl import read_jsonl
from retrieval.feeds.rows import BadRow, Row


def _recognises(head: Head) -> bool:
    # A first line that is broken is told as every broken line is, if more objects follow.
    return bool(head.keys & {"id", "title"}) or (head.text.startswith("{") and "\n{" in head.text)


def _read(path: Path, options: ReadOptions) -> Iterator[Row | BadRow]:
    for row in read_jsonl(path):
        if isinstance(row, BadRow) or not options.currency or row[1].get("currency") is not None:
            yield row
        else:
            yield row[0], {**row[1], "currency": options.currency}


FORMAT = Format("jsonl", "JSON Lines of format 1", _recognises, _read)
