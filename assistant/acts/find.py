"""Acts that put products on the screen: search, refine, recommend, like, dislike, and "more like this"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import prompts
from assistant.acts.base import Brief, Outcome, Services, Turn, happened, referred, shown_of
from assistant.grounding import REFERENCE
from assistant.types import Card, Conversation
from assistant.wording import describe, join, price_range
from ranking.impression_log import Seen
from ranking.scoring import Ranked
from ranking.types import Event, EventType
from retrieval.filters import violations
from retrieval.money import format_money
from retrieval.search import SearchResult
from retrieval.types import Candidate, Need, Product, Query

_BRIEFED = 3
_SIMILAR = re.compile(r"\bsimilar\b|\b(?:more|something|anything|ones?) like (?:it|this|that|the)\b", re.I)
_REASONS = 3


def find(services: Services, turn: Turn) -> Outcome:
    """Searches for the need as it stands now; asks back where nothing was understood."""
    need = turn.conversation.need
    if turn.is_unsure or (need.is_empty and turn.frame.act == "search"):
        return _ask_back(turn)
    if need.is_empty or (turn.frame.act == "recommend" and not need.query):
        return _recommend(services, turn)
    found = services.searcher.search(Query(need, services.candidates, frozenset(turn.conversation.disliked)))
    ranked = _ranked(services, turn, found)
    cards, candidates = _cards(services, ranked.candidates, need)
    if not cards:
        return _nothing(services, turn)
    return _shown(services, turn, _opening(services, turn, cards, found), cards, candidates, ranked)


def asks_for_similar(turn: Turn) -> bool:
    """Whether the turn asks for more like one that it points at: "something similar", "show me more like that"."""
    return turn.frame.act in ("refine", "recommend") and _SIMILAR.search(turn.text) is not None


def more_like(services: Services, turn: Turn, product: Product) -> Outcome:
    """Products like one on the screen, within the constraints of the need."""
    need = replace(turn.conversation.need, query="", include=(), sort=None)
    without = frozenset({product.id, *turn.conversation.disliked})
    query = Query(need, services.candidates, without, like=product.id)
    click = happened(services, turn.conversation, "click", product)
    turn = replace(turn, shopper=replace(turn.shopper, history=(*turn.shopper.history, click)))
    ranked = _ranked(services, turn, services.searcher.search(query))
    cards, candidates = _cards(services, ranked.candidates, need)
    if not cards:
        return Outcome(turn.conversation, prompts.render("like_none", turn.pick, title=product.title))
    opening = prompts.render("found_like", turn.pick, count=len(cards), title=product.title)
    outcome = _shown(services, turn, opening, cards, candidates, ranked)
    return replace(outcome, events=(click, *outcome.events))


def opinion(services: Services, turn: Turn) -> Outcome:
    """Likes and dislikes: stored, and the shelf is made again with them."""
    products = services.catalog.get_many(referred(turn))
    if not products:
        return Outcome(turn.conversation, prompts.render("which_one", turn.pick), suggestions=_positions(turn))
    liked = turn.frame.act == "like"
    kind: EventType = "like" if liked else "dislike"
    events = tuple(happened(services, turn.conversation, kind, product) for product in products.values())
    conversation = turn.conversation
    if not liked:
        conversation = replace(conversation, disliked=tuple(dict.fromkeys((*conversation.disliked, *products))))
    shopper = replace(turn.shopper, history=(*turn.shopper.history, *events))
    titles = join([product.title for product in products.values()])
    again = find(services, replace(turn, conversation=conversation, shopper=shopper, confidence=1.0))
    said = prompts.render("liked" if liked else "disliked", turn.pick, titles=titles, more=_differs(turn, again))
    if liked:
        conversation = replace(again.conversation, focus=next(iter(products)))
        again = replace(again, conversation=conversation)
    return replace(again, opening=said, events=(*events, *again.events))


def _differs(turn: Turn, again: Outcome) -> bool:
    """Whether the shelf is another one now, so that saying so is true."""
    before = [shown.id for shown in turn.conversation.shown]
    return bool(again.cards) and [card.product.id for card in again.cards or ()] != before


def _opening(services: Services, turn: Turn, cards: Sequence[Card], found: SearchResult) -> str:
    """What was understood and how well it is met: in full, as far as the shop tells, or only nearly."""
    need, (currency, locale) = turn.conversation.need, (services.catalog.currency, services.locale)
    unstated = found.unstated
    silent = {f"{phrase}: not stated" for phrase in unstated}
    broken = [set(card.violates) - silent for card in cards]
    if all(broken) and turn.frame.price_rel == "lower" and "price" in found.relaxed:
        return prompts.render("found_no_cheaper", turn.pick)
    if all(broken):
        return _trade_off(services, turn, cards, found.relaxed)
    if not found.named:
        return prompts.render("found_near", turn.pick, count=len(cards), query=need.query)
    if not unstated:
        return prompts.render("found", turn.pick, count=len(cards), need=describe(need, currency, locale))
    told = replace(need, include=tuple(phrase for phrase in need.include if phrase not in unstated))
    wanted, missing = describe(told, currency, locale), join([f"“{phrase}”" for phrase in unstated], "or")
    return prompts.render("found_unstated", turn.pick, count=len(cards), need=wanted, unstated=missing)


def _trade_off(services: Services, turn: Turn, cards: Sequence[Card], relaxed: Sequence[str]) -> str:
    """What nothing meets, and what there is instead: how many, and at which prices if the price had to give."""
    need, (currency, locale) = turn.conversation.need, (services.catalog.currency, services.locale)
    of = "of " if need.price_min is not None and need.price_max is not None else ""
    priced = price_range(need, currency, locale)
    said = {
        "price": f"a price {of}{priced}" if priced else "",
        "brand": join(need.brand, "or"),
        "rating": f"{need.rating_min:g} stars or more" if need.rating_min is not None else "",
    }
    lost = [said.get(name) or f"“{name}”" for name in relaxed] or [f"“{need.query}”"]
    asked = [text for text in (need.query, *need.include, *need.exclude, *need.brand_exclude, *said.values()) if text]
    prices = [card.product.price for card in cards if card.product.price is not None] if "price" in relaxed else []
    ends = [format_money(price, currency, locale) for price in dict.fromkeys((min(prices), max(prices)))] if prices else []
    return prompts.render(
        "found_relaxed", turn.pick, count=len(cards), lost=join(lost), rest=len(asked) > len(lost), prices=" to ".join(ends)
    )


def _ranked(services: Services, turn: Turn, found: SearchResult) -> Ranked:
    # Where the shopper said how to sort, or all are off the budget, the search's own order is what is wanted.
    if turn.conversation.need.sort is not None or "price" in found.relaxed:
        return Ranked(found.candidates)
    return services.ranker.ranked(
        found.candidates, turn.shopper, services.now(), services.candidates, disliked=turn.conversation.disliked
    )


def _recommend(services: Services, turn: Turn) -> Outcome:
    """Ideas without a query: the model's own candidates that the need allows, then whatever else it allows."""
    need, disliked = turn.conversation.need, turn.conversation.disliked
    picks = services.catalog.get_many(services.ranker.candidates(turn.shopper, services.candidates))
    allowed = [p for p in picks.values() if p.for_sale and not violations(p, need) and p.id not in disliked]
    if need.include or len(allowed) < services.cards:
        found = services.searcher.search(Query(need, services.candidates, frozenset(disliked))).candidates
        wanted = {candidate.product.id for candidate in found if not candidate.violates}
        allowed = [p for p in allowed if p.id in wanted]
        allowed += [c.product for c in found if c.product.id in wanted - {p.id for p in allowed}]
    # Nothing was asked for, so all are equally relevant: the shopper's own taste decides.
    level = [Candidate(product, 1.0, 0.0) for product in allowed]
    ranked = services.ranker.ranked(level, turn.shopper, services.now(), services.candidates, disliked=disliked)
    cards, candidates = _cards(services, ranked.candidates, need)
    if not cards:
        return _nothing(services, turn)
    wanted_text = describe(need, services.catalog.currency, services.locale)
    opening = prompts.render("recommended", turn.pick, known=bool(turn.shopper.history), need=wanted_text)
    return _shown(services, turn, opening, cards, candidates, ranked)


