"""What the agent console shows: the queue in rows, a thread from some message on, and the panels as HTML.

What people wrote goes to the browser as values, which its script sets as text; HTML comes from autoescaping templates alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from assistant.handoff.log import Episode
from assistant.handoff.summary import Brief
from assistant.types import CartView, Conversation, Message, ReasonCode, Shown
from assistant.web.cards import Renderer, line_variant
from retrieval.types import Product

REASONS: Mapping[ReasonCode, str] = {
    "asked_for_human": "Asked for a person",
    "complaint": "Complaint",
    "refund_or_return": "Refund or return",
    "order_problem": "Order problem",
    "payment": "Payment",
    "no_result": "Nothing found",
    "not_understood": "Not understood",
    "low_confidence": "Assistant unsure",
    "policy_unknown": "Policy unknown",
    "safety": "Safety",
    "high_value": "High value",
    "failure": "Assistant failed",
}
URGENT: frozenset[ReasonCode] = frozenset({"complaint", "payment", "safety"})
PREVIEW_CHARACTERS = 140
Place = Literal["waiting", "yours", "others"]


@dataclass(frozen=True, slots=True)
class Preview:
    """What the queue tells of a conversation. `asked_at` is when the shopper wrote what nobody has answered, or None."""

    shopper: str
    text: str
    messages: int
    asked_at: float | None


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One conversation in the queue. `since` is from when the shopper waits, seconds since 1970; None if they don't."""

    id: str
    place: Place
    reason: str
    urgent: bool
    shopper: str
    preview: str
    messages: int
    since: float | None
    agent: str
    notified: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the thread; `cards` is HTML, empty where none came with it."""

    role: str
    author: str
    text: str
    time: str
    id: str
    cards: str


@dataclass(frozen=True, slots=True)
class ThreadView:
    """A conversation from its message number `start` on, and all around it that may have changed."""

    id: str
    version: int
    start: int
    lines: tuple[Line, ...]
    status: str
    agent: str
    reason: str
    urgent: bool
    requested_at: float | None
    shopper: str
    screen: str

    def as_value(self) -> dict[str, Any]:
        """The view as plain JSON values."""
        return asdict(self)


def shopper_label(shopper_id: str, name: str) -> str:
    """How the console calls a shopper: by name, and guests by the end of their id, so that two are told apart."""
    return name or f"Guest {shopper_id[-4:]}"


def preview_of(conversation: Conversation, shopper: str) -> Preview:
    """The shopper's last words, and since when they are unanswered by a person."""
    said = [message for message in conversation.messages if message.role in ("shopper", "agent")]
    words = next((message.text for message in reversed(said) if message.role == "shopper"), "")
    asked_at = None
    for message in reversed(said):
        if message.role == "agent":
            break
        asked_at = datetime.fromisoformat(message.time).timestamp()
    return Preview(shopper, " ".join(words.split())[:PREVIEW_CHARACTERS], len(conversation.messages), asked_at)


def queue_row(episode: Episode, preview: Preview, agent: str) -> QueueRow:
    """The row of a hand-over that is under way, as `agent` sees it."""
    place: Place = "waiting" if not episode.agent else "yours" if episode.agent == agent else "others"
    asked_at = preview.asked_at
    if asked_at is not None and episode.accepted_at is not None:
        asked_at = max(asked_at, episode.accepted_at)
    return QueueRow(
        id=episode.conversation_id,
        place=place,
        reason=REASONS[episode.reason],
        urgent=episode.reason in URGENT,
        shopper=preview.shopper,
        preview=preview.text,
        messages=preview.messages,
        since=episode.requested_at if place == "waiting" else asked_at,
        agent=episode.agent,
        notified=episode.notified,
    )


class AgentRenderer(Renderer):
    """The console's panels as HTML, in one currency and one locale."""

    def rows(self, products: Sequence[Product]) -> str:
        """Products as small rows: title, price and stock as the catalogue has them now."""
        return self._environment.get_template("agent_products.html").render(products=products, can_add=False)

    def results(self, products: Sequence[Product]) -> str:
        """What a search has found, each with a button that puts it into the reply."""
        return self._environment.get_template("agent_products.html").render(products=products, can_add=True)

    def chip(self, product: Product) -> dict[str, str]:
        """A product as the reply's tray shows it."""
        price = "" if product.price is None else self.money(product.price, product.currency)
        return {"id": product.id, "title": product.title, "price": price}

    def brief(self, brief: Brief) -> str:
        """The panel that says what is to be decided."""
        return self._environment.get_template("agent_brief.html").render(brief=brief)

    def screen(self, conversation: Conversation, products: Mapping[str, Product], cart: CartView) -> str:
        """What the shopper has before them: their wishes, the shelf and the cart."""
        shelf: list[tuple[Shown, Product | None]] = [(shown, products.get(shown.id)) for shown in conversation.shown]
        return self._environment.get_template("agent_screen.html").render(
            need=conversation.need, chips=self.chips(conversation.need), shelf=shelf, cart=cart, line_variant=line_variant
        )

    def line(self, message: Message, products: Mapping[str, Product]) -> Line:
        """A message, with the products that came with it as far as the shop still has them."""
        cards = [products[product_id] for product_id in message.product_ids if product_id in products]
        return Line(message.role, message.author, message.text, message.time, message.id, self.rows(cards) if cards else "")
