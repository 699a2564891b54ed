"""Sending things back or exchanging them, within the shop's terms: which items, for what, and only after a yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import prompts
from assistant import order_answers as answers
from assistant import order_lines
from assistant import order_words as words
from assistant.acts.base import Outcome, Services, Turn
from assistant.acts.basket import named_variant, says_value
from assistant.acts.errand_steps import PERSON, ask, day, ended, items, line_titles, money, products_of, today, worth
from assistant.cart import variants_for_sale
from assistant.orders import NotPossible, Order, OrderLine, Reason, Return, ReturnItem, ReturnKind
from assistant.returns import Verdict, may_return
from assistant.types import Errand
from assistant.wording import join
from retrieval.types import Product, Variant

_OFFERED = 4
_ALL_OF_IT = "All of it"
_ASKS_THE_PAGE = "how can I send something back?"


def guide(services: Services, turn: Turn) -> Outcome:
    """What the shop's own policy says of sending things back, word for word, and a person to do it with."""
    passage = services.policies.find(turn.text, "returns") or services.policies.find(_ASKS_THE_PAGE, "returns")
    said = prompts.render("return_guide", turn.pick, quote="" if passage is None else passage.text)
    return ended(turn, said, offers=(PERSON,), trouble="refund_or_return")


def may_still(services: Services, order: Order) -> bool:
    """Whether anything of an order can still be sent back."""
    return any(verdict.is_allowed for verdict in _verdicts(services, order).values())


def next_step(services: Services, turn: Turn, errand: Errand, order: Order, text: str) -> Outcome:
    """What is to be asked next for a return or an exchange, or why there can be none."""
    if services.terms is None:
        return guide(services, turn)
    titles = line_titles(services, order)
    verdicts = _verdicts(services, order, errand.reason)
    # Where there is only one thing that could be meant, nobody is asked which.
    only = tuple(verdicts) if len(verdicts) == 1 else ()
    places = errand.lines or order_lines.lines_named(text, titles) or only
    if places:
        return _checked(services, turn, replace(errand, lines=places), order, text)
    if not any(verdict.is_allowed for verdict in verdicts.values()):
        return _refused(services, turn, errand, order, verdicts)
    rows = [items(services, order, (place,)) for place in verdicts]
    said = prompts.render("return_items", turn.pick, kind=errand.kind, rows=rows, order_id=order.order_id)
    offers = [titles[place - 1] for place in verdicts][: _OFFERED - 1]
    return ask(turn, errand, "items", said, (*offers, _ALL_OF_IT))


def answered(services: Services, turn: Turn, errand: Errand, order: Order, text: str, fresh: bool) -> Outcome | None:
    """The next step after an answer to what was asked; None where the message has none."""
    if errand.asked == "confirm" and answers.is_yes(text):
        if fresh:
            return _start(services, turn, errand, order)
        return _checked(services, turn, replace(errand, times=0), order, "")
    titles = line_titles(services, order)
    if errand.asked == "option":
        chosen = _with_options(services, errand, order, text)
        return None if chosen.options == errand.options else _checked(services, turn, chosen, order, "")
    named = order_lines.lines_named(text, titles)
    if named and (errand.asked == "items" or named != errand.lines):
        return _checked(services, turn, replace(errand, lines=named, options=(), times=0), order, text)
    if errand.asked == "items":
        return None
    if words.says_used(text):
        return _checked(services, turn, errand, order, text)
    changed = _with_options(services, replace(errand, options=()), order, text)
    return _checked(services, turn, changed, order, "") if errand.kind == "exchange" and changed.options else None


def refund_told(services: Services, turn: Turn, errand: Errand, order: Order) -> Outcome:
    """How far a refund has come, as far as the shop's records tell."""
    said = prompts.render(
        "return_refund",
        turn.pick,
        order_id=order.order_id,
        status=order.status,
        total=money(services, order, order.total),
        returns=services.orders.returns(order.order_id),
        days=0 if services.terms is None else services.terms.refund_days,
    )
    return ended(turn, said, errand, offers=(PERSON,), trouble=None if order.status == "refunded" else "refund_or_return")


