from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect

from retrieval.catalog import Catalog
from retrieval.feeds.rows import BadRow
from retrieval.reviews import BadReview, Review, ReviewStore, parse_review
from retrieval.sql import open_engine

ROW = {"review_id": "r1", "product_id": "tent-1", "text": " It kept us dry. ", "rating": 4, "time": "2026-03-01T10:00:00Z"}


def numbered(*rows: object) -> list[tuple[int, object]]:
    return list(enumerate(rows, 1))


@pytest.fixture
def store() -> ReviewStore:
    return ReviewStore(open_engine("sqlite://"))


def test_a_row_is_read_and_its_author_left_out() -> None:
    review = parse_review(ROW | {"author": "Ann Example", "title": "Dry", "time": None})
    assert review == Review("r1", "tent-1", "It kept us dry.", 4.0, "Dry", None)
    assert "Ann" not in repr(review)


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        ({"review_id": ""}, "review_id", "at least 1"),
        ({"product_id": None}, "product_id", "required"),
        ({"text": "   "}, "text", "at least 1"),
        ({"text": 7}, "text", "valid string"),
        ({"rating": 6}, "rating", "less than or equal to 5"),
        ({"rating": "5"}, "rating", "valid number"),
        ({"time": "yesterday"}, "time", "expected an RFC 3339 time"),
        ({"time": "2026-03-01T10:00:00"}, "time", "with its offset"),
    ],
)
def test_a_bad_row_names_the_field_and_why(change: dict[str, object], field: str, reason: str) -> None:
    with pytest.raises(BadReview) as bad:
        parse_review(ROW | change)
    assert bad.value.field == field and reason in bad.value.reason


def test_a_row_that_is_no_object_is_refused() -> None:
    with pytest.raises(BadReview, match="expected an object"):
        parse_review(["r1"])


def test_bad_rows_are_told_and_the_rest_goes_in(store: ReviewStore) -> None:
    told: list[int] = []
    report = store.ingest(
        [*numbered(ROW, ROW | {"review_id": "r2", "rating": 9}), BadRow(3, "line", "'{'", "is not JSON")], told.append
    )
    assert (report.added, report.changed, report.unchanged, told) == (1, 0, 0, [1])
    assert [(bad.line, bad.field) for bad in report.rejected] == [(2, "rating"), (3, "line")]
    assert store.count() == 1


def test_the_same_file_again_changes_nothing_and_an_edited_review_replaces_the_old(store: ReviewStore) -> None:
    store.ingest(numbered(ROW))
    assert store.ingest(numbered(ROW, ROW)).unchanged == 2
    report = store.ingest(numbered(ROW | {"text": "It leaked after all.", "rating": 2}))
    assert (report.added, report.changed) == (0, 1)
    (review,) = store.of("tent-1")
    assert (review.text, review.rating) == ("It leaked after all.", 2.0)


def test_the_latest_come_first_and_those_without_a_time_last(store: ReviewStore) -> None:
    times = {"old": "2025-01-01T00:00:00Z", "undated": None, "new": "2026-01-01T00:00:00+02:00"}
    store.ingest(numbered(*(ROW | {"review_id": name, "time": time} for name, time in times.items())))
    assert [review.review_id for review in store.of("tent-1")] == ["new", "old", "undated"]
    assert [review.review_id for review in store.of("tent-1", limit=1)] == ["new"]
    assert store.of("tent-2") == ()


def test_many_reviews_go_in_by_batches(store: ReviewStore) -> None:
    rows = [ROW | {"review_id": f"r{n}", "product_id": f"p{n % 7}"} for n in range(1_203)]
    assert store.ingest(numbered(*rows)).added == 1_203
    assert len(store.of("p3", limit=1_000)) == 172


def test_a_database_from_before_reviews_gets_the_table(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    Catalog(engine)
    assert "reviews" not in inspect(engine).get_table_names()
    assert ReviewStore(engine).of("tent-1") == ()
    assert "reviews" in inspect(engine).get_table_names()
