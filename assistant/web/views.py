"""What the page shows, as one value that grows while a turn runs.

Each step of a turn sends the whole view so far, so that a step that the browser skips is made up for by the next one.
None means "as it was". The page's script compares and touches only what changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
    Products,
    Status,
    StatusChanged,
    Suggestions,
    Text,
    TurnEvent,
)
from assistant.web.cards import Renderer, cart_count

Phase = Literal["busy", "done", "failed", "restored", "unknown"]
SECONDS_BETWEEN_TEXTS = 1 / 18


@dataclass(frozen=True, slots=True)
class Shelf:
    """The rendered cards, the rendered need above them, and how many cards there are."""

    html: str
    need: str
    count: int


@dataclass(frozen=True, slots=True)
class Cart:
    """The rendered cart and how many things are in it."""

    html: str
    count: int


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a restored thread."""

    role: str
    text: str


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
    thread: tuple[Line, ...] | None = None
    shelf: Shelf | None = None
    cart: Cart | None = None
    suggestions: tuple[str, ...] | None = None
    status: Status | None = None
    problem: Problem | None = None

    def as_value(self) -> dict[str, Any]:
        """The view as plain JSON values for the browser."""
        return asdict(self)


def shelf_view(render: Renderer, products: Products) -> Shelf:
    """The shelf as it looks with these cards."""
    return Shelf(render.shelf(products.cards), render.need(products.need), len(products.cards))


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


def restored_view(conversation: Conversation, cards: Sequence[Card], cart: CartView, render: Renderer, *, turn: str) -> View:
    """A saved conversation as the page shows it after a reload."""
    shown = bool(cards) or not conversation.need.is_empty
    return View(
        turn=turn,
        phase="restored",
        conversation=conversation.id,
        shopper=conversation.shopper_id,
        thread=tuple(Line(message.role, message.text) for message in conversation.messages),
        shelf=shelf_view(render, Products(tuple(cards), conversation.need)) if shown else None,
        cart=cart_view(render, cart),
        status=conversation.status,
    )
