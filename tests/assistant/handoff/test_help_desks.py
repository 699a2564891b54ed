"""What holds for every connector: each message once and in order, both ways, whatever the help desk and the network do."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import httpx
import pytest

from retrieval.sql import open_engine
from tests.fakes_desk import Behaviour, DeskServer, Drip, Garbage, Hang, Reply, Reset, Works
from tests.fakes_help_desk_shop import KINDS, SOLVED, Clock, Shop, a_fake, in_process


@pytest.fixture(params=KINDS)
def shop(request) -> Iterator[Shop]:
    yield from (shop for shop, _ in in_process(request.param, seed=1))


@pytest.fixture(params=KINDS)
def served(request, tmp_path) -> Iterator[tuple[Shop, DeskServer]]:
    """The shop with its help desk behind a socket."""
    yield from behind_a_socket(request.param, tmp_path)


@pytest.fixture(params=KINDS)
def impatient(request, tmp_path) -> Iterator[tuple[Shop, DeskServer]]:
    """The same, and each call may take half a second."""
    yield from behind_a_socket(request.param, tmp_path, seconds=0.5)


def behind_a_socket(kind: str, folder: Path, **more: float) -> Iterator[tuple[Shop, DeskServer]]:
    clock = Clock()
    fake = a_fake(kind, clock)
    engine = open_engine(f"sqlite:///{folder / 'shop.db'}")
    with DeskServer(fake) as server, httpx.Client(trust_env=False) as client:
        yield Shop(engine, kind, fake, client, server.url, clock, **more), server
    engine.dispose()


def test_from_the_request_to_the_end(shop) -> None:
    conversation_id = shop.waiting("Hello", "Where is my order?")
    shop.settle()
    thread = shop.thread(conversation_id)
    (note,) = shop.fake.notes(thread)
    assert "Wants to know where the order is." in note and "Shopper: Where is my order?" in note
    assert shop.fake.heard(thread) == [], "what was said before is in the note"

    shop.write(conversation_id, "Anybody there?")
    shop.settle()
    assert shop.fake.heard(thread) == ["Anybody there?"]
    first = shop.fake.say(thread, "Mia", "Hello, let me look.")
    shop.settle()
    conversation = shop.desk.conversation(conversation_id)
    assert (conversation.status, conversation.handover.agent) == ("human", "Mia")
    assert conversation.messages[-1].id == f"{shop.kind}:{first}"
    assert conversation.messages[-2].role == "notice" and "Mia" in conversation.messages[-2].text

    shop.fake.say(thread, "Mia", "It comes tomorrow.")
    shop.fake.set(thread, SOLVED[shop.kind])
    shop.settle()
    assert shop.said(conversation_id) == [("Mia", "Hello, let me look."), ("Mia", "It comes tomorrow.")]
    assert shop.desk.conversation(conversation_id).status == "resolved"
    assert shop.fake.status(thread) == SOLVED[shop.kind] and len(shop.fake.notes(thread)) == 1


@pytest.mark.parametrize("order", [(0, 0, 1, 2), (2, 1, 0), (1, 0, 2, 1, 0), (2, 2), (1,)])
def test_webhooks_come_in_any_order_twice_or_not_at_all(shop, order) -> None:
    conversation_id = shop.waiting()
    shop.settle()
    thread = shop.thread(conversation_id)
    shop.fake.say(thread, "Mia", "One.")
    shop.fake.say(thread, "Mia", "Two.")
    shop.fake.set(thread, SOLVED[shop.kind])
    hooks, shop.fake.hooks = shop.fake.hooks, []
    for place in order:
        shop.take(hooks[place])
    shop.settle()
    assert shop.said(conversation_id) == [("Mia", "One."), ("Mia", "Two.")]
    assert shop.desk.conversation(conversation_id).status == "resolved"


def test_what_happens_in_the_console_is_told(shop) -> None:
    conversation_id = shop.waiting()
    shop.desk.accept(conversation_id, "Tom")
    shop.desk.say(conversation_id, "Tom", "I am on it.")
    shop.settle()
    thread = shop.thread(conversation_id)
    assert shop.fake.notes(thread)[1:] == ["Tom: I am on it."] and shop.fake.replies(thread) == []
    shop.fake.say(thread, "Mia", "Me too!")
    shop.settle()
    assert shop.said(conversation_id) == [("Tom", "I am on it.")]
    assert shop.fake.notes(thread)[-1].startswith("Not sent to the shopper: Tom has")
    shop.desk.resolve(conversation_id, "Tom")
    shop.settle()
    assert shop.fake.status(thread) == SOLVED[shop.kind] and len(shop.fake.notes(thread)) == 3
    assert shop.said(conversation_id) == [("Tom", "I am on it.")], "once refused, it stays so"


def test_what_was_refused_stays_refused_though_the_answer_to_that_got_lost(served) -> None:
    shop, server = served
    conversation_id = shop.waiting()
    shop.desk.accept(conversation_id, "Tom")
    shop.settle()
    thread = shop.thread(conversation_id)
    shop.fake.say(thread, "Mia", "Me too!")
    server.script = [*[Works()] * 2, Reset(after=True)]
    shop.take(shop.fake.hooks.pop())
    shop.desk.transfer(conversation_id, "Tom")
    shop.settle()
    assert shop.said(conversation_id) == []
    assert [note for note in shop.fake.notes(thread) if note.startswith("Not sent")] == [
        "Not sent to the shopper: Tom has this conversation in the shop's console."
    ]


def test_the_consoles_agent_keeps_what_the_help_desk_closes(shop) -> None:
    conversation_id = shop.waiting()
    shop.settle()
    shop.desk.accept(conversation_id, "Tom")
    shop.fake.set(shop.thread(conversation_id), SOLVED[shop.kind])
    shop.settle()
    assert shop.desk.conversation(conversation_id).status == "human"


def test_a_matter_settled_without_a_word_is_settled(shop) -> None:
    conversation_id = shop.waiting()
    shop.settle()
    shop.fake.set(shop.thread(conversation_id), SOLVED[shop.kind])
    shop.settle()
    assert shop.desk.conversation(conversation_id).status == "resolved"


def test_a_colleague_takes_over_by_writing(shop) -> None:
    conversation_id = shop.waiting()
    shop.settle()
    thread = shop.thread(conversation_id)
    shop.fake.say(thread, "Mia", "Hello.")
    shop.fake.say(thread, "Ada", "I know more about it.")
    shop.settle()
    assert shop.said(conversation_id) == [("Mia", "Hello."), ("Ada", "I know more about it.")]
    assert shop.desk.conversation(conversation_id).handover.agent == "Ada"


def test_a_second_hand_over_and_an_afterthought_to_the_first(shop) -> None:
    conversation_id = shop.waiting()
    shop.settle()
    first = shop.thread(conversation_id)
    shop.fake.say(first, "Mia", "Done.")
    shop.fake.set(first, SOLVED[shop.kind])
    shop.settle()
    shop.fake.say(first, "Mia", "One more thing.")
    shop.settle()
    assert shop.said(conversation_id)[-1] == ("Mia", "One more thing.")
    assert shop.desk.conversation(conversation_id).status == "resolved"

    shop.write(conversation_id, "It broke again.")
    shop.desk.request(conversation_id, "complaint", "shopper")
    # A webhook of the first time, late: it must not end the second.
    shop.target.hear(first)
    assert shop.desk.conversation(conversation_id).status == "pending"
    shop.settle()
    threads = shop.fake.threads(conversation_id)
    assert len(threads) == (1 if shop.kind == "chatwoot" else 2)
    assert shop.fake.status(threads[-1]) in ("open", "new")
    shop.write(conversation_id, "Hello?")
    shop.settle()
    assert shop.fake.heard(threads[-1]) == ["Hello?"]


def test_a_shopper_who_no_longer_waits(shop) -> None:
    conversation_id = shop.waiting()
    shop.settle()
    shop.desk.withdraw(conversation_id)
    shop.settle()
    assert shop.fake.status(shop.thread(conversation_id)) == {"chatwoot": "pending", "tickets": "solved"}[shop.kind]
    assert shop.desk.conversation(conversation_id).status == "bot"


def test_back_in_the_queue_is_told_once(shop) -> None:
    conversation_id = shop.waiting()
    shop.settle()
    shop.desk.accept(conversation_id, "Tom")
    shop.desk.transfer(conversation_id, "Tom")
    shop.settle()
    assert shop.fake.notes(shop.thread(conversation_id))[1:] == ["The shopper waits for a person again."]


def test_a_request_sent_again_by_a_worker_that_took_over_is_no_second_one(shop) -> None:
    conversation_id = shop.waiting()
    (delivery,) = shop.outbox.lease(shop.kind, shop.clock.now, 1, 60.0)
    for _ in range(2):
        shop.target.send(delivery)
    assert len(shop.fake.threads(conversation_id)) == 1
    assert len(shop.fake.notes(shop.thread(conversation_id))) == 1


def test_a_conversation_that_is_gone_and_a_thread_of_others(shop) -> None:
    assert not shop.target.hear("4711")
    shop.links.add(shop.kind, "4711", "gone")
    assert shop.target.hear("4711")
    assert not shop.outbox.dead()


BROKEN: list[Behaviour] = [
    Reply(500),
    Reply(503, headers={"Retry-After": "30"}),
    Reply(429, headers={"Retry-After": "30"}),
    Reply(302, headers={"Location": "http://127.0.0.1:9/"}),
    Reply(200, body=b"{"),
    Reply(200, data={"nonsense": True}),
    Reset(),
    Reset(after=True),
    Garbage(),
]


def test_whichever_call_fails_nothing_is_lost_or_doubled(served) -> None:
    for broken, calls in product(BROKEN, range(5)):
        told_once(*served, broken, calls)


def test_time_outs_lose_and_double_nothing_either(impatient) -> None:
    told_once(*impatient, Hang(), 0)
    told_once(*impatient, Hang(after=True), 2)
    told_once(*impatient, Drip(after=True), 3)


def told_once(shop: Shop, server: DeskServer, broken: Behaviour, calls: int) -> None:
    server.script = [*[Works()] * calls, broken]
    conversation_id = shop.waiting()
    shop.write(conversation_id, "Anybody there?")
    shop.deliver()
    case = f"{broken} in place of call {calls}"
    (thread,) = shop.fake.threads(conversation_id)
    assert shop.fake.heard(thread) == ["Anybody there?"] and len(shop.fake.notes(thread)) == 1, case
    assert not shop.outbox.dead() and server.script == [], case


@pytest.mark.parametrize("kind", KINDS)
def test_ten_minutes_without_a_sound_answer(kind) -> None:
    for shop, mischief in in_process(kind, seed=3):
        ids = [shop.waiting() for _ in range(10)]
        mischief.share, end = 1.0, shop.clock.now + 600
        while shop.clock.now < end:
            shop.clock.now += 10
            shop.worker.step()
            shop.write(ids[int(shop.clock.now) % 7], f"message {shop.clock.now:.0f}")
        assert not any(shop.desk.conversation(each).handover.notified for each in ids), "each shopper was told"
        mischief.share = 0.0
        shop.settle()
        for each in ids:
            (thread,) = shop.fake.threads(each)
            assert shop.fake.heard(thread) == [text for told, text in shop.told if told == each]
            assert len(shop.fake.notes(thread)) == 1


def test_many_webhooks_at_once_say_everything_once_and_in_order(served) -> None:
    shop, _ = served
    conversation_id = shop.waiting()
    shop.settle()
    thread = shop.thread(conversation_id)
    expected = [(agent, f"Line {number}") for number, agent in enumerate(("Mia", "Ada", "Mia", "Mia", "Ada"))]
    for agent, text in expected:
        shop.fake.say(thread, agent, text)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(shop.target.hear, [thread] * 16))
    assert shop.said(conversation_id) == expected


def test_a_wrong_token_is_told_to_the_shopper_and_made_good_by_a_replay(served) -> None:
    shop, server = served
    server.script = [Reply(401)]
    conversation_id = shop.waiting()
    shop.deliver()
    (dead,) = shop.outbox.dead()
    assert "401" in dead.error and not shop.desk.conversation(conversation_id).handover.notified
    shop.write(conversation_id, "Anybody there?")
    shop.deliver()
    (thread,) = shop.fake.threads(conversation_id)
    assert shop.fake.heard(thread) == ["Anybody there?"], "what comes next makes up for the request"
    shop.outbox.replay(None, shop.clock.now)
    shop.settle()
    assert shop.fake.threads(conversation_id) == [thread] and len(shop.fake.notes(thread)) <= 2


def test_an_agents_answer_to_a_thread_whose_making_went_unanswered(served) -> None:
    shop, server = served
    server.script = [*[Works()] * (3 if shop.kind == "chatwoot" else 1), Reset(after=True)]
    conversation_id = shop.waiting()
    shop.worker.step()
    (thread,) = shop.fake.threads(conversation_id)
    shop.fake.say(thread, "Mia", "Hello!")
    for hook in shop.fake.hooks:
        shop.take(hook)
    assert shop.said(conversation_id) == [], "nobody knows yet what this thread is about"
    shop.deliver()
    assert shop.said(conversation_id) == [("Mia", "Hello!")]


def test_an_answer_that_can_not_be_read_at_once_is_read_later(served) -> None:
    shop, server = served
    conversation_id = shop.waiting()
    shop.settle()
    thread = shop.thread(conversation_id)
    shop.fake.say(thread, "Mia", "Hello!")
    server.script = [Reply(500), Works(), Reset()]
    shop.take(shop.fake.hooks.pop())
    assert shop.said(conversation_id) == []
    shop.deliver()
    assert shop.said(conversation_id) == [("Mia", "Hello!")] and server.script == []
