"""What a score is made of: each part has a level for every candidate, and says why, where it is asked.

Levels are (n_candidates,), about 0 to 1, or below 0 where something speaks against. What a unit of each is worth is for
the weights to say, so that levels can be kept and learned from. Reasons are built for shown products only. A reason's
weight is the share of the level that its cause brings; their texts are for shoppers, and their numbers come from the
product's record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ranking.facts import Facts
from ranking.interests import EVENT_WEIGHT
from ranking.models.popularity import Popularity
from ranking.taste import Past, Taste, nearest
from ranking.types import Event, EventType, Shopper
from retrieval.types import Reason

PARTS: tuple[str, ...] = (
    "brand",
    "kind",
    "attribute",
    "price",
    "like",
    "dislike",
    "popular",
    "new",
    "rating",
    "history",
)
"""The parts by name, in the order of every array of levels."""

_MONTH = 30 * 86_400.0
_DID: Mapping[EventType, str] = {"purchase": "bought", "add_to_cart": "put in your cart", "like": "liked"}


class NextItem(Protocol):
    """A model of what comes next, as ranking needs it."""

    @property
    def product_ids(self) -> Sequence[str]:
        """The products that it knows."""

    @property
    def typical(self) -> float:
        """What the best product of a shopper scores, in the middle of all shoppers: the unit that scores are read in."""

    def score(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> NDArray[np.float64]:
        """(n_shoppers, n_candidates). No candidate's score hangs on the others; an unknown one has 0."""

    def contributions(self, shopper: Shopper, candidates: Sequence[str]) -> tuple[list[str], NDArray[np.float64]]:
        """Which part of each score comes from which history product: (product ids, (n_history, n_candidates))."""


@dataclass(frozen=True, slots=True)
class BlendWeights:
    """What one unit of each part adds to (or, for `dislike`, takes from) a score, as a share of the relevance.

    `repeated` is what each further product of a brand and kind loses on a page, `least_reason` the share of a score that
    a cause must add to be worth telling.
    """

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

    @property
    def of_parts(self) -> NDArray[np.float64]:
        """(n_parts,): the weights in the order of `PARTS`."""
        return np.array([getattr(self, name) for name in PARTS], dtype=np.float64)


def _no_reason(index: int) -> Reason | None:
    return None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of all candidates' scores; `reason` tells the cause for the candidate at an index, if it names one.

    `causes` are the ids of the history products that the reasons name, for the part where they do.
    """

    name: str
    levels: NDArray[np.float64]
    reason: Callable[[int], Reason | None] = field(default=_no_reason)
    causes: Sequence[str] = ()


def in_columns(parts: Iterable[Part], size: int) -> NDArray[np.float64]:
    """(size, n_parts): the levels of all candidates, 0 in the columns of parts that are missing."""
    levels = np.zeros((size, len(PARTS)))
    for part in parts:
        levels[:, PARTS.index(part.name)] = part.levels
    return levels


def taste_parts(facts: Sequence[Facts], taste: Taste) -> list[Part]:
    """Brand, kind, attributes and price level, as far as the shopper's history favours them."""
    if not taste.lifts:
        return []
    kinds = [taste.lifts.get(f.kind, 0.0) for f in facts]
    return [_brand(facts, taste), Part("kind", np.array(kinds)), _attributes(facts, taste), _price(facts, taste)]


def _brand(facts: Sequence[Facts], taste: Taste) -> Part:
    levels = np.array([taste.lifts.get(f.brand, 0.0) for f in facts])

    def reason(index: int) -> Reason | None:
        often = taste.counts.get(facts[index].brand, 0) > 1
        text = f"You often choose {facts[index].product.brand}"
        return Reason("brand", text, float(levels[index])) if often else None

    return Part("brand", levels, reason)


def _attributes(facts: Sequence[Facts], taste: Taste) -> Part:
    """Each attribute adds its share, so that a product does not win by having many."""
    lifts = [{token: taste.lifts.get(token, 0.0) for token in f.attributes} for f in facts]

    def reason(index: int) -> Reason | None:
        often = [t for t in lifts[index] if taste.counts.get(t, 0) > 1 and facts[index].attributes[t].isalpha()]
        if not often:
            return None
        best = max(often, key=lifts[index].__getitem__)
        level = lifts[index][best] / len(lifts[index])
        return Reason("attribute", f"You often choose {facts[index].attributes[best].lower()}", level)

    return Part("attribute", np.array([sum(some.values()) / max(1, len(some)) for some in lifts]), reason)


