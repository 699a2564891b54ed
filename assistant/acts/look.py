"""Acts that look closer at what is on the screen: compare, and questions about one product."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import prompts
from assistant.acts.base import Brief, Outcome, Services, Turn, plain_cards, referred, shown_of
from assistant.acts.policy import quoted
from assistant.asked import by_words, is_boolean, read_question
from assistant.comparison import NOT_STATED, Asked, amounts, asked_for, differing_facts, only_listed, stated, winner
from assistant.grounding import letter, short_name, short_names
from assistant.passages import passages_of, quotable
from assistant.product_answers import Kind, Reply, praise_and_criticism, reply, values_for_sale
from assistant.reading import references
from assistant.reading.acts import topic_of_it
from assistant.reading.text import read
from assistant.wording import join, ordinal
from retrieval.money import format_money
from retrieval.types import Need, Product

_MOST_COMPARED = 4
_LISTED = 3
_OFFERS = ("Add it to my cart", "Show me similar ones")
# How near a paragraph of the shop's policies must be to a question about a product, as a cosine.
_NEAR_POLICY = 0.45


# ---- compare -----------------------------------------------------------------------------------------------------------


def compare(services: Services, turn: Turn) -> Outcome:
    """The products side by side: what was asked for first, then all that differs, then who each is for."""
    every = _compared(services, turn)
    asked = asked_for(turn.text, every, services.searcher.vectors) if len(every) > 1 else None
    best = None if asked is None else winner(every, asked)
    products = _foremost(every, best)
    if len(products) < 2:
        return Outcome(turn.conversation, prompts.render("compare_what", turn.pick))
    answer = _told_of_asked(services, every, asked, best) if asked else _who_has_it(turn, every)
    names = short_names(products)
    rows = differing_facts(products, services.locale, asked.fact if asked else "")
    said = prompts.render(
        "compared",
        turn.pick,
        answer=answer,
        names=[names[product.id] for product in products],
        rows=[(row.name, list(enumerate(row.values, 1))) for row in rows],
    )
    cards = plain_cards(products)
    conversation = replace(turn.conversation, shown=shown_of(cards), focus=None)
    offers = tuple(f"Add {ordinal(card.position)} one to my cart" for card in cards[:2])
    brief = Brief(cards, tuple(who_for(products)), turn.pick, task="compare")
    return Outcome(conversation, said, brief, cards=cards, suggestions=offers)


def _compared(services: Services, turn: Turn) -> list[Product]:
    """The products that the turn speaks of; those on the screen where it names none, the one last talked about with one."""
    shown = [each.id for each in turn.conversation.shown]
    ids = list(referred(turn)) if turn.frame.refs else shown[:2]
    if len(ids) == 1 and turn.conversation.focus not in (None, ids[0]):
        ids.append(str(turn.conversation.focus))
    if len(ids) == 1 and turn.frame.query:
        named = services.searcher.rank(turn.frame.query, Need(), 1)
        ids += [product.id for product in named]
    return list(services.catalog.get_many(ids).values())


def _foremost(products: Sequence[Product], best: int | None) -> list[Product]:
    """As many as fit side by side, in their order; the one that was asked for is among them."""
    kept = list(products[:_MOST_COMPARED])
    if best is not None and best >= _MOST_COMPARED:
        kept[-1] = products[best]
    return kept


def _told_of_asked(services: Services, products: Sequence[Product], asked: Asked, best: int | None) -> str:
    """The answer to "which is lighter?", from the catalogue; what can't be told is said."""
    values = [stated(product, asked.fact, services.locale) for product in products]
    names = short_names(products)
    known = [amount for amount in amounts(products, asked.fact) if amount is not None]
    values_known = [value for value in values if value not in (NOT_STATED, "not rated")]
    return prompts.render(
        "compared_answer",
        leader="" if best is None else names[products[best].id],
        fact=asked.fact.replace("_", " "),
        word=asked.word,
        value="" if best is None else values[best],
        others=join(
            list(dict.fromkeys(v for place, v in enumerate(values) if place != best and v in values_known))[:_LISTED]
        ),
        level=values_known[0] if len(set(known)) == 1 and len(known) > 1 else "",
        silent=join([names[p.id] for p, value in zip(products, values, strict=True) if value not in values_known][:_LISTED]),
    )


def _who_has_it(turn: Turn, products: Sequence[Product]) -> str:
    """The answer to "which one is waterproof?": those of which the shop lists it, where that tells them apart."""
    names = short_names(products)
    found = [(p, by_words(read_question(turn.text, p), passages_of(p))) for p in products]
    having = [(p, f) for p, f in found if f is not None and f.passage.source == "attribute" and f.verdict != "no"]
    if not having or len(having) == len(products):
        return ""
    value = having[0][1].passage.text
    return prompts.render("compared_listed", names=join([names[p.id] for p, _ in having]), value=value, many=len(having) > 1)


def who_for(products: Sequence[Product]) -> list[str]:
    """A sentence a product on what speaks for it among these, pointing at it by its letter; none where nothing does."""
    said = []
    for place, product in enumerate(products):
        others = [other for other in products if other is not product]
        merits = [kind for kind in ("price", "rating") if _leads(products, place, kind)]
        listed = only_listed(product, others)[:_LISTED]
        if merits or listed:
            said.append(
                prompts.render(
                    "compared_verdict",
                    place,
                    mark=letter(place + 1),
                    merits=merits,
                    listed=join([f"“{text}”" for text in listed]),
                )
            )
    return said


