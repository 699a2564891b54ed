"""What a hand-over is about, from facts alone: its cause, the order in question and what the shop's terms say of it.

Nothing of an order is in it that this shopper may not hear of; see `assistant/identity.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from assistant import order_words
from assistant.grounding import short_name
from assistant.handoff.masking import Masking
from assistant.handoff.mood import Sentiment
from assistant.orders import Order, Reason, order_digits, order_key
from assistant.policies import Passage
from assistant.returns import ReturnTerms, Verdict, may_return
from assistant.types import Act, Conversation, Reading, ReasonCode, Topic
from retrieval.types import Candidate, Need, Product

_ON_ITS_WAY = frozenset({"placed", "paid", "packed", "shipped"})
# Reasons that say how the talk went, and not what it was about.
_HOW: frozenset[ReasonCode] = frozenset({"asked_for_human", "complaint", "not_understood", "low_confidence", "failure"})
_ABOUT: Mapping[Act, ReasonCode] = {"order_status": "order_problem", "return_request": "refund_or_return"}
ABOUT_ORDERS: frozenset[ReasonCode] = frozenset({"refund_or_return", "order_problem", "payment", "safety"})
_MONEY_BACK = re.compile(r"\b(?:refund\w*|money back|reimburse\w*)\b", re.I)
_ASKING = 10
_LATEST = 3
_MOODS_OF = 10


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the facts come from. All of it is quick; the last four are asked for suggested replies alone.

    `orders` gives those that the shopper of a conversation may hear of, newest first, and no others. `transcript_url` makes
    the address of a conversation's thread from its id, empty where there is none. `name` is that of the shopper with an
    id, empty where it is not known. `passage` is the shop's rule that answers a question, `find` has products for a need
    without those of the ids, and `read` says what a message after a conversation means.
    """

    products: Callable[[Sequence[str]], Mapping[str, Product]]
    orders: Callable[[Conversation], Sequence[Order]]
    sentiment: Callable[[Sequence[str]], Sentiment]
    now: Callable[[], float]
    currency: Callable[[], str] = lambda: "USD"
    locale: str = "en_US"
    transcript_url: Callable[[str], str] = lambda _: ""
    terms: ReturnTerms | None = None
    name: Callable[[str], str] = lambda _: ""
    passage: Callable[[str, Topic | None], Passage | None] = lambda _question, _topic: None
    find: Callable[[Need, frozenset[str]], Sequence[Candidate]] = lambda _need, _without: ()
    read: Callable[[Conversation, str], Reading] | None = None

    @property
    def today(self) -> date:
        """The day it is, in UTC."""
        return datetime.fromtimestamp(self.now(), UTC).date()


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """The order in question. `items` names what is in it; `days` are those since delivery, or over the day expected.

    `verdict` says whether the lines in question may go back, None without terms.
    """

    order: Order
    items: tuple[str, ...]
    days: int = 0
    verdict: Verdict | None = None

    @property
    def is_late(self) -> bool:
        """Whether it should have arrived by now."""
        return self.order.status in _ON_ITS_WAY and self.days > 0


@dataclass(frozen=True, slots=True)
class Matter:
    """What it is about. `number` is one that the shopper gave of an order that they may not hear of (yet).

    `reason` is why a person was asked for; `about` is the same where that says what it is about, else what the talk was on.
    `fault` is what the shopper says is wrong with the goods.
    """

    about: ReasonCode
    reason: ReasonCode
    fault: Reason = ""
    wish: order_words.Wish | None = None
    order: OrderFacts | None = None
    number: str = ""


def matter_of(conversation: Conversation, sources: Sources, orders: Sequence[Order]) -> Matter:
    """What the conversation is about now; `orders` are `sources.orders(conversation)`."""
    reason = conversation.handover.reason if conversation.handover else "asked_for_human"
    about, said = _about(conversation, reason), shopper_said(conversation)
    order, wish = _order_of(conversation, orders, about), _wish(conversation, about)
    fault: Reason = next((found for text in reversed(said) if (found := order_words.reason(text))), "")
    facts = None if order is None else _facts(order, conversation, sources, fault)
    return Matter(about, reason, fault, wish, facts, "" if order else _told_number(conversation, orders))


def shopper_said(conversation: Conversation) -> tuple[str, ...]:
    """What the shopper wrote, oldest first."""
    return tuple(message.text for message in conversation.messages if message.role == "shopper")


def sentiment_of(conversation: Conversation, sources: Sources) -> Sentiment:
    """The shopper's mood, from their last messages."""
    return sources.sentiment(shopper_said(conversation)[-_MOODS_OF:])


def last_words(conversation: Conversation) -> str:
    """What the shopper asked last, as they wrote it; a bare call for a person is none where there is anything before."""
    said = shopper_said(conversation)
    calls = {attempt.asked for attempt in conversation.attempts if attempt.act == "human"}
    asked = [text for text in said if text not in calls or len(text.split()) > _ASKING or _about_words(text)]
    return (asked or list(said) or [""])[-1]


