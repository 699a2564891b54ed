"""One turn as server-sent events, in this order: products, text, cart, need, suggestions, status, done; error at any point.

Their ids are the place in the conversation before the turn, as its messages are known in whole only when it is over: who
is cut off asks the stream for what follows, and knows messages by their ids. `done` moves on, unless others wrote too.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import aclosing
from dataclasses import asdict, dataclass

import prompts
from assistant import thread
from assistant.shop import ShopFront
from assistant.types import (
    CartChanged,
    Conversation,
    Done,
    Failed,
    Products,
    StatusChanged,
    Suggestions,
    Text,
    TurnEvent,
)
from assistant.web.api.sse import BEAT, Place, event, place_of
from assistant.web.api.told import agent_of, told_card, told_cart, told_need
from assistant.web.api.turns import Running, TurnBroke


@dataclass(slots=True)
class _Writer:
    """Writes the events of one turn. Works in the turn's own thread, as it reads the conversation again."""

    shop: ShopFront
    before: Conversation
    message_id: str
    written: int = 0
    has_need: bool = False
    saved: Conversation | None = None

    def write(self, told: TurnEvent) -> Iterator[bytes]:
        """The lines of one event of the turn, and of the need before the first one that can only follow it."""
        if isinstance(told, Suggestions | StatusChanged | Done) and not self.has_need:
            # By now the turn is saved, and its need is what the conversation has.
            self.has_need = True
            yield self._event("need", told_need(self._now().need, self.shop.currency).model_dump(exclude_none=True))
        match told:
            case Products(cards):
                yield self._event("products", {"cards": [told_card(card).model_dump(exclude_none=True) for card in cards]})
            case Text(delta):
                yield self._event("text", {"delta": delta})
            case CartChanged(cart):
                yield self._event("cart", told_cart(cart).model_dump(exclude_none=True))
            case Suggestions(texts):
                yield self._event("suggestions", {"texts": list(texts)})
            case Failed(code, message, retryable):
                yield self._event("error", {"code": code, "message": message, "retryable": retryable})
            case Done():
                yield from self._done(told)
            case StatusChanged():
                pass  # told with the end of the turn, where it is known for sure

    def _done(self, done: Done) -> Iterator[bytes]:
        now = self._now()
        agent = agent_of(now)
        yield self._event("status", {"status": now.status} | ({"agent": agent} if agent else {}))
        answer = thread.answer_to(now, self.message_id)
        ids = {"message_id": self.message_id} | ({"answer_id": answer.id} if answer else {})
        place = place_of(now) if self._has_all(now) else place_of(self.before)
        yield event("done", ids | {"timings": asdict(done.timings)}, f"{place}.{self.written + 1}")

    def _has_all(self, now: Conversation) -> bool:
        """Whether nobody else wrote into the thread since the turn began."""
        own = {self.message_id, thread.answer_id(self.message_id)}
        return all(message.id in own for message in now.messages[len(self.before.messages) :])

    def _now(self) -> Conversation:
        """The conversation as the turn left it: read once, as what is asked of it is told in one go."""
        if self.saved is None:
            self.saved = self.shop.conversation(self.before.id)
        return self.saved

    def _event(self, name: str, data: dict[str, object]) -> bytes:
        self.written += 1
        return event(name, data, f"{place_of(self.before)}.{self.written}")


def written(
    shop: ShopFront, before: Conversation, message_id: str, turn: Callable[[], Iterator[TurnEvent]]
) -> Callable[[], Generator[bytes, None, None]]:
    """What runs a turn and writes its events; the message or press it starts from has `message_id`, which is not empty."""
    writer = _Writer(shop, before, message_id)

    def run() -> Generator[bytes, None, None]:
        events = turn()
        try:
            for told in events:
                yield from writer.write(told)
        finally:
            if isinstance(events, Generator):
                events.close()  # saves what was told so far, where the shopper went away

    return run


async def sent(running: Running[bytes], place: Place) -> AsyncGenerator[bytes, None]:
    """What a client is sent of a running turn: its events, signs of life between them, and an error where it broke off."""
    try:
        # Closed at once where the client goes away, not when the garbage is collected.
        async with aclosing(running.batches()) as batches:
            async for batch in batches:
                yield b"".join(batch) or BEAT
    except TurnBroke:
        failed = {"code": "internal", "message": prompts.render("turn_failed"), "retryable": True}
        yield event("error", failed, f"{place}.0")
