"""What callers are told, as pydantic describes it, made of the program's own types. Money is decimal numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant.feedback import FeedbackValue
from assistant.handoff.log import Episode
from assistant.need import need_to_json
from assistant.shop import ShopFront
from assistant.times import rfc3339
from assistant.types import Card, CartView, Conversation, Handover, Message, ReasonCode, RequestedBy, Role, Status
from assistant.web.cards import options_of, safe_image, safe_link
from assistant.web.views import sent_by_person
from retrieval.money import to_number
from retrieval.products import to_row
from retrieval.types import Candidate, Need, Product


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class Opened(_Told):
    """A new conversation. The token is told this once and opens nothing else."""

    conversation_id: str
    token: str
    status: Status
    last_event_id: str = Field(description="Where its stream begins, for `Last-Event-ID`.")


class ToldMessage(_Told):
    """One message of the thread. Text is plain text: show it as such, never as HTML."""

    id: str
    role: Role
    text: str
    time: str = Field(description="RFC 3339.")
    author: str | None = Field(None, description="The agent who wrote it.")
    product_ids: list[str] = []
    products: list[dict[str, Any]] = Field([], description="What a person sent with it, if the shop still has it: format 1.")
    feedback: FeedbackValue | None = Field(None, description="What the shopper says of it; told by the thread alone.")


class ToldCard(_Told):
    """A product on the shelf, with why it is there. `position` counts from 1."""

    position: int
    product: dict[str, Any] = Field(description="Format 1, as in GET /v1/products/{product_id}.")
    reasons: list[str] = []
    violates: list[str] = Field([], description="What it breaks of the need, where nothing met all of it.")


class ToldCartLine(_Told):
    """A line of the cart; `total` is what it costs now."""

    product_id: str
    variant_id: str | None = None
    title: str
    options: dict[str, str] = Field({}, description="Those of its variant.")
    is_undecided: bool = Field(False, description="The shopper has yet to say which variant: it can't be bought so.")
    image_url: str | None = None
    quantity: int
    total: float


class ToldCart(_Told):
    """The cart with what it costs now."""

    lines: list[ToldCartLine]
    total: float
    currency: str


class ToldNeed(_Told):
    """What the shopper wants now (the `state` of format 3); what is left out asks for nothing."""

    query: str | None = None
    include: list[str] | None = None
    exclude: list[str] | None = None
    brand: list[str] | None = None
    brand_exclude: list[str] | None = None
    price_min: float | None = None
    price_max: float | None = None
    rating_min: float | None = None
    sort: str | None = None


class ToldFeedback(_Told):
    """What the shopper says of an answer now."""

    message_id: str
    value: FeedbackValue
    note: str


class ToldHandover(_Told):
    """Why a person is wanted, for agents."""

    conversation_id: str
    status: Literal["pending", "human"]
    reason_code: ReasonCode
    requested_by: RequestedBy
    requested_at: str
    accepted_at: str | None = None
    agent: str | None = None
    notified: bool = Field(True, description="False where no help desk could be told; such a one stands first.")


class Queue(_Told):
    """Who waits or is served, the most urgent first."""

    conversations: list[ToldHandover]


class Thread(_Told):
    """A whole conversation. `agent` is who has it, while a person does."""

    conversation_id: str
    status: Status
    agent: str | None = None
    messages: list[ToldMessage]
    need: ToldNeed
    shelf: list[ToldCard]
    cart: ToldCart
    last_event_id: str = Field(description="Where its stream goes on from here, for `Last-Event-ID`.")
    handover: ToldHandover | None = Field(None, description="For agents alone.")


class Taken(_Told):
    """What became of events: how many are new, and how many were there already."""

    added: int
    repeated: int


class Hit(_Told):
    """A product that was found."""

    product: dict[str, Any] = Field(description="Format 1, as in GET /v1/products/{product_id}.")
    violates: list[str] = []


class Found(_Told):
    """What a search found, best first. `need` is what was understood of the words."""

    need: ToldNeed
    results: list[Hit]


class WrongValue(_Told):
    """One value that was not as expected."""

    field: str
    value: str
    expected: str


class ProblemDetails(_Told):
    """An error (RFC 9457). `code` is for programs."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Too Many Requests",
                    "status": 429,
                    "detail": "there are too many messages in this conversation; try later",
                    "code": "too_many",
                }
            ]
        }
    )
    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[WrongValue] | None = None


