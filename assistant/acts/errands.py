"""Service matters that take several turns: telling of an order, cancelling it, sending things back.

`begin` starts one, `continued` takes the next message for it. Nothing of an order is told, and nothing is written, before
`assistant/identity.py` has said that this shopper may; and nothing is written without a yes to what is about to be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import prompts
from assistant import order_answers as answers
from assistant import order_lines
from assistant import order_words as words
from assistant.acts import order_picking as picking
from assistant.acts import remember, returning
from assistant.acts.base import Outcome, Services, Turn
from assistant.acts.errand_steps import (
    PERSON,
    ask,
    current,
    day,
    ended,
    given_up,
    is_fresh,
    items,
    line_titles,
    money,
    today,
)
from assistant.identity import known_order, known_orders
from assistant.orders import CANCELLABLE, NotPossible, Order
from assistant.profile import is_guest
from assistant.reading import acts as read_acts
from assistant.reading.text import read
from assistant.types import Act, Errand, ErrandKind

# What a message is about if it was read as one of these and answers nothing that was asked.
_SERVICE: frozenset[Act] = frozenset({"order_status", "return_request", "out_of_scope"})
_ON_ORDERS: frozenset[Act] = frozenset({"order_status", "return_request"})
# With something on the screen or in the cart, "my order" is often the cart.
_ON_THE_CART: frozenset[Act] = frozenset({"cart_add", "cart_remove", "cart_show", "checkout"})
_SHORT = 4


def plain(turn: Turn) -> str:
    """The message without marks that can't be seen, other shapes of the same letters and digits read as those."""
    return read(turn.text).source


def begin(services: Services, turn: Turn, kind: ErrandKind, reason: str = "") -> Outcome:
    """Starts an errand with what the message says already."""
    text = plain(turn)
    said = words.mentioned(text, turn.frame.order_id)
    return _advance(services, turn, Errand(kind, "order", said.order_id, reason=reason), said.postcode)


def continued(services: Services, turn: Turn) -> Outcome | None:
    """The next step of the errand that is open; None where there is none, or the message is about something else."""
    errand = current(turn.conversation)
    if errand is None:
        return None
    text = plain(turn)
    if errand.asked == "done":
        return _after(services, turn, errand, text)
    fresh = is_fresh(turn.conversation, errand)
    if answers.stops(text) or (fresh and answers.is_no(text)):
        return ended(turn, prompts.render("errand_stopped", turn.pick, kind=errand.kind))
    if _is_about_goods(turn, text) or (renewed := _renewed(services, turn, errand, text)) is None:
        return None
    return renewed if isinstance(renewed, Outcome) else _answered(services, turn, errand, text, fresh)


def asked_plainly(services: Services, turn: Turn) -> Outcome | None:
    """Serves a message that can only be about an order, though the reader took it for something else."""
    text, act = plain(turn), turn.frame.act
    if words.wish(text, act) == "dispute":
        return None  # a person's matter, for whatever reason that is weighed to be
    if act in _ON_ORDERS:
        # What is stated with it, such as a size, is for the turn to keep first.
        return serve(services, turn) if remember.stated(services, turn.text) is None else None
    if words.asks_for_goods(text) or not (words.is_plainly_on_orders(text) or _can_mean_order_alone(services, turn, text)):
        return None
    if act == "policy_question" and not words.tells_to_change(text):
        return None
    return serve(services, turn)


def serve(services: Services, turn: Turn) -> Outcome:
    """What a message on an order wants, whichever of `order_status` and `return_request` it was read as."""
    wanted = words.wish(plain(turn), turn.frame.act)
    if wanted == "dispute":
        # What was refunded and what should have been is between the shop and the shopper.
        said = prompts.render("return_dispute", turn.pick)
        return ended(turn, said, trouble="refund_or_return", needs_person=True)
    if wanted == "address":
        return ended(turn, prompts.render("order_address", turn.pick), trouble="order_problem", needs_person=True)
    if wanted == "change":
        said = prompts.render("order_change", turn.pick)
        return ended(turn, said, offers=("Cancel my order", PERSON), trouble="order_problem")
    if wanted == "cancel":
        return begin(services, turn, "cancel")
    if wanted == "return" or wanted == "exchange":
        why = words.reason(plain(turn))
        return returning.guide(services, turn) if services.terms is None else begin(services, turn, wanted, why)
    return begin(services, turn, "status", "" if wanted == "status" else wanted)