def _price(facts: Sequence[Facts], taste: Taste) -> Part:
    levels = np.array([taste.price_match(f.price_level) for f in facts])

    def reason(index: int) -> Reason | None:
        return Reason("price", "In your usual price range", float(levels[index])) if levels[index] > 0.5 else None

    return Part("price", levels, reason)


def twin_parts(facts: Sequence[Facts], taste: Taste) -> list[Part]:
    """What is nearly the same as a liked product goes up, as a disliked one down."""
    parts = []
    if taste.liked:
        parts.append(_likes(facts, taste))
    if taste.disliked:
        parts.append(Part("dislike", np.array([-(nearest(f.tokens, taste.disliked)[0] ** 2) for f in facts])))
    return parts


def _likes(facts: Sequence[Facts], taste: Taste) -> Part:
    near = [nearest(f.tokens, [other for other in taste.liked if other.product.id != f.product.id]) for f in facts]

    def reason(index: int) -> Reason | None:
        alike, liked = near[index]
        return None if liked is None else Reason("like", f"Similar to the {liked.product.title} you liked", alike)

    return Part("like", np.array([alike for alike, _ in near]), reason)


def shop_parts(facts: Sequence[Facts], popularity: Popularity, now: float) -> list[Part]:
    """What does not depend on the shopper: popularity, newness, ratings."""
    return [_popular(facts, popularity, now), _new(facts, now), _rating(facts)]


def _popular(facts: Sequence[Facts], popularity: Popularity, now: float) -> Part:
    text = "Popular this month" if now - popularity.latest <= _MONTH else "Popular with other shoppers"
    levels = np.array([popularity.levels.get(f.product.id, 0.0) for f in facts])

    def reason(index: int) -> Reason | None:
        popular = popularity.is_popular(facts[index].product.id)
        return Reason("popular", text, float(levels[index])) if popular else None

    return Part("popular", levels, reason)


def _new(facts: Sequence[Facts], now: float) -> Part:
    """A product's chance to be seen before anybody could have bought it: full at first, none after a month."""
    ages = np.array([np.inf if f.created is None or f.created > now else now - f.created for f in facts])
    levels = np.maximum(0.0, 1 - ages / _MONTH)
    return Part("new", levels, lambda i: Reason("new", "New in", float(levels[i])) if levels[i] > 0 else None)


def _rating(facts: Sequence[Facts]) -> Part:
    levels = np.array([f.quality for f in facts])

    def reason(index: int) -> Reason | None:
        rating, count = facts[index].product.rating, facts[index].product.rating_count or 0
        if rating is None or rating < 4.3 or count < 10:
            return None
        return Reason("rating", f"Rated {rating:.1f} by {count:,}", float(levels[index]))

    return Part("rating", levels, reason)


def history_parts(facts: Sequence[Facts], past: Past, next_item: NextItem) -> list[Part]:
    """What goes with the products of the history. No product speaks for itself, nor is a known one told of by another."""
    ids = [f.product.id for f in facts]
    history, shares = next_item.contributions(past.shopper, ids)
    if not history or not ids:
        return []
    shares[np.array(history)[:, None] == np.array(ids)[None, :]] = 0.0
    sums = shares.sum(axis=0)
    levels = share_of(sums, next_item)
    best = shares.argmax(axis=0)
    known = {cause.product.id: (cause, event) for cause, event in past.known}
    touched = {event.product_id for event in past.shopper.history}

    def reason(index: int) -> Reason | None:
        row = best[index]
        if ids[index] in touched or history[row] not in known or shares[row, index] <= 0 or sums[index] <= 0:
            return None
        cause, event = known[history[row]]
        if EVENT_WEIGHT[event.type] <= 0:
            return None
        text = _because(facts[index], cause, event)
        return Reason("history", text, float(levels[index] * min(1.0, shares[row, index] / sums[index])))

    return [Part("history", levels, reason, [history[row] for row in best])]


def share_of(scores: NDArray[np.float64], next_item: NextItem) -> NDArray[np.float64]:
    """Scores of the model to levels: 0 nothing leads there, near 1 far more than usually leads to the best."""
    levels: NDArray[np.float64] = 1 - np.exp(-np.maximum(scores, 0) / next_item.typical)
    return levels


def _because(facts: Facts, cause: Facts, event: Event) -> str:
    """One tent does not go with another: within a kind, the history is the cause, not a match."""
    joined = "Because of" if facts.kind and facts.kind == cause.kind else "Goes with"
    return f"{joined} the {cause.product.title} you {_DID.get(event.type, 'looked at')}"
