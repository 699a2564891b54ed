"""Acts about the shop rather than its products: orders, returns, and asking for a person."""

from __future__ import annotations

from dataclasses import replace

import prompts
from assistant.acts.base import Outcome, Services, Turn
from assistant.orders import Order
from assistant.profile import is_guest
from assistant.types import Status
from assistant.wording import join

_RECENT = 3


def order_status(services: Services, turn: Turn) -> Outcome:
    """Where an order is; only ever the shopper's own, and only of a shopper whom the shop has vouched for."""
    if is_guest(turn.conversation.shopper_id):
        return Outcome(turn.conversation, prompts.render("order_guest", turn.pick), suggestions=_person())
    orders = services.orders.of(turn.conversation.shopper_id)
    if turn.frame.order_id:
        order = services.orders.get(turn.conversation.shopper_id, turn.frame.order_id)
        if order is None:
            said = prompts.render("order_unknown", turn.pick, order_id=turn.frame.order_id)
            return Outcome(turn.conversation, said, suggestions=_person())
        orders = (order,)
    if not orders:
        return Outcome(turn.conversation, prompts.render("order_none", turn.pick))
    rows = [(order, _titles(services, order)) for order in orders[:_RECENT]]
    return Outcome(turn.conversation, prompts.render("order_status", turn.pick, rows=rows), suggestions=_person())


def return_request(services: Services, turn: Turn) -> Outcome:
    """What the shop's own policy says of sending things back, word for word, and a person to do it with."""
    passage = services.policies.find(turn.text, "returns")
    quote = "" if passage is None else passage.text
    return Outcome(turn.conversation, prompts.render("return_guide", turn.pick, quote=quote), suggestions=_person())


def human(services: Services, turn: Turn) -> Outcome:
    """Asks for a person. The thread says so and stays open; the assistant still answers meanwhile."""
    status: Status = "pending"
    said = prompts.render("human_pending", turn.pick, contact=services.contact)
    return Outcome(replace(turn.conversation, status=status), said)


def _titles(services: Services, order: Order) -> str:
    products = services.catalog.get_many(order.product_ids)
    return join([product.title for product in products.values()])


def _person() -> tuple[str, ...]:
    return ("Talk to a person",)
