"""Turns of the assistant while a person is asked for, joins and leaves."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant import thread
from assistant.acts.person import ASK, STOP
from assistant.handoff.desk import Desk
from assistant.handoff.log import HandoverLog
from assistant.shop import Button
from assistant.turn import Assistant
from assistant.types import Attempt, Reading, StatusChanged, Text
from assistant.understand import Context
from tests.fakes import NOW, ScriptedChatModel, hear, press, say, small_shop

TIME = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def shop(tmp_path: Path) -> Assistant:
    return small_shop(tmp_path)


def desk_of(shop: Assistant) -> Desk:
    assert shop.services.reception is not None
    engine = shop.conversations._engine
    log = HandoverLog(engine, lambda: NOW)
    return Desk(shop.conversations, log, shop.services.reception, shop.services.catalog.get_many)


def roles(shop: Assistant, conversation_id: str) -> list[str]:
    return [message.role for message in shop.conversation(conversation_id).messages]


def test_who_asks_for_a_person_waits_and_is_served_meanwhile(shop: Assistant) -> None:
    conversation = shop.open()
    asked = say(shop, conversation.id, ASK)
    assert "asked a person" in asked.text and STOP in asked.suggestions and ASK not in asked.suggestions
    assert StatusChanged("pending") in asked.events
    waiting = shop.conversation(conversation.id)
    assert waiting.handover is not None
    assert (waiting.handover.reason, waiting.handover.requested_by) == ("asked_for_human", "shopper")
    assert say(shop, conversation.id, "hiking boots").cards
    again = say(shop, conversation.id, ASK)
    assert "You are next" in again.text
    assert shop.conversation(conversation.id).handover == waiting.handover


def test_who_waits_no_more_is_back_with_the_assistant(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, ASK)
    heard = say(shop, conversation.id, STOP)
    assert StatusChanged("bot") in heard.events and "no longer waiting" in heard.text
    back = shop.conversation(conversation.id)
    assert (back.handover, back.attempts) == (None, ())


def test_beside_a_person_the_assistant_neither_speaks_nor_acts(shop: Assistant) -> None:
    conversation = shop.open()
    say(shop, conversation.id, "hiking boots")
    desk_of(shop).take(conversation.id, "Mia")
    before = shop.conversation(conversation.id)
    heard = say(shop, conversation.id, "add the first one to my cart")
    assert heard.kinds == ["StatusChanged", "Done"] and heard.done.fallback == "human"
    after = shop.conversation(conversation.id)
    assert after.cart == () and after.need == before.need
    assert after.messages[-1].text == "add the first one to my cart"


def test_buttons_work_beside_a_person_without_a_word_of_the_assistant(shop: Assistant) -> None:
    conversation = shop.open()
    first = say(shop, conversation.id, "hiking boots").ids[0]
    desk_of(shop).take(conversation.id, "Mia")
    heard = press(shop, conversation.id, "cart_add", first)
    assert heard.kinds == ["CartChanged", "Done"]
    assert [line.product_id for line in shop.conversation(conversation.id).cart] == [first]
    assert roles(shop, conversation.id)[-2:] == ["notice", "shopper"]


def test_after_release_and_after_resolve_the_assistant_answers(shop: Assistant) -> None:
    conversation, desk = shop.open(), desk_of(shop)
    for end in (desk.release, desk.resolve):
        assert StatusChanged("pending") in say(shop, conversation.id, ASK).events
        desk.accept(conversation.id, "Mia")
        end(conversation.id, "Mia")
        heard = say(shop, conversation.id, "thanks")
        assert heard.text and shop.conversation(conversation.id).status == "bot"


def test_a_person_who_joins_stops_the_running_answer(tmp_path: Path) -> None:
    model = ScriptedChatModel(["[A] grips on wet rock. [B] is lighter. [C] keeps warm."], pieces=30)
    shop = small_shop(tmp_path, model=model)
    conversation, desk = shop.open(), desk_of(shop)
    turn = shop.say(conversation.id, "waterproof hiking boots")
    events = [next(turn)]
    while not isinstance(events[-1], Text):
        events.append(next(turn))
    desk.take(conversation.id, "Mia")
    rest = list(turn)
    assert not [event for event in rest if isinstance(event, Text)]
    assert StatusChanged("human") in rest
    assert roles(shop, conversation.id) == ["shopper", "notice"]


def test_a_message_sent_again_is_answered_once(shop: Assistant) -> None:
    conversation = shop.open()
    first = hear(shop.say(conversation.id, "hello", "m1"))
    again = hear(shop.say(conversation.id, "hello", "m1"))
    assert first.text == again.text
    assert roles(shop, conversation.id) == ["shopper", "assistant"]


def test_a_message_whose_turn_broke_off_is_answered_when_it_is_sent_again(shop: Assistant) -> None:
    conversation = shop.open()
    unread: Iterator = shop.say(conversation.id, "hello", "m1")  # the process dies before anything is read
    del unread
    thread.hear(shop.conversations, conversation.id, "hello", TIME, "m1")
    assert hear(shop.say(conversation.id, "hello", "m1")).text
    assert roles(shop, conversation.id) == ["shopper", "assistant"]


def test_a_press_sent_again_counts_once(shop: Assistant) -> None:
    conversation = shop.open()
    first = say(shop, conversation.id, "hiking boots").ids[0]
    button = Button("cart_add", product_id=first, message_id="p1")
    for _ in range(2):
        hear(shop.press(conversation.id, button))
    assert [line.quantity for line in shop.conversation(conversation.id).cart] == [1]


def test_a_press_sent_again_beside_a_person_counts_once(shop: Assistant) -> None:
    conversation = shop.open()
    first = say(shop, conversation.id, "hiking boots").ids[0]
    desk_of(shop).take(conversation.id, "Mia")
    for message_id in ("p1", "p1", "p2"):
        heard = hear(shop.press(conversation.id, Button("cart_add", product_id=first, message_id=message_id)))
        assert heard.failure is None
    assert [line.quantity for line in shop.conversation(conversation.id).cart] == [2]


@pytest.mark.parametrize("text", ["add the first one to my cart", "kettles"])
def test_what_a_turn_came_to_that_nobody_hears_of_has_not_happened(tmp_path: Path, text: str) -> None:
    shop = small_shop(tmp_path)
    conversation, desk = shop.open(), desk_of(shop)
    say(shop, conversation.id, "hiking boots")
    before = shop.services.events.history(conversation.shopper_id)

    class JoinedMeanwhile:
        """Reads like the shop's own reader; a person joins while it does."""

        def read(self, message: str, context: Context) -> Reading:
            desk.take(conversation.id, "Mia")
            return shop.reader.read(message, context)

    heard = say(replace(shop, reader=JoinedMeanwhile()), conversation.id, text)
    assert heard.kinds == ["StatusChanged", "Done"]
    assert shop.conversation(conversation.id).cart == ()
    assert shop.services.events.history(conversation.shopper_id) == before


