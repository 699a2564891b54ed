"""Many shoppers at once, who all talk to one server and note how long it lets them wait."""

from __future__ import annotations

import asyncio
import json
import random
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

from bench.figures import ms_since
from bench.load_http import Client
from bench.load_talk import talks

PATIENCE = 60.0
BROKEN = (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError)
"""What happens to a call besides an answer."""
CHAT = "chat"
"""The name of the chat's function in the Gradio page."""
CARDS = "1. "
"""How the text of cards begins, in the answers of the Gradio page."""
CARDS_CAME = "cards"
Front = Literal["api", "gradio"]


@dataclass(frozen=True, slots=True)
class Load:
    """`shoppers` at once for `seconds`, after `warm_up` seconds that don't count.

    Each waits about `pause` seconds (half to one and a half of it) before the next message.
    """

    shoppers: int
    seconds: float
    pause: float
    warm_up: float = 5.0


@dataclass(slots=True)
class Waits:
    """What the shoppers noted: milliseconds to the first card, where there were cards, and to the end of each turn."""

    first_card: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)


class Side(Protocol):
    """A server as one shopper talks to it."""

    async def begin(self, client: Client) -> None:
        """A new conversation."""

    def say(self, client: Client, text: str) -> AsyncIterator[str]:
        """What comes back, in order: "cards", "error: …" and other things that nobody waits for."""


@dataclass(slots=True)
class ApiSide:
    """The HTTP API."""

    path: str = ""
    token: str = ""

    async def begin(self, client: Client) -> None:
        """Opens a conversation."""
        opened = await client.json("POST", "/v1/conversations", {})
        self.path, self.token = f"/v1/conversations/{opened['conversation_id']}/messages", str(opened["token"])

    async def say(self, client: Client, text: str) -> AsyncIterator[str]:
        """The names of the events."""
        name = ""
        async for line in client.lines("POST", self.path, {"text": text}, self.token):
            if line.startswith(b"event: "):
                name = line[7:].decode()
            elif line.startswith(b"data: ") and name == "products":
                yield CARDS_CAME if line != b'data: {"cards":[]}' else "no cards"
            elif line.startswith(b"data: "):
                yield f"error: {line.decode(errors='replace')[:200]}" if name == "error" else name


@dataclass(slots=True)
class GradioSide:
    """A page of `gr.ChatInterface`, asked through Gradio's queue as its own clients do: joined, then listened to."""

    function: int = -1
    session: str = ""

    async def begin(self, client: Client) -> None:
        """A new session; the first one looks up which function is the chat."""
        if self.function < 0:
            self.function = chat_function(await client.json("GET", "/config"))
        self.session = uuid.uuid4().hex[:12]

    async def say(self, client: Client, text: str) -> AsyncIterator[str]:
        """The kinds of what Gradio tells of the call, and "cards" where the first thing yielded is the cards."""
        joined = {"data": [text, None], "fn_index": self.function, "session_hash": self.session, "trigger_id": None}
        await client.json("POST", "/gradio_api/queue/join", joined)
        async for line in client.lines("GET", f"/gradio_api/queue/data?session_hash={self.session}"):
            if line.startswith(b"data: "):
                yield heard_from_gradio(json.loads(line[6:]))


def chat_function(config: dict[str, object]) -> int:
    """The number of the chat's function. Raises `ValueError` where the page has none."""
    known = config.get("dependencies")
    for each in known if isinstance(known, list) else ():
        if each["api_name"] == CHAT:
            return int(each["id"])
    raise ValueError(f"the page's configuration names no function {CHAT!r}")


def heard_from_gradio(message: dict[str, object]) -> str:
    """What a message of Gradio's queue means to a shopper."""
    kind = str(message["msg"])
    output = message.get("output")
    output = output if isinstance(output, dict) else {}
    if kind == "unexpected_error" or message.get("success") is False:
        return f"error: {output.get('error') or message.get('message')}"
    data = output.get("data") or [None]
    # Only the first one is whole; what follows is told as changes to it.
    return CARDS_CAME if kind == "process_generating" and str(data[0]).startswith(CARDS) else kind


SIDES: dict[Front, type[ApiSide] | type[GradioSide]] = {"api": ApiSide, "gradio": GradioSide}


def let_loose(front: Front, port: int, load: Load) -> Waits:
    """Lets the shoppers of a load talk to a server on this machine; takes `load.seconds` and more."""
    return asyncio.run(_crowd(front, port, load))


async def _crowd(front: Front, port: int, load: Load) -> Waits:
    waits, starts = Waits(), time.perf_counter() + load.warm_up
    shoppers = (_Shopper(SIDES[front](), Client(port), load, starts, waits, str(each)) for each in range(load.shoppers))
    await asyncio.gather(*(shopper.talk() for shopper in shoppers))
    return waits


@dataclass(slots=True)
class _Shopper:
    side: Side
    client: Client
    load: Load
    starts: float
    waits: Waits
    name: str

    async def talk(self) -> None:
        """One conversation after the other, until the time is up."""
        chance = random.Random(self.name)
        await asyncio.sleep(self.load.pause * chance.random())
        for talk in talks(self.name):
            if not await self._opened():
                continue
            for text in talk:
                if self._is_over():
                    self.client.close()
                    return
                await self._turn(text)
                await asyncio.sleep(self.load.pause * (0.5 + chance.random()))

    def _is_over(self) -> bool:
        return time.perf_counter() >= self.starts + self.load.seconds

    async def _opened(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                await self.side.begin(self.client)
        except BROKEN as error:
            self._failed(f"{type(error).__name__}: {error}")
            # Nobody knocks at a door that does not open as fast as they can; and where time is up, this ends it.
            await asyncio.sleep(0.2)
            return self._is_over()
        return True

    async def _turn(self, text: str) -> None:
        started = time.perf_counter()
        first_card: float | None = None
        error = ""
        try:
            async with asyncio.timeout(PATIENCE):
                async for heard in self.side.say(self.client, text):
                    if heard == CARDS_CAME and first_card is None:
                        first_card = ms_since(started)
                    error = heard if heard.startswith("error") else error
        except BROKEN as broken:
            error = f"{type(broken).__name__}: {broken}"
        if error:
            self._failed(error)
        elif started >= self.starts:
            self.waits.whole.append(ms_since(started))
            self.waits.first_card += [] if first_card is None else [first_card]

    def _failed(self, error: str) -> None:
        # Those of the warm-up count, too: no error is one that nobody minds.
        self.waits.errors[error[:200]] += 1
        self.client.close()
