"""Products on the screen: cards from candidates, what may be said of them, and what is kept of having shown them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.acts.base import Brief, Outcome, Services, Turn, happened, shown_of
from assistant.acts.reasons import template_sentences
from assistant.grounding import is_showable
from assistant.types import Card, Conversation
from ranking.impression_log import Seen
from ranking.scoring import Ranked
from ranking.types import Event
from retrieval.filters import violations
from retrieval.types import Candidate, Need, Product

_BRIEFED = 3
_REASONS = 3
_MOST_OFFERS = 4


def cards_of(
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


def show(
    services: Services,
    turn: Turn,
    opening: str,
    cards: tuple[Card, ...],
    candidates: tuple[Candidate, ...],
    ranked: Ranked,
    suggestions: Sequence[str] = (),
    *,
    fallback: tuple[str, ...] | None = None,
    need: Need | None = None,
) -> Outcome:
    """Puts the cards on the screen, with an opening; `suggestions` come before the usual ones.

    `fallback` are the sentences that stand where no language model speaks, if not the usual ones; `need` is what the cards
    were found for, if not the conversation's.
    """
    conversation = replace(turn.conversation, shown=shown_of(cards), focus=None)
    briefed = cards[:_BRIEFED]
    if fallback is None:
        fallback = tuple(template_sentences(briefed, need or turn.conversation.need, turn.pick, cards))
    impressions = tuple(
        happened(services, conversation, "impression", card.product, position=card.position) for card in cards
    )
    return Outcome(
        conversation,
        opening,
        brief=Brief(briefed, fallback, turn.pick, among=cards),
        cards=cards,
        candidates=candidates,
        suggestions=tuple(dict.fromkeys((*suggestions, *_offers(conversation, cards))))[:_MOST_OFFERS],
        events=impressions,
        seen=_seen(impressions, candidates, ranked),
    )


def ranked_as_listed(products: Sequence[Product]) -> Ranked:
    """Products in an order that is not the ranker's to change, each as relevant as the next."""
    return Ranked(tuple(Candidate(product, 1.0, 1 - place / len(products)) for place, product in enumerate(products)))


def _seen(impressions: Sequence[Event], candidates: Sequence[Candidate], ranked: Ranked) -> tuple[Seen, ...]:
    """What the ranker saw of each product shown; nothing of those that it had no say in."""
    parts = ranked.parts_of(candidate.product.id for candidate in candidates)
    return tuple(
        Seen(event.event_id, candidate.relevance, parts[candidate.product.id], ranked.asked)
        for event, candidate in zip(impressions, candidates, strict=True)
        if candidate.product.id in parts
    )


def _offers(conversation: Conversation, cards: Sequence[Card]) -> tuple[str, ...]:
    # Nothing is cheaper than what is sorted so, or than what is over the budget already.
    is_cheapest = conversation.need.sort == "price_asc" or all(card.violates for card in cards)
    offers = ["Show me more"] if is_cheapest else ["Anything cheaper?"]
    if len(cards) > 1:
        offers.append("Compare the first two")
    colours = [_first(card.product.attributes.get("color")) for card in cards]
    wanted = {phrase.lower() for phrase in conversation.need.include}
    fresh = [c for c in dict.fromkeys(colours) if c and c.lower() not in wanted and is_showable(c)]
    if len(fresh) > 1:
        offers.append(f"Only {fresh[0].lower()} ones")
    return (*offers, "Add the first one to my cart")


def _first(value: str | tuple[str, ...] | None) -> str:
    return value if isinstance(value, str) else value[0] if value else ""
