"""Scripted conversations to transcripts (format 6): what a shopper would see, a line a turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assistant.need import frame_to_json, need_to_json
from assistant.shop import ShopFront
from assistant.types import Card, CartLine, Done, Failed, Products, Text
from retrieval.feeds.rows import BadRow, Row
from retrieval.money import to_number


@dataclass(frozen=True, slots=True)
class Script:
    """One conversation to be played: what the shopper says, turn by turn."""

    id: str
    turns: tuple[str, ...]
    shopper_id: str | None = None


class BadScript(ValueError):
    """A line of the file is no scripted conversation; the text names line, field, value and what was expected."""


def read_scripts(rows: Iterable[Row | BadRow]) -> Iterator[Script]:
    """The scripts of a file. Raises `BadScript` at the first line that is none."""
    for row in rows:
        if isinstance(row, BadRow):
            raise BadScript(str(row))
        line, fields = row
        name, turns, shopper = fields.get("conversation_id"), fields.get("turns"), fields.get("shopper_id")
        if not isinstance(name, str) or not name:
            raise BadScript(f"line {line}: conversation_id is {name!r}, expected a text")
        if not isinstance(turns, list) or not all(isinstance(turn, str) for turn in turns):
            raise BadScript(f"line {line}: turns is {str(turns)[:80]!r}, expected a list of texts")
        if shopper is not None and not isinstance(shopper, str):
            raise BadScript(f"line {line}: shopper_id is {shopper!r}, expected a text")
        yield Script(name, tuple(turns), shopper)


def play(shop: ShopFront, script: Script) -> Iterator[Mapping[str, Any]]:
    """Plays a script in a new conversation; yields a transcript line a turn."""
    conversation = shop.open(script.shopper_id)
    for number, text in enumerate(script.turns):
        yield {"conversation_id": script.id, "turn": number, "user": text, **_turn(shop, conversation.id, text)}


def _turn(shop: ShopFront, conversation_id: str, text: str) -> dict[str, Any]:
    cards: tuple[Card, ...] = ()
    said, done, failure = "", None, None
    for event in shop.say(conversation_id, text):
        if isinstance(event, Products):
            cards = event.cards
        elif isinstance(event, Text):
            said += event.delta
        elif isinstance(event, Failed):
            failure = event
        elif isinstance(event, Done):
            done = event
    after = shop.conversation(conversation_id)
    return {
        "frame": frame_to_json(done.frame, shop.currency) if done else {},
        "state": need_to_json(after.need, shop.currency),
        "products": [_card(card, shop.currency) for card in cards],
        "text": said or (failure.message if failure else ""),
        "cart": [_cart_line(line) for line in after.cart],
        "status": after.status,
        "ms": _timings(done),
        "fallback": done.fallback if done else "no answer",
        "sentences": {"by_model": done.spoken, "thrown_out": done.thrown_out} if done else {},
    }


def _card(card: Card, currency: str) -> dict[str, Any]:
    price = card.product.price
    return {
        "id": card.product.id,
        "price": None if price is None else to_number(price, currency),
        "reasons": list(card.reasons),
        "violates": list(card.violates),
    }


def _cart_line(line: CartLine) -> dict[str, Any]:
    row: dict[str, Any] = {"product_id": line.product_id, "quantity": line.quantity}
    return row | ({"variant_id": line.variant_id} if line.variant_id else {})


def _timings(done: Done | None) -> dict[str, float | None]:
    if done is None:
        return {}
    timings = done.timings
    return {"first_card": timings.first_card, "first_text": timings.first_text, "total": timings.total}
