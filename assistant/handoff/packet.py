"""The packet: what a help desk is told with each event of a hand-over, and its JSON schema.

Built within the database transaction of the change that it tells of, so it takes nothing but quick look-ups.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from assistant import cart
from assistant.handoff.masking import Masking
from assistant.handoff.matter import Sources
from assistant.handoff.mood import Sentiment
from assistant.handoff.notify import EventName
from assistant.handoff.summary import brief, summary_text
from assistant.orders import Order
from assistant.times import rfc3339
from assistant.types import Act, Conversation, Message, ReasonCode, RequestedBy, Role, Status
from retrieval.money import to_number
from retrieval.types import Need

VERSION: Literal[1] = 1
_MOST_MESSAGES = 10
_MOST_PRODUCTS = 20
_MOST_ORDERS = 20
_LONGEST_MESSAGE = 2000


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NeedPart(_Part):
    """What the shopper looks for. Prices are decimal numbers of `currency`."""

    query: str | None = None
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    brands_unwanted: tuple[str, ...] = ()
    price_min: float | None = None
    price_max: float | None = None
    currency: str | None = None
    rating_min: float | None = None


class ShownPart(_Part):
    """A product that was on the shopper's screen. `price` is what it was there; left out for those of earlier screens."""

    product_id: str
    title: str
    price: float | None = None
    seen_at: str | None = Field(default=None, json_schema_extra={"format": "date-time"})


class RejectedPart(_Part):
    """A product that the shopper turned down, and why in their own words."""

    product_id: str
    title: str | None = None
    why: str | None = None


class CartLinePart(_Part):
    """A line of the cart; `price` is what all of it costs now."""

    product_id: str
    variant_id: str | None = None
    title: str
    quantity: int
    price: float


class CartPart(_Part):
    """The cart with what it costs now."""

    lines: tuple[CartLinePart, ...]
    total: float
    currency: str


class AttemptPart(_Part):
    """A turn of the assistant: what it took the message for, and what went wrong, if anything did."""

    act: Act
    asked: str
    trouble: ReasonCode | None = None


class MessagePart(_Part):
    """A message of the thread. `role` is `notice` where it tells of a change of status; `author` is an agent's name."""

    id: str | None = None
    role: Role
    text: str
    time: str = Field(json_schema_extra={"format": "date-time"})
    author: str | None = None
    product_ids: tuple[str, ...] = ()


class Packet(_Part):
    """What a help desk is told of a conversation with one event. `event_id` stays the same when it is sent again.

    `reason_code` and `requested_by` are left out where no hand-over is known, `message` is there for `message.created`
    alone. `orders` are ids of orders that this shopper may hear of, those opened in this conversation first.
    """

    version: Literal[1]
    event_id: str
    event: EventName
    created_at: str = Field(json_schema_extra={"format": "date-time"})
    conversation_id: str
    handover_id: str | None = None
    status: Status
    reason_code: ReasonCode | None = None
    requested_by: RequestedBy | None = None
    locale: str
    summary: str = Field(max_length=600)
    need: NeedPart
    shown: tuple[ShownPart, ...]
    rejected: tuple[RejectedPart, ...]
    cart: CartPart
    orders: tuple[str, ...]
    sentiment: Sentiment
    attempts: tuple[AttemptPart, ...]
    transcript_url: str | None = None
    last_messages: tuple[MessagePart, ...] = Field(max_length=_MOST_MESSAGES)
    message: MessagePart | None = None


def packet(
    event: EventName,
    event_id: str,
    created_at: float,
    conversation: Conversation,
    message: Message | None = None,
    *,
    sources: Sources,
    before: Conversation | None = None,
) -> dict[str, object]:
    """The packet as JSON values; what does not apply is left out. `created_at` is seconds since 1970.

    `before` is the conversation before the change: a hand-over that the change has ended is told as it was.
    """
    told = conversation
    if conversation.handover is None and before is not None:
        told = replace(conversation, handover=before.handover, attempts=before.attempts)
    orders = tuple(sources.orders(told))
    sources = _looked_up(told, orders, sources)
    masking = Masking(told, orders)
    facts = brief(told, sources)
    built = Packet(
        version=VERSION,
        event_id=event_id,
        event=event,
        created_at=rfc3339(created_at),
        conversation_id=told.id,
        handover_id=told.handover.id if told.handover else None,
        status=told.status,
        reason_code=told.handover.reason if told.handover else None,
        requested_by=told.handover.requested_by if told.handover else None,
        locale=told.locale or sources.locale,
        summary=summary_text(facts),
        need=_need(told.need, masking, sources.currency()),
        shown=_shown(told, sources),
        rejected=_rejected(told, masking, sources),
        cart=_cart(told, sources),
        orders=_orders(told, orders),
        sentiment=facts.sentiment,
        attempts=_attempts(told, masking),
        transcript_url=sources.transcript_url(told.id) or None,
        last_messages=tuple(_message(each, masking, _LONGEST_MESSAGE) for each in told.messages[-_MOST_MESSAGES:]),
        message=None if message is None else _message(message, masking),
    )
    return built.model_dump(mode="json", exclude_none=True)