def _cards(
    services: Services, candidates: Sequence[Candidate], need: Need
) -> tuple[tuple[Card, ...], tuple[Candidate, ...]]:
    """Cards of the first candidates, price and stock read again; one that qualifies no longer gives up its place."""
    fresh = services.catalog.get_many([candidate.product.id for candidate in candidates[: 4 * services.cards]])
    cards: list[Card] = []
    kept: list[Candidate] = []
    for candidate in candidates:
        product = fresh.get(candidate.product.id)
        if product is None or not product.for_sale or len(cards) == services.cards:
            continue
        broken = violations(product, need)
        if broken and not candidate.violates:
            continue
        violates = tuple(dict.fromkeys((*candidate.violates, *broken)))
        reasons = tuple(reason.text for reason in candidate.reasons[:_REASONS])
        cards.append(Card(len(cards) + 1, product, reasons, violates))
        kept.append(replace(candidate, product=product, violates=violates))
    return tuple(cards), tuple(kept)


def _shown(
    services: Services,
    turn: Turn,
    opening: str,
    cards: tuple[Card, ...],
    candidates: tuple[Candidate, ...],
    ranked: Ranked,
) -> Outcome:
    conversation = replace(turn.conversation, shown=shown_of(cards), focus=None)
    briefed = cards[:_BRIEFED]
    impressions = _impressions(services, conversation, cards)
    return Outcome(
        conversation,
        opening,
        brief=Brief(briefed, tuple(template_sentences(briefed, turn.conversation.need, turn.pick)), turn.pick),
        cards=cards,
        candidates=candidates,
        suggestions=_suggestions(conversation, cards),
        events=impressions,
        seen=_seen(impressions, candidates, ranked),
    )


