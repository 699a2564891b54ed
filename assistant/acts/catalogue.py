"""Questions about the catalogue as a whole, answered by query: how many, the dearest, which brands, what is on sale.

What is counted or sorted is of the kind by name (`Searcher.matching`), never by nearness; every figure is the query's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import prompts
from assistant.acts.base import Outcome, Services, Turn
from assistant.acts.catalogue_questions import Asked
from assistant.acts.naming import counted, folded, kinds_among, price_span
from assistant.acts.question import attributes_of
from assistant.acts.shelf import cards_of, ranked_as_listed, show
from assistant.grounding import letter, render
from assistant.preferences import guarded
from assistant.types import Card
from assistant.wording import join
from ranking.scoring import Ranked
from retrieval.types import Candidate, Need, Product, Sort

_MOST_LISTED = 8
_NOBODY: frozenset[str] = frozenset()


def answer(services: Services, turn: Turn, asked: Asked, seen: frozenset[str] = _NOBODY) -> Outcome | None:
    """The answer to a question about the catalogue; None where the shop has nothing that it is about."""
    if asked.about == "screen":
        return _of_the_screen(services, turn, asked)
    if not seen:
        turn = replace(turn, conversation=replace(turn.conversation, pages=(), like=None, on_sale=False))
    if asked.about == "order":
        need = replace(turn.conversation.need, sort=asked.sort)
        turn = replace(turn, conversation=replace(turn.conversation, need=need))
        return in_order(services, turn) if need.query else None
    if asked.about == "departments":
        return _departments(services, turn)
    if asked.about == "sale":
        return _on_sale(services, turn, asked, seen)
    need = Need() if asked.whole_shop else _by_kind(services, guarded(turn.conversation.need, turn.preferences))
    products = services.searcher.matching(need)
    if not products or (need == Need() and asked.about not in ("count", "brands", "prices")):
        return None
    if asked.about == "values":
        return _values(services, turn, need, products, asked)
    said = _TOLD[asked.about](services, turn, need, products)
    return _shown(services, turn, said, need, products)


def in_order(services: Services, turn: Turn, seen: frozenset[str] = _NOBODY) -> Outcome | None:
    """All that the need asks for, sorted as it says, less what was `seen`; None where nothing is it by name."""
    need = _by_kind(services, guarded(turn.conversation.need, turn.preferences))
    gone = seen | {*turn.conversation.disliked}
    every = services.searcher.matching(need)
    left = [product for product in every if product.id not in gone]
    if not left or need.sort is None:
        return None
    ranked = ranked_as_listed(left[: services.candidates])
    cards, candidates = cards_of(services, ranked.candidates, need)
    if not cards:
        return None
    fallback = _next_in_order(cards, need.sort)
    if seen:
        said = prompts.render(
            "more_found", turn.pick, count=len(cards), kind=counted(services, _own(turn, need), every), prices=""
        )
    else:
        said = _extreme(services, turn, need, cards, every)
    return show(services, turn, said, cards, candidates, Ranked(ranked.candidates), fallback=fallback)


def _extreme(services: Services, turn: Turn, need: Need, cards: Sequence[Card], every: Sequence[Product]) -> str:
    first = cards[0].product
    tied = sum(_standing(product, need.sort) == _standing(first, need.sort) for product in every)
    return render(
        prompts.render(
            "in_order",
            turn.pick,
            sort=need.sort,
            count=len(every),
            kind=counted(services, _own(turn, need), every),
            tied=tied,
            rated=first.rating is not None,
            dated=bool(first.created_at),
        ),
        cards,
        services.locale,
    )


def _standing(product: Product, sort: Sort | None) -> object:
    """What a product is sorted by, so far as several may have the same."""
    standings: Mapping[str, Callable[[Product], object]] = {
        "price_asc": lambda p: p.price,
        "price_desc": lambda p: p.price,
        "rating": lambda p: p.rating,
        "newest": lambda p: p.created_at,
    }
    return standings[sort](product) if sort is not None and sort in standings else product.id


def _next_in_order(cards: Sequence[Card], sort: Sort) -> tuple[str, ...]:
    """The sentence about the next best, for when no language model speaks."""
    if len(cards) < 2:
        return ()
    rated = cards[1].product.rating is not None
    return (prompts.render("next_in_order", sort=sort, letter=letter(cards[1].position), rated=rated),)


def _of_the_screen(services: Services, turn: Turn, asked: Asked) -> Outcome | None:
    """Which of the products on the screen is the cheapest, the best rated and so on: pointed out, by code."""
    shown = services.catalog.get_many([item.id for item in turn.conversation.shown])
    cards = tuple(Card(place, shown[item.id]) for place, item in enumerate(turn.conversation.shown, 1) if item.id in shown)
    ranked = _sorted(cards, asked.sort)
    if len(ranked) < 2:
        return None
    key = _standing(ranked[0].product, asked.sort)
    tied = [card for card in ranked if _standing(card.product, asked.sort) == key]
    said = prompts.render(
        "screen_extreme",
        turn.pick,
        sort=asked.sort,
        count=len(cards),
        place=ranked[0].position,
        first=letter(ranked[0].position),
        second=letter(ranked[1].position),
        tied=join([f"[{letter(card.position)}]" for card in tied]) if len(tied) > 1 else "",
    )
    focus = ranked[0].product.id if len(tied) == 1 else None
    conversation = replace(turn.conversation, focus=focus or turn.conversation.focus)
    offers = ("Add it to my cart", "Show me similar ones") if focus else ("Compare the first two",)
    return Outcome(conversation, render(said, cards, services.locale), suggestions=offers)


def _sorted(cards: Sequence[Card], sort: Sort | None) -> list[Card]:
    match sort:
        case "price_asc" | "price_desc":
            priced = [(card.product.price, card) for card in cards if card.product.price is not None]
            return [card for _, card in sorted(priced, key=lambda pair: pair[0], reverse=sort == "price_desc")]
        case "rating":
            rated = [(card.product.rating, card) for card in cards if card.product.rating is not None]
            return [card for _, card in sorted(rated, key=lambda pair: pair[0], reverse=True)]
        case "newest":
            return sorted(cards, key=lambda card: card.product.created_at, reverse=True)
        case _:
            return []


def _departments(services: Services, turn: Turn) -> Outcome:
    for_sale = [product for product in services.searcher.products if product.for_sale]
    counts = Counter(product.category[0] for product in for_sale if product.category)
    rows = counts.most_common(2 * _MOST_LISTED)
    said = prompts.render("departments", turn.pick, count=len(for_sale), rows=rows, more=len(counts) > len(rows))
    offers = ("What's on sale?", "What's new?", "What would you recommend?")
    return Outcome(turn.conversation, said, suggestions=offers)


def _on_sale(services: Services, turn: Turn, asked: Asked, seen: frozenset[str]) -> Outcome | None:
    """What is reduced, the deepest cut first; of the whole shop where nothing else was said, which is a new need."""
    if asked.whole_shop:
        turn = replace(turn, conversation=replace(turn.conversation, need=Need()))
    need = _by_kind(services, guarded(turn.conversation.need, turn.preferences))
    products = services.searcher.matching(replace(need, sort=None))
    if not products:
        return None
    reduced = [(_saved(product), product) for product in products if _saved(product) > 0]
    kind = counted(services, _own(turn, need), products)
    if not reduced:
        said = prompts.render("sale_none", turn.pick, count=len(products), kind=kind)
        return Outcome(turn.conversation, said, suggestions=("What's on sale?", "Which is the cheapest?"))
    reduced.sort(key=lambda pair: -pair[0])
    left = [product for _, product in reduced if product.id not in seen]
    ranked = ranked_as_listed(left[: services.candidates])
    cards, candidates = cards_of(services, ranked.candidates, need)
    if not cards:
        return None
    if seen:
        said = prompts.render("more_found", turn.pick, count=len(cards), kind=f"reduced {kind}", prices="")
    else:
        said = prompts.render("on_sale", turn.pick, count=len(reduced), of=len(products), kind=kind)
    turn = replace(turn, conversation=replace(turn.conversation, on_sale=True))
    return show(services, turn, render(said, cards, services.locale), cards, candidates, ranked, need=need)


def _saved(product: Product) -> float:
    """The share of the list price that is taken off now."""
    if product.price is None or product.list_price is None or product.list_price <= product.price:
        return 0.0
    return 1 - product.price / product.list_price


def _count(services: Services, turn: Turn, need: Need, products: Sequence[Product]) -> str:
    kinds = kinds_among(need, products)
    told = {"count": len(products), "kind": counted(services, _own(turn, need), products), "kinds": kinds}
    return prompts.render("counted", turn.pick, prices=price_span(services, products), **told)


def _stock(services: Services, turn: Turn, need: Need, products: Sequence[Product]) -> str:
    kinds = kinds_among(need, products)
    told = {"count": len(products), "kind": counted(services, _own(turn, need), products), "kinds": kinds}
    return prompts.render("sold_here", turn.pick, prices=price_span(services, products), **told)


def _brands(services: Services, turn: Turn, need: Need, products: Sequence[Product]) -> str:
    brands = Counter(product.brand for product in products if product.brand)
    kind = counted(services, _own(turn, need), products)
    return prompts.render(
        "brands", turn.pick, count=len(products), kind=kind, rows=brands.most_common(_MOST_LISTED), brands=len(brands)
    )


def _price_range(services: Services, turn: Turn, need: Need, products: Sequence[Product]) -> str:
    return prompts.render(
        "price_range",
        turn.pick,
        count=len(products),
        kind=counted(services, _own(turn, need), products),
        prices=price_span(services, products),
    )


_TOLD: Mapping[str, Callable[[Services, Turn, Need, Sequence[Product]], str]] = {
    "count": _count,
    "stock": _stock,
    "brands": _brands,
    "prices": _price_range,
}


def _values(services: Services, turn: Turn, need: Need, products: Sequence[Product], asked: Asked) -> Outcome | None:
    """Which colours, sizes, materials there are; None where no product has such an attribute on record."""
    wanted = folded(asked.name)
    held = next((held for name, held in attributes_of(products).items() if wanted & folded(name)), None)
    if not held or not wanted:
        return None
    counts = Counter(value for values in held for value in values)
    rows = counts.most_common(_MOST_LISTED)
    said = prompts.render(
        "values",
        turn.pick,
        count=len(products),
        kind=counted(services, _own(turn, need), products),
        values=[f"{value} ({n})" if n > 1 else value for value, n in rows],
        more=len(counts) - len(rows),
        topic=asked.name,
    )
    offers = tuple(value[:1].upper() + value[1:] for value, _ in rows[:3])
    conversation = replace(turn.conversation, offered=tuple(value for value, _ in rows))
    if turn.conversation.shown:
        return Outcome(conversation, said, suggestions=offers)
    outcome = _shown(services, turn, said, need, products)
    return replace(outcome, suggestions=offers, conversation=replace(outcome.conversation, offered=conversation.offered))


def _shown(services: Services, turn: Turn, said: str, need: Need, products: Sequence[Product]) -> Outcome:
    """The answer over cards of what it is about, in the ranker's order; whole-shop questions leave the screen alone."""
    if need == Need():
        return Outcome(turn.conversation, said, suggestions=("What do you sell?", "What's on sale?"))
    if len(products) > services.candidates:
        ends = [min(products, key=_price), max(products, key=_price)]
        popular = services.searcher.matching(replace(need, sort="popularity"))[: services.candidates]
        products = list({product.id: product for product in (*popular, *ends)}.values())
    level = [Candidate(product, 1.0, 0.0) for product in products if product.id not in turn.conversation.disliked]
    ranked = services.ranker.ranked(
        level, turn.shopper, services.now(), services.candidates, disliked=turn.conversation.disliked
    )
    cards, candidates = cards_of(services, _with_ends(ranked.candidates, services.cards), need)
    return show(services, turn, said, cards, candidates, ranked) if cards else Outcome(turn.conversation, said)


def _with_ends(candidates: Sequence[Candidate], places: int) -> list[Candidate]:
    """The first candidates for so many places, the cheapest and the dearest of all among them, whose prices are told."""
    first = list(candidates[:places])
    if places < 3 or len(candidates) <= places:
        return first
    ends = [choose(candidates, key=lambda candidate: _price(candidate.product)) for choose in (min, max)]
    missing = [end for end in ends if end not in first]
    spare = [candidate for candidate in first if candidate not in ends]
    dropped = spare[len(spare) - len(missing) :]
    return [*(candidate for candidate in first if candidate not in dropped), *missing]


def _price(product: Product) -> int:
    return product.price or 0


def _own(turn: Turn, need: Need) -> Need:
    """`need` as the shopper said it in this conversation: what is kept in mind of them besides is not listed."""
    return replace(need, exclude=turn.conversation.need.exclude) if need != Need() else need


def _by_kind(services: Services, need: Need) -> Need:
    """The need with a kind that was read as a property ("newest in garden") where the shop has a kind of that name."""
    if need.query or not need.include:
        return need
    for phrase in need.include:
        if services.searcher.matching(Need(phrase)):
            return replace(need, query=phrase, include=tuple(other for other in need.include if other != phrase))
    return need
