"""What buyers wrote of products: reading reviews, keeping them, and giving those of a product back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from itertools import islice
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, ValidationError
from sqlalchemy import Column, Engine, Float, Index, MetaData, String, Table, Text, delete, func, select

from retrieval.feeds.rows import BadField, BadRow, Row, readable

_BATCH = 500  # SQLite takes 999 parameters in its oldest builds

_metadata = MetaData()
_reviews = Table(
    "reviews",
    _metadata,
    Column("review_id", String(100), primary_key=True),
    Column("product_id", String(100), nullable=False),
    Column("text", Text, nullable=False),
    Column("rating", Float),
    Column("title", String(200), nullable=False),
    Column("time", Float),
    Index("reviews_by_product", "product_id", "time"),
)


@dataclass(frozen=True, slots=True)
class Review:
    """One buyer's opinion. `rating` is 0 to 5, `time` seconds since 1970. Who wrote it is nobody's business here."""

    review_id: str
    product_id: str
    text: str
    rating: float | None = None
    title: str = ""
    time: float | None = None


class BadReview(BadField):
    """A row that is no review."""


def _seconds(value: object) -> float | None:
    """RFC 3339 with an offset to seconds since 1970."""
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise ValueError("expected an RFC 3339 time with its offset, such as 2026-03-01T09:30:00Z")
    return time.timestamp()


_Id = Annotated[str, Field(min_length=1, max_length=100, strict=True)]
_Words = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=20_000)]
_Title = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, max_length=200)]


class _Row(BaseModel):
    # An author's name is allowed in the file and left there.
    review_id: _Id
    product_id: _Id
    text: _Words
    rating: Annotated[float, Field(ge=0, le=5, allow_inf_nan=False, strict=True)] | None = None
    title: _Title = ""
    time: Annotated[float | None, BeforeValidator(_seconds)] = None


def parse_review(row: object) -> Review:
    """The review in a row of `reviews.jsonl`. Raises `BadReview` for the first thing that is wrong."""
    if not isinstance(row, Mapping):
        raise BadReview("row", row, "expected an object")
    try:
        read = _Row.model_validate({name: value for name, value in row.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        raise BadReview(name, row.get(name), first["msg"].removeprefix("Value error, ")) from error
    return Review(**read.__dict__)


@dataclass(frozen=True, slots=True)
class ReviewReport:
    """What became of the rows: how many were new, changed or there already, and which were refused."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: tuple[BadRow, ...] = ()


class ReviewStore:
    """The shop's reviews in a SQL database (SQLite or PostgreSQL). Safe to use from several threads."""

    def __init__(self, engine: Engine) -> None:
        """Makes the table if it is not there."""
        self._engine = engine
        self._writing = threading.Lock()  # SQLite has one writer; waiting here beats "database is locked"
        _metadata.create_all(engine)

    def ingest(self, rows: Iterable[Row | BadRow], progress: Callable[[int], None] = lambda done: None) -> ReviewReport:
        """Stores numbered rows of `reviews.jsonl` in batches, skips those that are wrong and says which and why.

        A review whose `review_id` is there already takes the place of the old one. `progress` is told how many reviews
        have been read so far.
        """
        rejected: list[BadRow] = []
        reviews = readable(rows, parse_review, rejected)
        done = added = changed = 0
        while batch := list(islice(reviews, _BATCH)):
            new, other = self._put({review.review_id: review for review in batch})
            added, changed, done = added + new, changed + other, done + len(batch)
            progress(done)
        return ReviewReport(added, changed, done - added - changed, tuple(rejected))

    def _put(self, reviews: dict[str, Review]) -> tuple[int, int]:
        """Stores one batch; returns how many were new and how many changed."""
        with self._writing, self._engine.begin() as connection:
            there = connection.execute(select(_reviews).where(_reviews.c.review_id.in_(reviews)))
            old = {row.review_id: Review(*row) for row in there}
            fresh = [review for review in reviews.values() if old.get(review.review_id) != review]
            changed = [review.review_id for review in fresh if review.review_id in old]
            if fresh:
                connection.execute(delete(_reviews).where(_reviews.c.review_id.in_(changed)))
                names = _reviews.c.keys()
                connection.execute(_reviews.insert(), [dict(zip(names, astuple(one), strict=True)) for one in fresh])
        return len(fresh) - len(changed), len(changed)

    def of(self, product_id: str, limit: int = 50) -> tuple[Review, ...]:
        """The latest `limit` reviews of a product, newest first, those without a time last."""
        newest = (_reviews.c.time.is_(None), _reviews.c.time.desc(), _reviews.c.review_id)
        query = select(_reviews).where(_reviews.c.product_id == product_id).order_by(*newest).limit(limit)
        with self._engine.connect() as connection:
            return tuple(Review(*row) for row in connection.execute(query))

    def count(self) -> int:
        """How many reviews there are."""
        with self._engine.connect() as connection:
            return int(connection.scalar(select(func.count()).select_from(_reviews)) or 0)
