"""The API over the small shop, for the tests of its calls: real stores and rules, a clock that stands still."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import APIRouter

from assistant.feedback import FeedbackStore
from assistant.handoff.desk import Desk
from assistant.handoff.log import HandoverLog
from assistant.identity import is_signed
from assistant.web.agent_login import Tries
from assistant.web.api.build import Api, build_api
from assistant.web.api.callers import Callers
from assistant.web.api.finding import finder
from assistant.web.api.follow import Streams
from assistant.web.api.limits import Allowance, Limits
from assistant.web.api.shop import ApiShop, Served
from assistant.web.api.tokens import ConversationTokens
from assistant.web.api.turns import Turns
from retrieval.sql import open_engine
from tests.fakes import NOW, small_shop

AGENTS = {"key-of-mia-0123456789": "Mia", "key-of-tom-0123456789": "Tom"}
SHOP_KEY = "key-of-the-shop-0123456789"
SECRET = "secret of the shop"
PLENTY = Allowance(*[1_000_000] * 5)


@dataclass
class Clock:
    """Seconds that pass only when they are told to; waiting makes them pass at once."""

    now: float = NOW
    pauses: int = 0

    def __call__(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.now += seconds
        self.pauses += 1
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Sent:
    """One server-sent event as a client reads it."""

    id: str
    name: str
    data: Any


@dataclass
class ApiShopWorld:
    """A shop with its API. `served` has the parts."""

    served: Served
    api: Api
    clock: Clock
    seen: list[str] = field(default_factory=list)

    def client(self, address: str = "192.0.2.1") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.api.app, raise_app_exceptions=False, client=(address, 1))
        return httpx.AsyncClient(transport=transport, base_url="http://shop.example")

    def call(self, method: str, path: str, key: str = "", **more: Any) -> httpx.Response:
        """One call to its end, also of a stream."""
        headers = {**({"Authorization": f"Bearer {key}"} if key else {}), **more.pop("headers", {})}
        address = more.pop("address", "192.0.2.1")

        async def called() -> httpx.Response:
            async with self.client(address) as client:
                return await client.request(method, path, headers=headers, **more)

        return asyncio.run(called())

    def open(self, **body: Any) -> tuple[str, str]:
        """A new conversation and its token."""
        answer = self.call("POST", "/v1/conversations", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["conversation_id"], answer.json()["token"]

    def say(self, conversation: tuple[str, str], text: str, **more: Any) -> list[Sent]:
        """What a message is answered with."""
        path = f"/v1/conversations/{conversation[0]}/messages"
        answer = self.call("POST", path, conversation[1], json={"text": text, **more})
        assert answer.status_code == 200, answer.text
        return events_of(answer.text)


def events_of(text: str) -> list[Sent]:
    """The events of a stream; comments and `retry` left out."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "event" in fields:
            found.append(Sent(fields["id"], fields["event"], json.loads(fields["data"])))
    return found


def kinds(events: Sequence[Sent]) -> list[str]:
    """The names in order, each run of the same once."""
    return [each.name for place, each in enumerate(events) if place == 0 or events[place - 1].name != each.name]


def api_world(
    folder: Path,
    shop: ApiShop | None = None,
    *,
    allowed: Allowance = PLENTY,
    turns: Turns | None = None,
    streams: Streams | None = None,
    origins: Sequence[str] = (),
    more: Sequence[APIRouter] = (),
    agents: Mapping[str, str] = AGENTS,
    shop_key: str = SHOP_KEY,
) -> ApiShopWorld:
    """The API over the small shop in `folder`, or over `shop`, which must be made of the small one."""
    small = small_shop(folder)
    engine, clock, seen = open_engine(f"sqlite:///{folder / 'shop.db'}"), Clock(), []
    limits, tokens = Limits(allowed, clock), ConversationTokens(engine)
    assert small.services.reception is not None
    log, products = HandoverLog(engine, clock), small.services.catalog.get_many
    callers = Callers(tokens, limits, Tries(clock), agent_with=agents.get, shop_key=shop_key, seen=seen.append)
    served = Served(
        shop=shop or small,
        desk=Desk(small.conversations, log, small.services.reception, products),
        events=small.services.events,
        find=finder(small.services.searcher, small.reader, small.currency),
        vouched=lambda shopper_id, hash_: is_signed(SECRET, shopper_id, hash_),
        tokens=tokens,
        callers=callers,
        limits=limits,
        turns=turns or Turns(2, 2),
        streams=Streams(clock=clock, pause=clock.pause) if streams is None else streams,
        now=clock,
        feedback=FeedbackStore(engine, clock),
    )
    return ApiShopWorld(served, build_api(served, limits, origins=origins, more=more), clock, seen)


def texts(events: Sequence[Sent]) -> str:
    """The prose of an answer."""
    return "".join(each.data["delta"] for each in events if each.name == "text")


def every(events: Sequence[Sent], name: str) -> Iterator[Any]:
    """What the events of this name tell."""
    return (each.data for each in events if each.name == name)
