"""A thousand conversations with everything that can come between: races, restarts, vanishing shoppers and agents.

Turns are generators, so that other writers can come in between any two of their steps. A process that is killed loses all
that it had in hand; its turns never get to save anything.
"""

import contextlib
import itertools
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Connection, Engine

from assistant.handoff import states
from assistant.handoff.decide import HandoverPolicy
from assistant.handoff.desk import Desk
from assistant.handoff.log import HandoverLog
from assistant.handoff.notify import Notifier
from assistant.handoff.outbox import Outbox
from assistant.handoff.reception import Reception
from assistant.memory import ConversationStore
from assistant.turn import Assistant
from assistant.types import Conversation, TurnEvent
from retrieval.sql import open_engine
from tests.fakes import NOW, hear, small_shop

CONVERSATIONS = 1000
AT_A_TIME = 20
AGENTS = ("Mia", "Tom", "Ada")
WORDS = (
    "hello",
    "show me hiking boots",
    "Talk to a person",
    "thanks",
    "how are you?",
    "cheaper",
    "I no longer need a person",
)


class Killed(Exception):
    """The process is gone."""


class KillableStore(ConversationStore):
    """The conversations as one process sees them, until it is killed."""

    alive = True

    def change(self, *arguments, **more) -> Conversation:
        if not self.alive:
            raise Killed
        return super().change(*arguments, **more)


@dataclass
class World:
    """The shop in one database, its processes one after the other, and what was written to it."""

    engine: Engine
    shop: Assistant
    random: Random
    now: float = NOW
    said: dict[str, list[str]] = field(default_factory=dict)
    told: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    turns: list[tuple[str, Iterator[TurnEvent]]] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """A new process on the same database."""
        self.log = HandoverLog(self.engine, lambda: self.now)
        notifier = Notifier(Outbox(self.engine), ("desk",), lambda *event, before: {"event": event[0]}, lambda: self.now)
        self.store = KillableStore(self.engine, (self.log.record, notifier.record, self.watch))
        reception = Reception(HandoverPolicy(), lambda: self.now, self.log.waiting)
        services = replace(self.shop.services, reception=reception, now=lambda: self.now)
        self.shop = replace(self.shop, conversations=self.store, services=services)
        self.desk = Desk(self.store, self.log, reception, services.catalog.get_many, silence_seconds=600.0)

    def watch(self, connection: Connection, before: Conversation, after: Conversation) -> None:
        """What must hold of each single change, whoever makes it."""
        new = after.messages[len(before.messages) :]
        if after.messages[: len(before.messages)] != before.messages:
            self.faults.append(f"{after.id}: a message was changed or taken away")
        if after.status == "human" and any(message.role == "assistant" for message in new):
            self.faults.append(f"{after.id}: the assistant spoke beside a person")
        if (after.handover is None) != (after.status in ("bot", "resolved")):
            self.faults.append(f"{after.id}: {after.status} with hand-over {after.handover}")
        if before.status != after.status and not any(message.role != "shopper" for message in new):
            reopened = before.status == "resolved" and after.status == "bot"
            if not reopened:  # it is the shopper's own message that opens it, and the assistant's answer comes at once
                self.faults.append(f"{after.id}: {before.status} became {after.status} without a word")
        self.events[f"{before.status}>{after.status}"] += before.status != after.status

    def kill(self) -> None:
        """The process dies with all its turns, none of which gets to save what it had; another one starts."""
        self.store.alive = False
        for _, turn in self.turns:
            with contextlib.suppress(Killed):
                turn.close()
        self.turns.clear()
        self.start()

    # ---- what may happen next --------------------------------------------------------------------------------------

    def shopper_writes(self, conversation_id: str) -> None:
        text, message_id = self.random.choice(WORDS), f"m{next(self.numbers)}"
        turn = self.shop.say(conversation_id, text, message_id)
        self.turns.append((conversation_id, turn))
        self.said.setdefault(conversation_id, []).append(message_id)
        self.step(len(self.turns) - 1)  # what the page has sent has reached the server

    def shopper_sends_again(self, conversation_id: str) -> None:
        sent = self.said.get(conversation_id)
        if sent:
            before = self.desk.conversation(conversation_id)
            text = next(message.text for message in before.messages if message.id == sent[-1])
            self.turns.append((conversation_id, self.shop.say(conversation_id, text, sent[-1])))

    def a_turn_goes_on(self, _: str) -> None:
        if self.turns:
            self.step(self.random.randrange(len(self.turns)))

    def the_shopper_closes_the_page(self, _: str) -> None:
        if self.turns:
            self.turns.pop(self.random.randrange(len(self.turns)))[1].close()

    def step(self, place: int) -> None:
        if next(self.turns[place][1], None) is None:
            self.turns.pop(place)

    def agent_accepts(self, conversation_id: str) -> None:
        with contextlib.suppress(states.NotWaiting, states.TakenBy):
            self.desk.accept(conversation_id, self.random.choice(AGENTS))

    def agent_takes(self, conversation_id: str) -> None:
        with contextlib.suppress(states.TakenBy):
            self.desk.take(conversation_id, self.random.choice(AGENTS))

    def an_agent(self, conversation_id: str) -> str:
        """Mostly the one who has the conversation, sometimes one who only thinks so."""
        handover = self.desk.conversation(conversation_id).handover
        return handover.agent if handover and handover.agent and self.random.random() < 0.8 else self.random.choice(AGENTS)

    def agent_writes(self, conversation_id: str) -> None:
        message_id = f"a{next(self.numbers)}"
        agent = self.an_agent(conversation_id)
        for _ in range(self.random.choice((1, 1, 2))):  # the answer is lost now and then, and the console sends again
            with contextlib.suppress(states.NotYours):
                self.desk.say(conversation_id, agent, "Let me look.", message_id=message_id)
                if message_id not in (told := self.told.setdefault(conversation_id, [])):
                    told.append(message_id)

    def agent_ends(self, conversation_id: str) -> None:
        ends = (self.desk.release, self.desk.resolve, self.desk.resolve, self.desk.transfer)
        with contextlib.suppress(states.NotYours):
            self.random.choice(ends)(conversation_id, self.an_agent(conversation_id))

    def shopper_asks_by_button(self, conversation_id: str) -> None:
        self.desk.request(conversation_id, "asked_for_human", "shopper")

    def shopper_waits_no_more(self, conversation_id: str) -> None:
        self.desk.withdraw(conversation_id)

    def help_desk_is_down(self, conversation_id: str) -> None:
        self.desk.unreachable(conversation_id)

    def time_passes(self, _: str) -> None:
        self.now += self.random.choice((1.0, 5.0, 10.0, 20.0, 40.0, 60.0, 90.0, 601.0))
        self.desk.sweep()

    def the_process_dies(self, _: str) -> None:
        if self.random.random() < 0.2:
            self.kill()