def product_row(product: Product) -> dict[str, Any]:
    """A product as format 1 writes it, without addresses that a browser may not safely follow."""
    row = to_row(product)
    safe = {"image_url": safe_image(product.image_url), "url": safe_link(product.url)}
    return {name: value for name, value in (row | safe).items() if value or name not in safe}


def told_card(card: Card) -> ToldCard:
    """A card."""
    row = product_row(card.product)
    return ToldCard(position=card.position, product=row, reasons=list(card.reasons), violates=list(card.violates))


def told_cart(cart: CartView) -> ToldCart:
    """A cart."""
    lines = [
        ToldCartLine(
            product_id=line.product_id,
            variant_id=line.variant_id,
            title=product.title,
            options=dict(options_of(line, product)),
            is_undecided=line.variant_id is None and len(product.variants) > 1,
            image_url=safe_image(product.image_url) or None,
            quantity=line.quantity,
            total=to_number(total, cart.currency),
        )
        for line, product, total in cart.lines
    ]
    return ToldCart(lines=lines, total=to_number(cart.total, cart.currency), currency=cart.currency)


def told_need(need: Need, currency: str) -> ToldNeed:
    """A need; prices are those of `currency`."""
    return ToldNeed(**need_to_json(need, currency))


def sent_products(shop: ShopFront, messages: Sequence[Message]) -> Mapping[str, Product]:
    """By id the products that people of the shop sent with these messages."""
    sent = {product_id for message in messages for product_id in sent_by_person(message)}
    return shop.products(sorted(sent)) if sent else {}


def told_message(message: Message, sent: Mapping[str, Product], feedback: FeedbackValue | None = None) -> ToldMessage:
    """A message with what was `sent` with it, and what the shopper says of it."""
    return ToldMessage(
        id=message.id,
        role=message.role,
        text=message.text,
        time=message.time,
        author=message.author or None,
        product_ids=list(message.product_ids),
        products=[product_row(sent[product_id]) for product_id in sent_by_person(message) if product_id in sent],
        feedback=feedback,
    )


def told_handover(conversation_id: str, told: Episode | Handover) -> ToldHandover:
    """A row of the queue, or the hand-over that is under way."""
    return ToldHandover(
        conversation_id=conversation_id,
        status="human" if told.agent else "pending",
        reason_code=told.reason,
        requested_by=told.requested_by,
        requested_at=rfc3339(told.requested_at),
        accepted_at=None if told.accepted_at is None else rfc3339(told.accepted_at),
        agent=told.agent or None,
        notified=told.notified,
    )


def told_thread(
    conversation: Conversation,
    cards: Sequence[Card],
    cart: CartView,
    sent: Mapping[str, Product],
    feedback: Mapping[str, FeedbackValue],
    last_event_id: str,
    *,
    to_agent: bool = False,
) -> Thread:
    """A whole conversation: `sent` are products by their ids, `feedback` is by the ids of messages.

    An agent is also told why a person is wanted.
    """
    handover = conversation.handover if to_agent else None
    return Thread(
        conversation_id=conversation.id,
        status=conversation.status,
        agent=agent_of(conversation),
        messages=[told_message(message, sent, feedback.get(message.id)) for message in conversation.messages],
        need=told_need(conversation.need, cart.currency),
        shelf=[told_card(card) for card in cards],
        cart=told_cart(cart),
        last_event_id=last_event_id,
        handover=told_handover(conversation.id, handover) if handover else None,
    )


def told_status(conversation: Conversation) -> Mapping[str, object]:
    """Who answers, for a stream."""
    agent = agent_of(conversation)
    return {"status": conversation.status} | ({"agent": agent} if agent else {})


def told_found(need: Need, candidates: Sequence[Candidate], currency: str) -> Found:
    """What a search found."""
    hits = [Hit(product=product_row(each.product), violates=list(each.violates)) for each in candidates]
    return Found(need=told_need(need, currency), results=hits)


def agent_of(conversation: Conversation) -> str | None:
    """The agent who has the conversation, if one does."""
    return (conversation.handover.agent or None) if conversation.handover else None
