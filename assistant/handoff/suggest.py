"""A reply that an agent may change and send: drafted by templates from facts, and from nothing else.

It promises nothing that the shop has not written down, tells only of orders that the shopper may hear of, and does not ask
for what the thread says already.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import prompts
from assistant import need as ledger
from assistant.grounding import short_name
from assistant.handoff.masking import POSTCODE, Masking
from assistant.handoff.matter import (
    ABOUT_ORDERS,
    Matter,
    Sources,
    last_words,
    matter_of,
    newest_words,
    sentiment_of,
    shopper_said,
)
from assistant.handoff.summary import one_line, order_values
from assistant.orders import Order
from assistant.types import Act, Conversation, Frame, ReasonCode
from assistant.wording import describe, join
from retrieval.types import Candidate

_MOST_CARDS = 3
_MOST_MISSED = 2
_LONGEST_QUOTE = 400
_LONGEST_NEED = 120
_LEAST_SURE = 0.35
_PRODUCT_ACTS = frozenset({"search", "refine", "recommend", "like", "dislike"})
_ABOUT_PRODUCTS: frozenset[ReasonCode] = frozenset({"no_result", "high_value"})
_ORDER_ACTS = frozenset({"order_status", "return_request"})
_MOST_ORDERS = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A drafted reply, where it comes from (for the agent), and products to send with it."""

    text: str
    why: str
    product_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Case:
    """What a draft is made from. `asked` is what is to be answered, `frame` what it says; `is_first` of this hand-over."""

    conversation: Conversation
    sources: Sources
    orders: tuple[Order, ...]
    matter: Matter
    asked: str
    frame: Frame
    is_first: bool

    @property
    def first_name(self) -> str:
        """What the shopper is greeted by; empty where it is not known."""
        return next(iter(self.sources.name(self.conversation.shopper_id).split()), "")


def suggest(conversation: Conversation, sources: Sources) -> Suggestion:
    """A draft of the next reply to the shopper."""
    orders = tuple(sources.orders(conversation))
    is_first = _is_first(conversation)
    asked = last_words(conversation) if is_first else newest_words(conversation)
    matter = matter_of(conversation, sources, orders)
    case = _Case(conversation, sources, orders, matter, asked, _frame(conversation, sources, asked), is_first)
    body = _body(case)
    return Suggestion(" ".join(part for part in (_opening(case), body.text) if part), body.why, body.product_ids)


def _is_first(conversation: Conversation) -> bool:
    """Whether no agent has written since this hand-over was asked for."""
    since = conversation.handover.requested_at if conversation.handover else 0.0
    return not any(
        message.role == "agent" and datetime.fromisoformat(message.time).timestamp() >= since
        for message in conversation.messages
    )


def _frame(conversation: Conversation, sources: Sources, asked: str) -> Frame:
    """What the last words say: as the assistant took them at the time, else as they are read now."""
    if (act := _answered_as(conversation, asked)) is not None or sources.read is None or not asked:
        return Frame(act or "human")
    reading = sources.read(conversation, asked)
    return reading.frame if reading.confidence >= _LEAST_SURE else Frame("human")


def _answered_as(conversation: Conversation, asked: str) -> Act | None:
    """What the assistant took the words for, if it has answered them."""
    return next((each.act for each in reversed(conversation.attempts) if each.asked == asked), None)


def _opening(case: _Case) -> str:
    """Greets in the first reply, with regret where something has gone wrong."""
    if not case.is_first:
        return ""
    handover = case.conversation.handover
    hello = prompts.render(
        "suggest_hello",
        first_name=case.first_name,
        agent=handover.agent if handover else "",
        read=bool(case.asked),
    )
    sorry = prompts.render(
        "suggest_sorry",
        reason=case.matter.reason,
        about=case.matter.about,
        fault=case.matter.fault,
        is_late=case.matter.order is not None and case.matter.order.is_late,
        sentiment=sentiment_of(case.conversation, case.sources),
    )
    return " ".join(f"{hello} {sorry}".split())


