"""The stream of a conversation: what comes in from now on, or since what was heard last.

Conversations are looked at once a second by their version alone, so any process may serve any stream, and one that is cut
off costs nothing but the asking.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

import anyio
import anyio.to_thread
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from assistant.shop import ShopFront
from assistant.types import Card, Conversation
from assistant.web.api.problems import Problem
from assistant.web.api.sse import BEAT, Place, event, place_of
from assistant.web.api.told import ToldCard, sent_products, told_card, told_cart, told_message, told_need, told_status
from assistant.web.api.turns import BEAT_SECONDS

IDLE_SECONDS = 600.0
LOOK_SECONDS = 1.0
MOST_STREAMS = 1000
MOST_OF_ONE = 8
_MOST_LOOKS = 4
_RETRY = b"retry: 2000\n\n"


class Followed(ShopFront, Protocol):
    """The shop, as far as a stream tells of it."""

    def cards(self, conversation: Conversation) -> tuple[Card, ...]:
        """What the conversation has on the screen."""


class _Shelf(BaseModel):
    cards: list[ToldCard]


@dataclass(slots=True)
class _Reader:
    """Tells one client what it lacks. `told` is what it was told last of each thing that is told whole."""

    shop: Followed
    place: Place
    told: dict[str, BaseModel] = field(default_factory=dict)

    def lacks(self, conversation: Conversation) -> Iterator[bytes]:
        """The events that bring the client from its place to this version of the conversation; the last is `status`."""
        known = min(self.place.messages, len(conversation.messages))
        new = conversation.messages[known:]
        sent = sent_products(self.shop, new)
        for number, message in enumerate(new, known + 1):
            # Only the last event names the new version: who is cut off before it is told all the rest again.
            yield event("message", told_message(message, sent), str(Place(self.place.version, number)))
        reached = Place(self.place.version, len(conversation.messages))
        cart = self.shop.cart(conversation.id)
        whole: dict[str, BaseModel] = {
            "products": _Shelf(cards=[told_card(card) for card in self.shop.cards(conversation)]),
            "cart": told_cart(cart),
            "need": told_need(conversation.need, cart.currency),
        }
        for name, data in whole.items():
            if self.told.get(name) != data:
                yield event(name, data, str(reached))
        self.told, self.place = whole, place_of(conversation)
        yield event("status", told_status(conversation), str(self.place))


class Streams:
    """The streams that are open in this process: no more than so many of all, and of one conversation."""

    def __init__(
        self,
        *,
        most: int = MOST_STREAMS,
        most_of_one: int = MOST_OF_ONE,
        idle_seconds: float = IDLE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """One without news for `idle_seconds` is closed; `pause` waits between two looks, `clock` tells seconds."""
        self._most = most
        self._most_of_one = most_of_one
        self._idle_seconds = idle_seconds
        self._clock = clock
        self._pause = pause
        self._open: dict[str, int] = {}
        # Looking must not take the threads that other calls are served with.
        self._looks = anyio.CapacityLimiter(_MOST_LOOKS)

    def __len__(self) -> int:
        """How many are open."""
        return sum(self._open.values())

    def check_room(self, conversation_id: str) -> None:
        """Raises `Problem` where no more streams may be opened."""
        if self._open.get(conversation_id, 0) >= self._most_of_one:
            detail = f"this conversation has {self._most_of_one} open streams already; close one"
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "too_many_streams", detail, retry_after=LOOK_SECONDS)
        if len(self) >= self._most:
            detail = "too many streams are open; ask for the conversation itself now and then"
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", detail, retry_after=BEAT_SECONDS)

    async def follow(self, shop: Followed, conversation_id: str, heard: Place | None) -> AsyncGenerator[bytes, None]:
        """The events of a conversation since `heard`, or from now on; ends when nothing has come for long."""
        self._open[conversation_id] = self._open.get(conversation_id, 0) + 1
        try:
            yield _RETRY
            async with aclosing(self._news(shop, conversation_id, heard)) as lines:
                async for line in lines:
                    yield line
        except (SQLAlchemyError, KeyError):
            return  # the client comes back with its place, and loses nothing
        finally:
            self._open[conversation_id] -= 1
            if not self._open[conversation_id]:
                del self._open[conversation_id]

    async def _news(self, shop: Followed, conversation_id: str, heard: Place | None) -> AsyncGenerator[bytes, None]:
        if heard is None:
            conversation = await anyio.to_thread.run_sync(shop.conversation, conversation_id, limiter=self._looks)
            heard = place_of(conversation)
            yield event("status", told_status(conversation), str(heard))
        reader = _Reader(shop, heard)
        spoken = beaten = self._clock()
        while self._clock() - spoken < self._idle_seconds:
            lines = await anyio.to_thread.run_sync(_lines, reader, conversation_id, limiter=self._looks)
            if lines:
                spoken = beaten = self._clock()
            elif self._clock() - beaten >= BEAT_SECONDS:
                beaten = self._clock()
                lines = [BEAT]
            for line in lines:
                yield line
            await self._pause(LOOK_SECONDS)


def _lines(reader: _Reader, conversation_id: str) -> list[bytes]:
    conversation = reader.shop.news(conversation_id, reader.place.version)
    return [] if conversation is None else list(reader.lacks(conversation))
