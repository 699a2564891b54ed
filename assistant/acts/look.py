"""Acts that look closer at what is on the screen: compare, and questions about one product."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import prompts
from assistant.acts.base import Outcome, Services, Turn, plain_cards, referred, shown_of
from assistant.grounding import stems
from assistant.wording import join, ordinal
from retrieval.money import format_money
from retrieval.types import Product

_MOST_COMPARED = 4
_ROWS = 8
_OFFERS = ("Add it to my cart", "Show me similar ones")
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
# Words of a question that say nothing of what is asked.
_ASKING = stems(
    "is are was does do did can could will would should has have had the a an it its this that these those they them one "
    "what which how who when where why of for in on with to my me i you your and or if come comes get got good really any "
    "about tell more please first second third fourth last much many big"
)
_HOW_LONG = re.compile(r"\bhow long\b", re.I)
_PRICE = stems("price cost costs costing expensive pay")
_STOCK = stems("stock available availability left delivery deliver arrive")
_RATING = stems("rating rated review reviews stars")


def compare(services: Services, turn: Turn) -> Outcome:
    """The products side by side: what differs, from the catalogue's own fields."""
    ids = list(referred(turn)) if len(turn.frame.refs) > 1 else [shown.id for shown in turn.conversation.shown[:2]]
    products = list(services.catalog.get_many(ids[:_MOST_COMPARED]).values())
    if len(products) < 2:
        return Outcome(turn.conversation, prompts.render("compare_what", turn.pick))
    cards = plain_cards(products)
    rows = differing_facts(products, services.locale)
    said = prompts.render("compared", turn.pick, titles=[product.title for product in products], rows=rows)
    closing = prompts.render("compared_verdict", verdict=_verdict(products)) if _verdict(products) else ""
    conversation = replace(turn.conversation, shown=shown_of(cards), focus=None)
    offers = tuple(f"Add {ordinal(card.position)} one to my cart" for card in cards[:2])
    return Outcome(conversation, said, closing=closing, cards=cards, suggestions=offers)


def differing_facts(products: Sequence[Product], locale: str) -> list[tuple[str, list[str]]]:
    """(name, one value a product) of each fact that is not the same for all; price and rating first."""
    facts = [("Price", [_price(product, locale) for product in products])]
    facts.append(("Rating", [_rating(product) for product in products]))
    facts.append(("Brand", [product.brand or "not told" for product in products]))
    names = dict.fromkeys(name for product in products for name in product.attributes)
    for name in names:
        values = [_plain(product.attributes.get(name)) for product in products]
        facts.append((name.replace("_", " ").capitalize(), values))
    return [(name, values) for name, values in facts if len(set(values)) > 1][:_ROWS]


def _verdict(products: Sequence[Product]) -> str:
    priced = [(p.price, i) for i, p in enumerate(products, 1) if p.price is not None]
    rated = [(p.rating, i) for i, p in enumerate(products, 1) if p.rating is not None]
    parts: dict[int, list[str]] = {}
    if len({price for price, _ in priced}) > 1:
        parts.setdefault(min(priced)[1], []).append("easier on the purse")
    if len({rating for rating, _ in rated}) > 1:
        parts.setdefault(max(rated)[1], []).append("rated higher by those who bought it")
    return join([f"{ordinal(position)} is {join(merits)}" for position, merits in parts.items()])


def ask_product(services: Services, turn: Turn) -> Outcome:
    """Answers from the product's own record and quotes it; says so where the shop does not tell."""
    ids = referred(turn) or tuple(shown.id for shown in turn.conversation.shown[:1])
    product = services.catalog.get(ids[0]) if ids else None
    if product is None:
        return Outcome(turn.conversation, prompts.render("which_one", turn.pick))
    found = best_fact(product, turn.text, services.locale)
    name = "ask_answered" if found else "ask_unknown"
    said = prompts.render(name, turn.pick, title=product.title, fact=found)
    return Outcome(replace(turn.conversation, focus=product.id), said, suggestions=_OFFERS)


def point_out(services: Services, turn: Turn) -> Outcome:
    """A product that was only pointed at ("the first one"): what it is, and what can be done with it."""
    product = services.catalog.get(referred(turn)[0])
    if product is None:
        return Outcome(turn.conversation, prompts.render("which_one", turn.pick))
    facts = [_price(product, services.locale), _rating_phrase(product), _stock(product).removeprefix("it is ")]
    said = prompts.render("pointed_out", turn.pick, title=product.title, facts=join([fact for fact in facts if fact]))
    return Outcome(replace(turn.conversation, focus=product.id), said, suggestions=_OFFERS)


def _rating_phrase(product: Product) -> str:
    return "" if product.rating is None else f"rated {_rating(product)}"


def best_fact(product: Product, question: str, locale: str) -> str:
    """The fact of `product` that shares most of the question's words, as a sentence; empty where none does."""
    # "How long does the battery last?" is about the battery, not about what is long.
    asked = stems(_HOW_LONG.sub("how", question)) - _ASKING - stems(product.title)
    facts = _facts(product, locale)
    scored = [(len(asked & about), -i, text) for i, (about, text) in enumerate(facts)]
    best = max(scored, default=(0, 0, ""))
    return best[2] if best[0] else ""


def _facts(product: Product, locale: str) -> list[tuple[frozenset[str], str]]:
    facts = [(_PRICE, f"it costs {_price(product, locale)}."), (_STOCK, f"{_stock(product)}.")]
    if product.rating is not None:
        facts.append((_RATING, f"it is rated {_rating(product)}."))
    for name, value in [*product.attributes.items(), *product.options.items()]:
        words, plain = name.replace("_", " "), _plain(value)
        facts.append((stems(f"{words} {plain}"), f"{words}: {plain}."))
    quoted = [s.strip() for s in _SENTENCE.split(product.description) if s.strip()]
    return facts + [(stems(sentence), f"“{sentence}”") for sentence in quoted]


def _plain(value: str | Sequence[str] | None) -> str:
    if value is None:
        return "not told"
    return value if isinstance(value, str) else join(list(value))


def _price(product: Product, locale: str) -> str:
    return "not told" if product.price is None else format_money(product.price, product.currency, locale)


def _rating(product: Product) -> str:
    if product.rating is None:
        return "not rated"
    return f"{product.rating:g} of 5" + (f" by {product.rating_count}" if product.rating_count else "")


def _stock(product: Product) -> str:
    if product.availability == "limited_stock" and product.stock:
        return f"it is in stock, {product.stock} left"
    names = {"in_stock": "it is in stock", "preorder": "it can be pre-ordered", "backorder": "it is on backorder"}
    return names.get(product.availability, "it is sold out" if not product.for_sale else "it is in stock")