def _leads(products: Sequence[Product], place: int, kind: str) -> bool:
    return winner(products, Asked(kind, is_less=kind == "price")) == place


# ---- questions about one product ---------------------------------------------------------------------------------------


def ask_product(services: Services, turn: Turn) -> Outcome:
    """Answers from the product's record and its buyers' reviews and shows the passage; says so where nobody tells."""
    ids = referred(turn) or tuple(shown.id for shown in turn.conversation.shown[:1])
    product = services.catalog.get(ids[0]) if ids else None
    if product is None or _means_any(turn):
        said = prompts.render("which_one" if turn.conversation.shown else "unclear", turn.pick)
        return Outcome(turn.conversation, said)
    store = services.reviews
    found = reply(
        product,
        turn.text,
        lambda: () if store is None else store.of(product.id),
        services.searcher.vectors,
        services.vocabulary,
    )
    said = _TELLERS[found.kind](services, turn, product, found)
    return Outcome(replace(turn.conversation, focus=product.id), said, suggestions=_OFFERS)


def _means_any(turn: Turn) -> bool:
    """Whether more is to be told of "this" where several are shown, none is talked about, and no word tells which."""
    conversation, text = turn.conversation, read(turn.text)
    is_open = len(conversation.shown) > 1 and conversation.focus is None
    return is_open and topic_of_it(text) == "overview" and not references.find(text, conversation.shown, None)


def _tell_price(services: Services, turn: Turn, product: Product, _: Reply) -> str:
    was = product.list_price if product.price is not None and (product.list_price or 0) > product.price else None
    return prompts.render(
        "ask_price",
        turn.pick,
        title=short_name(product),
        price="" if product.price is None else _money(services, product, product.price),
        was="" if was is None else _money(services, product, was),
    )


def _tell_stock(services: Services, turn: Turn, product: Product, _: Reply) -> str:
    return prompts.render("ask_stock", turn.pick, title=short_name(product), stock=_stock(product))


def _tell_option(services: Services, turn: Turn, product: Product, found: Reply) -> str:
    return prompts.render(
        "ask_option",
        turn.pick,
        title=short_name(product),
        option=found.option.replace("_", " "),
        value=found.value,
        for_sale=list(values_for_sale(product, found.option)),
        every=join(list(product.options[found.option])),
    )


def _tell_rating(services: Services, turn: Turn, product: Product, _: Reply) -> str:
    reviews = () if services.reviews is None else services.reviews.of(product.id)
    praise, criticism = praise_and_criticism(reviews, services.searcher.vectors)
    rating = "" if product.rating is None else stated(product, "rating", services.locale)
    return prompts.render(
        "ask_rating", turn.pick, title=short_name(product), rating=rating, praise=praise, criticism=criticism
    )


def _tell_overview(services: Services, turn: Turn, product: Product, _: Reply) -> str:
    quote = " ".join(list(quotable(product.description))[:_LISTED])
    facts = [f"{name.replace('_', ' ')}: {stated(product, name, services.locale)}" for name in product.attributes]
    return prompts.render("ask_overview", turn.pick, title=short_name(product), quote=quote, facts=facts[:5])


def _tell_passage(services: Services, turn: Turn, product: Product, found: Reply) -> str:
    assert found.finding is not None
    passage = found.finding.passage
    return prompts.render(
        f"ask_{passage.source}",
        turn.pick,
        title=short_name(product),
        fact=passage.name,
        facts=passage.name if passage.name.endswith("s") else f"{passage.name}s",
        value=passage.text,
        values=join(passage.values) or passage.text,
        listed=len(passage.values) > 1,
        verdict=found.finding.verdict,
        is_boolean=is_boolean(passage.text),
    )


def _tell_unknown(services: Services, turn: Turn, product: Product, _: Reply) -> str:
    """A rule of the shop that answers, such as one on delivery; else that the shop does not say."""
    rule = services.policies.find(turn.text, turn.frame.topic)
    if rule is not None:
        asked, told = services.searcher.vectors([turn.text, f"{rule.heading}. {rule.text}"])
        if float(asked @ told) >= _NEAR_POLICY:
            return quoted(rule, turn.pick)
    return prompts.render("ask_unknown", turn.pick, title=short_name(product))


_TELLERS: Mapping[Kind, Callable[[Services, Turn, Product, Reply], str]] = {
    "price": _tell_price,
    "stock": _tell_stock,
    "option": _tell_option,
    "rating": _tell_rating,
    "overview": _tell_overview,
    "passage": _tell_passage,
    "unknown": _tell_unknown,
}


def point_out(services: Services, turn: Turn) -> Outcome:
    """A product that was only pointed at ("the first one"): what it is, and what can be done with it."""
    product = services.catalog.get(referred(turn)[0])
    if product is None:
        return Outcome(turn.conversation, prompts.render("which_one", turn.pick))
    rating = "" if product.rating is None else f"rated {stated(product, 'rating', services.locale)}"
    facts = [stated(product, "price", services.locale), rating, _stock(product)]
    said = prompts.render("pointed_out", turn.pick, title=short_name(product), facts=join([fact for fact in facts if fact]))
    return Outcome(replace(turn.conversation, focus=product.id), said, suggestions=_OFFERS)


def _money(services: Services, product: Product, amount: int) -> str:
    return format_money(amount, product.currency, services.locale)


def _stock(product: Product) -> str:
    if not product.for_sale:
        return "sold out"
    if product.availability == "limited_stock" and product.stock:
        return f"in stock, {product.stock} left"
    return {"preorder": "open for pre-order", "backorder": "on backorder"}.get(product.availability, "in stock")
