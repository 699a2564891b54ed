"""A shop with a help desk that is a fake: real conversations, outbox and worker, and calls that fail as told."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import httpx
from sqlalchemy import Engine

from assistant.handoff.chatwoot import ChatwootApi, chatwoot_hook
from assistant.handoff.decide import HandoverPolicy
from assistant.handoff.desk import Desk
from assistant.handoff.help_desk import HelpDesk
from assistant.handoff.links import Links
from assistant.handoff.log import HandoverLog
from assistant.handoff.notify import Notifier
from assistant.handoff.outbox import Outbox
from assistant.handoff.reception import Reception
from assistant.handoff.states import heard
from assistant.handoff.telling import HelpDeskTarget
from assistant.handoff.tickets import TicketApi, tickets_hook
from assistant.handoff.worker import Retries, Worker
from assistant.memory import ConversationStore
from assistant.types import Conversation, Message
from retrieval.sql import open_engine
from tests.fakes import NOW
from tests.fakes_desk import Received, Reply
from tests.fakes_help_desks import EMAIL, INBOX, SECRET, TOKEN, FakeChatwoot, FakeTickets

KINDS = ("chatwoot", "tickets")
SOLVED = {"chatwoot": "resolved", "tickets": "solved"}


class Clock:
    """Seconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def a_fake(kind: str, clock: Clock) -> FakeChatwoot | FakeTickets:
    return FakeChatwoot(clock) if kind == "chatwoot" else FakeTickets(clock)


class Mischief:
    """Calls a fake within the process, and does to `share` of the calls what networks and servers do to them."""

    def __init__(self, application: Callable[[Received], Reply], seed: int, share: float = 0.0) -> None:
        self.application = application
        self.share = share
        self.failures = 0
        self._random = random.Random(seed)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = Received(request.method, request.url.raw_path.decode(), headers, request.content)
        if self._random.random() >= self.share:
            return _response(self.application(received))
        self.failures += 1
        if self._random.random() < 0.5:
            self.application(received)  # The work is done, and the answer gets lost.
        return self._failure()

    def _failure(self) -> httpx.Response:
        match self._random.randrange(7):
            case 0:
                raise httpx.ReadTimeout("no answer")
            case 1:
                raise httpx.RemoteProtocolError("reset")
            case 2:
                return httpx.Response(429, headers={"retry-after": "7"})
            case 3:
                return httpx.Response(200, content=b"{")
            case 4:
                return httpx.Response(200, json=["nonsense"])
            case 5:
                return httpx.Response(302, headers={"location": "http://127.0.0.1:9/"})
            case _:
                return httpx.Response(500, json={"error": "sorry"})


def _response(reply: Reply) -> httpx.Response:
    return httpx.Response(reply.status, json=reply.data, headers=reply.headers)


class Shop:
    """A shop with one help desk: real conversations, outbox and worker, on a clock that is moved by hand."""

    def __init__(
        self, engine: Engine, kind: str, fake: Any, client: httpx.Client, url: str, clock: Clock, seconds: float = 5.0
    ) -> None:
        """`seconds` is how long a call to the help desk may take."""
        self.engine, self.kind, self.fake, self.clock = engine, kind, fake, clock
        self.outbox, self.links = Outbox(engine), Links(engine)
        log = HandoverLog(engine, clock)
        self.told: list[tuple[str, str]] = []
        self.store = ConversationStore(engine, (log.record, Notifier(self.outbox, (kind,), self._packet, clock).record))
        reception = Reception(HandoverPolicy(), clock, log.waiting, contact="help@shop.example")
        self.desk = Desk(self.store, log, reception, lambda ids: {})
        api: HelpDesk
        if kind == "chatwoot":
            api = ChatwootApi(url, TOKEN, 1, INBOX, client, seconds=seconds, clock=clock)
        else:
            api = TicketApi(url, EMAIL, TOKEN, client, seconds=seconds, clock=clock)
        self.target = HelpDeskTarget(api, self.desk, self.links, self.outbox, engine, clock=clock)
        if kind == "chatwoot":
            self.hook = chatwoot_hook(self.target.hear, inbox_id=INBOX, secret=SECRET, clock=clock)
        else:
            self.hook = tickets_hook(self.target.hear, secret=SECRET, clock=clock)
        self.worker = Worker(
            self.outbox, self.target, self.desk.unreachable, retries=Retries(1), clock=clock, jitter=random.Random(5)
        )

    def write(self, conversation_id: str, text: str) -> Conversation:
        """The shopper writes."""
        return self.store.change(conversation_id, lambda now: heard(now, Message("shopper", text, "2026-02-02T02:40:00Z")))

    def waiting(self, *texts: str) -> str:
        """The id of a new conversation that waits for a person."""
        conversation_id = self.store.create("guest-1").id
        for text in texts or ("Where is my order?",):
            self.write(conversation_id, text)
        self.desk.request(conversation_id, "asked_for_human", "shopper")
        return conversation_id

    def deliver(self) -> None:
        """Sends all there is, however long that takes by the clock."""
        while waiting := self.outbox.waiting(10_000):
            if not self.worker.step():
                self.clock.now = max(self.clock.now, min(each.due_at for each in waiting)) + 1.0

    def take(self, body: bytes) -> str:
        """A webhook comes in, as the router would take it; returns its thread, if it was of interest."""
        assert self.hook.genuine(self.fake.sign(body), body, "")
        thread = self.hook.thread(body)
        if thread:
            self.hook.hear(thread)
        return thread

    def settle(self) -> None:
        """Until nothing is under way any more, in neither direction."""
        self.deliver()
        while self.fake.hooks:
            self.take(self.fake.hooks.pop(0))
            self.deliver()

    def thread(self, conversation_id: str) -> str:
        """The newest thread about a conversation."""
        return self.fake.threads(conversation_id)[-1]

    def said(self, conversation_id: str, role: str = "agent") -> list[tuple[str, str]]:
        """(author, text) of each message of a role."""
        return [(each.author, each.text) for each in self.desk.conversation(conversation_id).messages if each.role == role]

    def _packet(
        self, event: str, event_id: str, at: float, after: Conversation, message: Message | None, before: Conversation
    ) -> dict[str, object]:
        handover = after.handover or before.handover
        assert handover is not None
        if message is not None and message.role == "shopper":
            self.told.append((after.id, message.text))
        body = {
            "event_id": event_id,
            "event": event,
            "conversation_id": after.id,
            "handover_id": handover.id,
            "status": after.status,
            "reason_code": handover.reason,
            "summary": "Wants to know where the order is.",
            "last_messages": [{"role": each.role, "text": each.text} for each in after.messages[-10:]],
        }
        if message is None:
            return body
        return body | {"message": {"role": message.role, "text": message.text, "author": message.author}}


def in_process(kind: str, seed: int) -> Iterator[tuple[Shop, Mischief]]:
    """The shop with its help desk in the same process, and what does its calls harm."""
    clock = Clock()
    fake = a_fake(kind, clock)
    engine = open_engine("sqlite://")
    mischief = Mischief(fake, seed)
    with httpx.Client(transport=httpx.MockTransport(mischief), trust_env=False) as client:
        yield Shop(engine, kind, fake, client, "http://desk.example", clock), mischief
    engine.dispose()