def _can_mean_order_alone(services: Services, turn: Turn, text: str) -> bool:
    """Whether the message means an order as there is nothing on the screen or in the cart that it could mean."""
    if turn.conversation.shown or turn.conversation.cart:
        return False
    if words.cancels_outright(text) or (turn.frame.act in _ON_THE_CART and words.means_own_order(text)):
        return True
    known = known_orders(services.orders, turn.conversation) if words.concerns_bought(text) else ()
    return bool(picking.holding(services, known, text))


def _is_about_goods(turn: Turn, text: str) -> bool:
    said = read(text)
    is_cart = turn.frame.act in ("cart_show", "checkout") and words.speaks_of_cart(text)
    return words.asks_for_goods(text) or read_acts.puts_in_cart(said) or is_cart


def _renewed(services: Services, turn: Turn, errand: Errand, text: str) -> Outcome | bool | None:
    """Another errand where the message names one; None where it has to be a person's or the policies' matter."""
    if turn.frame.act in ("human", "policy_question") and words.mentioned(text, asked=errand.asked) == words.Mentioned():
        return None
    if answers.is_yes(text):
        return True
    if not (words.names_wish(text) or words.wants_refund(text)):
        asks_where = words.asks_where(text) and errand.kind != "status" and errand.asked not in ("order", "postcode")
        return _advance(services, turn, Errand("status", "order", errand.order_id), "") if asks_where else True
    wanted = words.wish(text, turn.frame.act)
    if wanted == errand.kind:
        return True
    if wanted not in ("cancel", "return", "exchange"):
        return None
    said = words.mentioned(text, turn.frame.order_id)
    started = Errand(wanted, "order", said.order_id or errand.order_id, errand.lines, reason=words.reason(text))
    return _advance(services, turn, started, said.postcode)


def _answered(services: Services, turn: Turn, errand: Errand, text: str, fresh: bool) -> Outcome | None:
    """The errand with the answer to its question, if the message has one; else the question again, once."""
    said = words.mentioned(text, turn.frame.order_id, errand.asked)
    if said.order_id and known_order(services.orders, turn.conversation, said.order_id) is None:
        moved = replace(errand, order_id=said.order_id, lines=(), options=(), asked="order", times=0)
        return _advance(services, turn, moved, said.postcode)
    if errand.asked == "order":
        return _order_answered(services, turn, errand, said, text, fresh)
    if errand.asked == "postcode":
        if said.postcode:
            return _unlocked(services, turn, errand, said.postcode)
        return _again(services, turn, errand, fresh)
    order = known_order(services.orders, turn.conversation, said.order_id or errand.order_id)
    if order is None:
        return None
    if said.order_id and order.order_id != errand.order_id:
        return _advance(services, turn, Errand(errand.kind, "order", order.order_id, reason=errand.reason), "")
    if errand.asked == "confirm" and errand.kind == "cancel":
        return _cancel_answered(services, turn, errand, order, text, fresh)
    outcome = returning.answered(services, turn, errand, order, text, fresh)
    return outcome or _elsewhere(services, turn, errand, text) or _again(services, turn, errand, fresh)


def _elsewhere(services: Services, turn: Turn, errand: Errand, text: str) -> Outcome | None:
    """The same errand for another order, where the message names what only that one holds."""
    holding = picking.holding(services, picking.candidates(services, turn, errand), text)
    if len(holding) != 1 or holding[0].order_id == errand.order_id:
        return None
    return _advance(services, turn, Errand(errand.kind, "order", holding[0].order_id, reason=errand.reason), "")


def _again(services: Services, turn: Turn, errand: Errand, fresh: bool) -> Outcome | None:
    """The open question once more; None where the message is likelier to be about something else."""
    is_service = turn.frame.act in _SERVICE or turn.is_unsure or len(turn.text.split()) <= _SHORT
    text = plain(turn)
    is_answer = answers.is_at_a_loss(text) or answers.is_yes(text)
    is_else = turn.frame.act in ("smalltalk", "human", "policy_question") and not is_answer
    if not fresh or not is_service or is_else:
        return None
    return _advance(services, turn, errand, "")


