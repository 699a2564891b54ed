"""What a search is opened with: what was understood, how much there is, how well it is met, and why these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import prompts
from assistant.acts.base import Services, Turn
from assistant.acts.loosen import Loosening
from assistant.acts.naming import counted, price_span
from assistant.grounding import short_name
from assistant.types import Card
from assistant.wording import describe, join, price_range
from retrieval.search import SearchResult
from retrieval.types import Candidate, Need, Product

# How the ranker's own reasons begin, and how they read in a sentence.
_PERSONAL = {
    "Because of ": "because of ",
    "Goes with ": "because it goes with ",
    "Similar to ": "because it is like ",
    "You often choose ": "because you often choose ",
}
_MOST_TOLD = 3


def found(
    services: Services,
    turn: Turn,
    cards: Sequence[Card],
    result: SearchResult,
    matching: Sequence[Product],
    loosened: Sequence[Loosening] = (),
) -> str:
    """What was understood and how well it is met: in full, as far as the shop tells, or only nearly.

    `matching` is all of the catalogue that matches, empty where that can't be told; `loosened` is what giving up one
    condition would find.
    """
    need = turn.conversation.need
    unstated = result.unstated
    silent = {f"{phrase}: not stated" for phrase in unstated}
    broken = [set(card.violates) - silent for card in cards]
    if all(broken) and turn.frame.price_rel == "lower" and "price" in result.relaxed:
        return prompts.render("found_no_cheaper", turn.pick)
    if all(broken):
        return _trade_off(services, turn, cards, result.relaxed, loosened)
    if not result.named:
        return prompts.render("found_near", turn.pick, count=len(cards), query=need.query, kinds=kinds_of(cards))
    if not unstated:
        return prompts.render(
            "found",
            turn.pick,
            count=len(cards),
            total=len(matching),
            kind=counted(services, need, matching),
            need=describe(need, services.catalog.currency, services.locale),
            prices=price_span(services, [card.product for card in cards]),
        )
    told = describe(_less(need, unstated), services.catalog.currency, services.locale)
    missing = join([f"“{phrase}”" for phrase in unstated], "or")
    return prompts.render("found_unstated", turn.pick, count=len(cards), need=told, unstated=missing)


def recommended(services: Services, turn: Turn, candidates: Sequence[Candidate]) -> str:
    """Ideas: on what they rest, and the reason of the first that has one of the shopper's own."""
    wanted = describe(turn.conversation.need, services.catalog.currency, services.locale)
    known = bool(turn.shopper.history)
    name, reason = personal_reason(candidates) if known else ("", "")
    return prompts.render("recommended", turn.pick, known=known, need=wanted, title=name, reason=reason)


def heeded(services: Services, turn: Turn, used: Need) -> str:
    """A sentence that tells which lasting preferences had a say in a search, the first time in a conversation.

    `used` is the need that was searched for, preferences included.
    """
    if services.preferences is None or turn.preferences.is_empty:
        return ""
    need = turn.conversation.need
    added = {*used.include, *used.exclude} - {*need.include, *need.exclude}
    known = services.preferences.known(turn.conversation.shopper_id) if added else ()
    said = [preference.said for preference in known if preference.value in added]
    told = " ".join(message.text for message in turn.conversation.messages if message.role == "assistant")
    new = [words for words in said if words not in told]
    return f" {prompts.render('heeded', turn.pick, preferences=join(new))}" if new else ""


def personal_reason(candidates: Sequence[Candidate]) -> tuple[str, str]:
    """The first product that something of the shopper's own led to, and what it was ("because you often choose navy")."""
    for candidate in candidates[:_MOST_TOLD]:
        for reason in candidate.reasons:
            beginning = next((text for text in _PERSONAL if reason.text.startswith(text)), None)
            if beginning is not None:
                return short_name(candidate.product), _PERSONAL[beginning] + reason.text.removeprefix(beginning)
    return "", ""


def kinds_of(cards: Sequence[Card]) -> str:
    """The kinds of things that the cards are, as the shop's categories call them; empty where it has none."""
    leaves = dict.fromkeys(card.product.category[-1].lower() for card in cards if card.product.category)
    return join(list(leaves)[:_MOST_TOLD])


def _less(need: Need, unstated: Sequence[str]) -> Need:
    return replace(need, include=tuple(phrase for phrase in need.include if phrase not in unstated))


def _trade_off(
    services: Services, turn: Turn, cards: Sequence[Card], relaxed: Sequence[str], loosened: Sequence[Loosening]
) -> str:
    """What nothing meets, what there is instead, and what giving up another condition would find."""
    text = _over(services, turn, cards) if tuple(relaxed) == ("price",) else _nearest(services, turn, cards, relaxed)
    other = next((way for way in loosened if not _is_given_up(way, relaxed)), None)
    return f"{text} {other.told()}" if other else text


def _over(services: Services, turn: Turn, cards: Sequence[Card]) -> str:
    """Where only the price had to give: what the nearest costs, and how far the others are."""
    products = [card.product for card in cards]
    return prompts.render(
        "found_over",
        turn.pick,
        need=describe(replace(turn.conversation.need, sort=None), services.catalog.currency, services.locale),
        nearest=price_span(services, products[:1]).removeprefix("at "),
        count=len(cards),
        prices=price_span(services, products),
    )


def _nearest(services: Services, turn: Turn, cards: Sequence[Card], relaxed: Sequence[str]) -> str:
    need = turn.conversation.need
    of = "of " if need.price_min is not None and need.price_max is not None else ""
    priced = price_range(need, services.catalog.currency, services.locale)
    said = {
        "price": f"a price {of}{priced}" if priced else "",
        "brand": join(need.brand, "or"),
        "rating": f"{need.rating_min:g} stars or more" if need.rating_min is not None else "",
    }
    lost = [said.get(name) or f"“{name}”" for name in relaxed] or [f"“{need.query}”"]
    asked = [text for text in (need.query, *need.include, *need.exclude, *need.brand_exclude, *said.values()) if text]
    prices = price_span(services, [card.product for card in cards]) if "price" in relaxed else ""
    return prompts.render(
        "found_relaxed", turn.pick, count=len(cards), lost=join(lost), rest=len(asked) > len(lost), prices=prices
    )


def _is_given_up(way: Loosening, relaxed: Sequence[str]) -> bool:
    """Whether the cards on the screen are what giving this up would find."""
    return any(name in way.what for name in relaxed)
