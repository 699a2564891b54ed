"""The shop as its fronts see it: open a conversation, take a turn, press a button on a card.

The chat page, the command line and the HTTP server all go through this protocol; `assistant/turn.py` is behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from assistant.types import CartView, Conversation, TurnEvent
from retrieval.types import Product

ButtonKind = Literal["cart_add", "cart_remove", "more_like_this", "not_for_me", "drop_need", "click"]


@dataclass(frozen=True, slots=True)
class Button:
    """A press on the screen. `product_id` for the card and cart buttons, `slot` and `value` for a chip of the need.

    `message_id` is the front's own id of the press, so that one sent twice counts once.
    """

    kind: ButtonKind
    product_id: str = ""
    variant_id: str = ""
    slot: str = ""
    value: str = ""
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class KnownShopper:
    """A shopper that the demo's picker offers. `persona` says in a few words what they like."""

    id: str
    name: str
    persona: str


class ShopFront(Protocol):
    """What a front may ask of the shop. Every call is safe from several threads."""

    @property
    def name(self) -> str:
        """The shop's name."""

    @property
    def currency(self) -> str:
        """ISO 4217 code of the shop's money."""

    def open(self, shopper_id: str | None = None, locale: str = "") -> Conversation:
        """A new conversation; with no shopper id, of a new guest. `locale` is the shopper's, where it is known."""

    def conversation(self, conversation_id: str) -> Conversation:
        """The conversation as saved last. Raises `KeyError` for an unknown id."""

    def news(self, conversation_id: str, version: int) -> Conversation | None:
        """The conversation if it has been saved since it had this version, else None: cheap enough to ask every second.

        Raises `KeyError` for an unknown id.
        """

    def say(self, conversation_id: str, text: str, message_id: str = "") -> Iterator[TurnEvent]:
        """One turn: the shopper's text in, events out in the order of `assistant.types`, `Done` last.

        `message_id` is the front's own id of the message, so that one sent twice counts once; the answer is saved under
        that id with ".answer" behind it.
        """

    def press(self, conversation_id: str, button: Button) -> Iterator[TurnEvent]:
        """One turn that starts from a button instead of text; a `click` answers with `Done` alone."""

    def cart(self, conversation_id: str) -> CartView:
        """The cart with what it costs now."""

    def products(self, product_ids: Sequence[str]) -> Mapping[str, Product]:
        """The products of these ids, in this order; those that the shop no longer has are left out."""

    def shoppers(self) -> Sequence[KnownShopper]:
        """The shoppers that a demo may pose as; empty in a real shop."""
