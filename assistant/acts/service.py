"""Acts on what was bought here: orders and returns. A message is served by what it wants, whichever it was read as."""

from __future__ import annotations

from assistant.acts import errands
from assistant.acts.base import Outcome, Services, Turn


def order_status(services: Services, turn: Turn) -> Outcome:
    """Where an order is, what is in it, and what is to become of it; only ever told to who may know."""
    return errands.serve(services, turn)


def return_request(services: Services, turn: Turn) -> Outcome:
    """Sending something back or exchanging it, within the shop's terms; without them, what its policy says."""
    return errands.serve(services, turn)