def _order_answered(
    services: Services, turn: Turn, errand: Errand, said: words.Mentioned, text: str, fresh: bool
) -> Outcome | None:
    if said.order_id:
        return _advance(services, turn, replace(errand, order_id=said.order_id), said.postcode)
    orders = picking.candidates(services, turn, errand)
    named = picking.holding(services, orders, text)
    chosen = picking.by_place(orders[: picking.OFFERED], text) or (named[0] if len(named) == 1 else None)
    if chosen is None and orders and words.means_latest(text):
        chosen = orders[0]
    if chosen is not None:
        return _advance(services, turn, replace(errand, order_id=chosen.order_id), "")
    if answers.lacks_number(text):
        return (
            given_up(turn)
            if errand.times > 1
            else ask(turn, errand, "order", prompts.render("order_number_where", turn.pick), (PERSON,))
        )
    return None if errand.kind == "status" and orders else _again(services, turn, errand, fresh)


def _advance(services: Services, turn: Turn, errand: Errand, postcode: str) -> Outcome:
    """The next thing to do for an errand: find its order, have it opened, then what the errand is for."""
    if not errand.order_id:
        return _which_order(services, turn, errand)
    order = known_order(services.orders, turn.conversation, errand.order_id)
    if order is None:
        return _unlocked(services, turn, errand, postcode)
    return _with_order(services, turn, replace(errand, order_id=order.order_id), order)


def _with_order(services: Services, turn: Turn, errand: Errand, order: Order) -> Outcome:
    if errand.kind == "status":
        return told(services, turn, errand, order)
    if errand.kind == "cancel" or order.status in CANCELLABLE:
        # What has not been packed yet need not come and be sent back.
        return _cancel(services, turn, replace(errand, kind="cancel", lines=(), options=()), order)
    return returning.next_step(services, turn, errand, order, plain(turn))


def _unlocked(services: Services, turn: Turn, errand: Errand, postcode: str) -> Outcome:
    """Checks the second secret, or asks for it: in the same words whether there is such an order or not."""
    if services.identity is None:
        return ended(turn, prompts.render("order_guest", turn.pick), offers=(PERSON,))
    if not postcode:
        said = prompts.render("order_postcode", turn.pick, again=errand.asked == "postcode")
        return ask(turn, errand, "postcode", said, (PERSON,))
    found = services.identity.check(turn.conversation.id, errand.order_id, postcode)
    if found == "locked":
        said = prompts.render("order_locked", turn.pick, contact=services.contact)
        return ended(turn, said, offers=(PERSON,), trouble="order_problem")
    if found == "wrong":
        # A wrong answer is an answer, and no failure of the shop's: how often one may be given is for the limits to say.
        said = prompts.render("order_refused", turn.pick)
        return ask(turn, replace(errand, times=0), "postcode", said, (PERSON,))
    opened = replace(turn.conversation, verified=(*turn.conversation.verified, found.order_id))
    return _with_order(services, replace(turn, conversation=opened), replace(errand, order_id=found.order_id), found)


def _which_order(services: Services, turn: Turn, errand: Errand) -> Outcome:
    """Picks the order that is meant, among those that may be told of, or asks for it."""
    if not known_orders(services.orders, turn.conversation):
        return _no_order(services, turn, errand)
    meant = picking.meant(services, turn, errand, words.before_goods(plain(turn)))
    if len(meant) == 1:
        return _with_order(services, turn, replace(errand, order_id=meant[0].order_id), meant[0])
    offered = meant[: picking.OFFERED]
    rows = [(order, items(services, order), money(services, order, order.total)) for order in offered]
    name = "order_list" if errand.kind == "status" else "order_which"
    days = {order.order_id: day(services, order.created_at) for order in offered}
    said = prompts.render(name, turn.pick, rows=rows, days=days, more=len(meant) > len(offered), kind=errand.kind)
    return ask(turn, errand, "order", said, _numbers(offered))


def _no_order(services: Services, turn: Turn, errand: Errand) -> Outcome:
    guest = is_guest(turn.conversation.shopper_id)
    if services.identity is None:
        return ended(turn, prompts.render("order_guest" if guest else "order_none", turn.pick), offers=(PERSON,))
    name = "order_number" if guest else "order_none"
    return ask(turn, errand, "order", prompts.render(name, turn.pick), (PERSON,))


