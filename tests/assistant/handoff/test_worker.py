"""Workers try again with patience, tell shoppers who wait in vain, and lose nothing whatever breaks."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from assistant.handoff.decide import HandoverPolicy
from assistant.handoff.desk import Desk
from assistant.handoff.log import HandoverLog
from assistant.handoff.notify import Notifier
from assistant.handoff.outbox import Delivery, DeliveryFailed, Outbox
from assistant.handoff.reception import Reception
from assistant.handoff.worker import REQUESTED, Retries, Worker
from assistant.memory import ConversationChanged, ConversationStore
from retrieval.sql import open_engine
from tests.fakes_desk import a_delivery, put

DOWN = DeliveryFailed(True, "HTTP 503")


class Clock:
    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass
class FakeTarget:
    """Takes what comes, unless `answers` holds something to raise first."""

    answers: list[BaseException | None] = field(default_factory=list)
    name: str = "desk"
    sent: list[Delivery] = field(default_factory=list)
    always: BaseException | None = None

    def send(self, delivery: Delivery) -> None:
        self.sent.append(delivery)
        error = self.answers.pop(0) if self.answers else self.always
        if error is not None:
            raise error

    @property
    def ids(self) -> list[str]:
        return [each.event_id for each in self.sent]


@dataclass
class Stage:
    """An outbox, a target and a worker between them, on a clock that stands still until it is moved."""

    engine: Engine
    outbox: Outbox
    target: FakeTarget = field(default_factory=FakeTarget)
    clock: Clock = field(default_factory=Clock)
    told: list[str] = field(default_factory=list)

    def worker(self, seed: int = 1, **retries: float) -> Worker:
        return Worker(
            self.outbox,
            self.target,
            self.told.append,
            retries=Retries(**retries),
            clock=self.clock,
            jitter=random.Random(seed),
        )

    def put(self, *deliveries: Delivery) -> None:
        put(self.outbox, self.engine, *deliveries)

    def to_next_try(self) -> float:
        """Moves the clock to when the oldest delivery is due; returns how long that took."""
        due = self.outbox.waiting()[0].due_at
        waited, self.clock.now = due - self.clock.now, due
        return waited


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    engine = open_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    yield Stage(engine, Outbox(engine))
    engine.dispose()


def test_what_is_due_is_sent_and_no_more_than_once(stage) -> None:
    stage.put(a_delivery(1), a_delivery(2), a_delivery(3, conversation_id="c2"))
    worker = stage.worker()
    assert [worker.step(), worker.step(), worker.step()] == [2, 1, 0]
    assert sorted(stage.target.ids) == ["e1", "e2", "e3"] and stage.target.ids[-1] == "e2"


def test_retries_wait_longer_and_longer_at_random(stage) -> None:
    stage.put(a_delivery(1))
    stage.target.always = DOWN
    worker = stage.worker()
    ceilings = [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    waited = [worker.step() and stage.to_next_try() for _ in ceilings]
    assert all(0 <= each <= ceiling for each, ceiling in zip(waited, ceilings, strict=True))
    assert len(set(waited)) == len(waited)


def test_jitter_spreads_what_failed_together(stage) -> None:
    stage.put(*(a_delivery(number, conversation_id=f"c{number}") for number in range(100)))
    stage.target.always = DOWN
    stage.worker(parallel=100, first_delay=100.0).step()
    due = [each.due_at for each in stage.outbox.waiting()]
    assert 35 < sum(due) / len(due) < 65 and min(due) < 10 and max(due) > 90


@pytest.mark.parametrize(("asked", "least"), [(50.0, 50.0), (86_400.0, 3_600.0)])
def test_a_target_that_asks_to_be_left_alone_is(stage, asked, least) -> None:
    stage.put(a_delivery(1))
    stage.target.answers = [DeliveryFailed(True, "HTTP 429", retry_after=asked)]
    stage.worker().step()
    assert least <= stage.to_next_try() <= least + 2


def test_what_can_never_go_through_is_dead_at_once_and_the_next_goes_out(stage) -> None:
    stage.put(a_delivery(1), a_delivery(2))
    stage.target.answers = [DeliveryFailed(False, "HTTP 400: no such field")]
    worker = stage.worker()
    assert worker.step() + worker.step() == 2
    (dead,) = stage.outbox.dead()
    assert (dead.event_id, dead.error, dead.attempts) == ("e1", "HTTP 400: no such field", 1)
    assert stage.target.ids == ["e1", "e2"] and stage.told == []


def test_it_gives_up_after_so_many_attempts(stage) -> None:
    stage.put(a_delivery(1))
    stage.target.always = DOWN
    worker = stage.worker(attempts=3)
    worker.step()
    for _ in range(2):
        stage.to_next_try()
        worker.step()
    assert [each.attempts for each in stage.outbox.dead()] == [3]


def test_it_gives_up_after_so_long_counted_from_when_it_was_queued(stage) -> None:
    stage.put(a_delivery(1))
    stage.target.always = DOWN
    worker = stage.worker(give_up_after=1_000.0)
    while worker.step() and not stage.outbox.dead():
        stage.to_next_try()
    (dead,) = stage.outbox.dead()
    assert stage.clock.now <= 1_000.0 and dead.attempts > 8
    stage.clock.now = 50_000.0
    stage.outbox.replay(None, stage.clock.now)
    worker.step()
    assert stage.outbox.dead() == (), "a replayed one has all its time again"


def test_a_shopper_who_waits_in_vain_is_told_once_and_the_tries_go_on(stage) -> None:
    stage.put(a_delivery(1, event=REQUESTED), a_delivery(2, conversation_id="c2"))
    stage.target.always = DOWN
    worker = stage.worker()
    while stage.clock.now < 110:
        stage.clock.now += 10
        worker.step()
    assert stage.told == []
    while stage.clock.now < 400:
        stage.clock.now += 10
        worker.step()
    assert stage.told == ["c1"], "and never of a mere message"
    tried = len(stage.target.sent)
    stage.target.always = None
    stage.clock.now += 300
    worker.step()
    assert len(stage.target.sent) == tried + 2 and stage.outbox.waiting() == ()
    assert stage.told == ["c1"]


def test_a_shopper_is_told_at_once_where_the_help_desk_refuses(stage) -> None:
    stage.put(a_delivery(1, event=REQUESTED), a_delivery(2), a_delivery(3, event=REQUESTED, conversation_id="c3"))
    stage.target.answers = [DeliveryFailed(False, "HTTP 401")]
    worker = stage.worker(parallel=1)
    while worker.step():
        pass
    assert stage.told == ["c1"] and stage.target.ids == ["e1", "e2", "e3"]


def test_a_request_stuck_in_line_is_told_of_too(stage) -> None:
    stage.put(a_delivery(1), a_delivery(2, event=REQUESTED))
    stage.target.always = DOWN
    stage.clock.now = 121
    stage.worker().step()
    assert stage.target.ids == ["e1"] and stage.told == ["c1"]


def test_telling_the_shopper_is_not_forgotten_where_that_fails(stage) -> None:
    stage.put(a_delivery(1, event=REQUESTED))
    stage.target.always = DeliveryFailed(False, "HTTP 404")
    answers: list[BaseException] = [busy(), KeyError("c1")]
    asked = []

    def unreachable(conversation_id: str) -> None:
        asked.append(conversation_id)
        raise answers.pop(0)

    worker = Worker(stage.outbox, stage.target, unreachable, clock=stage.clock)
    with pytest.raises(OperationalError):
        worker.step()
    worker.step()
    worker.step()
    assert asked == ["c1", "c1"], "told again after a failure; a conversation that is gone is let be"


def test_a_target_with_a_mistake_in_it_is_tried_again_and_shows_no_secret(stage, caplog) -> None:
    stage.put(a_delivery(1))
    stage.target.answers = [TypeError("secret=hunter2")]
    worker = stage.worker()
    worker.step()
    (waiting,) = stage.outbox.waiting()
    assert waiting.error == "the target broke: TypeError" and "the target desk broke" in caplog.text
    stage.to_next_try()
    worker.step()
    assert stage.outbox.waiting() == ()


def test_conversations_are_sent_side_by_side(stage) -> None:
    together = threading.Barrier(3)

    class Meeting(FakeTarget):
        def send(self, delivery: Delivery) -> None:
            together.wait(10)  # breaks unless three sends are under way at once

    stage.target = Meeting()
    stage.put(*(a_delivery(number, conversation_id=f"c{number}") for number in range(3)))
    stage.worker(parallel=3).step()
    assert stage.outbox.counts()["desk"]["delivered"] == 3


def busy() -> OperationalError:
    return OperationalError("select", {}, Exception("database is locked"))


def test_the_thread_sends_until_it_is_stopped_and_outlives_a_busy_database(stage) -> None:
    failures = [busy(), ConversationChanged("c1")]

    class BusyAtFirst(Outbox):
        def lease(self, target: str, now: float, limit: int, seconds: float) -> tuple[Delivery, ...]:
            if failures:
                raise failures.pop()
            return super().lease(target, now, limit, seconds)

    arrived = threading.Event()

    class Telling(FakeTarget):
        def send(self, delivery: Delivery) -> None:
            arrived.set()

    stage.put(a_delivery(1))
    worker = Worker(BusyAtFirst(stage.engine), Telling(), stage.told.append, retries=Retries(poll=0.001), clock=stage.clock)
    worker.start()
    assert arrived.wait(10)
    worker.stop()
    assert stage.outbox.counts()["desk"]["delivered"] == 1
    stage.put(a_delivery(2))
    assert len(stage.outbox.waiting()) == 1, "nobody sends any more"


def test_at_the_real_desk_it_stands_first_and_the_shopper_knows_other_ways(stage) -> None:
    log = HandoverLog(stage.engine, stage.clock)
    notifier = Notifier(stage.outbox, ("desk",), lambda *event, before: {"event": event[0]}, stage.clock)
    store = ConversationStore(stage.engine, (log.record, notifier.record))
    desk = Desk(store, log, Reception(HandoverPolicy(), stage.clock, contact="help@shop.example"), lambda ids: {})
    worker = Worker(stage.outbox, stage.target, desk.unreachable, clock=stage.clock)
    mia, jonas = store.create("mia").id, store.create("jonas").id
    for conversation_id, answer in ((mia, None), (jonas, DeliveryFailed(False, "HTTP 401"))):
        stage.clock.now += 10
        desk.request(conversation_id, "asked_for_human", "shopper")
        stage.target.answers = [answer]
        worker.step()
    assert [episode.conversation_id for episode in desk.queue()] == [jonas, mia]
    assert "help@shop.example" in store.load(jonas).messages[-1].text
    assert len(store.load(mia).messages) == 1
    stage.outbox.replay(None, stage.clock.now)
    stage.target.always = DOWN
    stage.clock.now += 200
    before = store.load(jonas)
    worker.step()
    assert store.load(jonas) == before, "told once, whatever a replay comes to"


# ---- ten minutes down --------------------------------------------------------------------------------------------------


class Crash(BaseException):
    """The process is gone."""


class CrashingOutbox(Outbox):
    """Dies now and then, before or after it has written."""

    def __init__(self, engine: Engine, dice: random.Random, often: float) -> None:
        super().__init__(engine)
        self._dice, self._often = dice, often

    def lease(self, *arguments, **named):
        return self._dying(super().lease, *arguments, **named)

    def delivered(self, *arguments):
        return self._dying(super().delivered, *arguments)

    def failed(self, *arguments):
        return self._dying(super().failed, *arguments)

    def told(self, *arguments):
        return self._dying(super().told, *arguments)

    def _dying(self, call: Callable, *arguments, **named):
        if self._dice.random() < self._often:
            raise Crash
        done = call(*arguments, **named)
        if self._dice.random() < self._often:
            raise Crash
        return done


class HelpDesk:
    """Takes each event once by its id. Down until `up_at`: it refuses, or is silent, or does its work and is silent then."""

    name = "desk"

    def __init__(self, clock: Clock, dice: random.Random, up_at: float) -> None:
        self.clock, self.dice, self.up_at = clock, dice, up_at
        self.taken: list[str] = []
        self.times = Counter()
        self.meanwhile: Callable[[], None] = lambda: None

    def send(self, delivery: Delivery) -> None:
        if self.dice.random() < 0.1:
            self.meanwhile()  # whatever else happens while this request is under way
        down = self.clock.now < self.up_at
        if down and self.dice.random() < 0.7:
            raise DOWN
        if not down or self.dice.random() < 0.3:
            self.take(delivery)
        if down or self.dice.random() < 0.1:
            self.clock.now += 10.0
            raise DeliveryFailed(True, "no answer in time")

    def take(self, delivery: Delivery) -> None:
        self.times[delivery.event_id] += 1
        if self.times[delivery.event_id] == 1:
            self.taken.append(delivery.event_id)


class Outage:
    """200 packets of 40 conversations while the help desk is down for ten minutes; two workers that crash now and then."""

    def __init__(self, database: Path, seed: int, crashes: float) -> None:
        self.dice, self.clock, self.crashes = random.Random(seed), Clock(), crashes
        self.desk = HelpDesk(self.clock, self.dice, up_at=600.0)
        self.desk.meanwhile = self.meanwhile
        self.engine = open_engine(f"sqlite:///{database}")
        self.outbox = Outbox(self.engine)
        self.told: set[str] = set()
        self.crashed, self.inside = 0, False
        self.workers = [self.worker(), self.worker()]
        self.packets = self.planned()
        self.left = list(self.packets)

    def planned(self) -> list[Delivery]:
        whose = [number % 40 for number in range(200)]
        self.dice.shuffle(whose)
        times = sorted(self.dice.uniform(0, 590) for _ in whose)
        packets, counts = [], Counter()
        for number, (conversation, time) in enumerate(zip(whose, times, strict=True)):
            counts[conversation] += 1
            event = REQUESTED if counts[conversation] == 1 else "message.created"
            about = {"conversation_id": f"c{conversation}", "sequence": counts[conversation], "created_at": time}
            packets.append(a_delivery(number, event=event, **about))
        return packets

    def worker(self) -> Worker:
        outbox = CrashingOutbox(self.engine, self.dice, self.crashes)
        retries = Retries(parallel=1)  # one thread, so that a seed always plays the same
        return Worker(outbox, self.desk, self.told.add, retries=retries, clock=self.clock, jitter=self.dice)

    def meanwhile(self) -> None:
        """A request may hang for longer than its lease, and the other worker goes on."""
        if not self.inside:
            self.inside = True
            self.clock.now += self.dice.choice((0.0, 5.0, 90.0))
            self.step(1)
            self.inside = False

    def step(self, which: int) -> int:
        try:
            return self.workers[which].step()
        except Crash:
            self.crashed += 1
            self.workers[which] = self.worker()
            return 1

    def run(self) -> None:
        while self.left or self.outbox.waiting(limit=1):
            due = [each for each in self.left if each.created_at <= self.clock.now]
            put(self.outbox, self.engine, *due)
            self.left = self.left[len(due) :]
            busy = self.step(0) + self.step(1)
            self.clock.now += self.dice.uniform(0, 0.5 if busy else 5.0)
            assert self.clock.now < 7_200, "it all ends within two hours"
        self.engine.dispose()


@pytest.mark.parametrize(("seed", "crashes"), [(1, 0.0), (2, 0.02), (3, 0.1)])
def test_ten_minutes_down_and_every_packet_arrives_once_in_effect_and_in_order(tmp_path, seed, crashes) -> None:
    outage = Outage(tmp_path / "shop.db", seed, crashes)
    outage.run()
    assert bool(outage.crashed) == bool(crashes)
    assert sum(outage.desk.times.values()) > 210, "duplicates did come in"
    assert Counter(outage.desk.taken) == Counter(each.event_id for each in outage.packets)
    of = {each.event_id: each for each in outage.packets}
    for conversation in {each.conversation_id for each in outage.packets}:
        order = [of[event_id].sequence for event_id in outage.desk.taken if of[event_id].conversation_id == conversation]
        assert order == sorted(order)
    assert outage.outbox.counts() == {"desk": {"waiting": 0, "delivered": 200, "dead": 0}}
    early = {each.conversation_id for each in outage.packets if each.event == REQUESTED and each.created_at < 300}
    assert early <= outage.told, "who asked well before it came back has been told"
