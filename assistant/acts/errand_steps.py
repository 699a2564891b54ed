"""The steps that all errands share: asking, giving up, ending, and the names of what an order holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from babel.dates import format_date

import prompts
from assistant.acts.base import Outcome, Services, Turn
from assistant.orders import Order, OrderLine
from assistant.types import Conversation, Errand, Question, ReasonCode
from assistant.wording import join
from retrieval.money import format_money
from retrieval.types import Product

PERSON = "Talk to a person"
_MOST_ASKED = 2
_ASIDE_ACTS = frozenset({"policy_question", "smalltalk"})
_MOST_ASIDES = 2


def current(conversation: Conversation) -> Errand | None:
    """The errand that the next message may go on with: asked about just now, or before a word on the shop's rules."""
    errand = conversation.errand
    if errand is None:
        return None
    since = spoken(conversation) - errand.at
    return errand if since == 0 or (since <= _MOST_ASIDES and conversation.last_act in _ASIDE_ACTS) else None


def is_fresh(conversation: Conversation, errand: Errand) -> bool:
    """Whether the errand's question is the last thing that was said to the shopper: else a bare yes is no answer to it."""
    return spoken(conversation) == errand.at


def spoken(conversation: Conversation) -> int:
    """How many messages of the thread are not the shopper's."""
    return sum(message.role != "shopper" for message in conversation.messages)


def ask(
    turn: Turn, errand: Errand, asked: Question, said: str, offers: Sequence[str] = (), trouble: ReasonCode | None = None
) -> Outcome:
    """Asks for what the errand lacks; what has been asked twice already is not asked again, but a person offered."""
    times = errand.times + 1 if errand.asked == asked else 1
    if times > _MOST_ASKED:
        return given_up(turn)
    waiting = replace(errand, asked=asked, times=times, at=spoken(turn.conversation) + 1)
    return Outcome(replace(turn.conversation, errand=waiting), said, suggestions=tuple(offers), trouble=trouble)


def given_up(turn: Turn, trouble: ReasonCode = "order_problem") -> Outcome:
    """The end of an errand that came to nothing, with a person offered."""
    said = prompts.render("errand_person", turn.pick)
    return Outcome(replace(turn.conversation, errand=None), said, suggestions=(PERSON,), trouble=trouble)


def ended(
    turn: Turn,
    said: str,
    errand: Errand | None = None,
    *,
    offers: Sequence[str] = (),
    trouble: ReasonCode | None = None,
    needs_person: bool = False,
) -> Outcome:
    """The end of an errand; with `errand` its order stays what "it" means in the next message."""
    done = errand and replace(errand, asked="done", times=0, at=spoken(turn.conversation) + 1)
    conversation = replace(turn.conversation, errand=done)
    return Outcome(conversation, said, suggestions=tuple(offers), trouble=trouble, needs_person=needs_person)


def products_of(services: Services, order: Order) -> dict[str, Product]:
    """The products of an order that the shop still has, by id."""
    return services.catalog.get_many(order.product_ids)


def line_titles(services: Services, order: Order) -> tuple[str, ...]:
    """What each line of an order is called, with its options."""
    products = products_of(services, order)
    return tuple(_title(line, products.get(line.product_id)) for line in order.lines)


def items(services: Services, order: Order, places: Sequence[int] = ()) -> str:
    """Lines of an order in words: `Tent and 2 × Mug (size 9)`; all of them where no places, from 1, are named."""
    titles = line_titles(services, order)
    chosen = places or range(1, len(titles) + 1)
    return join([_counted(order.lines[place - 1], titles[place - 1]) for place in chosen])


def worth(order: Order, places: Sequence[int]) -> int:
    """What lines of an order cost together, in minor units."""
    return sum(order.lines[place - 1].price * order.lines[place - 1].quantity for place in places)


def money(services: Services, order: Order, amount: int) -> str:
    """An amount of minor units in the order's currency."""
    return format_money(amount, order.currency, services.locale)


def day(services: Services, time: str | date) -> str:
    """A date as a reader of the shop's locale writes it: `June 6, 2026`; empty for no date."""
    if not time:
        return ""
    when = time if isinstance(time, date) else datetime.fromisoformat(time).date()
    return format_date(when, "long", services.locale)


def today(services: Services) -> date:
    """The day it is, in UTC."""
    return datetime.fromtimestamp(services.now(), UTC).date()


def _title(line: OrderLine, product: Product | None) -> str:
    title = product.title if product is not None else line.title or prompts.render("order_line_gone")
    variants = product.variants if product is not None else ()
    options = next((variant.options for variant in variants if variant.id == line.variant_id), {})
    return f"{title} ({', '.join(f'{name} {value}' for name, value in options.items())})" if options else title


def _counted(line: OrderLine, title: str) -> str:
    return f"{line.quantity} × {title}" if line.quantity > 1 else title
