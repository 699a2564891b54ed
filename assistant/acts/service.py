"""Acts on what was bought here: orders and returns. Each message on them is served by what it wants, however it was read."""

from __future__ import annotations

import prompts
from assistant import order_words as words
from assistant.acts import errands, returning
from assistant.acts.base import Outcome, Services, Turn
from assistant.acts.errand_steps import ended


def order_status(services: Services, turn: Turn) -> Outcome:
    """Where an order is, what is in it, and what is to become of it; only ever told to who may know."""
    text = errands.plain(turn)
    wanted = words.wish(text, turn.frame.act)
    if wanted == "dispute":
        # What was refunded and what should have been is between the shop and the shopper.
        said = prompts.render("return_dispute", turn.pick)
        return ended(turn, said, trouble="refund_or_return", needs_person=True)
    if wanted == "address":
        return ended(turn, prompts.render("order_address", turn.pick), trouble="order_problem", needs_person=True)
    if wanted in ("missing", "refund"):
        return errands.begin(services, turn, "status", wanted)
    if wanted in ("return", "exchange") and services.terms is None:
        return returning.guide(services, turn)
    if wanted == "cancel" or wanted == "return" or wanted == "exchange":
        return errands.begin(services, turn, wanted, words.reason(text))
    return errands.begin(services, turn, "status")


def return_request(services: Services, turn: Turn) -> Outcome:
    """Sending something back or exchanging it, within the shop's terms; without them, what its policy says."""
    return order_status(services, turn)
