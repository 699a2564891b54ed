"""The outbox keeps what it is given, in order, and gives each row to one worker at a time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import IntegrityError

from assistant import terminal
from assistant.handoff.outbox import NotDead, Outbox
from retrieval.sql import open_engine
from tests.fakes_desk import a_delivery, put


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
def outbox(engine: Engine) -> Outbox:
    return Outbox(engine)


def lease(outbox: Outbox, now: float = 0.0, limit: int = 10, target: str = "desk"):
    return outbox.lease(target, now, limit, seconds=60)


def ids(deliveries) -> list[str]:
    return sorted(each.event_id for each in deliveries)


def test_an_event_is_there_with_the_change_that_it_tells_of_or_not_at_all(outbox, engine) -> None:
    with engine.connect() as connection:  # ends without a commit
        outbox.add(
            connection,
            event_id="e1",
            target="desk",
            conversation_id="c1",
            event="message.created",
            body_json="{}",
            created_at=0,
            sequence=1,
        )
    assert outbox.waiting() == ()
    put(outbox, engine, a_delivery(1, body='{"a": 1}'))
    (kept,) = outbox.waiting()
    assert (kept.event_id, kept.body, kept.state, kept.attempts) == ("e1", '{"a": 1}', "waiting", 0)


def test_the_same_event_goes_to_a_target_once(outbox, engine) -> None:
    put(outbox, engine, a_delivery(1), a_delivery(1, target="tickets"))
    with pytest.raises(IntegrityError):
        put(outbox, engine, a_delivery(1))
    assert [each.target for each in outbox.waiting()] == ["desk", "tickets"]


def test_a_conversation_goes_out_in_order_and_others_beside_it(outbox, engine) -> None:
    put(outbox, engine, a_delivery(2), a_delivery(1), a_delivery(3, sequence=2), a_delivery(9, conversation_id="c2"))
    seen = []
    while leased := lease(outbox):
        seen.append(ids(leased))
        for each in leased:
            outbox.delivered(each)
    assert seen == [["e1", "e9"], ["e2"], ["e3"]]


def test_a_target_does_not_hold_up_another(outbox, engine) -> None:
    put(outbox, engine, a_delivery(1), a_delivery(1, target="tickets"), a_delivery(2, target="tickets"))
    (at_desk,), (ticket,) = lease(outbox), lease(outbox, target="tickets")
    outbox.failed(at_desk, 100.0, "down")
    outbox.delivered(ticket)
    assert ids(lease(outbox, target="tickets")) == ["e2"]


def test_what_is_leased_is_nobody_elses_until_the_lease_is_over(outbox, engine) -> None:
    put(outbox, engine, a_delivery(1), a_delivery(2))
    (first,) = lease(outbox, now=0)
    assert first.attempts == 1
    assert lease(outbox, now=59.9) == ()
    (again,) = lease(outbox, now=60)
    assert (again.event_id, again.attempts) == ("e1", 2)


def test_nothing_is_sent_before_it_is_due(outbox, engine) -> None:
    put(outbox, engine, a_delivery(1, created_at=5.0), a_delivery(2, created_at=5.0))
    assert lease(outbox, now=4) == ()
    (first,) = lease(outbox, now=5)
    outbox.failed(first, 20.0, "HTTP 503")
    assert lease(outbox, now=19) == (), "the second waits for the first one's retry"
    (retried,) = lease(outbox, now=20)
    assert (retried.event_id, retried.error) == ("e1", "HTTP 503")


def test_a_retry_is_waited_for_by_a_worker_that_read_the_row_before_it_failed(outbox, engine) -> None:
    put(outbox, engine, a_delivery(1))
    quicker = Outbox(engine)

    @event.listens_for(engine, "before_cursor_execute")
    def fail_in_between(connection, cursor, statement: str, *_) -> None:
        if statement.startswith("UPDATE") and (waiting := meanwhile.pop() if meanwhile else None):
            waiting()

    def sent_and_failed() -> None:
        (first,) = quicker.lease("desk", 0.0, 1, 60.0)
        quicker.failed(first, 30.0, "HTTP 503")

    meanwhile = [sent_and_failed]
    assert lease(outbox) == ()
    assert [each.attempts for each in lease(outbox, now=30)] == [2]


def test_an_error_may_hold_anything(outbox, engine) -> None:
    put(outbox, engine, a_delivery(1))
    (first,) = lease(outbox)
    outbox.failed(first, 9.0, "HTTP 500: \x00\udcff oh")
    assert outbox.waiting()[0].error == "HTTP 500:  oh"


def test_the_dead_hold_nobody_up(outbox, engine) -> None:
    put(outbox, engine, a_delivery(1), a_delivery(2))
    (first,) = lease(outbox)
    outbox.give_up(first, "HTTP 400: no such thing" + "!" * 1000)
    (dead,) = outbox.dead()
    assert dead.error.startswith("HTTP 400: no such thing!!") and len(dead.error) == 500
    assert ids(lease(outbox)) == ["e2"]


def test_who_has_lost_a_lease_can_only_say_that_it_went_through(outbox, engine) -> None:
    put(outbox, engine, a_delivery(1))
    (slow,) = lease(outbox, now=0)
    (other,) = lease(outbox, now=60)
    outbox.failed(slow, 500.0, "late")
    outbox.give_up(slow, "late")
    assert outbox.dead() == () and outbox.waiting()[0].due_at == 0
    assert lease(outbox, now=100) == (), "the other one's lease still holds"
    outbox.delivered(slow)
    outbox.failed(other, 500.0, "late too")
    assert outbox.counts() == {"desk": {"waiting": 0, "delivered": 1, "dead": 0}}


def test_what_went_through_keeps_nothing_of_the_shopper(outbox, engine) -> None:
    put(outbox, engine, a_delivery(1))
    (leased,) = lease(outbox)
    outbox.give_up(leased, "a mistake")
    outbox.delivered(leased)
    outbox.replay(None, 1.0)
    assert lease(outbox, now=9) == ()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select body, error from deliveries").all() == [("", "")]


def test_replay_begins_anew_and_goes_first(outbox, engine) -> None:
    put(outbox, engine, a_delivery(1), a_delivery(2))
    (first,) = lease(outbox)
    outbox.told(first)
    outbox.give_up(first, "gone")
    assert outbox.replay([first.id], 1000.0) == 1
    outbox.give_up(first, "by one who held it before")
    (again,) = lease(outbox, now=1000)
    assert (again.event_id, again.attempts, again.queued_at, again.told) == ("e1", 1, 1000.0, False)
    assert again.created_at == 0


def test_replay_of_all_and_of_some(outbox, engine) -> None:
    put(outbox, engine, *(a_delivery(number, conversation_id=f"c{number}") for number in range(1, 5)))
    leased = sorted(lease(outbox), key=lambda each: each.id)
    for each in leased[:3]:
        outbox.give_up(each, "gone")
    with pytest.raises(NotDead, match="delivery 4, 77: expected the ids of dead deliveries"):
        outbox.replay([leased[0].id, 77, leased[3].id], 5.0)
    assert len(outbox.dead()) == 3, "one wrong id, and nothing changes"
    assert outbox.replay([], 5.0) == 0
    assert outbox.replay([leased[1].id], 5.0) == 1
    assert outbox.replay(None, 5.0) == 2
    assert outbox.counts() == {"desk": {"waiting": 4, "delivered": 0, "dead": 0}}


def test_an_operator_sees_what_became_of_it_and_nothing_of_the_shopper(outbox, engine, capsys) -> None:
    put(outbox, engine, a_delivery(1, body='{"secret": "birthday present"}'), a_delivery(2, created_at=60.0))
    (first,) = lease(outbox)
    outbox.give_up(first, "[b]no[/b]")
    (dead,), (waiting,) = outbox.dead(), outbox.waiting()
    assert dead.as_json() == {
        "id": first.id,
        "state": "dead",
        "target": "desk",
        "event": "message.created",
        "event_id": "e1",
        "conversation_id": "c1",
        "attempts": 1,
        "error": "[b]no[/b]",
        "created_at": "1970-01-01T00:00:00+00:00",
        "next_try": None,
    }
    assert waiting.as_json()["next_try"] == "1970-01-01T00:01:00+00:00"
    terminal.print_deliveries([dead, waiting], outbox.counts())
    printed = capsys.readouterr().out
    assert "desk: 1 waiting, 0 delivered, 1 dead" in printed and "[b]no[/b]" in printed
    assert "birthday" not in printed


def test_of_whom_nobody_was_told(outbox, engine) -> None:
    asked = [
        a_delivery(number, conversation_id=f"c{number}", event="handover.requested", created_at=10.0 * number)
        for number in (1, 2, 3, 4)
    ]
    put(outbox, engine, *asked, a_delivery(9, conversation_id="c9"))
    by_id = {each.event_id: each for each in lease(outbox, now=100)}
    outbox.delivered(by_id["e1"])
    outbox.give_up(by_id["e4"], "gone")

    def unheard() -> list[str]:
        return ids(outbox.unheard("desk", "handover.requested", before=20.0))

    assert unheard() == ["e2", "e4"]
    outbox.told(by_id["e2"])
    assert unheard() == ["e4"]
    assert outbox.unheard("tickets", "handover.requested", before=20.0) == ()


def test_many_workers_share_the_work_and_never_a_row(outbox, engine, tmp_path) -> None:
    put(outbox, engine, *(a_delivery(n, conversation_id=f"c{n % 40}") for n in range(200)))

    def work(_: int) -> list[str]:
        engine = open_engine(f"sqlite:///{tmp_path / 'shop.db'}")
        mine, done = Outbox(engine), []
        while leased := mine.lease("desk", 0.0, 3, 60.0):
            for each in leased:
                mine.delivered(each)
            done += [each.event_id for each in leased]
        engine.dispose()
        return done

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(work, range(4)))
    sent = [event_id for one in done for event_id in one]
    assert len(sent) == len(set(sent))
    left = lease(outbox, now=0)  # a worker ends where the only rows in line are leased to others
    assert len(sent) + sum(outbox.counts()["desk"][state] for state in ("waiting", "dead")) == 200
    assert not set(ids(left)) & set(sent)
