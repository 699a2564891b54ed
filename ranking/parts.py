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
    """One part of all candidates' scores; `reason` tells the cause for the candidate at an index, if it names one."""

    name: str
    levels: NDArray[np.float64]
    reason: Callable[[int], Reason | None] = field(default=_no_reason)


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
    lifts = taste.lifts
    levels = [sum([lifts[token] for token in f.attributes if token in lifts]) / max(1, len(f.attributes)) for f in facts]

    def reason(index: int) -> Reason | None:
        attributes = facts[index].attributes
        often = [token for token in attributes if taste.counts.get(token, 0) > 1 and attributes[token].isalpha()]
        if not often:
            return None
        best = max(often, key=lambda token: lifts.get(token, 0.0))
        level = lifts.get(best, 0.0) / len(attributes)
        return Reason("attribute", f"You often choose {attributes[best].lower()}", level)

    return Part("attribute", np.array(levels), reason)


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
    """What goes with the products of the history; no product speaks for itself. `causes` tells what they are.

    Only of products of the history it takes more than their scores to know what all others add to them.
    """
    ids = [f.product.id for f in facts]
    sums = next_item.score([past.shopper], ids)[0]
    touched = past.touched
    own = [index for index, product_id in enumerate(ids) if product_id in touched]
    if own:
        among = [ids[index] for index in own]
        history, shares = next_item.contributions(past.shopper, among)
        shares[np.array(history, dtype=object)[:, None] == np.array(among, dtype=object)[None, :]] = 0.0
        sums[own] = shares.sum(axis=0)
    return [Part("history", share_of(sums, next_item))] if sums.any() else []


def causes(
    facts: Sequence[Facts], levels: NDArray[np.float64], rows: Sequence[int], past: Past, next_item: NextItem
) -> dict[int, tuple[str, Reason]]:
    """Those of `rows` for which a product of the history can be named: its id, and what is to be said of it.

    `levels` are those of the part "history". A product that the shopper has touched is not told of by another.
    """
    touched, known = past.touched, {cause.product.id: (cause, event) for cause, event in past.known}
    open_to = [row for row in rows if facts[row].product.id not in touched]
    if not open_to:
        return {}
    history, shares = next_item.contributions(past.shopper, [facts[row].product.id for row in open_to])
    if not history:
        return {}
    sums, best = shares.sum(axis=0), shares.argmax(axis=0)
    found = {}
    for place, row in enumerate(open_to):
        share, (cause, event) = shares[best[place], place], known.get(history[best[place]], (None, None))
        if cause is None or event is None or EVENT_WEIGHT[event.type] <= 0 or share <= 0 or sums[place] <= 0:
            continue
        weight = float(levels[row] * min(1.0, share / sums[place]))
        found[row] = (cause.product.id, Reason("history", _because(facts[row], cause, event), weight))
    return found


def share_of(scores: NDArray[np.float64], next_item: NextItem) -> NDArray[np.float64]:
    """Scores of the model to levels: 0 nothing leads there, near 1 far more than usually leads to the best."""
    levels: NDArray[np.float64] = 1 - np.exp(-np.maximum(scores, 0) / next_item.typical)
    return levels


def _because(facts: Facts, cause: Facts, event: Event) -> str:
    """One tent does not go with another: within a kind, the history is the cause, not a match."""
    joined = "Because of" if facts.kind and facts.kind == cause.kind else "Goes with"
    return f"{joined} the {cause.product.title} you {_DID.get(event.type, 'looked at')}"