def _verdicts(services: Services, order: Order, reason: str = "", *, used: bool = False) -> dict[int, Verdict]:
    """Whether each line of an order that is not going back already may, by its place from 1."""
    if services.terms is None:
        return {}
    products, going = products_of(services, order), _going_back(services, order)
    why: Reason = "faulty" if reason == "faulty" else "wrong_item" if reason == "wrong_item" else ""
    return {
        place: may_return(
            order, line, products.get(line.product_id), today(services), services.terms, why, used=used
        )
        for place, line in enumerate(order.lines, 1)
        if place not in going
    }  # fmt: skip


def _going_back(services: Services, order: Order) -> dict[int, Return]:
    return {item.line: back for back in services.orders.returns(order.order_id) for item in back.items}


def _checked(services: Services, turn: Turn, errand: Errand, order: Order, text: str) -> Outcome:
    """Goes on with those of the lines that may go back; says so where none may, or where they are on their way already."""
    going = _going_back(services, order)
    verdicts = _verdicts(services, order, errand.reason, used=words.says_used(text))
    if all(place in going for place in errand.lines):
        return _started(services, turn, errand, order, going[errand.lines[0]], again=True)
    chosen = {place: verdicts[place] for place in errand.lines if place in verdicts}
    allowed = tuple(place for place, verdict in chosen.items() if verdict.is_allowed)
    if not allowed:
        return _refused(services, turn, errand, order, chosen)
    if allowed != errand.lines:
        errand = replace(errand, lines=allowed, options=())
    left_out = {place: verdict for place, verdict in chosen.items() if not verdict.is_allowed}
    noted = " ".join(_refusals(services, turn, order, left_out))
    if errand.kind == "exchange":
        errand = _with_options(services, errand, order, text)
        if len(errand.options) < len(errand.lines):
            return _ask_option(services, turn, errand, order, noted)
    return _confirm(services, turn, errand, order, noted, [chosen[place] for place in allowed])


def _confirm(
    services: Services, turn: Turn, errand: Errand, order: Order, noted: str, verdicts: Sequence[Verdict]
) -> Outcome:
    said = prompts.render(
        "return_confirm",
        turn.pick,
        kind=errand.kind,
        order_id=order.order_id,
        items=items(services, order, errand.lines),
        many=len(errand.lines) > 1 or order.lines[errand.lines[0] - 1].quantity > 1,
        total=money(services, order, worth(order, errand.lines)),
        wanted=_wanted(services, errand, order),
        unused=any(verdict.if_unused for verdict in verdicts),
        until=day(services, min(verdict.until for verdict in verdicts if verdict.until is not None)),
        faulty=errand.reason,
    )
    return ask(turn, errand, "confirm", f"{noted} {said}".strip(), ("Yes", "No"))


def _start(services: Services, turn: Turn, errand: Errand, order: Order) -> Outcome:
    verdicts = _verdicts(services, order, errand.reason)
    if any(place in verdicts and not verdicts[place].is_allowed for place in errand.lines):
        return _checked(services, turn, errand, order, "")
    options = errand.options or ("",) * len(errand.lines)
    wanted = tuple(ReturnItem(place, option or None) for place, option in zip(errand.lines, options, strict=True))
    why: Reason = "faulty" if errand.reason == "faulty" else "wrong_item" if errand.reason == "wrong_item" else ""
    kind: ReturnKind = "exchange" if errand.kind == "exchange" else "return"
    try:
        back = services.orders.start_return(order.order_id, wanted, kind, why)
    except NotPossible:
        said = prompts.render("return_failed", turn.pick, order_id=order.order_id)
        return ended(turn, said, offers=(PERSON,), trouble="refund_or_return")
    return _started(services, turn, errand, order, back)


def _started(services: Services, turn: Turn, errand: Errand, order: Order, back: Return, *, again: bool = False) -> Outcome:
    places = tuple(item.line for item in back.items)
    wanted = _wanted(services, replace(errand, lines=places, options=tuple(item.wanted or "" for item in back.items)), order)
    terms = services.terms
    said = prompts.render(
        "return_started",
        turn.pick,
        again=again,
        kind=back.kind,
        order_id=order.order_id,
        items=items(services, order, places),
        wanted=wanted if back.kind == "exchange" else "",
        code=back.code,
        instructions=back.instructions,
        drop_off_days=0 if terms is None else terms.drop_off_days,
        refund_days=0 if terms is None else terms.refund_days,
        total=money(services, order, worth(order, places)),
    )
    return ended(turn, said, replace(errand, lines=places), offers=("Show me something else",) if not again else (PERSON,))