def newest_words(conversation: Conversation) -> str:
    """What the shopper wrote last, whatever it was."""
    return (shopper_said(conversation) or ("",))[-1]


def _about(conversation: Conversation, reason: ReasonCode) -> ReasonCode:
    """What it is about: what the reason says, else the last words, what was being done, and words before."""
    if reason not in _HOW:
        return reason
    latest = shopper_said(conversation)[: -_LATEST - 1 : -1]
    found: list[ReasonCode | None] = [
        _about_words(last_words(conversation)),
        _about_errand(conversation),
        _about_attempts(conversation),
        *map(_about_words, latest),
    ]
    if any(order_words.mentioned(text).order_id for text in latest):
        found.append("order_problem")
    return next((about for about in found if about is not None), reason)


def _about_words(text: str) -> ReasonCode | None:
    """What a message wants of an order, by its words."""
    if _MONEY_BACK.search(text) or order_words.reason(text):
        return "refund_or_return"
    if not order_words.names_wish(text):
        return None
    wish = order_words.wish(text, "order_status")
    return "refund_or_return" if wish in ("return", "exchange", "dispute") else "order_problem"


def _about_errand(conversation: Conversation) -> ReasonCode | None:
    if conversation.errand is None:
        return None
    return "refund_or_return" if conversation.errand.kind in ("return", "exchange") else "order_problem"


def _about_attempts(conversation: Conversation) -> ReasonCode | None:
    """What the latest of the assistant's turns was about, where it was about anything."""
    latest = next((each for each in reversed(conversation.attempts) if each.act not in ("human", "smalltalk")), None)
    if latest is None:
        return None
    return _ABOUT.get(latest.act) or (latest.trouble if latest.trouble not in _HOW else None)


def _wish(conversation: Conversation, about: ReasonCode) -> order_words.Wish | None:
    """What the shopper wants of an order: as they said it last, else as the errand has it."""
    for text in reversed(shopper_said(conversation)):
        if order_words.names_wish(text):
            return order_words.wish(text, "return_request" if about == "refund_or_return" else "order_status")
        if _MONEY_BACK.search(text):
            return "refund"
    return conversation.errand.kind if conversation.errand else None


def _order_of(conversation: Conversation, orders: Sequence[Order], about: ReasonCode) -> Order | None:
    """The order that the talk is about: of the errand, named, opened here, or the only one where it is about an order."""
    by_key = {order_key(order.order_id): order for order in orders}
    by_key |= {order_digits(order.order_id): order for order in orders if order_digits(order.order_id) not in by_key}
    number = _number(conversation)
    if number:
        return by_key.get(order_key(number))
    opened = [order for order in orders if order.order_id in conversation.verified]
    return next(iter(opened), orders[0] if len(orders) == 1 and about in ABOUT_ORDERS else None)


def _number(conversation: Conversation) -> str:
    """The number of the order that is spoken of, whether or not there is such an order."""
    return next(iter(_numbers(conversation)), "")


def _numbers(conversation: Conversation) -> tuple[str, ...]:
    """The order numbers that are spoken of: the errand's, then those of the messages, the latest first."""
    of_errand = conversation.errand.order_id if conversation.errand else ""
    named = (order_words.mentioned(text).order_id for text in reversed(shopper_said(conversation)))
    return tuple(filter(None, (of_errand, *named)))


def _told_number(conversation: Conversation, orders: Sequence[Order]) -> str:
    """The number that is spoken of, unless it may be a postcode that was taken for one."""
    masking = Masking(conversation, orders)
    said = [order_key(masking.words(text)) for text in shopper_said(conversation)]
    return next((number for number in _numbers(conversation) if any(order_key(number) in text for text in said)), "")


def _facts(order: Order, conversation: Conversation, sources: Sources, fault: Reason) -> OrderFacts:
    products = sources.products(order.product_ids)
    errand = conversation.errand
    chosen = [order.lines[place - 1] for place in (errand.lines if errand else ()) if place <= len(order.lines)]
    lines = chosen or list(order.lines)
    titles = [short_name(products[line.product_id]) if line.product_id in products else line.title for line in lines]
    since = order.delivered_at if order.status == "delivered" else order.expected_at
    days = (sources.today - datetime.fromisoformat(since).date()).days if since else 0
    verdict = None
    if sources.terms is not None and order.status not in _ON_ITS_WAY:
        verdicts = [
            may_return(order, line, products.get(line.product_id), sources.today, sources.terms, fault) for line in lines
        ]
        # What keeps one line from going back is what has to be decided.
        verdict = next(iter([*(found for found in verdicts if not found.is_allowed), *verdicts]), None)
    return OrderFacts(order, tuple(title for title in titles if title), days, verdict)
