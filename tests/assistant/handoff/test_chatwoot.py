"""Chatwoot's own: its statuses, assignees, pages, kinds of messages and webhooks."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from assistant.handoff.chatwoot import ChatwootApi, chatwoot_hook, sign
from retrieval.sql import open_engine
from tests.fakes_help_desk_shop import Clock, Mischief, Shop
from tests.fakes_help_desks import INBOX, SECRET, FakeChatwoot


@pytest.fixture
def shop() -> Iterator[Shop]:
    clock = Clock()
    fake = FakeChatwoot(clock)
    engine = open_engine("sqlite://")
    with httpx.Client(transport=httpx.MockTransport(Mischief(fake, 1)), trust_env=False) as client:
        yield Shop(engine, "chatwoot", fake, client, "http://desk.example/", clock)
    engine.dispose()


@pytest.fixture
def thread(shop) -> str:
    shop.waiting()
    shop.settle()
    return str(max(shop.fake.conversations))


def conversation_of(shop: Shop, thread: str) -> str:
    return shop.links.of_thread("chatwoot", thread).conversation_id


def test_pending_gives_the_conversation_back_to_the_assistant(shop, thread) -> None:
    shop.fake.say(thread, "Mia", "The assistant knows that.")
    shop.fake.set(thread, "pending")
    shop.settle()
    assert shop.desk.conversation(conversation_of(shop, thread)).status == "bot"
    assert shop.fake.status(thread) == "pending"


def test_a_release_in_the_console_makes_it_pending(shop, thread) -> None:
    shop.desk.accept(conversation_of(shop, thread), "Tom")
    shop.desk.release(conversation_of(shop, thread), "Tom")
    shop.settle()
    assert shop.fake.status(thread) == "pending"


def test_an_assignment_is_no_answer_and_a_new_assignee_has_yet_to_join(shop, thread) -> None:
    conversation_id = conversation_of(shop, thread)
    shop.fake.assign(thread, "Mia")
    shop.settle()
    assert shop.desk.conversation(conversation_id).status == "pending"
    shop.fake.say(thread, "Mia", "Hello.")
    shop.settle()
    assert shop.desk.conversation(conversation_id).handover.agent == "Mia"
    shop.fake.assign(thread, "Ada")
    shop.settle()
    conversation = shop.desk.conversation(conversation_id)
    assert (conversation.status, conversation.handover.agent) == ("pending", "")
    shop.fake.say(thread, "Ada", "I go on from here.")
    shop.settle()
    assert shop.desk.conversation(conversation_id).handover.agent == "Ada"


def test_only_what_agents_write_for_the_shopper_gets_there(shop, thread) -> None:
    shop.fake.say(thread, "Mia", "Between us.", private=True)
    shop.fake.say(thread, "Robot", "I am a bot.", sender={"name": "Robot", "type": "agent_bot"})
    shop.fake.say(thread, "", "Assigned to Mia", message_type=2, sender=None)
    shop.fake.say(thread, "Mia", "Wrong window", content_attributes={"deleted": True})
    shop.fake.say(thread, "Mia", "", content=None)
    picture = {"data_url": "https://desk.example/picture.png"}
    shop.fake.say(thread, "Mia", "Look:", attachments=[picture])
    shop.settle()
    assert shop.said(conversation_of(shop, thread)) == [("Mia", "Look:\nhttps://desk.example/picture.png")]


@pytest.mark.parametrize("page", [20, 100])
def test_long_threads_are_read_to_the_end(shop, thread, page) -> None:
    shop.fake.page = page
    expected = [("Mia", f"Line {number}") for number in range(130)]
    for _, text in expected:
        shop.fake.say(thread, "Mia", text)
    del shop.fake.hooks[:-1]
    shop.settle()
    assert shop.said(conversation_of(shop, thread)) == expected
    shop.fake.say(thread, "Mia", "The end.")
    shop.settle()
    assert shop.said(conversation_of(shop, thread))[-1] == ("Mia", "The end.")
    assert int(shop.links.of_thread("chatwoot", thread).cursor) > 200, "the old ones are not read for ever"


def test_a_message_that_turns_up_late_with_a_lower_number(shop, thread) -> None:
    number = shop.fake.say(thread, "Mia", "Two.")
    shop.settle()
    shop.fake.say(thread, "Mia", "One.", id=number - 1)
    shop.settle()
    assert sorted(text for _, text in shop.said(conversation_of(shop, thread))) == ["One.", "Two."]


def test_our_own_posts_and_other_inboxes_are_of_no_interest(shop, thread) -> None:
    def seen(event: dict[str, object]) -> str:
        return shop.hook.thread(json.dumps(event).encode())

    conversation = {"id": int(thread), "inbox_id": INBOX}
    message = {"event": "message_created", "id": 1, "message_type": "outgoing", "conversation": conversation}
    assert seen(message) == thread
    assert seen(message | {"source_id": "shelfwise:e1"}) == seen(message | {"private": True}) == ""
    assert seen(message | {"message_type": "incoming"}) == seen(message | {"event": "message_updated"}) == ""
    assert seen(message | {"conversation": conversation | {"inbox_id": 9}}) == ""
    assert seen({"event": "conversation_status_changed", **conversation}) == thread
    assert seen({"event": "contact_created", "id": 1}) == ""


def test_webhooks_prove_themselves() -> None:
    clock = Clock()
    body, now = b'{"event": "x"}', str(int(clock.now))
    headers = {"x-chatwoot-timestamp": now, "x-chatwoot-signature": sign(SECRET, now, body)}
    signed = chatwoot_hook(bool, inbox_id=INBOX, secret=SECRET, clock=clock)
    assert signed.genuine(headers, body, "")
    assert not signed.genuine(headers, body + b" ", "") and not signed.genuine({}, body, "")
    other = chatwoot_hook(bool, inbox_id=INBOX, secret="another", clock=clock)
    assert not other.genuine(headers, body, "")
    both = chatwoot_hook(bool, inbox_id=INBOX, secret=SECRET, token="t0ken", clock=clock)
    assert (
        both.genuine(headers, body, "t0ken") and not both.genuine(headers, body, "") and not both.genuine({}, body, "t0ken")
    )
    clock.now += 301
    assert not signed.genuine(headers, body, "")
    token = chatwoot_hook(bool, inbox_id=INBOX, token="t0ken", clock=clock)
    assert token.genuine({}, body, "t0ken") and not token.genuine({}, body, "tökén")


def test_settings_that_can_not_work_are_refused() -> None:
    with pytest.raises(ValueError, match="neither a token nor a secret"):
        chatwoot_hook(bool, inbox_id=INBOX)
    with httpx.Client() as client:
        with pytest.raises(ValueError, match="URL 'desk.example"):
            ChatwootApi("desk.example", "t", 1, INBOX, client)
        with pytest.raises(ValueError, match="access token is empty"):
            ChatwootApi("https://desk.example", "", 1, INBOX, client)
