"""What a score is made of: each part says how much it adds to every candidate, and why, where it is asked.

Amounts are (n_candidates,) shares of the relevance. Reasons are built for shown products only. A reason's weight is
what its cause adds; their texts are for shoppers, and their numbers come from the product's record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ranking.facts import Facts
from ranking.interests import EVENT_WEIGHT
from ranking.models.item_graph import ItemGraph
from ranking.models.popularity import Popularity
from ranking.taste import Taste, nearest
from ranking.types import Event, Shopper
from retrieval.types import Reason

_MONTH = 30 * 86_400.0
_DID: Mapping[str, str] = {"purchase": "bought", "add_to_cart": "put in your cart", "like": "liked"}


@dataclass(frozen=True, slots=True)
class BlendWeights:
    """The most that each part can add to (or, for `dislike`, take from) a score, as a share of the relevance."""

    history: float = 0.08
    brand: float = 0.20
    kind: float = 0.05
    attribute: float = 0.08
    price: float = 0.10
    like: float = 0.15
    popular: float = 0.12
    new: float = 0.04
    rating: float = 0.04
    dislike: float = 0.70
    repeated: float = 0.06
    least_reason: float = 0.01


def _no_reason(index: int) -> Reason | None:
    return None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of all candidates' scores; `reason` tells the cause for the candidate at an index, if it names one."""

    amounts: NDArray[np.float64]
    reason: Callable[[int], Reason | None] = field(default=_no_reason)


def taste_parts(facts: Sequence[Facts], taste: Taste, weights: BlendWeights) -> list[Part]:
    """Brand, kind, attributes and price level, as far as the shopper's history favours them."""
    if not taste.lifts:
        return []
    return [
        _brand(facts, taste, weights.brand),
        _array(weights.kind * taste.lifts.get(f.kind, 0.0) for f in facts),
        _attributes(facts, taste, weights.attribute),
        _price(facts, taste, weights.price),
    ]


def _array(amounts: Iterable[float]) -> Part:
    return Part(np.fromiter(amounts, dtype=np.float64))


def _brand(facts: Sequence[Facts], taste: Taste, weight: float) -> Part:
    amounts = np.array([weight * taste.lifts.get(f.brand, 0.0) for f in facts])

    def reason(index: int) -> Reason | None:
        often = taste.counts.get(facts[index].brand, 0) > 1
        text = f"You often choose {facts[index].product.brand}"
        return Reason("brand", text, float(amounts[index])) if often else None

    return Part(amounts, reason)


def _attributes(facts: Sequence[Facts], taste: Taste, weight: float) -> Part:
    """Each attribute adds its share, so that a product does not win by having many."""
    lifts = [{token: taste.lifts.get(token, 0.0) for token in f.attributes} for f in facts]

    def reason(index: int) -> Reason | None:
        often = [t for t in lifts[index] if taste.counts.get(t, 0) > 1 and facts[index].attributes[t].isalpha()]
        if not often:
            return None
        best = max(often, key=lifts[index].__getitem__)
        amount = weight * lifts[index][best] / len(lifts[index])
        return Reason("attribute", f"You often choose {facts[index].attributes[best].lower()}", amount)

    return Part(np.array([weight * sum(some.values()) / max(1, len(some)) for some in lifts]), reason)


def _price(facts: Sequence[Facts], taste: Taste, weight: float) -> Part:
    amounts = np.array([weight * taste.price_match(f.price_level) for f in facts])

    def reason(index: int) -> Reason | None:
        near = amounts[index] > weight / 2
        return Reason("price", "In your usual price range", float(amounts[index])) if near else None

    return Part(amounts, reason)


def twin_parts(facts: Sequence[Facts], taste: Taste, weights: BlendWeights) -> list[Part]:
    """What is nearly the same as a liked product goes up, as a disliked one down."""
    parts = []
    if taste.liked:
        parts.append(_likes(facts, taste, weights.like))
    if taste.disliked:
        parts.append(_array(-weights.dislike * nearest(f.tokens, taste.disliked)[0] ** 2 for f in facts))
    return parts


def _likes(facts: Sequence[Facts], taste: Taste, weight: float) -> Part:
    near = [nearest(f.tokens, [other for other in taste.liked if other.product.id != f.product.id]) for f in facts]

    def reason(index: int) -> Reason | None:
        alike, liked = near[index]
        if liked is None:
            return None
        return Reason("like", f"Similar to the {liked.product.title} you liked", weight * alike)

    return Part(np.array([weight * alike for alike, _ in near]), reason)


def shop_parts(facts: Sequence[Facts], popularity: Popularity, now: float, weights: BlendWeights) -> list[Part]:
    """What does not depend on the shopper: popularity, newness, ratings."""
    return [
        _popular(facts, popularity, now, weights.popular),
        _new(facts, now, weights.new),
        _rating(facts, weights.rating),
    ]


def _popular(facts: Sequence[Facts], popularity: Popularity, now: float, weight: float) -> Part:
    text = "Popular this month" if now - popularity.latest <= _MONTH else "Popular with other shoppers"
    amounts = np.array([weight * popularity.levels.get(f.product.id, 0.0) for f in facts])

    def reason(index: int) -> Reason | None:
        popular = popularity.is_popular(facts[index].product.id)
        return Reason("popular", text, float(amounts[index])) if popular else None

    return Part(amounts, reason)


def _new(facts: Sequence[Facts], now: float, weight: float) -> Part:
    """A product's chance to be seen before anybody could have bought it: full at first, none after a month."""
    ages = np.array([np.inf if f.created is None or f.created > now else now - f.created for f in facts])
    amounts = weight * np.maximum(0.0, 1 - ages / _MONTH)
    return Part(amounts, lambda index: Reason("new", "New in", float(amounts[index])) if amounts[index] > 0 else None)


def _rating(facts: Sequence[Facts], weight: float) -> Part:
    amounts = np.array([weight * f.quality for f in facts])

    def reason(index: int) -> Reason | None:
        rating, count = facts[index].product.rating, facts[index].product.rating_count or 0
        if rating is None or rating < 4.3 or count < 10:
            return None
        return Reason("rating", f"Rated {rating:.1f} by {count:,}", float(amounts[index]))

    return Part(amounts, reason)


def history_parts(
    facts: Sequence[Facts],
    shopper: Shopper,
    known: Mapping[str, tuple[Facts, Event]],
    graph: ItemGraph,
    weights: BlendWeights,
) -> list[Part]:
    """What goes with the products of the history. No product speaks for itself."""
    ids = [f.product.id for f in facts]
    history, shares = graph.contributions(shopper, ids)
    if not history or not ids:
        return []
    shares[np.array(history)[:, None] == np.array(ids)[None, :]] = 0.0
    sums = np.maximum(shares.sum(axis=0), 0)
    amounts = weights.history * (1 - np.exp(-sums / graph.typical))
    best = shares.argmax(axis=0)

    def reason(index: int) -> Reason | None:
        row = best[index]
        if history[row] not in known or shares[row, index] <= 0 or sums[index] <= 0:
            return None
        cause, event = known[history[row]]
        if EVENT_WEIGHT[event.type] <= 0:
            return None
        text = _because(facts[index], cause, event)
        return Reason("history", text, float(amounts[index] * min(1.0, shares[row, index] / sums[index])))

    return [Part(amounts, reason)]


def _because(facts: Facts, cause: Facts, event: Event) -> str:
    """One tent does not go with another: within a kind, the history is the cause, not a match."""
    joined = "Because of" if facts.kind and facts.kind == cause.kind else "Goes with"
    return f"{joined} the {cause.product.title} you {_DID.get(event.type, 'looked at')}"
