from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from retrieval.catalog import Catalog, CatalogError
from retrieval.feeds.jsonl import read_jsonl
from retrieval.feeds.rows import BadRow, FeedError, Row
from retrieval.products import parse_product
from retrieval.sql import open_engine
from retrieval.types import Product


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    engine = open_engine(f"sqlite:///{tmp_path}/shop.db")
    yield Catalog(engine)
    engine.dispose()


def rows(*ids: str, **fields: object) -> list[Row]:
    return [(line, {"id": i, "title": f"Product {i}", "price": 10, **fields}) for line, i in enumerate(ids, start=1)]


def test_products_come_back_as_they_went_in(catalog: Catalog) -> None:
    full = {
        "id": "a",
        "title": "Café table",
        "price": 19.99,
        "category": ["Home", "Tables"],
        "attributes": {"material": "oak", "feature": ["foldable", "light"]},
        "options": {"color": ["red"]},
        "variants": [{"id": "v", "options": {"color": "red"}, "stock": 0}],
    }
    catalog.ingest([(1, full)])
    assert catalog.get("a") == parse_product(full)
    assert catalog.get("b") is None


def test_only_what_changed_is_counted_and_raises_the_version(catalog: Catalog) -> None:
    first = catalog.ingest(rows("a", "b"))
    version = catalog.version
    again = catalog.ingest(rows("a", "b"))
    assert (first.added, again.unchanged, again.added, again.changed) == (2, 2, 0, 0)
    assert catalog.version == version

    third = catalog.ingest([*rows("a"), (2, {"id": "b", "title": "Product b", "price": 11}), (3, rows("c")[0][1])])
    assert (third.added, third.changed, third.unchanged, third.changed_ids) == (1, 1, 1, ("b", "c"))
    assert catalog.version > version


def test_listing_is_complete_and_in_a_stable_order(catalog: Catalog) -> None:
    ids = [f"p{number:04}" for number in range(1_201)]
    catalog.ingest(rows(*reversed(ids)))
    assert [product.id for product in catalog.all()] == ids
    assert catalog.count() == 1_201
    assert list(catalog.get_many(["p0900", "gone", "p0003"])) == ["p0900", "p0003"]


def test_replace_retires_what_the_feed_no_longer_has(catalog: Catalog) -> None:
    catalog.ingest(rows("a", "b", "c"))
    report = catalog.ingest(rows("b"), replace=True)
    assert (report.retired, report.retired_ids) == (2, ("a", "c"))
    assert [product.id for product in catalog.all()] == ["b"]


def test_without_replace_nothing_is_retired(catalog: Catalog) -> None:
    catalog.ingest(rows("a", "b"))
    assert catalog.ingest(rows("b")).retired == 0
    assert catalog.count() == 2


def test_a_feed_that_breaks_off_retires_nothing(catalog: Catalog) -> None:
    def broken() -> Iterator[Row]:
        yield from rows("c")
        raise FeedError(Path("feed.gz"), "cut off")

    catalog.ingest(rows("a", "b"))
    report = catalog.ingest(broken(), replace=True)
    assert (report.added, report.retired, str(report.failure)) == (1, 0, "feed.gz: cut off")
    assert catalog.count() == 3


def test_a_repeated_id_is_a_bad_row_even_in_a_later_batch(catalog: Catalog) -> None:
    ids = [f"p{number}" for number in range(700)]
    report = catalog.ingest(rows(*ids, "p3", "p699"))
    assert report.added == 700
    assert [(bad.line, bad.field, bad.value) for bad in report.rejected] == [(701, "id", "'p3'"), (702, "id", "'p699'")]


def test_the_first_product_sets_the_currency(catalog: Catalog) -> None:
    assert catalog.currency == "USD"
    report = catalog.ingest([*rows("a", currency="EUR"), (2, rows("b")[0][1]), *rows("c", currency="USD")])
    assert catalog.currency == "EUR"
    assert [str(bad) for bad in report.rejected] == ["line 1: currency: 'USD' is not the shop's currency EUR"]
    assert {product.currency for product in catalog.all()} == {"EUR"}


def test_progress_counts_rows(catalog: Catalog) -> None:
    seen: list[int] = []
    catalog.ingest(rows(*map(str, range(1_100))), progress=seen.append)
    assert seen == [500, 1_000, 1_100]


