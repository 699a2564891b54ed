import json
from pathlib import Path

import pytest

from assistant.handoff.decide import HandoverPolicy
from assistant.handoff.desk import Desk
from assistant.handoff.log import HandoverLog
from assistant.handoff.notify import Notifier, events_of
from assistant.handoff.outbox import Outbox
from assistant.handoff.reception import Reception
from assistant.memory import ConversationStore
from assistant.thread import hear
from assistant.types import Conversation
from retrieval.sql import open_engine
from tests.fakes import NOW

TIME = "2026-02-02T02:40:00+00:00"


class Told:
    """A desk whose every change is told to two targets, and what they will be told."""

    def __init__(self, folder: Path) -> None:
        engine = open_engine(f"sqlite:///{folder / 'shop.db'}")
        self.outbox = Outbox(engine)
        log = HandoverLog(engine, lambda: NOW)
        notifier = Notifier(self.outbox, ("webhook", "chatwoot"), packet, lambda: NOW)
        self.store = ConversationStore(engine, (log.record, notifier.record))
        self.desk = Desk(self.store, log, Reception(HandoverPolicy(), lambda: NOW), lambda ids: {})
        self.id = self.store.create("guest-1").id

    def events(self, target: str = "webhook") -> list[str]:
        rows = {row.sequence: row for row in self.outbox.waiting() if row.target == target}
        return [json.loads(rows[number].body)["told"] for number in sorted(rows)]


def packet(event, event_id, created_at, conversation: Conversation, message, *, before: Conversation):
    return {"told": event if message is None else f"{event}: {message.role} {message.text}"}


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path)


def test_a_hand_over_is_told_from_the_request_to_the_end(told: Told) -> None:
    hear(told.store, told.id, "before", TIME)
    told.desk.request(told.id, "payment", "bot")
    hear(told.store, told.id, "while waiting", TIME)
    told.desk.accept(told.id, "Mia")
    told.desk.say(told.id, "Mia", "Hello")
    hear(told.store, told.id, "thanks", TIME)
    told.desk.resolve(told.id, "Mia")
    hear(told.store, told.id, "after", TIME)
    assert told.events() == [
        "handover.requested",
        "message.created: shopper while waiting",
        "handover.accepted",
        "message.created: agent Hello",
        "message.created: shopper thanks",
        "handover.resolved",
    ]


def test_ends_are_told_apart_and_passing_on_asks_anew(told: Told) -> None:
    told.desk.request(told.id, "payment", "bot")
    told.desk.withdraw(told.id)
    told.desk.take(told.id, "Mia")
    told.desk.transfer(told.id, "Mia")
    told.desk.accept(told.id, "Tom")
    told.desk.release(told.id, "Tom")
    assert told.events() == [
        "handover.requested",
        "handover.withdrawn",
        "handover.requested",
        "handover.accepted",
        "handover.requested",
        "handover.accepted",
        "handover.released",
    ]


def test_what_was_written_at_a_help_desk_is_not_told_to_that_one(told: Told) -> None:
    told.desk.take(told.id, "Mia")
    told.desk.say(told.id, "Mia", "Hello", message_id="chatwoot:77")
    assert "message.created: agent Hello" in told.events("webhook")
    assert "message.created: agent Hello" not in told.events("chatwoot")


def test_a_shoppers_words_are_told_whatever_id_they_were_sent_with(told: Told) -> None:
    told.desk.take(told.id, "Mia")
    hear(told.store, told.id, "psst", TIME, "chatwoot:78")
    assert "message.created: shopper psst" in told.events("chatwoot")


def test_a_change_that_fails_tells_nobody(told: Told) -> None:
    told.desk.request(told.id, "payment", "bot")

    def fails(now: Conversation) -> Conversation:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        told.store.change(told.id, fails)
    assert told.events() == ["handover.requested"]


def test_a_conversation_without_a_hand_over_tells_nothing() -> None:
    conversation = Conversation("c", "guest-1")
    assert events_of(conversation, conversation) == ()
