from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import IntegrityError

from ranking.events import EventStore
from ranking.impression_log import ImpressionLog, Seen
from tests.fakes_ranking import make_event

FIRST = Seen("e1", 0.8, {"brand": 0.25, "dislike": -0.5})
SECOND = Seen("e2", 1.0, {}, asked=False)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return create_engine(f"sqlite:///{tmp_path / 'shop.db'}")


def test_what_was_seen_comes_back_as_it_was(engine: Engine) -> None:
    ImpressionLog(engine).add([FIRST, SECOND])
    reopened = ImpressionLog(engine)
    assert sorted(reopened.all(), key=lambda seen: seen.event_id) == [FIRST, SECOND]
    assert reopened.count() == 2


def test_nothing_is_no_trouble(engine: Engine) -> None:
    log = ImpressionLog(engine)
    log.add([])
    assert (log.count(), list(log.all())) == (0, [])


def test_what_is_there_stays_as_it_is(engine: Engine) -> None:
    log = ImpressionLog(engine)
    log.add([FIRST])
    log.add([Seen("e1", 0.1, {}), SECOND])
    assert {seen.event_id: seen.relevance for seen in log.all()} == {"e1": 0.8, "e2": 1.0}


def test_all_or_none_are_stored(engine: Engine) -> None:
    log = ImpressionLog(engine)
    with pytest.raises(IntegrityError):
        log.add([FIRST, Seen("e2", None, {})])  # type: ignore[arg-type]
    assert log.count() == 0


def test_the_log_lives_beside_the_events(engine: Engine) -> None:
    events = EventStore(engine)
    events.add([make_event("a", "impression")])
    ImpressionLog(engine).add([FIRST])
    assert (events.count(), ImpressionLog(engine).count()) == (1, 1)