def test_of_many_turns_the_latest_are_kept_in_mind(shop: Assistant) -> None:
    conversation, store = shop.open(), shop.conversations
    for number in range(thread.MOST_ATTEMPTS + 2):
        heard, message_id, _ = thread.hear(store, conversation.id, f"{number}", TIME)
        ending = thread.Ending(heard, "Well.", (), Attempt("smalltalk", f"{number}"))
        thread.end(store, heard, ending, TIME, message_id)
    kept = [int(attempt.asked) for attempt in shop.conversation(conversation.id).attempts]
    assert kept == list(range(2, thread.MOST_ATTEMPTS + 2))


def test_what_was_written_elsewhere_is_told_though_another_turn_came_between(shop: Assistant) -> None:
    conversation, store = shop.open(), shop.conversations
    heard, message_id, _ = thread.hear(store, conversation.id, "yes, cancel it", TIME, "m1")
    store.change(conversation.id, lambda now: replace(now, focus="kettle-1"))
    ending = thread.Ending(replace(heard, focus="boot-1"), "Order SW100 is cancelled.", (), wrote=True)
    after, is_kept = thread.end(store, heard, ending, TIME, message_id)
    assert is_kept and after.focus == "kettle-1"
    assert (after.messages[-1].role, after.messages[-1].text) == ("assistant", "Order SW100 is cancelled.")
    with pytest.raises(thread.Superseded):
        thread.end(store, heard, replace(ending, wrote=False), TIME, "m2")


@pytest.mark.parametrize("text", ["hiking\ud800 boots", "hiking\x00 boots"])
def test_letters_that_no_database_can_hold_do_not_end_a_turn(shop: Assistant, text: str) -> None:
    conversation = shop.open()
    assert say(shop, conversation.id, text).cards
    press(shop, conversation.id, "drop_need", slot="include", value=text)
    desk_of(shop).take(conversation.id, "Mia")
    desk_of(shop).say(conversation.id, "Mia", text)
    written = [message.text for message in shop.conversation(conversation.id).messages]
    assert written[0] == written[-1] == "hiking boots"


def test_of_two_turns_at_once_the_later_is_refused_and_nothing_of_the_first_is_lost(shop: Assistant) -> None:
    conversation = shop.open()
    slow = shop.say(conversation.id, "hiking boots", "m1")
    next(slow)
    hear(shop.say(conversation.id, "kettles", "m2"))
    heard = hear(slow)
    assert heard.failure is not None and heard.failure.code == "conversation_changed"
    assert shop.conversation(conversation.id).need.query == "kettles"
    # The page sends it again, with the same id: it is answered now, and stands in the thread once.
    assert hear(shop.say(conversation.id, "hiking boots", "m1")).cards
    texts = [message.text for message in shop.conversation(conversation.id).messages if message.role == "shopper"]
    assert texts == ["hiking boots", "kettles"]


def test_what_was_turned_down_is_kept_with_the_reason(shop: Assistant) -> None:
    conversation = shop.open()
    ids = say(shop, conversation.id, "hiking boots").ids
    say(shop, conversation.id, "I don't like the first one, too heavy")
    press(shop, conversation.id, "not_for_me", ids[1])
    rejected = shop.conversation(conversation.id).rejected
    assert [each.product_id for each in rejected] == ids[:2]
    assert [each.why for each in rejected] == ["I don't like the first one, too heavy", ""]
