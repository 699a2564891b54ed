"""What an operator watches of a shop: turns, failures, hand-overs, deliveries, and `GET /metrics` to read it.

Every process counts what it did itself, so each is to be asked. What lives in the database (hand-overs, deliveries,
feedback) is read when somebody asks, and is the same in all of them.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.feedback import FeedbackValue
from assistant.handoff.log import Episode
from assistant.handoff.outbox import State
from assistant.shop import Button
from assistant.types import Done, Failed, Products, StatusChanged, TurnEvent
from assistant.web.api.callers import bearer_of
from assistant.web.api.instruments import Counter, Gauge, Histogram, Labels, Metric
from assistant.web.api.problems import Problem
from assistant.web.api.shop import ApiShop

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class ShopMetrics:
    """All that is measured of one shop in one process."""

    def __init__(
        self,
        *,
        handovers: Callable[[], Sequence[Episode]],
        deliveries: Callable[[], Mapping[str, Mapping[State, int]]],
        streams: Callable[[], int] = lambda: 0,
        feedback: Callable[[], Mapping[FeedbackValue, int]] = dict,
    ) -> None:
        """`handovers` are those under way, `deliveries` counts what help desks are told, `streams` those that are open.

        `feedback` counts the answers that shoppers call helpful, and those that they do not.
        """
        self.turns = Counter("shelfwise_turns_total", "Turns by act and outcome.", ("act", "outcome"))
        self.first_card = Histogram("shelfwise_first_card_seconds", "Seconds of work before a turn's first card.")
        self.turn = Histogram("shelfwise_turn_seconds", "Seconds of work on a whole turn.")
        self.failures = Counter("shelfwise_failures_total", "Failed turns by code.", ("code",))
        self.limited = Counter("shelfwise_rate_limited_total", "Calls refused as too many.")
        self._lock = threading.Lock()
        self._under_way = 0
        self._metrics: tuple[Metric, ...] = (
            self.turns,
            self.first_card,
            self.turn,
            self.failures,
            self.limited,
            Gauge("shelfwise_turns_running", "Turns under way.", (), lambda: {(): self._under_way}),
            Gauge("shelfwise_streams_open", "Streams that clients hold open.", (), lambda: {(): streams()}),
            Gauge("shelfwise_handovers", "Conversations by whom they wait for.", ("state",), lambda: _states(handovers())),
            Gauge(
                "shelfwise_deliveries", "What help desks are told.", ("target", "state"), lambda: _deliveries(deliveries())
            ),
            Gauge("shelfwise_feedback", "Answers by what shoppers say of them.", ("value",), lambda: _judged(feedback())),
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        """Within it, one more turn is under way."""
        with self._lock:
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def took(self, seen: _Seen) -> None:
        """A turn is over."""
        self.turns.add(seen.act, seen.outcome)
        self.turn.observe(seen.seconds)
        if seen.first_card is not None:
            self.first_card.observe(seen.first_card)
        if seen.code:
            self.failures.add(seen.code)

    def text(self) -> str:
        """All of it as Prometheus reads it."""
        return "".join(f"{line}\n" for metric in self._metrics for line in metric.lines())


class Measured:
    """A shop whose turns are measured; an `ApiShop`, and so a `ShopFront`, that passes everything on."""

    def __init__(self, shop: ApiShop, metrics: ShopMetrics, clock: Callable[[], float] = time.perf_counter) -> None:
        """`clock` tells seconds since some moment."""
        self._shop = shop
        self._metrics = metrics
        self._clock = clock
        # What is no turn is passed on as it is.
        self.open, self.conversation, self.news, self.viewing = shop.open, shop.conversation, shop.news, shop.viewing
        self.cart, self.cards, self.products, self.shoppers = shop.cart, shop.cards, shop.products, shop.shoppers

    @property
    def name(self) -> str:
        """The shop's name."""
        return self._shop.name

    @property
    def currency(self) -> str:
        """ISO 4217 code of the shop's money."""
        return self._shop.currency

    def say(self, conversation_id: str, text: str, message_id: str = "") -> Iterator[TurnEvent]:
        """One turn that starts from text."""
        return self._measured(lambda: self._shop.say(conversation_id, text, message_id))

    def press(self, conversation_id: str, button: Button) -> Iterator[TurnEvent]:
        """One turn that starts from a button; a `click` is none, and is passed on."""
        if button.kind == "click":
            return self._shop.press(conversation_id, button)
        return self._measured(lambda: self._shop.press(conversation_id, button))

    def _measured(self, begin: Callable[[], Iterator[TurnEvent]]) -> Iterator[TurnEvent]:
        """The events of a turn. Time counts while the shop works, not while whoever reads the events does."""
        seen = _Seen()
        with self._metrics.running():
            events = begin()
            try:
                since = self._clock()
                for event in events:
                    seen.see(event, self._clock() - since)
                    yield event
                    since = self._clock()
                seen.seconds += self._clock() - since
            except GeneratorExit:
                seen.is_left = True
                raise
            finally:
                if isinstance(events, Generator):
                    events.close()
                self._metrics.took(seen)


