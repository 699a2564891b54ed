from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.handoff.decide import HandoverPolicy
from assistant.handoff.desk import Desk
from assistant.handoff.hours import OpeningHours
from assistant.handoff.log import HandoverLog
from assistant.handoff.reception import Reception
from assistant.handoff.states import NotWaiting, NotYours, TakenBy
from assistant.memory import ConversationStore
from assistant.thread import hear
from assistant.types import Attempt, Conversation, Shown
from retrieval.sql import open_engine
from retrieval.types import Product
from tests.fakes import NOW

KETTLE = Product("kettle-1", "Steel Kettle", price=3900)


class Clock:
    """Seconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Counter:
    """A desk over a database, with its clock and its log at hand."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.engine = open_engine(f"sqlite:///{folder / 'shop.db'}")
        self.log = HandoverLog(self.engine, self.clock)
        self.store = ConversationStore(self.engine, (self.log.record,))
        reception = Reception(HandoverPolicy(), self.clock, self.log.waiting, contact="help@shop.example")
        self.desk = Desk(self.store, self.log, reception, lambda ids: {each: KETTLE for each in ids if each == KETTLE.id})
        self.id = self.store.create("guest-1").id

    def last(self) -> str:
        return self.desk.conversation(self.id).messages[-1].text


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return Counter(tmp_path)


def test_from_the_request_to_the_end_the_shopper_hears_of_every_change(counter: Counter) -> None:
    waiting = counter.desk.request(counter.id, "payment", "bot")
    assert waiting.status == "pending" and "asked" in counter.last()
    counter.clock.now += 90
    joined = counter.desk.accept(counter.id, "Mia")
    assert joined.status == "human" and counter.last().startswith("Mia from the shop has joined")
    counter.desk.say(counter.id, "Mia", " Hello! ")
    said = counter.desk.conversation(counter.id).messages[-1]
    assert (said.role, said.text, said.author) == ("agent", "Hello!", "Mia")
    counter.clock.now += 300
    settled = counter.desk.resolve(counter.id, "Mia")
    assert settled.status == "resolved" and settled.handover is None and "settled" in counter.last()
    assert [message.role for message in settled.messages] == ["notice", "notice", "agent", "notice"]
    (episode,) = counter.log.since(0)
    assert (episode.accepted_at, episode.ended_at, episode.ending) == (NOW + 90, NOW + 390, "resolved")
    assert (episode.reason, episode.requested_by, episode.agent) == ("payment", "bot", "Mia")
    assert counter.desk.queue() == ()


def test_nobody_waits_twice(counter: Counter) -> None:
    first = counter.desk.request(counter.id, "payment", "bot")
    assert counter.desk.request(counter.id, "complaint", "shopper") == first
    assert len(counter.log.since(0)) == 1


def test_the_slower_of_two_agents_hears_who_was_quicker(counter: Counter) -> None:
    counter.desk.request(counter.id, "payment", "bot")
    taken = counter.desk.accept(counter.id, "Mia")
    with pytest.raises(TakenBy) as problem:
        counter.desk.accept(counter.id, "Tom")
    assert problem.value.agent == "Mia"
    assert counter.desk.accept(counter.id, "Mia") == taken  # pressed twice


def test_only_who_has_a_conversation_may_write_and_end_it(counter: Counter) -> None:
    with pytest.raises(NotWaiting):
        counter.desk.accept(counter.id, "Mia")
    counter.desk.request(counter.id, "payment", "bot")
    for act in (counter.desk.release, counter.desk.resolve, counter.desk.transfer):
        with pytest.raises(NotYours):
            act(counter.id, "Mia")
    counter.desk.accept(counter.id, "Mia")
    with pytest.raises(NotYours):
        counter.desk.say(counter.id, "Tom", "Hello")


def test_a_message_sent_again_is_there_once(counter: Counter) -> None:
    counter.desk.take(counter.id, "Mia")
    counter.desk.say(counter.id, "Mia", "Hello", message_id="x1")
    once = counter.desk.conversation(counter.id)
    assert counter.desk.say(counter.id, "Mia", "Hello", message_id="x1") == once


@pytest.mark.parametrize("end", ["release", "resolve", "withdraw"])
def test_failures_of_before_do_not_count_once_it_is_over(counter: Counter, end: str) -> None:
    tried = (Attempt("search", "boots", "no_result"),)
    counter.store.change(counter.id, lambda now: replace(now, attempts=tried))
    assert counter.desk.request(counter.id, "no_result", "bot").attempts == tried
    if end == "withdraw":
        counter.desk.withdraw(counter.id)
    else:
        counter.desk.accept(counter.id, "Mia")
        getattr(counter.desk, end)(counter.id, "Mia")
    asks(counter, "Boots?")
    after = counter.desk.conversation(counter.id)
    assert (after.status, after.attempts) == ("bot", ())


def test_products_sent_again_do_not_clear_the_shelf_of_newer_ones(counter: Counter) -> None:
    counter.desk.take(counter.id, "Mia")
    counter.desk.say(counter.id, "Mia", "", message_id="x1", product_ids=["kettle-1"])
    newer = (Shown("boot-1", "Boot", 9900),)
    counter.store.change(counter.id, lambda now: replace(now, shown=newer, focus="boot-1"))
    again = counter.desk.say(counter.id, "Mia", "", message_id="x1", product_ids=["kettle-1"])
    assert (again.shown, again.focus) == (newer, "boot-1")


def test_products_come_onto_the_shelf_with_the_message(counter: Counter) -> None:
    counter.desk.take(counter.id, "Mia")
    said = counter.desk.say(counter.id, "Mia", "", product_ids=["kettle-1"])
    assert said.shown == (Shown("kettle-1", "Steel Kettle", 3900),)
    assert said.messages[-1].product_ids == ("kettle-1",)