def _refused(services: Services, turn: Turn, errand: Errand, order: Order, verdicts: dict[int, Verdict]) -> Outcome:
    if not verdicts:
        return _started(services, turn, errand, order, services.orders.returns(order.order_id)[0], again=True)
    said = " ".join(_refusals(services, turn, order, verdicts))
    # That it can go back later, or has gone back already, is an answer and no trouble.
    is_answer = all(verdict.refusal in ("not_delivered", "gone_back", "cancelled") for verdict in verdicts.values())
    return ended(turn, said, errand, offers=(PERSON,), trouble=None if is_answer else "refund_or_return")


def _refusals(services: Services, turn: Turn, order: Order, verdicts: dict[int, Verdict]) -> list[str]:
    """Why lines can't go back, a sentence for each reason."""
    said = []
    for verdict in dict.fromkeys(verdicts.values()):
        places = [place for place, other in verdicts.items() if other == verdict]
        values = {"order_id": order.order_id, "status": order.status, "days": verdict.days}
        said.append(
            prompts.render(
                "return_refused",
                turn.pick,
                refusal=verdict.refusal,
                items=items(services, order, places),
                until=day(services, verdict.until or ""),
                expected=day(services, order.expected_at),
                many=len(places) > 1,
                **values,
            ).strip()
        )
    return said


def _wanted(services: Services, errand: Errand, order: Order) -> str:
    """What comes instead, in words: `size 9`; with several items, each with its own."""
    products, said = products_of(services, order), []
    for place, option in zip(errand.lines, errand.options, strict=False):
        product = products.get(order.lines[place - 1].product_id)
        variant = next((v for v in (product.variants if product else ()) if v.id == option), None)
        what = ", ".join(f"{name} {value}" for name, value in variant.options.items()) if variant else ""
        said.append(what or prompts.render("return_same_again"))
    return join(said)


def _ask_option(services: Services, turn: Turn, errand: Errand, order: Order, noted: str) -> Outcome:
    place = errand.lines[len(errand.options)]
    line = order.lines[place - 1]
    product = products_of(services, order).get(line.product_id)
    others = _others(product, line) if product is not None else ()
    title = line_titles(services, order)[place - 1]
    if product is None or not others:
        instead = replace(errand, kind="return", options=(), times=0)
        noted = f"{noted} {prompts.render('return_no_option', turn.pick, title=title)}".strip()
        verdicts = _verdicts(services, order, errand.reason)
        return _confirm(services, turn, instead, order, noted, [verdicts[at] for at in errand.lines])
    offers = [", ".join(f"{name} {value}" for name, value in variant.options.items()) for variant in others]
    shown = join(offers[:8], "or")
    said = prompts.render("return_option", turn.pick, title=title, offers=shown, more=len(offers) > 8)
    return ask(turn, errand, "option", f"{noted} {said}".strip(), offers[:_OFFERED])


def _with_options(services: Services, errand: Errand, order: Order, text: str) -> Errand:
    """The errand with the variants that the message names for the lines which have none yet."""
    products, options = products_of(services, order), list(errand.options)
    for place in errand.lines[len(options) :]:
        line = order.lines[place - 1]
        product = products.get(line.product_id)
        variant = None if product is None else _named(product, line, text)
        if variant is not None:
            options.append(variant.id)
        elif errand.reason and words.same_again(text):
            options.append("")
        else:
            break
        if errand.asked == "option":
            break  # the answer was about one item
    return replace(errand, options=tuple(options))


def _others(product: Product, line: OrderLine) -> tuple[Variant, ...]:
    return tuple(variant for variant in variants_for_sale(product) if variant.id != line.variant_id)


def _named(product: Product, line: OrderLine, text: str) -> Variant | None:
    """The variant that the message asks for; what it leaves open stays as it was bought."""
    said = text.lower()
    bought = next((variant.options for variant in product.variants if variant.id == line.variant_id), None)
    if bought is None:
        return named_variant(product, text)
    wanted = {}
    for name, values in product.options.items():
        fitting = [value for value in values if value != bought.get(name) and says_value(said, value)]
        beside = order_lines.neighbour(said, name, values, bought.get(name, ""))
        wanted[name] = fitting[0] if len(fitting) == 1 else beside or bought.get(name, "")
    matching = [v for v in _others(product, line) if all(v.options.get(name, "") == value for name, value in wanted.items())]
    return matching[0] if len(matching) == 1 else None
