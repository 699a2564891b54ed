"""What is particular to tickets: how they are made, solved and read, and the webhooks of triggers."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterator

import httpx
import pytest

from assistant.handoff.tickets import TicketApi, tickets_hook
from retrieval.sql import open_engine
from tests.fakes import NOW
from tests.fakes_help_desk_shop import Clock, Mischief, Shop
from tests.fakes_help_desks import SECRET, FakeTickets


@pytest.fixture
def shop() -> Iterator[Shop]:
    clock = Clock()
    fake = FakeTickets(clock)
    engine = open_engine("sqlite://")
    with httpx.Client(transport=httpx.MockTransport(Mischief(fake, 1)), trust_env=False) as client:
        yield Shop(engine, "tickets", fake, client, "http://desk.example", clock)
    engine.dispose()


@pytest.fixture
def thread(shop) -> str:
    shop.waiting()
    shop.settle()
    return str(max(shop.fake.tickets))


def conversation_of(shop: Shop, thread: str) -> str:
    return shop.links.of_thread("tickets", thread).conversation_id


def test_what_a_ticket_says(shop, thread) -> None:
    ticket = shop.fake.tickets[int(thread)]
    handover = shop.desk.conversation(conversation_of(shop, thread)).handover
    assert ticket["subject"] == "Chat: asks for a person" and ticket["external_id"] == handover.id
    assert ticket["tags"] == ["shelfwise", "asked_for_human"] and ticket["status"] == "new"
    assert shop.fake.users[ticket["requester_id"]]["name"].startswith("Shopper ")
    assert shop.fake.heard(thread) == [], "what agents read first is not for the requester"


def test_nobodys_ticket_is_solved_in_our_name_and_somebodys_in_theirs(shop, thread) -> None:
    shop.desk.withdraw(conversation_of(shop, thread))
    shop.settle()
    assert (shop.fake.status(thread), shop.fake.tickets[int(thread)]["assignee_id"]) == ("solved", 1)
    conversation_id = shop.waiting()
    shop.settle()
    other = shop.thread(conversation_id)
    shop.fake.tickets[int(other)]["assignee_id"] = 7
    shop.desk.withdraw(conversation_id)
    shop.settle()
    assert shop.fake.tickets[int(other)]["assignee_id"] == 7


def test_a_ticket_that_waits_for_the_requester_is_still_under_way(shop, thread) -> None:
    shop.fake.say(thread, "Mia", "Which colour is it?")
    shop.fake.set(thread, "pending")
    shop.settle()
    assert shop.desk.conversation(conversation_of(shop, thread)).status == "human"
    shop.write(conversation_of(shop, thread), "Red.")
    shop.settle()
    assert shop.fake.heard(thread) == ["Red."]


def test_a_closed_ticket_is_left_alone(shop, thread) -> None:
    shop.fake.say(thread, "Mia", "Done.")
    shop.fake.set(thread, "closed")
    shop.settle()
    assert shop.desk.conversation(conversation_of(shop, thread)).status == "resolved"
    assert shop.fake.status(thread) == "closed" and not shop.outbox.dead()


def test_html_and_mail_become_text(shop, thread) -> None:
    html = "<div><p>Hello &amp; thanks,</p><style>p {}</style><p>it comes<br>tomorrow.</p></div>"
    shop.fake.say(thread, "Mia", "Hello", html_body=html)
    shop.fake.say(thread, "Mia", "Between us", public=False)
    shop.settle()
    assert shop.said(conversation_of(shop, thread)) == [("Mia", "Hello & thanks,\nit comes\ntomorrow.")]


def test_webhooks_prove_themselves() -> None:
    clock = Clock()
    hook = tickets_hook(bool, secret=SECRET, clock=clock)
    body = b'{"ticket_id": "12", "external_id": "h1"}'

    def headers(timestamp: str) -> dict[str, str]:
        digest = hmac.new(SECRET.encode(), timestamp.encode() + body, hashlib.sha256).digest()
        prefix = "x-zendesk-webhook-signature"
        return {prefix: b64encode(digest).decode(), f"{prefix}-timestamp": timestamp}

    good = headers("2026-02-02T02:40:00Z")
    assert NOW == 1_770_000_000.0 and hook.genuine(good, body, "")
    assert not hook.genuine(good, body + b" ", "") and not hook.genuine({}, body, "")
    assert not hook.genuine(headers("2026-02-02T02:30:00Z"), body, "")
    assert not hook.genuine(headers("2026-02-02T02:40:00"), body, "") and not hook.genuine(headers("soon"), body, "")
    assert hook.thread(body) == hook.thread(b'{"ticket_id": 12}') == "12"
    with pytest.raises(ValueError, match="can't be read"):
        hook.thread(b'{"ticket": 12}')


def test_settings_that_can_not_work_are_refused() -> None:
    with pytest.raises(ValueError, match="secret is empty"):
        tickets_hook(bool, secret="")
    with httpx.Client() as client, pytest.raises(ValueError, match="e-mail or the API token"):
        TicketApi("https://desk.example", "a@b.example", "", client)