@dataclass(slots=True)
class _Seen:
    """What has been seen of a turn. `seconds` are those that the shop has worked."""

    seconds: float = 0.0
    first_card: float | None = None
    act: str = "unknown"
    code: str = ""
    is_told: bool = False
    is_done: bool = False
    is_left: bool = False

    def see(self, event: TurnEvent, seconds: float) -> None:
        """One more event, that took so long."""
        self.seconds += seconds
        match event:
            case Failed(code):
                self.code = code
            case Done(frame):
                self.is_done, self.act = True, frame.act
            case StatusChanged():
                pass
            case _:
                self.is_told = True
                if isinstance(event, Products) and event.cards and self.first_card is None:
                    self.first_card = self.seconds

    @property
    def outcome(self) -> str:
        """How it ended: `silent` where a person has the conversation, `left` by who asked, `broken` by an error, …"""
        if self.code:
            return "failed"
        if self.is_done:
            return "answered" if self.is_told else "silent"
        return "left" if self.is_left else "broken"


class CountsLimited:
    """ASGI middleware that counts the calls that are refused as too many, whoever refuses them."""

    def __init__(self, app: ASGIApp, metrics: ShopMetrics) -> None:
        """Wraps `app`."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the call on and looks at the status of what comes back."""

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == HTTPStatus.TOO_MANY_REQUESTS:
                self._metrics.limited.add()
            await send(message)

        await self._app(scope, receive, send_counted)


def build_metrics_route(metrics: ShopMetrics, *, keys: Sequence[str]) -> APIRouter:
    """`GET /metrics` for who brings one of `keys` as bearer token. Raises `ValueError` where there is none.

    A key, and not the address: behind a proxy on the same machine, every caller comes from 127.0.0.1.
    """
    known = [key.encode() for key in keys if key]
    if not known:
        raise ValueError("keys is empty; expected a key with which the metrics are asked for")
    router = APIRouter()

    @router.get("/metrics", include_in_schema=False)
    def read(request: Request) -> Response:
        given = bearer_of(request).encode("utf-8", "replace")
        if not any(hmac.compare_digest(given, key) for key in known):
            detail = "expected the key for metrics as bearer token"
            return Problem(HTTPStatus.UNAUTHORIZED, "unauthorized", detail).response()
        return Response(metrics.text(), media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})

    return router


def _states(episodes: Sequence[Episode]) -> dict[Labels, float]:
    with_people = sum(bool(episode.agent) for episode in episodes)
    return {("waiting",): len(episodes) - with_people, ("with_person",): with_people}


def _judged(counts: Mapping[FeedbackValue, int]) -> dict[Labels, float]:
    return {(value,): count for value, count in counts.items()}


def _deliveries(counts: Mapping[str, Mapping[State, int]]) -> dict[Labels, float]:
    return {(target, state): count for target, states in counts.items() for state, count in states.items()}