def _body(case: _Case) -> Suggestion:
    """The draft that the last words call for; in the first reply, what the hand-over is for goes before them."""
    about, act = case.matter.about, case.frame.act
    if about == "safety" and case.is_first:
        return _rendered(case, "suggest_safety", "safety")
    if act == "policy_question" or (case.is_first and about == "policy_unknown"):
        return _policy(case)
    if act == "smalltalk" and not case.is_first:
        return _rendered(case, "suggest_welcome", "words")
    if act in _ORDER_ACTS or about in ABOUT_ORDERS:
        return _order(case)
    if act in _PRODUCT_ACTS or about in _ABOUT_PRODUCTS:
        return _products(case)
    return _rendered(case, "suggest_listen", "words")


def _rendered(case: _Case, name: str, source: str, product_ids: tuple[str, ...] = (), **more: object) -> Suggestion:
    """The body that a template makes; `source` says what it was made from."""
    values = order_values(case.matter, case.sources.locale) | more
    text = prompts.render(
        name,
        about=case.matter.about,
        wish=case.matter.wish,
        first_name=case.first_name,
        has_asked=bool(case.asked),
        **values,
    )
    why = prompts.render("suggest_why", source=source, **values)
    return Suggestion(" ".join(text.split()), " ".join(why.split()), product_ids)


def _policy(case: _Case) -> Suggestion:
    passage = case.sources.passage(case.asked, case.frame.topic)
    if passage is None:
        return _rendered(case, "suggest_policy", "no_page", quote="", page="")
    quote = one_line(passage.text, _LONGEST_QUOTE)
    return _rendered(case, "suggest_policy", "page", quote=quote, page=one_line(passage.heading, _LONGEST_NEED))


def _order(case: _Case) -> Suggestion:
    if case.matter.about == "payment" and case.frame.act not in _ORDER_ACTS:
        return _rendered(case, "suggest_payment", "order")
    if case.matter.order is None:
        return _which_order(case)
    is_return = case.matter.about == "refund_or_return" or case.frame.act == "return_request" or case.matter.fault
    if is_return and case.matter.wish not in ("cancel", "address", "missing"):
        return _rendered(case, "suggest_return", "terms")
    return _rendered(case, "suggest_order", "order")


def _which_order(case: _Case) -> Suggestion:
    """Asks for what is missing: which of the orders, its number, or what shows that it is theirs."""
    masking = Masking(case.conversation, case.orders)
    has_tried = any(POSTCODE in masking.words(text) for text in shopper_said(case.conversation))
    known = [order.order_id for order in case.orders[:_MOST_ORDERS]]
    return _rendered(case, "suggest_which_order", "no_order", known=join(known, "or"), has_tried=has_tried)


def _products(case: _Case) -> Suggestion:
    conversation, sources = case.conversation, case.sources
    need = conversation.need
    if case.frame.act in _PRODUCT_ACTS and _answered_as(conversation, case.asked) is None:
        need = ledger.apply(need, case.frame, conversation.shown)
    if need.is_empty:
        return _rendered(case, "suggest_listen", "words")
    without = frozenset((*conversation.disliked, *(each.product_id for each in conversation.rejected)))
    cards = [each for each in sources.find(need, without) if _is_worth_offering(each, without)][:_MOST_CARDS]
    return _rendered(
        case,
        "suggest_products",
        "products" if cards else "no_products",
        tuple(card.product.id for card in cards),
        names=join([_named(card) for card in cards]),
        count=len(cards),
        need=one_line(describe(need, sources.currency(), sources.locale), _LONGEST_NEED),
        fits=not any(card.violates for card in cards),
    )


def _is_worth_offering(found: Candidate, without: frozenset[str]) -> bool:
    product = found.product
    return product.for_sale and product.id not in without and len(found.violates) <= _MOST_MISSED


def _named(card: Candidate) -> str:
    name = short_name(card.product)
    return f"{name} ({join(card.violates)})" if card.violates else name