def _numbers(orders: Sequence[Order]) -> tuple[str, ...]:
    return tuple(f"Order {order.order_id}" for order in orders)


def told(services: Services, turn: Turn, errand: Errand, order: Order) -> Outcome:
    """Everything there is to tell of one order, and what a person is needed for."""
    if errand.reason == "refund":
        return returning.refund_told(services, turn, errand, order)
    expected = day(services, order.expected_at)
    is_late = order.status == "shipped" and bool(order.expected_at) and order.expected_at[:10] < today(services).isoformat()
    said = prompts.render(
        "order_status",
        turn.pick,
        order=order,
        items=items(services, order),
        total=money(services, order, order.total),
        expected=expected,
        delivered=day(services, order.delivered_at),
        late=is_late,
        returns=services.orders.returns(order.order_id),
    )
    if errand.reason == "missing" and order.status == "delivered":
        said += " " + prompts.render("order_missing", turn.pick)
        return ended(turn, said, errand, trouble="order_problem", needs_person=True)
    offers = _next_steps(services, order)
    return ended(turn, said, errand, offers=offers, trouble="order_problem" if is_late else None)


def _next_steps(services: Services, order: Order) -> tuple[str, ...]:
    if order.status in CANCELLABLE:
        return ("Cancel it", PERSON)
    return ("Send something back", PERSON) if returning.may_still(services, order) else (PERSON,)


def _cancel(services: Services, turn: Turn, errand: Errand, order: Order) -> Outcome:
    facts = {"order_id": order.order_id, "items": items(services, order), "total": money(services, order, order.total)}
    if order.status == "cancelled":
        return ended(turn, prompts.render("order_cancelled", turn.pick, again=True, **facts), errand)
    if order.status not in CANCELLABLE:
        return _too_late(services, turn, errand, order)
    named = order_lines.lines_named(plain(turn), line_titles(services, order), by_place=False)
    if named and len(named) < len(order.lines):
        said = prompts.render("order_cancel_part", turn.pick, **facts)
        return ask(turn, errand, "confirm", said, ("Yes, cancel all of it", "No", PERSON), trouble="order_problem")
    return ask(turn, errand, "confirm", prompts.render("order_cancel_confirm", turn.pick, **facts), ("Yes", "No"))


def _cancel_answered(services: Services, turn: Turn, errand: Errand, order: Order, text: str, fresh: bool) -> Outcome | None:
    if not answers.is_yes(text) and text.strip(" .!").casefold() != "yes, cancel all of it":
        return _again(services, turn, errand, fresh)
    if not fresh:
        return _cancel(services, turn, replace(errand, times=0), order)
    try:
        cancelled = services.orders.cancel(order.order_id)
    except NotPossible:
        return _too_late(services, turn, errand, order)
    facts = {"items": items(services, cancelled), "total": money(services, cancelled, cancelled.total)}
    said = prompts.render("order_cancelled", turn.pick, again=False, order_id=cancelled.order_id, **facts)
    return ended(turn, said, errand)


def _too_late(services: Services, turn: Turn, errand: Errand, order: Order) -> Outcome:
    sent_back = services.terms is not None and order.status in ("packed", "shipped", "delivered")
    said = prompts.render("order_cancel_late", turn.pick, order_id=order.order_id, status=order.status, returns=sent_back)
    offers = ("Send something back", PERSON) if returning.may_still(services, order) else (PERSON,)
    return ended(turn, said, errand, offers=offers, trouble="order_problem")


def _after(services: Services, turn: Turn, errand: Errand, text: str) -> Outcome | None:
    """What follows on a matter that is settled: another one of the same order, or a wish to take it back."""
    is_rule = turn.frame.act == "policy_question" and not words.is_request(text)
    if not is_fresh(turn.conversation, errand) or turn.frame.act == "human" or is_rule:
        return None
    if errand.kind != "status" and answers.undoes(text):
        # What has been written is the shop's now: only a person can take it back.
        said = prompts.render("errand_done", turn.pick, kind=errand.kind)
        return ended(turn, said, offers=(PERSON,), trouble="order_problem")
    wanted = words.wish(text, "order_status")
    if wanted not in ("cancel", "return", "exchange") or _is_about_goods(turn, text):
        return None
    return begin(services, turn, wanted, words.reason(text))
