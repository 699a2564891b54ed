"""Which order a message means, among those that may be told of here."""

from __future__ import annotations

from collections.abc import Sequence

from assistant import order_lines
from assistant import order_words as words
from assistant.acts import returning
from assistant.acts.base import Services, Turn
from assistant.acts.errand_steps import is_fresh, line_titles
from assistant.identity import known_order, known_orders
from assistant.orders import CANCELLABLE, Order
from assistant.reading import references
from assistant.reading.text import read
from assistant.types import Errand, Shown

OFFERED = 3
"""The most orders that are offered to pick from."""
_SEARCHED = 12
_COMING = CANCELLABLE | {"packed", "shipped"}


def meant(services: Services, turn: Turn, errand: Errand, text: str) -> tuple[Order, ...]:
    """The order that a message means; where that is not clear, those to pick from, newest first. There must be one."""
    known = known_orders(services.orders, turn.conversation)
    possible = candidates(services, turn, errand)
    held = holding(services, known, text)
    named = tuple(order for order in possible if order in held)
    possible = named or possible
    if errand.kind == "status" and words.awaits(text):
        possible = _on_their_way(possible)
        named = named and possible
    if len(named) != 1 and possible and words.means_latest(text):
        return possible[:1]
    # Something that was named can't be served, or nothing was named.
    other = None if named else next(iter(held), None) or _spoken_of(services, turn, errand, text)
    if other is not None:
        return (other,)
    return possible if len(possible) > 1 else (possible or known)[:1]


def candidates(services: Services, turn: Turn, errand: Errand) -> tuple[Order, ...]:
    """The orders that an errand of this kind may be about, newest first."""
    known = known_orders(services.orders, turn.conversation)
    if errand.kind == "cancel":
        return tuple(order for order in known if order.status in CANCELLABLE)
    if errand.kind in ("return", "exchange"):
        return tuple(order for order in known if returning.may_still(services, order))
    if errand.reason == "refund":
        coming = tuple(o for o in known if o.status == "returned" or services.orders.returns(o.order_id))
        return coming or tuple(o for o in known if o.status == "refunded") or known
    if errand.reason == "missing":
        return tuple(o for o in known if o.status == "shipped") or tuple(o for o in known if o.status == "delivered")
    return known


def holding(services: Services, orders: Sequence[Order], text: str) -> tuple[Order, ...]:
    """Those among the newest orders that hold what the message names."""
    rows = [(order, title) for order in orders[:_SEARCHED] for title in line_titles(services, order)]
    named = order_lines.lines_named(text, [title for _, title in rows], by_place=False)
    found = {rows[place - 1][0].order_id for place in named}
    return tuple(order for order in orders if order.order_id in found) if len(named) < len(rows) else ()


def by_place(orders: Sequence[Order], text: str) -> Order | None:
    """The one among the orders offered that the message points at: "the second one"."""
    found = references.find(read(text), [Shown(order.order_id, order.order_id, None) for order in orders], None)
    return orders[found.positions[0] - 1] if found.strong and len(found.positions) == 1 else None


def _on_their_way(orders: tuple[Order, ...]) -> tuple[Order, ...]:
    """Of several orders the only one that has not arrived yet; all of them where there are more, or none."""
    coming = tuple(order for order in orders if order.status in _COMING)
    return coming if len(coming) == 1 else orders


def _spoken_of(services: Services, turn: Turn, errand: Errand, text: str) -> Order | None:
    """The order that the last errand was about, where the message goes on about it."""
    last = turn.conversation.errand
    if last is None or words.means_another(text):
        return None
    if words.means_before(text):
        numbers = [order.order_id for order in known_orders(services.orders, turn.conversation)]
        older = numbers[numbers.index(last.order_id) + 1 :] if last.order_id in numbers else []
        return known_order(services.orders, turn.conversation, older[0]) if older else None
    goes_on = is_fresh(turn.conversation, last) or errand.reason == "refund" or references.means_all(read(text))
    return known_order(services.orders, turn.conversation, last.order_id) if goes_on else None
