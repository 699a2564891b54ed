"""What the API needs of the shop and of its people; the assistant and the desk have it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.feedback import FeedbackStore
from assistant.handoff.log import Episode
from assistant.shop import ShopFront
from assistant.types import Card, Conversation, ReasonCode, RequestedBy
from assistant.web.api.callers import Callers
from assistant.web.api.follow import Streams
from assistant.web.api.limits import Limits
from assistant.web.api.tokens import ConversationTokens
from assistant.web.api.turns import Turns
from ranking.types import Event
from retrieval.types import Candidate, Need


class ApiShop(ShopFront, Protocol):
    """The shop. Every call is safe from several threads."""

    def cards(self, conversation: Conversation) -> tuple[Card, ...]:
        """What the conversation has on the screen, as the catalogue has it now."""

    def viewing(self, conversation_id: str, product_id: str) -> Conversation:
        """The shopper looks at a product on the shop's own page; nothing changes for one that the shop does not have."""


class ApiDesk(Protocol):
    """The agents' side. Every call is safe from several threads; what they raise is told in `assistant.handoff.desk`."""

    def conversation(self, conversation_id: str) -> Conversation:
        """The conversation as saved last."""

    def queue(self) -> tuple[Episode, ...]:
        """Who waits or is served, the most urgent first."""

    def request(self, conversation_id: str, reason: ReasonCode, requested_by: RequestedBy) -> Conversation:
        """Asks for a person."""

    def withdraw(self, conversation_id: str) -> Conversation:
        """The shopper no longer waits."""

    def accept(self, conversation_id: str, agent: str) -> Conversation:
        """The agent joins."""

    def say(
        self, conversation_id: str, agent: str, text: str, *, message_id: str = "", product_ids: Sequence[str] = ()
    ) -> Conversation:
        """The agent's words."""

    def release(self, conversation_id: str, agent: str) -> Conversation:
        """Back to the assistant."""

    def resolve(self, conversation_id: str, agent: str) -> Conversation:
        """The matter is settled."""

    def transfer(self, conversation_id: str, agent: str) -> Conversation:
        """Back into the queue."""


class EventSink(Protocol):
    """Where shopper events are kept."""

    def add(self, events: Iterable[Event]) -> int:
        """Keeps those whose id is new; returns how many those are."""


@dataclass(frozen=True, slots=True)
class Finds:
    """A search of the catalogue: what was understood of the words, and what was found, best first."""

    need: Need
    candidates: Sequence[Candidate]


@dataclass(frozen=True, slots=True)
class Served:
    """Everything that the calls share.

    `find` searches for words, at most so many; `vouched` says whether a hash is the shop's word for a shopper's id; `now`
    tells seconds since 1970.
    """

    shop: ApiShop
    desk: ApiDesk
    events: EventSink
    find: Callable[[str, int], Finds]
    vouched: Callable[[str, str], bool]
    tokens: ConversationTokens
    callers: Callers
    limits: Limits
    turns: Turns
    streams: Streams
    now: Callable[[], float]
    feedback: FeedbackStore