def _impressions(services: Services, conversation: Conversation, cards: Sequence[Card]) -> tuple[Event, ...]:
    return tuple(happened(services, conversation, "impression", card.product, position=card.position) for card in cards)


def _seen(impressions: Sequence[Event], candidates: Sequence[Candidate], ranked: Ranked) -> tuple[Seen, ...]:
    """What the ranker saw of each product shown; nothing of those that it had no say in."""
    parts = ranked.parts_of(candidate.product.id for candidate in candidates)
    return tuple(
        Seen(event.event_id, candidate.relevance, parts[candidate.product.id], ranked.asked)
        for event, candidate in zip(impressions, candidates, strict=True)
        if candidate.product.id in parts
    )


def template_sentences(cards: Sequence[Card], need: Need, pick: int = 0) -> list[str]:
    """Why the first card stands first, and what the best alternative has over it, from facts alone."""
    first = cards[0]
    # What a shopper typed must not turn into a reference when the sentence is rendered.
    wanted = [phrase for phrase in need.include if not REFERENCE.search(phrase)]
    met = [phrase for phrase in wanted if not any(phrase in broken for broken in first.violates)]
    said = [prompts.render("why_first", pick, met=join(met), rated=first.product.rating is not None)]
    for other in cards[1:]:
        contrast = _contrast(first.product, other.product)
        if contrast:
            said.append(prompts.render("contrast", pick, position=other.position, kind=contrast))
            break
    return [sentence for sentence in said if sentence.strip()]


def _contrast(first: Product, other: Product) -> str:
    if first.price is not None and other.price is not None and other.price < first.price:
        return "cheaper"
    if other.rating is not None and (first.rating is None or other.rating > first.rating):
        return "rated"
    return ""


def _suggestions(conversation: Conversation, cards: Sequence[Card]) -> tuple[str, ...]:
    offers = ["Anything cheaper?"]
    if len(cards) > 1:
        offers.append("Compare the first two")
    colours = [_first(card.product.attributes.get("color")) for card in cards]
    wanted = {phrase.lower() for phrase in conversation.need.include}
    fresh = [colour for colour in dict.fromkeys(colours) if colour and colour.lower() not in wanted]
    if len(fresh) > 1:
        offers.append(f"Only {fresh[0].lower()} ones")
    offers.append("Add the first one to my cart")
    return tuple(offers)


def _first(value: str | tuple[str, ...] | None) -> str:
    return value if isinstance(value, str) else value[0] if value else ""


def _positions(turn: Turn) -> tuple[str, ...]:
    return ("The first one", "The second one") if len(turn.conversation.shown) > 1 else ()


def _ask_back(turn: Turn) -> Outcome:
    conversation = turn.conversation
    return Outcome(conversation, prompts.render("unclear", turn.pick), suggestions=("What would you recommend?",))


def _nothing(services: Services, turn: Turn) -> Outcome:
    need = turn.conversation.need
    wanted = describe(need, services.catalog.currency, services.locale)
    offers = []
    if need.price_max is not None or need.price_min is not None:
        offers.append("Price doesn't matter")
    if need.brand:
        offers.append("Any brand")
    offers.append("What would you recommend?")
    conversation = replace(turn.conversation, shown=(), focus=None)
    said = prompts.render("found_none", turn.pick, need=wanted)
    return Outcome(conversation, said, cards=(), suggestions=tuple(offers))
