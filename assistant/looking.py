"""What the shopper looks at: a product on the shop's own page of it, which is what "this" means there.

Nobody has asked for it in the conversation, so that its kind is known from the catalogue alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from assistant.acts.base import Outcome
from assistant.reading import acts, references
from assistant.reading.context import Context
from assistant.reading.text import read
from assistant.types import Act, Conversation, Frame, Shown
from retrieval.types import Need, Product

_OF_ITS_KIND: frozenset[Act] = frozenset({"refine", "like", "dislike"})
# What is worn or sold as a pair is spoken of as several.
_OF_A_PAIR = re.compile(r"\b(?:these|those)\b(?! (?:two|three|four|five|\d))", re.I)
ProductOf = Callable[[str], Product | None]


def at_page(conversation: Conversation, message: str, product_of: ProductOf) -> Conversation:
    """The conversation as if it had begun on the page of the product in focus, where the message is about that one.

    That is so where other products are on the screen and the words point at none of them.
    """
    focus = conversation.focus
    if focus is None or not conversation.shown or any(item.id == focus for item in conversation.shown):
        return conversation
    text = read(_OF_A_PAIR.sub("it", message))
    points = acts.topic_of_it(text) is not None or acts.buys_it(text) or references.means_all(text)
    points_elsewhere = acts.compares(text) or references.find(text, conversation.shown, None).strong
    product = product_of(focus) if points and not points_elsewhere else None
    if product is None:
        return conversation
    only = (Shown(product.id, product.title, product.price),)
    return replace(conversation, shown=only, need=Need(), pages=(), like=None, on_sale=False)


def back(outcome: Outcome, before: Conversation) -> Outcome:
    """The outcome of a turn `at_page` with what was on the screen before it, where it has put nothing there."""
    if outcome.cards is not None:
        return outcome
    kept = replace(
        outcome.conversation,
        shown=before.shown,
        need=before.need,
        pages=before.pages,
        like=before.like,
        on_sale=before.on_sale,
    )
    return replace(outcome, conversation=kept)


def told(context: Context, kind: str) -> Context:
    """The context as after a search for the kind of thing that the shopper looks at: what readers have learned from."""
    if not context.shown:
        return context
    return replace(context, need=Need(kind) if kind else context.need, last_act=context.last_act or "search")


def wanted(conversation: Conversation, frame: Frame, kind: str) -> Need:
    """The need that a frame starts from: "anything cheaper?" and "not for me" on the page of a tent are about tents."""
    return Need(kind) if kind and frame.act in _OF_ITS_KIND else conversation.need


def kind_of(conversation: Conversation, product_of: ProductOf) -> str:
    """What the one product that there is to talk about is, where nothing has been asked for yet; empty where unknown."""
    shown = conversation.shown
    if not conversation.need.is_empty or len(shown) != 1 or shown[0].id != conversation.focus:
        return ""
    product = product_of(shown[0].id)
    return product.category[-1].lower() if product is not None and product.category else ""
