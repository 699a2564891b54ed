"""Turns run in threads, so many at once; who goes away gives theirs back."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn

from assistant.turn import Assistant
from assistant.types import Done, Frame, Text, Timings, TurnEvent
from assistant.web.api import answers
from assistant.web.api.follow import Streams
from assistant.web.api.problems import Problem
from assistant.web.api.sse import Place
from assistant.web.api.turns import Turns
from assistant.web.server import listening_socket
from tests.fakes import small_shop
from tests.fakes_api import ApiShopWorld, api_world, events_of


@dataclass
class Steps:
    """A turn that goes on when it is told to, and knows whether it was closed."""

    go_on: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    begun: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)

    def run(self) -> Generator[bytes, None, None]:
        self.begun.set()
        try:
            for number in range(100):
                yield str(number).encode()
                assert self.go_on.acquire(timeout=10)
        finally:
            self.closed.set()


async def until(condition: object) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("it has not come to that")


def test_who_goes_away_ends_the_turn_and_frees_its_thread() -> None:
    turns, steps = Turns(1, 0), Steps()

    async def leave() -> None:
        events: AsyncIterator[bytes] = answers.sent(turns.begin(steps.run), Place(0, 0))
        assert await anext(events) == b"0"
        await events.aclose()
        assert turns.taken == 1, "the thread is still at work"
        steps.go_on.release()
        await until(lambda: turns.taken == 0)

    asyncio.run(leave())
    assert steps.closed.is_set()


def test_who_goes_away_before_their_turn_never_begins_it() -> None:
    turns, first, second = Turns(1, 1), Steps(), Steps()

    async def wait_in_line() -> None:
        events = answers.sent(turns.begin(first.run), Place(0, 0))
        await anext(events)
        waiting = turns.begin(second.run).events()
        with pytest.raises(Problem, match="too many shoppers") as refused:
            turns.begin(Steps().run)
        assert (refused.value.status, refused.value.retry_after) == (503, 5.0)
        reading = asyncio.ensure_future(anext(waiting))
        await asyncio.sleep(0)
        reading.cancel()
        await until(lambda: turns.taken == 1)
        await events.aclose()
        first.go_on.release()
        await until(lambda: turns.taken == 0)

    asyncio.run(wait_in_line())
    assert not second.begun.is_set()


def test_signs_of_life_are_sent_while_a_turn_thinks() -> None:
    turns, steps = Turns(1, 0, beat_seconds=0.01), Steps()

    async def listen() -> None:
        events = answers.sent(turns.begin(steps.run), Place(0, 0))
        assert [await anext(events) for _ in range(3)] == [b"0", b": still here\n\n", b": still here\n\n"]
        steps.go_on.release()
        assert b"1" in [await anext(events) for _ in range(2)]
        await events.aclose()
        steps.go_on.release()
        await until(lambda: turns.taken == 0)

    asyncio.run(listen())


@dataclass(frozen=True)
class BrokenShop:
    """The small shop, whose turns break off after a word."""

    small: Assistant

    def __getattr__(self, name: str) -> object:
        return getattr(self.small, name)

    def say(self, conversation_id: str, text: str, message_id: str = "") -> Iterator[TurnEvent]:
        yield Text("Well")
        raise RuntimeError("password=hunter2 in /srv/shop.py")


def test_a_turn_that_breaks_off_says_so_and_no_more(tmp_path: Path, caplog) -> None:
    world = api_world(tmp_path, BrokenShop(small_shop(tmp_path)))
    conversation = world.open()
    answer = world.call("POST", f"/v1/conversations/{conversation[0]}/messages", conversation[1], json={"text": "hi"})
    events = events_of(answer.text)
    assert [each.name for each in events] == ["text", "error"] and "hunter2" not in answer.text
    assert (events[1].data["code"], events[1].data["retryable"]) == ("internal", True)
    assert "hunter2" in caplog.text and world.served.turns.taken == 0


@dataclass(frozen=True)
class SlowShop(BrokenShop):
    """The small shop, whose turns wait to be let go."""

    let_go: threading.Event = field(default_factory=threading.Event)

    def say(self, conversation_id: str, text: str, message_id: str = "") -> Iterator[TurnEvent]:
        assert self.let_go.wait(10)
        yield Done(Frame("smalltalk"), (), Timings(None, None, 0.0))


def test_more_than_can_wait_are_told_when_to_come_again(tmp_path: Path) -> None:
    shop = SlowShop(small_shop(tmp_path))
    world = api_world(tmp_path, shop, turns=Turns(1, 1))
    conversation = world.open()

    async def crowd() -> list[int]:
        async with world.client() as client:
            url, headers = f"/v1/conversations/{conversation[0]}/messages", {"Authorization": f"Bearer {conversation[1]}"}
            calls = [asyncio.ensure_future(client.post(url, json={"text": "hi"}, headers=headers)) for _ in range(3)]
            done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
            (refused,) = (call.result() for call in done)
            assert refused.status_code == 503 and refused.headers["retry-after"] == "5"
            shop.let_go.set()
            return sorted(answer.status_code for answer in await asyncio.gather(*calls))

    assert asyncio.run(crowd()) == [200, 200, 503]
    assert world.served.turns.taken == 0


@dataclass(frozen=True)
class EndlessShop(BrokenShop):
    """The small shop, whose turns never end of themselves."""

    closed: threading.Event = field(default_factory=threading.Event)

    def say(self, conversation_id: str, text: str, message_id: str = "") -> Iterator[TurnEvent]:
        pause = threading.Event()
        try:
            while True:
                yield Text("on and on ")
                pause.wait(0.01)
        finally:
            self.closed.set()


def test_a_browser_that_is_closed_frees_the_turn_and_the_stream(tmp_path: Path) -> None:
    shop = EndlessShop(small_shop(tmp_path))
    world = api_world(tmp_path, shop, streams=Streams())
    conversation_id, token = world.open()
    path = f"/v1/conversations/{conversation_id}"
    server = uvicorn.Server(uvicorn.Config(world.api.app, log_level="error", lifespan="off"))
    with listening_socket("127.0.0.1", 0) as listener:
        address = listener.getsockname()
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        serving.start()
        try:
            for method, rest, body in (("POST", "/messages", json.dumps({"text": "hi"})), ("GET", "/stream", "")):
                with socket.create_connection(address, timeout=10) as browser:
                    head = f"{method} {path}{rest} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
                    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                    browser.sendall((head + body).encode())
                    assert b"200 OK" in browser.recv(1000) and browser.recv(1000)
                    assert open_calls(world) == 1
                asyncio.run(until(lambda: open_calls(world) == 0))
        finally:
            server.should_exit = True
            serving.join(10)
    assert shop.closed.is_set()


def open_calls(world: ApiShopWorld) -> int:
    return world.served.turns.taken + len(world.served.streams)
