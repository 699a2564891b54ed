from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from ranking.events import BadEvent, EventStore, parse_event
from retrieval.feeds.jsonl import read_jsonl
from retrieval.feeds.rows import BadRow
from retrieval.sql import open_engine
from tests.fakes_ranking import NOW, make_event

GOOD = {"event_id": "e1", "time": "2026-03-01T10:30:00+01:00", "shopper_id": "s1", "type": "click", "product_id": "p1"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> EventStore:
    return EventStore(engine)


def test_a_row_becomes_an_event_with_utc_seconds_and_minor_units() -> None:
    event = parse_event({**GOOD, "price": 19.99, "quantity": 2, "position": 3, "unheard_of": 1})
    assert (event.event_id, event.shopper_id, event.type, event.product_id) == ("e1", "s1", "click", "p1")
    assert event.time == 1772357400.0
    assert (event.price, event.quantity, event.position, event.variant_id) == (1999, 2, 3, None)


def test_minor_units_are_those_of_the_currency() -> None:
    assert parse_event({**GOOD, "price": 1200}, "JPY").price == 1200
    assert parse_event({**GOOD, "price": 1.25}, "KWD").price == 1250


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"event_id": ""}, "event_id", ""),
        ({"event_id": 7}, "event_id", 7),
        ({"time": "yesterday"}, "time", "yesterday"),
        ({"time": "2026-03-01T10:30:00"}, "time", "2026-03-01T10:30:00"),
        ({"time": 1772357400}, "time", 1772357400),
        ({"type": "buy"}, "type", "buy"),
        ({"product_id": "x" * 101}, "product_id", "x" * 101),
        ({"price": -1}, "price", -1),
        ({"price": "5"}, "price", "5"),
        ({"price": float("nan")}, "price", float("nan")),
        ({"quantity": 0}, "quantity", 0),
        ({"quantity": True}, "quantity", True),
        ({"position": 1.5}, "position", 1.5),
    ],
)
def test_a_bad_field_is_named_with_its_value(change: dict[str, Any], field: str, value: object) -> None:
    with pytest.raises(BadEvent) as caught:
        parse_event({**GOOD, **change})
    assert caught.value.field == field
    assert repr(caught.value.value) == repr(value)
    assert caught.value.reason


@pytest.mark.parametrize("name", ["event_id", "time", "shopper_id", "type"])
def test_a_missing_field_is_named(name: str) -> None:
    with pytest.raises(BadEvent) as caught:
        parse_event({key: value for key, value in GOOD.items() if key != name})
    assert (caught.value.field, caught.value.value) == (name, None)


def test_a_row_that_is_no_object_is_refused() -> None:
    with pytest.raises(BadEvent, match="row has value"):
        parse_event(["click"])


def test_a_repeated_event_is_harmless(store: EventStore) -> None:
    first, second = make_event("p1"), make_event("p2")
    assert store.add([first, first]) == 1
    assert store.add([first, second]) == 1
    assert store.count() == 2


def test_history_is_oldest_first_without_impressions_and_only_the_latest(store: EventStore) -> None:
    store.add(make_event(f"p{n}", "click", time=NOW + n) for n in (3, 1, 2))
    store.add([make_event("p9", "impression", time=NOW + 9), make_event("p8", "click", shopper="s2")])
    assert [event.product_id for event in store.history("s1")] == ["p1", "p2", "p3"]
    assert [event.product_id for event in store.history("s1", limit=2)] == ["p2", "p3"]
    assert store.history("nobody") == ()


def test_events_of_the_same_moment_keep_the_order_in_which_they_came(store: EventStore) -> None:
    store.add([make_event("p2"), make_event("p1")])
    assert [event.product_id for event in store.history("s1")] == ["p2", "p1"]


def test_what_goes_in_comes_out_unchanged(store: EventStore) -> None:
    event = parse_event({**GOOD, "price": 5, "quantity": 1, "conversation_id": "c1", "variant_id": "v1", "source": "chat"})
    store.add([event])
    assert list(store.all()) == [event]


def test_streams_run_in_the_order_of_time(store: EventStore) -> None:
    store.add([make_event("p2", time=NOW + 1), make_event("p1", "impression"), make_event("p3", time=NOW + 2)])
    assert [event.product_id for event in store.all()] == ["p1", "p2", "p3"]
    assert [event.product_id for event in store.interactions()] == ["p2", "p3"]


def test_an_empty_store(store: EventStore) -> None:
    assert (store.count(), list(store.all())) == (0, [])


def test_ingest_takes_the_good_rows_and_names_the_bad_ones(store: EventStore, tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(
        '{"event_id": "e1", "time": "2026-03-01T10:30:00Z", "shopper_id": "s1", "type": "click", "product_id": "p1"}\n'
        "not json\n"
        '{"event_id": "e2", "time": "2026-03-01T10:30:00Z", "shopper_id": "s1", "type": "stare", "product_id": "p1"}\n'
        '{"event_id": "e1", "time": "2026-03-01T10:30:00Z", "shopper_id": "s1", "type": "click", "product_id": "p1"}\n',
        encoding="utf-8",
    )
    done: list[int] = []
    report = store.ingest(read_jsonl(path), progress=done.append)
    assert (report.added, report.repeated) == (1, 1)
    assert [bad.line for bad in report.rejected] == [2, 3]
    assert isinstance(report.rejected[1], BadRow)
    assert (report.rejected[1].field, report.rejected[1].value) == ("type", "'stare'")
    assert done == [2]


def test_ingest_runs_over_several_batches(store: EventStore) -> None:
    rows = [(n, {**GOOD, "event_id": f"e{n}"}) for n in range(1, 4_502)]
    assert store.ingest(rows).added == 4_501
    report = store.ingest([*rows, (5_000, {**GOOD, "event_id": "new"})])
    assert (report.added, report.repeated) == (1, 4_501)


def test_several_threads_may_write_and_read(store: EventStore) -> None:
    def work(name: str) -> None:
        for n in range(20):
            store.add([make_event(f"p{n}", "click", shopper=name), make_event(f"p{n}", "like", shopper="all")])
            store.history(name)

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.count() == 4 * 20 + 20
