"""What an agent has to know in ten seconds: first what is to be decided, then why, for whom, and what was tried.

`brief` gathers the facts, `summary_text` tells them. No language model has a part in either: both are made within the
change that asks for a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from babel.dates import format_date

import prompts
from assistant import cart
from assistant.grounding import short_name
from assistant.handoff.masking import Masking
from assistant.handoff.matter import (
    ABOUT_ORDERS,
    Matter,
    OrderFacts,
    Sources,
    last_words,
    matter_of,
    sentiment_of,
)
from assistant.handoff.mood import Sentiment
from assistant.orders import Order
from assistant.types import Attempt, Conversation
from assistant.wording import describe, join
from retrieval.money import format_money
from retrieval.types import Product

LONGEST = 600
"""Characters of a summary."""
_MOST_TRIED = 3
_MOST_NAMED = 3
_MOST_ITEMS = 2
_ASKED, _TRIED, _WHY, _TITLE, _NEED = 180, 70, 50, 60, 110


@dataclass(frozen=True, slots=True)
class Brief:
    """A hand-over in words, for a person; what there is nothing to say of is empty.

    `decide` is the next step, `headline` what is wanted and `reason` why a person was asked for. `asked` is the shopper's
    last question word for word. `tried` has the assistant's turns that went wrong, newest first, `shown` and `rejected`
    products, `orders` only those that the shopper may hear of. Postcodes and card numbers are hidden.
    """

    decide: str
    headline: str
    reason: str
    sentiment: Sentiment
    asked: str = ""
    orders: tuple[str, ...] = ()
    cart: str = ""
    rejected: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """All but the headline as pairs of a label and a text, the most telling first; nothing that is empty."""
        every = (
            ("Next step", self.decide),
            ("Why", self.reason),
            ("Mood", "" if self.sentiment == "neutral" else self.sentiment),
            ("Last words", f"“{self.asked}”" if self.asked else ""),
            ("Orders", "; ".join(self.orders)),
            ("Cart", self.cart),
            ("Turned down", "; ".join(self.rejected)),
            ("Went wrong", "; ".join(self.tried)),
            ("On the screen", "; ".join(self.shown)),
        )
        return tuple((label, text) for label, text in every if text)


def brief(conversation: Conversation, sources: Sources) -> Brief:
    """The facts of a conversation that waits for a person, or has one."""
    orders = tuple(sources.orders(conversation))
    matter = matter_of(conversation, sources, orders)
    masking = Masking(conversation, orders)
    turned_down = conversation.rejected[-_MOST_NAMED:][::-1]
    ids = [line.product_id for line in conversation.cart] + [each.product_id for each in turned_down]
    ids += [product_id for order in orders[:_MOST_NAMED] for product_id in order.product_ids]
    products = sources.products(list(dict.fromkeys(ids))) if ids else {}
    asked = last_words(conversation)
    requested_by = conversation.handover.requested_by if conversation.handover else "shopper"
    basket, cart_total = _cart(conversation, products, sources)
    return Brief(
        decide=_decide(matter, cart_total, sources),
        headline=_headline(conversation, matter, masking, sources),
        reason=prompts.render("handover_summary_reason", reason=matter.reason, by=requested_by).strip(),
        sentiment=sentiment_of(conversation, sources),
        asked=one_line(masking.words(asked), _ASKED),
        orders=_orders(matter, orders, products, sources.locale),
        cart=basket,
        rejected=tuple(_rejected(each.product_id, masking.words(each.why), products) for each in turned_down),
        shown=tuple(one_line(shown.title, _TITLE) for shown in conversation.shown[:_MOST_NAMED]),
        tried=_tried(conversation.attempts, asked, masking),
    )


def summary_text(facts: Brief) -> str:
    """The brief as text, a line a fact, at most `LONGEST` characters: what no longer fits is left out from the end."""
    text = ""
    for line in prompts.render("handover_summary", brief=facts).splitlines():
        if line.strip() and len(text) + 1 + len(line) <= LONGEST:
            text += f"\n{line.strip()}" if text else line.strip()
    return text


def one_line(text: str, longest: int) -> str:
    """`text` on one line of at most so many characters, without signs that can't be seen or would end a quotation."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).translate(_QUOTES).split())
    return plain if len(plain) <= longest else plain[: longest - 1].rstrip() + "…"


_QUOTES = str.maketrans("“”„«»", '"""""')