ACTIONS = (
    *(World.shopper_writes,) * 5,
    *(World.a_turn_goes_on,) * 12,
    *(World.agent_accepts,) * 3,
    *(World.agent_writes,) * 4,
    *(World.agent_ends,) * 3,
    World.agent_takes,
    World.shopper_sends_again,
    World.the_shopper_closes_the_page,
    World.shopper_asks_by_button,
    World.shopper_waits_no_more,
    World.help_desk_is_down,
    World.time_passes,
    World.the_process_dies,
)


def played(world: World, conversations: int) -> list[str]:
    """Plays that many conversations, some at a time, and lets all turns come to their ends; returns their ids."""
    ids = []
    for _ in range(conversations // AT_A_TIME):
        some = [world.shop.open().id for _ in range(AT_A_TIME)]
        for _ in range(AT_A_TIME * 14):
            world.random.choice(ACTIONS)(world, world.random.choice(some))
        while world.turns:
            world.step(0)
        ids += some
    return ids


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    shop = small_shop(tmp_path)
    engine = open_engine(f"sqlite:///{tmp_path / 'threads.db'}")
    yield World(engine, shop, Random(7))
    engine.dispose()


def test_nothing_is_lost_doubled_or_stuck_and_nobody_is_talked_over(world: World) -> None:
    ids = played(world, CONVERSATIONS)
    assert world.faults == []
    for conversation_id in ids:
        messages = world.desk.conversation(conversation_id).messages
        from_shopper = [message.id for message in messages if message.role == "shopper"]
        assert from_shopper == world.said.get(conversation_id, [])
        assert [message.id for message in messages if message.role == "agent"] == world.told.get(conversation_id, [])
        answers = Counter(message.id for message in messages if message.role == "assistant")
        assert not answers or max(answers.values()) == 1
    # Every way from one state to another was gone, many times.
    ways = ("bot>pending", "pending>human", "human>bot", "human>resolved", "human>pending", "pending>bot", "resolved>bot")
    assert min(world.events[way] for way in ways) > 30, world.events

    in_log = {episode.conversation_id for episode in world.log.open()}
    assert in_log == {each for each in ids if world.desk.conversation(each).handover is not None}
    # An hour later no agent is there any more; whoever writes is answered all the same.
    world.now += 3600
    world.desk.sweep()
    for conversation_id in ids:
        heard = hear(world.shop.say(conversation_id, "hello", f"last-{conversation_id}"))
        assert heard.text or world.desk.conversation(conversation_id).status == "human"
        if world.desk.conversation(conversation_id).status == "human":
            world.now += 601
            world.desk.sweep()
            assert hear(world.shop.say(conversation_id, "hello", f"after-{conversation_id}")).text
    assert world.faults == []


def test_of_agents_who_accept_at_once_one_wins(world: World) -> None:
    for _ in range(25):
        conversation_id = world.shop.open().id
        world.desk.request(conversation_id, "asked_for_human", "shopper")
        won: list[str] = []
        lost: list[str] = []
        at_once = threading.Barrier(len(AGENTS))

        def accept(agent: str, conversation_id=conversation_id, won=won, lost=lost, at_once=at_once) -> None:
            at_once.wait()
            try:
                world.desk.accept(conversation_id, agent)
                won.append(agent)
            except states.TakenBy as taken:
                lost.append(taken.agent)

        threads = [threading.Thread(target=accept, args=(agent,)) for agent in AGENTS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        conversation = world.desk.conversation(conversation_id)
        assert len(won) == 1 and lost == won * 2
        assert conversation.handover is not None and conversation.handover.agent == won[0]
        assert [message.role for message in conversation.messages] == ["notice", "notice"]
    assert world.faults == []


def test_messages_from_all_sides_at_once_are_all_kept(world: World) -> None:
    conversation_id = world.shop.open().id
    world.desk.take(conversation_id, "Mia")
    at_once = threading.Barrier(3)

    def write(name: str) -> None:
        at_once.wait()
        for number in range(15):
            if name == "Mia":
                world.desk.say(conversation_id, "Mia", f"{name} {number}", message_id=f"{name}-{number}")
            else:
                hear(world.shop.say(conversation_id, f"{name} {number}", f"{name}-{number}"))

    threads = [threading.Thread(target=write, args=(name,)) for name in ("Mia", "phone", "laptop")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    messages = [message for message in world.desk.conversation(conversation_id).messages if message.role != "notice"]
    for name in ("Mia", "phone", "laptop"):
        assert [m.text for m in messages if m.text.startswith(name)] == [f"{name} {number}" for number in range(15)]
    assert world.faults == []
