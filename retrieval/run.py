"""A file of queries to a run (format 4): what the shop's search finds for each, best first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from retrieval.feeds.rows import BadRow, Row
from retrieval.search import Searcher
from retrieval.types import Need


class BadQuery(ValueError):
    """A line of the file is no query; the text names line, field, value and what was expected."""


def run_queries(
    rows: Iterable[Row | BadRow], searcher: Searcher, read: Callable[[str], Need], limit: int
) -> Iterator[Mapping[str, Any]]:
    """Yields `{"query_id", "product_ids", "ms"}` for each query; `read` makes a need of a shopper's words.

    Raises `BadQuery` at the first line that is none.
    """
    for row in rows:
        if isinstance(row, BadRow):
            raise BadQuery(str(row))
        line, fields = row
        query_id, text = fields.get("query_id"), fields.get("query")
        if query_id is None or not isinstance(text, str):
            raise BadQuery(f"line {line}: expected query_id and query, a text; found {dict(fields)!r}"[:300])
        started = time.perf_counter()
        found = searcher.rank(text, read(text), limit)
        ms = round((time.perf_counter() - started) * 1000, 2)
        yield {"query_id": query_id, "product_ids": [product.id for product in found], "ms": ms}