def short_day(when: str | date, locale: str) -> str:
    """A date as a reader of `locale` writes it in short: `Jan 5, 2026`; empty for none."""
    if not when:
        return ""
    return format_date(when if isinstance(when, date) else datetime.fromisoformat(when).date(), "medium", locale)


def items_of(facts: OrderFacts) -> str:
    """The items of an order in question in words, the first two by name; empty where no name is known."""
    named = [one_line(title, _TITLE) for title in facts.items[:_MOST_ITEMS]]
    more = len(facts.items) - len(named)
    return join([*named, f"{more} more"] if more else named)


def order_values(matter: Matter, locale: str) -> dict[str, Any]:
    """What templates are told of the order in question; `order` is None where there is none."""
    facts = matter.order
    verdict = facts.verdict if facts else None
    return {
        "order": facts.order if facts else None,
        "items": items_of(facts) if facts else "",
        "days": facts.days if facts else 0,
        "is_late": facts is not None and facts.is_late,
        "delivered": short_day(facts.order.delivered_at, locale) if facts else "",
        "expected": short_day(facts.order.expected_at, locale) if facts else "",
        "verdict": verdict,
        "until": short_day(verdict.until, locale) if verdict and verdict.until else "",
        "number": one_line(matter.number, 40),
    }


def _decide(matter: Matter, cart_total: str, sources: Sources) -> str:
    values = order_values(matter, sources.locale)
    said = prompts.render("handover_summary_decide", about=matter.about, wish=matter.wish, cart=cart_total, **values)
    return " ".join(said.split())


def _headline(conversation: Conversation, matter: Matter, masking: Masking, sources: Sources) -> str:
    need = masking.words(describe(conversation.need, sources.currency(), sources.locale))
    order = matter.order.order.order_id if matter.order else ""
    said = prompts.render(
        "handover_summary_headline", about=matter.about, wish=matter.wish, need=one_line(need, _NEED), order=order
    )
    return " ".join(said.split())


def _orders(matter: Matter, orders: Sequence[Order], products: Mapping[str, Product], locale: str) -> tuple[str, ...]:
    """The order in question, else the newest ones, each in a line."""
    if matter.order is not None:
        return (_order(matter.order.order, items_of(matter.order), locale),)
    if matter.number or matter.about not in ABOUT_ORDERS:
        return ()
    named = []
    for order in orders[:_MOST_NAMED]:
        titles = [short_name(products[each]) for each in order.product_ids if each in products]
        named.append(_order(order, items_of(OrderFacts(order, tuple(titles))), locale))
    return tuple(named)


def _order(order: Order, items: str, locale: str) -> str:
    delivered, expected = short_day(order.delivered_at, locale), short_day(order.expected_at, locale)
    said = prompts.render("handover_summary_order", order=order, items=items, delivered=delivered, expected=expected)
    return " ".join(said.split())


def _cart(conversation: Conversation, products: Mapping[str, Product], sources: Sources) -> tuple[str, str]:
    """The cart in a line, and its total in words; both empty for an empty one."""
    view = cart.view(conversation.cart, products, sources.currency())
    if not view.lines:
        return "", ""
    total = format_money(view.total, view.currency, sources.locale)
    named = [f"{line.quantity} × {one_line(product.title, _TITLE)}" for line, product, _ in view.lines[:_MOST_NAMED]]
    more = len(view.lines) - len(named)
    return f"{join([*named, f'{more} more'] if more else named)}, {total}", total


def _rejected(product_id: str, why: str, products: Mapping[str, Product]) -> str:
    title = one_line(products[product_id].title if product_id in products else product_id, _TITLE)
    reason = one_line(why, _WHY)
    return f"{title} (“{reason}”)" if reason else title


def _tried(attempts: Sequence[Attempt], asked: str, masking: Masking) -> tuple[str, ...]:
    """The latest turns in which something went wrong, each with what; the last words and the reason are told anyway."""
    troubled = (attempt for attempt in reversed(attempts) if attempt.trouble and attempt.act != "human")
    failed = [attempt for attempt in troubled if attempt.asked != asked]
    return tuple(
        prompts.render(
            "handover_summary_tried",
            asked=one_line(masking.words(attempt.asked), _TRIED),
            trouble=attempt.trouble,
        ).strip()
        for attempt in failed[:_MOST_TRIED]
    )
