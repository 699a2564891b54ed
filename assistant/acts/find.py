"""Acts that put products on the screen: search, refine, recommend, like, dislike, more of the same, and "more like this"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import prompts
from assistant.acts import catalogue, loosen, openings, question
from assistant.acts.base import Outcome, Services, Turn, happened, plain_cards, referred, shown_of
from assistant.acts.catalogue_questions import Asked
from assistant.acts.naming import counted, price_span
from assistant.acts.paging import asks_for_back, asks_for_more
from assistant.acts.shelf import cards_of, show
from assistant.grounding import short_name
from assistant.polarity import opinions
from assistant.preferences import guarded, searched
from assistant.wording import describe, join
from ranking.scoring import Ranked
from ranking.types import EventType
from retrieval.filters import violations
from retrieval.search import SearchResult
from retrieval.types import Candidate, Need, Product, Query

_SIMILAR = re.compile(
    r"\b(?:similar|alternatives?)\b|\b(?:more|something|anything|ones?|things?|stuff|others?|options?|products?|items?"
    r"|have(?: got)?) like (?:it|this|that|the|these|those)\b",
    re.I,
)
_NO_KIND = re.compile(
    r"(?:(?:a|some|the) )?(?:(?:birthday|christmas|wedding|house-?warming) )?(?:gifts?|presents?|ideas?)(?: ideas?)?", re.I
)
_MOST_LOOSENED = 2
_NOBODY: frozenset[str] = frozenset()


def find(services: Services, turn: Turn) -> Outcome:
    """Searches for the need as it stands now; asks back where nothing was understood."""
    turn = _without_a_gift(services, turn)
    need, conversation = turn.conversation.need, turn.conversation
    if asks_for_more(turn.text, conversation):
        return _more(services, turn)
    if asks_for_back(turn.text, conversation):
        return _back(services, turn)
    if turn.is_unsure or (need.is_empty and turn.frame.act == "search"):
        return _ask_back(turn)
    asked_about = () if turn.frame.act == "search" else conversation.asked_about
    turn = replace(turn, conversation=replace(conversation, pages=(), like=None, on_sale=False, asked_about=asked_about))
    if _wants_ideas(turn):
        return _recommend(services, turn) or _nothing(services, turn)
    return _search(services, turn) or _nothing(services, turn)


def _without_a_gift(services: Services, turn: Turn) -> Turn:
    """The turn with a kind of thing that names none ("a gift") left out, unless the shop has things of that name."""
    need = turn.conversation.need
    if not _NO_KIND.fullmatch(need.query) or services.searcher.matching(Need(need.query)):
        return turn
    return replace(turn, conversation=replace(turn.conversation, need=replace(need, query="")))


def asks_for_similar(turn: Turn) -> bool:
    """Whether the turn asks for more like one that it points at: "something similar", "show me more like that"."""
    return turn.frame.act in ("refine", "recommend") and _SIMILAR.search(turn.text) is not None


def liked_product(turn: Turn) -> str | None:
    """The id of the product that something similar is asked for: the one pointed at, else the first on the screen."""
    shown = turn.conversation.shown
    ids = referred(turn)
    if len(ids) == 1:
        return ids[0]
    return turn.conversation.focus or (shown[0].id if shown else None)


def more_like(services: Services, turn: Turn, product: Product, without: frozenset[str] = _NOBODY) -> Outcome:
    """Products like one on the screen, within the constraints of the need; none of `without`."""
    need = replace(turn.conversation.need, query="", include=_asked_now(turn), sort=None)
    pages = turn.conversation.pages if without else ()
    turn = replace(turn, conversation=replace(turn.conversation, like=product.id, on_sale=False, pages=pages))
    query = Query(need, services.candidates, without | {product.id, *turn.conversation.disliked}, like=product.id)
    click = happened(services, turn.conversation, "click", product)
    turn = replace(turn, shopper=replace(turn.shopper, history=(*turn.shopper.history, click)))
    searching = searched(services.searcher.search, query, turn.preferences)
    ranked = _ranked(services, turn, searching.result)
    cards, candidates = cards_of(services, ranked.candidates, searching.need)
    if not cards:
        return Outcome(turn.conversation, prompts.render("like_none", turn.pick, title=short_name(product)))
    opening = prompts.render("found_like", turn.pick, count=len(cards), title=short_name(product))
    outcome = show(services, turn, opening, cards, candidates, ranked, need=need)
    return replace(outcome, events=(click, *outcome.events))


def _asked_now(turn: Turn) -> tuple[str, ...]:
    """The properties that the turn itself asks for besides the likeness: "something like it in blue"."""
    return tuple(value for value in turn.frame.include if not _SIMILAR.search(value))


def opinion(services: Services, turn: Turn) -> Outcome:
    """Likes and dislikes, or both in one message: stored, and the shelf is made again with them."""
    liked, disliked = (services.catalog.get_many(ids) for ids in _sides(turn))
    if not liked and not disliked:
        return Outcome(turn.conversation, prompts.render("which_one", turn.pick), suggestions=_positions(turn))
    sides: tuple[tuple[EventType, Iterable[Product]], ...] = (("like", liked.values()), ("dislike", disliked.values()))
    events = tuple(happened(services, turn.conversation, kind, product) for kind, side in sides for product in side)
    unwanted = tuple(dict.fromkeys((*turn.conversation.disliked, *disliked)))
    conversation = replace(turn.conversation, disliked=unwanted)
    shopper = replace(turn.shopper, history=(*turn.shopper.history, *events))
    again = find(services, replace(turn, conversation=conversation, shopper=shopper, confidence=1.0))
    said, more = "", _differs(turn, again)
    for name, side in (("liked", liked), ("disliked", disliked)):
        if side:
            titles = join([short_name(product) for product in side.values()])
            is_last = name == "disliked" or not disliked
            said += (" " if said else "") + prompts.render(name, turn.pick, titles=titles, more=more and is_last)
    if liked:
        again = replace(again, conversation=replace(again.conversation, focus=next(iter(liked))))
    return replace(again, opening=said, events=(*events, *again.events))


def _sides(turn: Turn) -> tuple[Sequence[str], Sequence[str]]:
    """The product ids that the turn likes, and those that it does not."""
    likes, shown = turn.frame.act == "like", turn.conversation.shown
    if len(turn.frame.refs) < 2:
        return (referred(turn), ()) if likes else ((), referred(turn))
    found = opinions(turn.text, turn.frame.refs, shown, likes=likes)
    sides = [[shown[place - 1].id for place in side if 1 <= place <= len(shown)] for side in (found.liked, found.disliked)]
    return sides[0], sides[1]


def _differs(turn: Turn, again: Outcome) -> bool:
    """Whether the shelf is another one now, so that saying so is true."""
    before = [shown.id for shown in turn.conversation.shown]
    return bool(again.cards) and [card.product.id for card in again.cards or ()] != before


def _wants_ideas(turn: Turn) -> bool:
    need = turn.conversation.need
    return need.is_empty or (turn.frame.act == "recommend" and not need.query and need.sort is None)


def _search(services: Services, turn: Turn, seen: frozenset[str] = _NOBODY) -> Outcome | None:
    """What the need asks for, less what was `seen`; None where there is nothing at all."""
    if turn.conversation.need.sort is not None:
        ordered = catalogue.in_order(services, turn, seen)
        if ordered is not None:
            return ordered
    need = turn.conversation.need
    query = Query(need, services.candidates, seen | {*turn.conversation.disliked})
    searching = searched(services.searcher.search, query, turn.preferences)
    ranked = _ranked(services, turn, searching.result)
    cards, candidates = cards_of(services, ranked.candidates, searching.need)
    if not cards:
        return None
    matching = services.searcher.matching(searching.need)
    # Only where all that is shown is of the kind by name can it be told how many there are.
    known = {product.id for product in matching}.issuperset(card.product.id for card in cards)
    if seen:
        prices, kind = price_span(services, [card.product for card in cards]), counted(services, searching.need, matching)
        opening = prompts.render("more_found", turn.pick, count=len(cards), kind=kind if known else "", prices=prices)
        return show(services, turn, opening, cards, candidates, ranked)
    ways = loosen.loosenings(need, services.searcher.matching) if all(card.violates for card in cards) else ()
    opening = openings.found(
        services, turn, cards, searching.result, matching if known and searching.need == need else (), ways
    )
    opening += openings.heeded(services, turn, searching.need)
    outcome = show(services, turn, opening, cards, candidates, ranked, [way.reply for way in ways[:_MOST_LOOSENED]])
    return _asking(services, turn, outcome, matching) if known else outcome


def _asking(services: Services, turn: Turn, outcome: Outcome, matching: tuple[Product, ...]) -> Outcome:
    """The outcome with a question, where one helps: never two in a row, and none to who has just waved one off."""
    conversation = outcome.conversation
    if conversation.asked or turn.frame.drop or turn.frame.act not in ("search", "refine"):
        return outcome
    asked = question.choose(
        matching, conversation.need, conversation.asked_about, services.catalog.currency, services.locale, turn.pick
    )
    if asked is None:
        return outcome
    conversation = replace(conversation, asked_about=(*conversation.asked_about, asked.about), offered=asked.values)
    brief = outcome.brief and replace(outcome.brief, fallback=outcome.brief.fallback[:1])
    return replace(outcome, conversation=conversation, brief=brief, closing=asked.text, suggestions=asked.replies)


def _more(services: Services, turn: Turn) -> Outcome:
    """The next products of the same need; that there are none is said."""
    before = turn.conversation
    page = tuple(shown.id for shown in before.shown)
    turn = replace(turn, conversation=replace(before, pages=(*before.pages, page)))
    seen = frozenset(product_id for ids in turn.conversation.pages for product_id in ids)
    like = services.catalog.get(before.like) if before.like else None
    if like is not None:
        outcome: Outcome | None = more_like(services, turn, like, seen)
    elif before.on_sale:
        outcome = catalogue.answer(services, turn, Asked("sale", whole_shop=before.need.is_empty), seen)
    elif _wants_ideas(turn):
        outcome = _recommend(services, turn, seen)
    else:
        outcome = _search(services, turn, seen)
    if outcome is None or not outcome.cards or all(card.violates for card in outcome.cards):
        said = prompts.render("more_none", turn.pick, need=_told(services, before.need))
        offers = [way.reply for way in loosen.loosenings(before.need, services.searcher.matching)[:_MOST_LOOSENED]]
        return Outcome(before, said, suggestions=(*offers, "What would you recommend?"))
    return outcome


def _back(services: Services, turn: Turn) -> Outcome:
    """The screen before this one, as the catalogue has it now."""
    *pages, last = turn.conversation.pages
    products = [product for product in services.catalog.get_many(last).values() if product.for_sale]
    cards = plain_cards(products)
    conversation = replace(turn.conversation, pages=tuple(pages), shown=shown_of(cards), focus=None)
    said = prompts.render("gone_back", turn.pick, need=_told(services, turn.conversation.need))
    return Outcome(conversation, said, cards=cards, suggestions=("Show me more", "Compare the first two"))


def _ranked(services: Services, turn: Turn, found: SearchResult) -> Ranked:
    # Where the shopper said how to sort, or all are off the budget, the search's own order is what is wanted.
    if turn.conversation.need.sort is not None or "price" in found.relaxed:
        return Ranked(found.candidates)
    return services.ranker.ranked(
        found.candidates, turn.shopper, services.now(), services.candidates, disliked=turn.conversation.disliked
    )


def _recommend(services: Services, turn: Turn, seen: frozenset[str] = _NOBODY) -> Outcome | None:
    """Ideas without a query: the model's own candidates that the need allows, then whatever else it allows."""
    need, disliked = guarded(turn.conversation.need, turn.preferences), turn.conversation.disliked
    without = seen | {*disliked}
    picks = services.catalog.get_many(services.ranker.candidates(turn.shopper, services.candidates))
    allowed = [p for p in picks.values() if p.for_sale and not violations(p, need) and p.id not in without]
    if need.include or len(allowed) < services.cards:
        found = services.searcher.search(Query(need, services.candidates, without)).candidates
        wanted = {candidate.product.id for candidate in found if not candidate.violates}
        allowed = [p for p in allowed if p.id in wanted]
        allowed += [c.product for c in found if c.product.id in wanted - {p.id for p in allowed}]
    # Nothing was asked for, so all are equally relevant: the shopper's own taste decides.
    level = [Candidate(product, 1.0, 0.0) for product in allowed]
    ranked = services.ranker.ranked(level, turn.shopper, services.now(), services.candidates, disliked=disliked)
    cards, candidates = cards_of(services, ranked.candidates, need)
    if not cards:
        return None
    opening = openings.recommended(services, turn, candidates) + openings.heeded(services, turn, need)
    if seen:
        opening = prompts.render("more_found", turn.pick, count=len(cards), kind="", prices="")
    return show(services, turn, opening, cards, candidates, ranked)


def _told(services: Services, need: Need) -> str:
    return describe(need, services.catalog.currency, services.locale)


def _positions(turn: Turn) -> tuple[str, ...]:
    return ("The first one", "The second one") if len(turn.conversation.shown) > 1 else ()


def _ask_back(turn: Turn) -> Outcome:
    said, offers = prompts.render("unclear", turn.pick), ("What would you recommend?",)
    return Outcome(turn.conversation, said, suggestions=offers, trouble="not_understood")


def _nothing(services: Services, turn: Turn) -> Outcome:
    """That there is nothing, and what giving up one condition would find."""
    need = turn.conversation.need
    ways = loosen.loosenings(need, services.searcher.matching)
    offers = [way.reply for way in ways[:_MOST_LOOSENED]]
    loosened = ways[0].told() if ways else ""
    conversation = replace(turn.conversation, shown=(), focus=None)
    said = prompts.render("found_none", turn.pick, need=_told(services, need), loosened=loosened)
    offers = [*offers, "What do you sell?", "What would you recommend?"]
    return Outcome(conversation, said, cards=(), suggestions=tuple(offers), trouble="no_result")