def test_twelve_kinds_of_broken_rows_are_lost_and_named(catalog: Catalog, tmp_path: Path) -> None:
    broken = {
        "line": '{"id": "x1", "title": "cut',
        "title": {"id": "x2"},
        "id": {"title": "no id"},
        "price": {"id": "x4", "title": "T", "price": "12,50"},
        "list_price": {"id": "x5", "title": "T", "list_price": -3},
        "currency": {"id": "x6", "title": "T", "currency": "dollars"},
        "availability": {"id": "x7", "title": "T", "availability": "soon"},
        "stock": {"id": "x8", "title": "T", "stock": 2.5},
        "rating": {"id": "x9", "title": "T", "rating": 11},
        "category": {"id": "x10", "title": "T", "category": "Shoes"},
        "attributes.color": {"id": "x11", "title": "T", "attributes": {"color": 3}},
        "variants.0.options.size": {"id": "x12", "title": "T", "variants": [{"id": "v", "options": {"size": "8"}}]},
        "created_at": {"id": "x13", "title": "T", "created_at": "yesterday"},
    }
    lines = []
    for number, row in enumerate(broken.values()):
        lines += [
            json.dumps({"id": f"good{number}", "title": "Good"}),
            row if isinstance(row, str) else json.dumps(row),
        ]
    path = tmp_path / "shop.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))

    report = catalog.ingest(read_jsonl(path))

    assert [bad.field for bad in report.rejected] == list(broken)
    assert [bad.line for bad in report.rejected] == [2 * place for place in range(1, len(broken) + 1)]
    assert (report.added, report.rejected_count) == (len(broken), len(broken))
    assert all(product.id.startswith("good") for product in catalog.all())


def test_readers_and_writers_share_the_database(catalog: Catalog) -> None:
    reports = []
    batches = [rows(*(f"{name}{number}" for number in range(300))) for name in "abcd"]
    threads = [Thread(target=lambda batch=batch: reports.append(catalog.ingest(batch))) for batch in batches]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert all(isinstance(product, Product) for product in catalog.all())
    for thread in threads:
        thread.join()
    assert [report.added for report in reports] == [300] * 4
    assert catalog.count() == 1_200


def test_a_database_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="can't be opened"):
        Catalog(open_engine(f"sqlite:///{tmp_path}/no/such/folder/shop.db"))


def test_a_catalogue_in_memory_is_shared_by_threads() -> None:
    engine = open_engine("sqlite://")
    shop = Catalog(engine)
    thread = Thread(target=lambda: shop.ingest(rows("a")))
    thread.start()
    thread.join()
    assert shop.count() == 1
    engine.dispose()


def test_bad_rows_read_like_a_sentence() -> None:
    assert str(BadRow(7, "price", "'12,50'", "is not a number >= 0")) == "line 7: price: '12,50' is not a number >= 0"


def test_readers_see_all_of_an_ingest_or_nothing_of_it(catalog: Catalog) -> None:
    catalog.ingest(rows("a", "b"))
    version = catalog.version
    before = list(catalog.all())

    def feed() -> Iterator[Row]:
        for number in range(1_200):
            yield number, {"id": f"p{number}", "title": "New"}
            if number % 400 == 0:
                assert (list(catalog.all()), catalog.version) == (before, version)

    assert catalog.ingest(feed(), replace=True).retired == 2
    assert (catalog.count(), catalog.version) == (1_200, version + 1)


def test_what_is_new_is_prepared_before_anybody_sees_it(catalog: Catalog) -> None:
    catalog.ingest(rows("a", "b"))
    prepared = []

    def prepare(products: Iterator[Product]) -> None:
        prepared.extend((product.id, product.title, catalog.get(product.id)) for product in products)

    catalog.ingest([*rows("a"), (2, {"id": "b", "title": "Changed"}), (3, {"id": "c", "title": "New"})], prepare=prepare)
    assert [(product_id, title) for product_id, title, _ in prepared] == [("b", "Changed"), ("c", "New")]
    assert [seen.title if seen else None for _, _, seen in prepared] == ["Product b", None]
    prepared.clear()
    catalog.ingest(rows("a"), prepare=prepare)
    assert prepared == []


def test_an_ingest_that_fails_before_it_is_published_leaves_no_trace(catalog: Catalog) -> None:
    catalog.ingest(rows("a"))

    def fail(_: Iterator[Product]) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        catalog.ingest(rows("b", "c"), replace=True, prepare=fail)
    assert [product.id for product in catalog.all()] == ["a"]
    report = catalog.ingest(rows("b"), replace=True)
    assert (report.added, report.retired) == (1, 1)
    assert [product.id for product in catalog.all()] == ["b"]


def test_an_ingest_that_another_process_overtook_is_refused(catalog: Catalog, tmp_path: Path) -> None:
    other_engine = open_engine(f"sqlite:///{tmp_path}/shop.db")
    other = Catalog(other_engine)

    def overtake(_: Iterator[Product]) -> None:
        other.ingest(rows("other"))

    with pytest.raises(CatalogError, match="nothing of this one was taken in, run it again"):
        catalog.ingest(rows("mine"), prepare=overtake)
    assert [product.id for product in catalog.all()] == ["other"]
    other_engine.dispose()


def test_a_listing_under_way_is_of_one_instant(catalog: Catalog) -> None:
    ids = [f"p{number:04}" for number in range(1_200)]
    catalog.ingest(rows(*ids))
    listing = catalog.all()
    first = next(listing)
    catalog.ingest(rows(*ids, brand="New"))
    assert {product.brand for product in (first, *listing)} == {""}
    assert {product.brand for product in catalog.all()} == {"New"}
