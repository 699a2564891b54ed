"""Suggestions in SQL, in a table of their own: the merchant's products are never written to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Column, Engine, Float, MetaData, Row, String, Table, Text, delete, insert, select

from retrieval.tagging.types import Guess, Suggestion

BATCH = 200
"""Rows a statement: databases bound how many values one may name."""

_metadata = MetaData()
_suggestions = Table(
    "suggestions",
    _metadata,
    Column("product_id", String(100), primary_key=True),
    Column("field", String(200), primary_key=True),
    Column("value", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("method", String(20), nullable=False),
    Column("model", String(40), nullable=False),
    Column("source_hash", String(32), nullable=False),
)


class SuggestionStore:
    """What tagging suggests for the products of one shop."""

    def __init__(self, engine: Engine) -> None:
        """Creates the table where it is missing. Raises `sqlalchemy.exc.SQLAlchemyError` if that can't be done."""
        self._engine = engine
        _metadata.create_all(engine)

    def all(self) -> Iterator[Suggestion]:
        """Yields every suggestion, by product and field."""
        with self._engine.connect() as connection:
            yield from map(_unpack, connection.execute(select(_suggestions).order_by("product_id", "field")))

    def of_field(self, field: str) -> dict[str, Suggestion]:
        """Returns the suggestions for one field, by product id."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(_suggestions).where(_suggestions.c.field == field))
            return {row.product_id: _unpack(row) for row in rows}

    def confident(self, threshold: float) -> Mapping[str, dict[str, Guess]]:
        """Returns the guesses that are at least so sure (0-1), by product id and field."""
        found: dict[str, dict[str, Guess]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(select(_suggestions).where(_suggestions.c.confidence >= threshold)):
                suggestion = _unpack(row)
                found.setdefault(suggestion.product_id, {})[suggestion.field] = suggestion.guess
        return found

    def replace(self, field: str, suggestions: Iterable[Suggestion], gone: Iterable[str]) -> None:
        """Puts `suggestions` for `field` in place of older ones, and drops those of the products `gone`, all at once."""
        fresh = {suggestion.product_id: _row(suggestion) for suggestion in suggestions}
        with self._engine.begin() as connection:
            for ids in _batches([*gone, *fresh]):
                of_them = (_suggestions.c.field == field) & _suggestions.c.product_id.in_(ids)
                connection.execute(delete(_suggestions).where(of_them))
            if fresh:
                connection.execute(insert(_suggestions), list(fresh.values()))

    def keep_fields(self, fields: Iterable[str]) -> None:
        """Drops the suggestions for all other fields."""
        with self._engine.begin() as connection:
            connection.execute(delete(_suggestions).where(_suggestions.c.field.not_in(list(fields))))


def _batches(ids: list[str]) -> Iterator[list[str]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def _row(suggestion: Suggestion) -> dict[str, object]:
    return {
        "product_id": suggestion.product_id,
        "field": suggestion.field,
        "value": json.dumps(suggestion.guess.value, ensure_ascii=False),
        "confidence": suggestion.guess.confidence,
        "method": suggestion.guess.method,
        "model": suggestion.model,
        "source_hash": suggestion.source_hash,
    }


def _unpack(row: Row[tuple[object, ...]]) -> Suggestion:
    guess = Guess(tuple(json.loads(row.value)), row.confidence, row.method)
    return Suggestion(row.product_id, row.field, guess, row.model, row.source_hash)
