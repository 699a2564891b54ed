"""What the connectors have in common: what a help desk can do for us, and how it is talked to.

A help desk keeps threads: conversations, tickets. What is posted there carries a mark, by which it is found again after an
answer was lost, and by which our own posts are told from those of its agents.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from assistant.handoff.exchange import checked_url, exchange
from assistant.handoff.links import Links
from assistant.handoff.outbox import DeliveryFailed

Standing = Literal["open", "bot", "solved"]
SECONDS = 4.0
"""How long one call may take. A webhook waits for several of them, and help desks wait about five seconds for that."""
_LONGEST_ANSWER = 8_000_000
Answer = TypeVar("Answer", bound=BaseModel)


class PacketMessage(BaseModel):
    """A message as a packet has it."""

    id: str = ""
    role: str
    author: str = ""
    text: str
    product_ids: list[str] = []

    @property
    def told(self) -> str:
        """The message as a line of a note: who says what, or which products they show."""
        text = self.text or f"[products: {', '.join(self.product_ids)}]"
        return f"{self.author or self.role.capitalize()}: {text}"


class Packet(BaseModel):
    """What the connectors use of the packet that each event comes with."""

    event_id: str
    conversation_id: str
    handover_id: str
    status: str
    reason_code: str = ""
    summary: str = ""
    transcript_url: str = ""
    last_messages: list[PacketMessage] = []
    message: PacketMessage | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """Something to be put into a thread: the shopper's words, or a note that only agents see."""

    mark: str
    kind: Literal["shopper", "note"]
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """What an agent wrote to the shopper at the help desk. `id` is the help desk's."""

    id: str
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class News:
    """How a thread stands, and its agents' messages after the cursor, oldest first. `assignee` may be empty."""

    standing: Standing
    messages: tuple[Said, ...]
    cursor: str
    assignee: str = ""


class HelpDesk(Protocol):
    """A help desk's API. Every call may raise `DeliveryFailed`.

    `name` is what deliveries, links and the ids of messages go by, and must not change. `keeps_threads` says that a
    conversation has one thread for good; otherwise each hand-over has its own.
    """

    name: str
    keeps_threads: bool

    def find(self, packet: Packet) -> str:
        """The thread that an earlier try made for this packet, or nothing."""

    def create(self, packet: Packet, first: Post) -> str:
        """A new thread. It may hold `first` already; where it does, `has` says so."""

    def has(self, thread: str, mark: str) -> bool:
        """Whether what carries `mark` is in the thread."""

    def post(self, thread: str, post: Post) -> None:
        """Puts something in."""

    def stand(self, thread: str, standing: Standing) -> None:
        """Sets who the thread is with; nothing happens where it stands so already."""

    def news(self, thread: str, cursor: str) -> News:
        """What there is after `cursor`, which is empty at first. Messages may come again."""


@dataclass(frozen=True, slots=True)
class Hook:
    """How the calls that a help desk makes to us are received.

    `genuine` judges (headers with names in lower case, body, token in the path). `thread` gives the thread that a body is
    about, or nothing where it is of no interest, and raises `ValueError` for one that can't be read. `hear` is told the
    thread, and says whether it is about a conversation of this shop.
    """

    name: str
    genuine: Callable[[Mapping[str, str], bytes, str], bool]
    thread: Callable[[bytes], str]
    hear: Callable[[str], bool]


class JsonApi:
    """A JSON API at one address of the shop's settings."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        client: httpx.Client,
        *,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`headers` hold the credentials; `seconds` is how long a call may take. Raises `ValueError` for a bad URL."""
        self._url = checked_url("help desk", url).rstrip("/")
        self._headers = {"Accept": "application/json", "Content-Type": "application/json", **headers}
        self._client = client
        self._seconds = seconds
        self._clock = clock

    def call(
        self,
        answer: type[Answer],
        method: str,
        path: str,
        *,
        data: object = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Sends `data` as JSON and reads the answer. Raises `DeliveryFailed`, to be tried again for an unreadable answer."""
        read = exchange(
            self._client,
            method,
            f"{self._url}{path}" + (f"?{httpx.QueryParams(dict(query))}" if query else ""),
            headers={**self._headers, **(headers or {})},
            content=b"" if data is None else json.dumps(data, ensure_ascii=False).encode(),
            seconds=self._seconds,
            limit=_LONGEST_ANSWER,
            clock=self._clock,
        )
        try:
            return answer.model_validate_json(read)
        except ValidationError as error:
            raise DeliveryFailed(True, f"{method} {path}: the answer is not what was expected") from error


class Anything(BaseModel):
    """An answer of which nothing is needed but that it is a JSON object."""


def post_once(desk: HelpDesk, links: Links, thread: str, post: Post) -> None:
    """Puts something into a thread unless it is there: where an earlier try may have arrived, the thread is asked."""
    posted = links.posted(desk.name, post.mark)
    if posted == "surely":
        return
    if posted == "never" or not desk.has(thread, post.mark):
        links.posting(desk.name, post.mark)
        desk.post(thread, post)
    links.arrived(desk.name, post.mark)
