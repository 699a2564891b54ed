"""Clients as the internet has them, over real connections: slow, broken off, gone. What they held is given back."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn

from assistant.turn import Assistant
from assistant.types import Done, Frame, Text, Timings, TurnEvent
from assistant.web.api.door import Door
from assistant.web.api.follow import Streams
from assistant.web.api.turns import Turns
from assistant.web.server import listening_socket
from tests.fakes import small_shop
from tests.fakes_api import ApiShopWorld, api_world

CONVERSATION = tuple[str, str]


@dataclass(frozen=True)
class Server:
    """A server of the API, and what it holds for its clients."""

    world: ApiShopWorld
    address: tuple[str, int]
    uvicorn: uvicorn.Server

    def holds(self) -> tuple[int, int, int, int]:
        """Connections, calls, turns and streams."""
        state = self.uvicorn.server_state
        return len(state.connections), len(state.tasks), self.world.served.turns.taken, len(self.world.served.streams)

    def until_free(self) -> None:
        """Waits until nothing is held for anybody."""
        asyncio.run(until(lambda: self.holds() == (0, 0, 0, 0)))

    def dial(self, buffer: int = 0) -> socket.socket:
        """A connection, which takes in about `buffer` bytes before they are read."""
        client = socket.socket()
        if buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client.settimeout(10)
        client.connect(self.address)
        return client


@contextmanager
def serving(world: ApiShopWorld, door: Door | None = None) -> Iterator[Server]:
    server = uvicorn.Server(uvicorn.Config(door or world.api.app, log_level="error", lifespan="off"))
    with listening_socket("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Server(world, listener.getsockname(), server)
        finally:
            server.should_exit = True
            thread.join(10)
            assert not thread.is_alive()


async def until(condition: object) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("it has not come to that")


def call_of(method: str, path: str, token: str, body: object = None) -> bytes:
    """The bytes of a call."""
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def message_of(conversation: CONVERSATION, text: str = "hi") -> bytes:
    return call_of("POST", f"/v1/conversations/{conversation[0]}/messages", conversation[1], {"text": text})


@dataclass(frozen=True)
class TalkativeShop:
    """The small shop, with answers far longer than what a connection holds by itself."""

    small: Assistant

    def __getattr__(self, name: str) -> object:
        return getattr(self.small, name)

    def say(self, conversation_id: str, text: str, message_id: str = "") -> Iterator[TurnEvent]:
        for _ in range(400):
            yield Text("on and on " * 1000)
        yield Done(Frame("smalltalk"), (), Timings(None, None, 0.0))


def test_a_client_that_hardly_reads_holds_up_nobody_else(tmp_path: Path) -> None:
    world = api_world(tmp_path, TalkativeShop(small_shop(tmp_path)), turns=Turns(1, 0))
    slow, quick = world.open(), world.open()
    with serving(world) as server, server.dial(buffer=4096) as client:
        client.sendall(message_of(slow))
        assert client.recv(1) == b"H"
        # The one thread that there is has been given back, with nearly all of the answer still to be read.
        asyncio.run(until(lambda: world.served.turns.taken == 0))
        assert world.call("GET", f"/v1/conversations/{quick[0]}", quick[1]).status_code == 200
        assert (
            "event: done" in world.call("POST", f"/v1/conversations/{quick[0]}/messages", quick[1], json={"text": "hi"}).text
        )
        assert client.recv(1) == b"T" and server.holds()[:2] == (1, 1)
        client.close()
        server.until_free()


@pytest.mark.parametrize("is_stream", [True, False], ids=["mid-stream", "mid-answer"])
def test_a_client_that_vanishes_without_reading_is_forgotten(tmp_path: Path, is_stream: bool) -> None:
    world = api_world(tmp_path, TalkativeShop(small_shop(tmp_path)), streams=Streams())
    conversation = world.open()
    stream = call_of("GET", f"/v1/conversations/{conversation[0]}/stream", conversation[1])
    with serving(world) as server:
        with server.dial(buffer=4096) as client:
            client.sendall(stream if is_stream else message_of(conversation))
            assert client.recv(1) == b"H" and server.holds()[0] == 1
        server.until_free()


@pytest.mark.parametrize("part", [0.2, 0.6, 0.99], ids=["in the head", "in the headers", "in the body"])
def test_a_call_that_breaks_off_half_way_is_not_begun(tmp_path: Path, part: float) -> None:
    world = api_world(tmp_path)
    conversation = world.open()
    call = message_of(conversation, "boots")
    with serving(world) as server:
        with server.dial() as client:
            client.sendall(call[: int(len(call) * part)])
            asyncio.run(until(lambda: server.holds()[0] == 1))
        server.until_free()
    assert not world.served.shop.conversation(conversation[0]).messages


def test_a_body_that_never_comes_in_whole_is_refused_and_the_connection_closed(tmp_path: Path) -> None:
    world = api_world(tmp_path)
    call = message_of(world.open())
    with serving(world, Door(world.api.app, world.served.limits, body_seconds=0.05)) as server, server.dial() as client:
        client.sendall(call[:-3])
        answer = b"".join(iter(lambda: client.recv(2000), b""))
        assert answer.startswith(b"HTTP/1.1 408") and b"connection: close" in answer.lower()
        server.until_free()