@pytest.mark.parametrize(
    ("text", "ids", "told"), [("  ", [], "text is empty"), ("Look", ["nope"], "product_ids has 'nope'")]
)
def test_what_cannot_be_sent_is_named(counter: Counter, text: str, ids: list[str], told: str) -> None:
    counter.desk.take(counter.id, "Mia")
    with pytest.raises(ValueError, match=told):
        counter.desk.say(counter.id, "Mia", text, product_ids=ids)


def test_a_conversation_passed_on_keeps_its_place(counter: Counter) -> None:
    other = counter.store.create("guest-2").id
    counter.desk.request(counter.id, "payment", "bot")
    counter.clock.now += 10
    counter.desk.request(other, "payment", "bot")
    counter.desk.accept(counter.id, "Mia")
    counter.clock.now += 60
    counter.desk.transfer(counter.id, "Mia")
    assert [episode.conversation_id for episode in counter.desk.queue()] == [counter.id, other]
    counter.desk.accept(counter.id, "Tom")
    first = next(episode for episode in counter.log.since(0) if episode.conversation_id == counter.id)
    assert (first.agent, first.accepted_at) == ("Tom", NOW + 10)  # how long the shopper waited at first


def test_whom_no_help_desk_heard_of_stands_first_and_is_told_once(counter: Counter) -> None:
    other = counter.store.create("guest-2").id
    counter.desk.request(other, "payment", "bot")
    counter.clock.now += 10
    counter.desk.request(counter.id, "payment", "bot")
    told = counter.desk.unreachable(counter.id)
    assert "help@shop.example" in counter.last() and told.status == "pending"
    assert counter.desk.unreachable(counter.id) == told
    assert [episode.conversation_id for episode in counter.desk.queue()] == [counter.id, other]


def test_where_somebody_may_be_hurt_nobody_comes_before(counter: Counter) -> None:
    other = counter.store.create("guest-2").id
    counter.desk.request(other, "payment", "bot")
    counter.clock.now += 10
    counter.desk.request(counter.id, "safety", "bot")
    assert [episode.conversation_id for episode in counter.desk.queue()] == [counter.id, other]


def test_who_waits_no_more_leaves_the_queue_unless_somebody_has_just_joined(counter: Counter) -> None:
    counter.desk.request(counter.id, "payment", "bot")
    assert counter.desk.withdraw(counter.id).status == "bot"
    assert counter.log.since(0)[0].ending == "withdrawn"
    counter.desk.request(counter.id, "payment", "bot")
    counter.desk.accept(counter.id, "Mia")
    assert counter.desk.withdraw(counter.id).status == "human"


def test_an_agent_who_leaves_a_shopper_alone_loses_the_conversation(counter: Counter) -> None:
    counter.desk.take(counter.id, "Mia")
    counter.clock.now += 3600
    assert counter.desk.sweep() == 0  # nobody has asked anything
    asks(counter, "Hello?")
    counter.clock.now += 599
    asks(counter, "Is anybody there?")  # asking again does not put it off
    assert counter.desk.sweep() == 0
    counter.clock.now += 1
    assert counter.desk.sweep() == 1
    assert counter.desk.conversation(counter.id).status == "pending" and "called away" in counter.last()


def test_the_time_of_an_agent_begins_when_they_join_and_ends_when_they_answer(counter: Counter) -> None:
    asks(counter, "Hello?")
    counter.desk.request(counter.id, "payment", "bot")
    counter.clock.now += 3600
    counter.desk.accept(counter.id, "Mia")
    assert counter.desk.sweep() == 0
    counter.clock.now += 590
    counter.desk.say(counter.id, "Mia", "I am here.")
    counter.clock.now += 3600
    assert counter.desk.sweep() == 0


def test_an_agent_who_answers_in_the_very_moment_keeps_the_conversation(counter: Counter) -> None:
    class Late(ConversationStore):
        """The conversations as a sweep sees them that is a moment too slow."""

        def change(self, conversation_id: str, alter) -> Conversation:
            counter.desk.say(conversation_id, "Mia", "I am here.")
            return super().change(conversation_id, alter)

    counter.desk.take(counter.id, "Mia")
    asks(counter, "Hello?")
    counter.clock.now += 600
    late = Late(counter.engine, (counter.log.record,))
    Desk(late, counter.log, counter.desk.reception, lambda ids: {}).sweep()
    assert counter.desk.conversation(counter.id).status == "human" and counter.last() == "I am here."


def asks(counter: Counter, text: str) -> None:
    hear(counter.store, counter.id, text, datetime.fromtimestamp(counter.clock.now, UTC).isoformat())


def test_a_closed_shop_says_when_it_opens(counter: Counter) -> None:
    closed = replace(counter.desk.reception, hours=OpeningHours.parse("Mo 09:00-10:00", "UTC"))
    told = closed.told(Conversation("c", "guest-1"), "asked_for_human")
    assert "Nobody is there right now" in told and "9:00" in told and "help@shop.example" in told


def test_who_asks_while_nobody_is_at_the_desk_is_told_so_and_how_else_to_reach_the_shop(counter: Counter) -> None:
    conversation = Conversation("c", "guest-1")
    for available, is_told in ((0, True), (1, False), (None, False)):
        reception = replace(counter.desk.reception, available=lambda available=available: available)
        told = reception.told(conversation, "asked_for_human")
        assert ("Nobody is at the desk" in told) is ("help@shop.example" in told) is is_told
