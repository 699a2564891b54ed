import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Connection, text

from assistant.memory import ConversationChanged, ConversationStore
from assistant.types import CartLine, Conversation, Message, Shown, Step
from retrieval.sql import open_engine
from retrieval.types import Need


def store(folder: Path) -> ConversationStore:
    return ConversationStore(open_engine(f"sqlite:///{folder / 'shop.db'}"))


def test_what_is_saved_comes_back_whole(tmp_path: Path) -> None:
    conversations = store(tmp_path)
    fresh = conversations.create("guest-1")
    full = replace(
        fresh,
        messages=(Message("shopper", "bööts 🥾", "2026-01-01T00:00:00+00:00", ("p1",)),),
        need=Need(query="boots", include=("warm",), price_max=9900, sort="rating"),
        shown=(Shown("p1", "Boot", 9900),),
        cart=(CartLine("p1", 2, "v"),),
        last_act="search",
        focus="p1",
        disliked=("p2",),
    )
    saved = conversations.change(fresh.id, lambda now: full)
    assert saved.version == 1
    assert store(tmp_path).load(fresh.id) == saved


def test_an_unknown_id_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        store(tmp_path).load("nobody")


def test_of_two_writers_at_once_none_is_lost(tmp_path: Path) -> None:
    conversations = store(tmp_path)
    fresh = conversations.create("guest-1")
    calls: list[int] = []

    def second_writer_comes_between(now: Conversation) -> Conversation:
        calls.append(now.version)
        if len(calls) == 1:
            store(tmp_path).change(fresh.id, lambda other: replace(other, disliked=(*other.disliked, "theirs")))
        return replace(now, disliked=(*now.disliked, "mine"))

    saved = conversations.change(fresh.id, second_writer_comes_between)
    assert calls == [0, 1]
    assert saved.disliked == ("theirs", "mine") and saved.version == 2


def test_a_change_that_is_always_overtaken_gives_up(tmp_path: Path) -> None:
    conversations = store(tmp_path)
    fresh = conversations.create("guest-1")

    def overtaken(now: Conversation) -> Conversation:
        store(tmp_path).change(fresh.id, lambda other: replace(other, disliked=(*other.disliked, "theirs")))
        return replace(now, focus="mine")

    with pytest.raises(ConversationChanged):
        conversations.change(fresh.id, overtaken)
    assert conversations.load(fresh.id).focus is None


def test_watchers_write_within_the_change(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    with engine.begin() as connection:
        connection.execute(text("create table seen (version integer)"))

    def watch(connection: Connection, before: Conversation, after: Conversation) -> None:
        connection.execute(text(f"insert into seen values ({after.version})"))
        if after.focus == "bad":
            raise RuntimeError("the watcher fails")

    conversations = ConversationStore(engine, (watch,))
    fresh = conversations.create("guest-1")
    conversations.change(fresh.id, lambda now: replace(now, focus="good"))
    conversations.change(fresh.id, lambda now: now)  # nothing changed, nothing to see
    with pytest.raises(RuntimeError):
        conversations.change(fresh.id, lambda now: replace(now, focus="bad"))
    assert conversations.load(fresh.id).focus == "good" and conversations.version(fresh.id) == 1
    with engine.connect() as connection:
        assert connection.execute(text("select version from seen")).scalars().all() == [1]


def test_many_writers_whose_watchers_read_do_not_wait_for_each_other_for_ever(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'shop.db'}")

    def watch(connection: Connection, before: Conversation, after: Conversation) -> None:
        with engine.connect() as another:
            another.execute(text("select count(*) from conversations"))

    conversations = ConversationStore(engine, (watch,))
    ids = [conversations.create(f"guest-{number}").id for number in range(24)]
    at_once = Barrier(len(ids))

    def write(conversation_id: str) -> int:
        at_once.wait()
        return conversations.change(conversation_id, lambda now: replace(now, focus="p1")).version

    with ThreadPoolExecutor(len(ids)) as pool:
        assert list(pool.map(write, ids)) == [1] * len(ids)
    engine.dispose()


def test_a_conversation_of_before_there_were_hand_overs_is_read_and_waits_for_nobody(tmp_path: Path) -> None:
    conversations = store(tmp_path)
    fresh = conversations.create("guest-1")
    message = {"role": "shopper", "text": "a person please", "time": "2025-01-01T00:00:00+00:00", "product_ids": []}
    row = {"id": fresh.id, "shopper_id": "guest-1", "messages": [message], "status": "pending", "version": 0}
    engine = open_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    with engine.begin() as connection:
        connection.execute(text("update conversations set body = :body"), {"body": json.dumps(row)})
    loaded = conversations.load(fresh.id)
    assert loaded == replace(fresh, messages=(Message("shopper", message["text"], message["time"]),))
    assert conversations.change(fresh.id, lambda now: replace(now, focus="p1")).status == "bot"


def test_ids_cannot_be_guessed(tmp_path: Path) -> None:
    conversations = store(tmp_path)
    ids = {conversations.create("g").id for _ in range(50)}
    assert len(ids) == 50
    assert all(len(name) >= 22 for name in ids)  # 128 bits in base 64


def test_what_the_last_turn_changed_is_kept_and_older_conversations_do_without(tmp_path: Path) -> None:
    conversations = store(tmp_path)
    fresh = conversations.create("guest-1")
    step = Step(need=Need(query="boots"), cart=(CartLine("p1", 1),), learned=("vegan",))
    saved = conversations.change(fresh.id, lambda now: replace(now, last_step=step))
    assert store(tmp_path).load(fresh.id).last_step == step
    engine = open_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    with engine.begin() as connection:
        row = json.loads(connection.execute(text("select body from conversations")).scalar_one())
        del row["last_step"]
        connection.execute(text("update conversations set body = :body"), {"body": json.dumps(row)})
    assert store(tmp_path).load(fresh.id) == replace(saved, last_step=Step())