def schema() -> str:
    """The JSON schema of a packet, as `docs/handover-packet.schema.json` has it."""
    return json.dumps(Packet.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def _looked_up(conversation: Conversation, orders: tuple[Order, ...], sources: Sources) -> Sources:
    """The sources with everything that a packet needs of them looked up, each kind once."""
    seen = (product_id for message in conversation.messages for product_id in message.product_ids)
    ordered = (product_id for order in orders for product_id in order.product_ids)
    rejected = (each.product_id for each in conversation.rejected)
    in_cart = (line.product_id for line in conversation.cart)
    ids = list(dict.fromkeys((*rejected, *in_cart, *(shown.id for shown in conversation.shown), *seen, *ordered)))
    products, currency = sources.products(ids) if ids else {}, sources.currency()
    return replace(
        sources,
        products=lambda wanted: {each: products[each] for each in wanted if each in products},
        orders=lambda _: orders,
        currency=lambda: currency,
    )


def _need(need: Need, masking: Masking, currency: str) -> NeedPart:
    low, high = need.price_min, need.price_max
    return NeedPart(
        query=masking.words(need.query) or None,
        wanted=tuple(map(masking.words, need.include)),
        unwanted=tuple(map(masking.words, need.exclude)),
        brands=need.brand,
        brands_unwanted=need.brand_exclude,
        price_min=None if low is None else to_number(low, currency),
        price_max=None if high is None else to_number(high, currency),
        currency=None if low is None and high is None else currency,
        rating_min=need.rating_min,
    )


def _shown(conversation: Conversation, sources: Sources) -> tuple[ShownPart, ...]:
    """What is on the screen, then what was there before, the latest first."""
    seen_at: dict[str, str] = {}
    for message in reversed(conversation.messages):
        for product_id in message.product_ids:
            seen_at.setdefault(product_id, message.time)
    on_screen = {shown.id: shown for shown in conversation.shown}
    ids = list(dict.fromkeys((*on_screen, *seen_at)))[:_MOST_PRODUCTS]
    products = sources.products(ids)
    parts = []
    for product_id in ids:
        shown, product = on_screen.get(product_id), products.get(product_id)
        currency = product.currency if product else sources.currency()
        price = None if shown is None or shown.price is None else to_number(shown.price, currency)
        title = shown.title if shown else product.title if product else product_id
        parts.append(ShownPart(product_id=product_id, title=title, price=price, seen_at=seen_at.get(product_id)))
    return tuple(parts)


def _rejected(conversation: Conversation, masking: Masking, sources: Sources) -> tuple[RejectedPart, ...]:
    latest = conversation.rejected[-_MOST_PRODUCTS:]
    products = sources.products([each.product_id for each in latest])
    return tuple(
        RejectedPart(
            product_id=each.product_id,
            title=products[each.product_id].title if each.product_id in products else None,
            why=_clipped(masking.words(each.why)) or None,
        )
        for each in latest
    )


def _cart(conversation: Conversation, sources: Sources) -> CartPart:
    currency = sources.currency()
    products = sources.products([line.product_id for line in conversation.cart])
    view = cart.view(conversation.cart, products, currency)
    lines = tuple(
        CartLinePart(
            product_id=product.id,
            variant_id=line.variant_id,
            title=product.title,
            quantity=line.quantity,
            price=to_number(total, currency),
        )
        for line, product, total in view.lines
    )
    return CartPart(lines=lines, total=to_number(view.total, currency), currency=currency)


def _attempts(conversation: Conversation, masking: Masking) -> tuple[AttemptPart, ...]:
    return tuple(
        AttemptPart(act=each.act, asked=_clipped(masking.words(each.asked)), trouble=each.trouble)
        for each in conversation.attempts
    )


def _orders(conversation: Conversation, orders: Sequence[Order]) -> tuple[str, ...]:
    """Ids of the orders that may be told of: those opened here first, for they are what the talk is about."""
    opened = [order.order_id for order in orders if order.order_id in conversation.verified]
    return tuple(dict.fromkeys([*opened, *(order.order_id for order in orders)]))[:_MOST_ORDERS]


def _message(message: Message, masking: Masking, longest: int | None = None) -> MessagePart:
    text = masking.message(message)
    return MessagePart(
        id=message.id or None,
        role=message.role,
        text=text if longest is None else _clipped(text, longest),
        time=message.time,
        author=message.author or None,
        product_ids=message.product_ids,
    )


def _clipped(text: str, longest: int = _LONGEST_MESSAGE) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
