"""What the page shows: one value that grows while a turn runs, and what has been saved since the page last looked.

Each step of a turn sends the whole view so far, so that a step that the browser skips is made up for by the next one.
None means "as it was". The page's script compares and touches only what changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from time import monotonic
from typing import Any, Literal

from assistant.types import (
    Card,
    CartChanged,
    CartView,
    Conversation,
    Done,
    Failed,
    Message,
    Products,
    Status,
    StatusChanged,
    Suggestions,
    Text,
    TurnEvent,
)
from assistant.web.cards import Renderer, cart_count
from retrieval.types import Product

Phase = Literal["busy", "done", "failed"]
SECONDS_BETWEEN_TEXTS = 1 / 18


@dataclass(frozen=True, slots=True)
class Shelf:
    """The rendered cards, the rendered need above them, and which products the cards show."""

    html: str
    need: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cart:
    """The rendered cart and how many things are in it."""

    html: str
    count: int


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the saved thread. `author` is the person who wrote it; `cards` are the rendered products they sent."""

    id: str
    role: str
    text: str
    author: str = ""
    cards: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, in words for the shopper, and whether trying again may help."""

    message: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class View:
    """The page's state. `turn` is the browser's own number of the turn, so that it can ignore one it has stopped."""

    turn: str
    phase: Phase
    conversation: str
    shopper: str = ""
    answer: str = ""
    shelf: Shelf | None = None
    cart: Cart | None = None
    suggestions: tuple[str, ...] | None = None
    status: Status | None = None
    problem: Problem | None = None

    def as_value(self) -> dict[str, Any]:
        """The view as plain JSON values for the browser."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class News:
    """What is saved of a conversation that a page does not have yet: the messages from the place `first` on, and the rest.

    `agent` is the person who has the conversation, empty where none has. `shelf` is None where the page shows it already.
    """

    conversation: str
    version: int
    first: int
    lines: tuple[Line, ...]
    status: Status
    agent: str
    shelf: Shelf | None
    cart: Cart

    def as_value(self) -> dict[str, Any]:
        """The news as plain JSON values for the browser."""
        return asdict(self)


def shelf_view(render: Renderer, products: Products) -> Shelf:
    """The shelf as it looks with these cards."""
    ids = tuple(card.product.id for card in products.cards)
    return Shelf(render.shelf(products.cards), render.need(products.need), ids)


def cart_view(render: Renderer, cart: CartView) -> Cart:
    """The cart as it looks now."""
    return Cart(render.cart(cart), cart_count(cart))


def with_event(view: View, event: TurnEvent, render: Renderer) -> View:
    """The view after one more event of the turn."""
    match event:
        case Products():
            return replace(view, shelf=shelf_view(render, event))
        case Text(delta):
            return replace(view, answer=view.answer + delta)
        case CartChanged(cart):
            return replace(view, cart=cart_view(render, cart))
        case Suggestions(texts):
            return replace(view, suggestions=texts)
        case StatusChanged(status):
            return replace(view, status=status)
        case Failed(_, message, retryable):
            return replace(view, phase="failed", problem=Problem(message, retryable))
        case Done():
            return view if view.phase == "failed" else replace(view, phase="done")


def views_of_turn(start: View, events: Iterable[TurnEvent], render: Renderer) -> Iterator[View]:
    """The views of one turn: at once for what is seen as a whole, at most 18 a second while text streams.

    Ends "done" or "failed", also where the events break off without a `Done`.
    """
    view, last_text = start, 0.0
    yield view
    for event in events:
        view = with_event(view, event, render)
        if isinstance(event, Text):
            if monotonic() - last_text < SECONDS_BETWEEN_TEXTS:
                continue
            last_text = monotonic()
        if not isinstance(event, Done):
            yield view
    yield replace(view, phase="done") if view.phase == "busy" else view


def lines_of(messages: Sequence[Message], products: Mapping[str, Product], render: Renderer) -> tuple[Line, ...]:
    """Saved messages as the page shows them; `products` has what the shop's people sent, as far as it still exists."""
    lines = []
    for message in messages:
        sent = sent_by_person(message)
        cards = render.sent([products[each] for each in sent if each in products])
        lines.append(Line(message.id, message.role, message.text, message.author, cards))
    return tuple(lines)


def sent_by_person(message: Message) -> tuple[str, ...]:
    """The products that one of the shop's people sent with a message; those of the assistant stand on the shelf alone."""
    return message.product_ids if message.role == "agent" else ()


def news_shelf(
    conversation: Conversation, cards: Sequence[Card], on_page: Sequence[str] | None, render: Renderer
) -> Shelf | None:
    """The shelf of a saved conversation; None where the page shows these very products, or rightly shows no shelf.

    One without HTML takes the shelf away: a person's joining cut the turn off that had put it there.
    """
    if not cards and conversation.need.is_empty:
        return None if on_page is None else Shelf("", "", ())
    # The page may show more of the same cards than is saved: why each of them is there.
    is_known = on_page is not None and [card.product.id for card in cards] == list(on_page)
    return None if is_known else shelf_view(render, Products(tuple(cards), conversation.need))
