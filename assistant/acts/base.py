"""What every act is given (`Services`, `Turn`) and what it gives back (`Outcome`)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.handoff.reception import Reception
from assistant.identity import Identity
from assistant.orders import Orders
from assistant.policies import Policies
from assistant.preferences import Preferences, PreferenceStore
from assistant.profile import ShopperStore
from assistant.returns import ReturnTerms
from assistant.types import Card, CartView, Conversation, Frame, ReasonCode, Shown
from assistant.vocabulary import Vocabulary
from ranking.blend import Ranker
from ranking.events import EventStore
from ranking.impression_log import ImpressionLog, Seen
from ranking.types import Event, EventType, Shopper
from retrieval.catalog import Catalog
from retrieval.reviews import ReviewStore
from retrieval.search import Searcher
from retrieval.types import Candidate, Product

UNSURE = 0.35


@dataclass(frozen=True, slots=True)
class Services:
    """The stores and models of a shop, and how it wants to be shown. `now` tells seconds since 1970.

    `current_ranker` gives the ranker in use, which is another one after the shop has trained. Where there are
    `impressions`, what the ranker saw of each product shown is kept there for the next training; where there are
    `reviews`, questions about a product may be answered from them; where there are `preferences`, what shoppers state of
    themselves is kept there; without a `reception` nobody is ever handed over. With `identity` an order is
    opened by its postcode as well as by signing in; without `terms` the assistant starts no return by itself.
    """

    catalog: Catalog
    searcher: Searcher
    current_ranker: Callable[[], Ranker]
    events: EventStore
    orders: Orders
    policies: Policies
    shoppers: ShopperStore
    now: Callable[[], float]
    locale: str = "en_US"
    contact: str = ""
    cards: int = 8
    candidates: int = 200
    impressions: ImpressionLog | None = None
    reviews: ReviewStore | None = None
    vocabulary: Vocabulary = Vocabulary()
    preferences: PreferenceStore | None = None
    reception: Reception | None = None
    identity: Identity | None = None
    terms: ReturnTerms | None = None

    @property
    def ranker(self) -> Ranker:
        """The ranker in use."""
        return self.current_ranker()


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn as an act sees it. `conversation.need` is the need after the frame; `pick` varies the wording.

    `preferences` are the shopper's lasting ones, from this conversation and earlier ones; `need` does not have them.
    """

    conversation: Conversation
    frame: Frame
    text: str
    shopper: Shopper
    confidence: float = 1.0
    pick: int = 0
    preferences: Preferences = Preferences()

    @property
    def is_unsure(self) -> bool:
        """Whether the message was not understood well enough to act on it."""
        return self.confidence < UNSURE


@dataclass(frozen=True, slots=True)
class Brief:
    """What the language model may say more about: up to three cards; `fallback` are the template's sentences instead.

    `among` are all cards of the answer, where there are more: what is cheapest or rated highest is so among all of them.
    """

    cards: tuple[Card, ...]
    fallback: tuple[str, ...]
    pick: int = 0
    task: Literal["find", "compare"] = "find"
    among: tuple[Card, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an act did. `opening` and `closing` are finished prose; the brief's sentences refer to `cards`.

    `cards` None leaves the screen as it is; an empty tuple clears it. `seen` goes with the impressions among `events`,
    `learned` are the lasting preferences that were kept. `trouble` is what the assistant could not do in this turn;
    with `needs_person` only a person can, and the conversation is handed over; `stops_waiting` takes that back. `wrote` says
    that something outside the conversation was changed, so that what is said of it is told whatever comes between.
    """

    conversation: Conversation
    opening: str
    brief: Brief | None = None
    closing: str = ""
    cards: tuple[Card, ...] | None = None
    candidates: tuple[Candidate, ...] = ()
    cart: CartView | None = None
    suggestions: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    seen: tuple[Seen, ...] = ()
    learned: tuple[str, ...] = ()
    trouble: ReasonCode | None = None
    needs_person: bool = False
    stops_waiting: bool = False
    wrote: bool = False


def happened(
    services: Services,
    conversation: Conversation,
    kind: EventType,
    product: Product,
    *,
    position: int | None = None,
    quantity: int | None = None,
    variant_id: str | None = None,
) -> Event:
    """An event of this conversation, now, with an id of its own."""
    return Event(
        event_id=uuid.uuid4().hex,
        time=services.now(),
        shopper_id=conversation.shopper_id,
        type=kind,
        product_id=product.id,
        conversation_id=conversation.id,
        variant_id=variant_id,
        quantity=quantity,
        price=product.price,
        position=position,
        source="chat",
    )


def shown_of(cards: Sequence[Card]) -> tuple[Shown, ...]:
    """The cards as the next turn's references see them."""
    return tuple(Shown(card.product.id, card.product.title, card.product.price) for card in cards)


def referred(turn: Turn) -> tuple[str, ...]:
    """The product ids that the frame points at; without a reference, the one last talked about or the only one shown."""
    shown = turn.conversation.shown
    if turn.frame.refs:
        return tuple(shown[position - 1].id for position in turn.frame.refs if 1 <= position <= len(shown))
    if turn.conversation.focus is not None:
        return (turn.conversation.focus,)
    return (shown[0].id,) if len(shown) == 1 else ()


def plain_cards(products: Sequence[Product]) -> tuple[Card, ...]:
    """Cards for products that are shown because they were asked about, without reasons."""
    return tuple(Card(position, product) for position, product in enumerate(products, 1))
