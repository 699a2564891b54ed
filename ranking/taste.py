"""What a shopper's history says of any product, also of one that nobody has touched: traits, price level, twins."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from ranking.facts import Facts
from ranking.interests import EVENT_WEIGHT, interests
from ranking.shelf import Shelf
from ranking.types import Event, Shopper

_PRIOR = 3.0
_PRICE_SPREAD = 0.2
_DISTANT = 0.4
_REMEMBERED = 20
_RECENT = 40
_LOOKED_UP = 50  # some more than count: a few are gone from the catalogue, and one may be taken away to see what it did

Known = Sequence[tuple[Facts, Event]]
"""Products of a history with the event that tells most of each, oldest first."""


@dataclass(frozen=True, slots=True)
class Past:
    """What a shopper did, with the facts of the products, and the products turned down without an event.

    `wanted` has one telling event a product, oldest first, of products that are in the catalogue.
    """

    shopper: Shopper
    wanted: Known = ()
    disliked: tuple[Facts, ...] = ()

    @classmethod
    def of(
        cls,
        shopper: Shopper,
        disliked: Collection[str],
        about: Callable[[Collection[str]], Mapping[str, Facts]],
    ) -> Self:
        """Looks the products up with `about`, once, if there are any; those that it does not know are left out."""
        events = [event for event in interests(shopper.history) if event.product_id][-_LOOKED_UP:]
        ids = [event.product_id or "" for event in events]
        facts = about([*ids, *disliked]) if ids or disliked else {}
        wanted = tuple((facts[i], event) for i, event in zip(ids, events, strict=True) if i in facts)
        return cls(shopper, wanted, tuple(facts[i] for i in sorted(disliked) if i in facts))

    @property
    def known(self) -> Known:
        """The latest of `wanted`: what counts for the taste."""
        return self.wanted[-_RECENT:]

    @property
    def touched(self) -> frozenset[str | None]:
        """Ids of all products that the shopper ever did anything with, or saw."""
        return frozenset(event.product_id for event in self.shopper.history)

    def without(self, product_id: str) -> Past:
        """The same past, had the shopper never touched the product."""
        history = tuple(event for event in self.shopper.history if event.product_id != product_id)
        wanted = tuple(pair for pair in self.wanted if pair[0].product.id != product_id)
        return Past(replace(self.shopper, history=history), wanted, self.disliked)


@dataclass(frozen=True, slots=True)
class Taste:
    """A shopper's taste.

    `lifts`: trait to how much more often the shopper takes an interest in it than the catalogue has it (-1 to 1).
    `counts`: trait to the number of products with it that the shopper wanted. `price_level` is the middle of what they
    want (0-1), `price_trust` how sure that is (0-1).
    """

    lifts: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    price_level: float = 0.5
    price_trust: float = 0.0
    liked: tuple[Facts, ...] = ()
    disliked: tuple[Facts, ...] = ()

    @classmethod
    def of(cls, known: Known, shelf: Shelf, disliked: Sequence[Facts] = ()) -> Self:
        """Reads the taste out of what the shopper did; `disliked` are products turned down without an event."""
        without = {facts.product.id for facts in disliked}
        kept = [(facts, event) for facts, event in known if facts.product.id not in without]
        against = (*(facts for facts, event in kept if event.type == "dislike"), *disliked)
        level, trust = _price(kept)
        return cls(
            lifts=_lifts(kept, shelf),
            counts=Counter(trait for facts, event in kept if EVENT_WEIGHT[event.type] > 0 for trait in facts.traits),
            price_level=level,
            price_trust=trust,
            liked=tuple(facts for facts, event in kept if event.type == "like")[-_REMEMBERED:],
            disliked=against[-_REMEMBERED:],
        )

    def price_match(self, level: float | None) -> float:
        """How near (0-1) a price level is to what the shopper usually wants; 0 while too little is known."""
        if level is None:
            return 0.0
        return self.price_trust * math.exp(-(((level - self.price_level) / _PRICE_SPREAD) ** 2) / 2)


def nearest(tokens: Collection[str], others: Sequence[Facts]) -> tuple[float, Facts | None]:
    """How nearly (0-1) the nearest of `others` is made of `tokens`, and which one that is; 0 for a distant cousin."""
    best, found = _DISTANT, None
    for other in others:
        shared = len(other.tokens.intersection(tokens))
        alike = shared / (len(tokens) + len(other.tokens) - shared) if shared else 0.0
        if alike > best:
            best, found = alike, other
    return (best - _DISTANT) / (1 - _DISTANT), found


def _lifts(known: Known, shelf: Shelf) -> dict[str, float]:
    """Shares of interest in each trait, drawn towards the catalogue's share while there is little to go by."""
    sums: dict[str, float] = defaultdict(float)
    for facts, event in known:
        for trait in facts.traits:
            sums[trait] += EVENT_WEIGHT[event.type]
    total = sum(abs(EVENT_WEIGHT[event.type]) for _, event in known)
    shares = {trait: shelf.shares.get(trait, 0.0) for trait in sums}
    return {t: (sums[t] + _PRIOR * shares[t]) / (total + _PRIOR) - shares[t] for t in sums}


def _price(known: Known) -> tuple[float, float]:
    """The weighted mean of the price levels wanted, and how far to trust it."""
    pairs = [(facts.price_level, EVENT_WEIGHT[event.type]) for facts, event in known]
    levels = [(level, weight) for level, weight in pairs if level is not None and weight > 0]
    total = sum(weight for _, weight in levels)
    if not total:
        return 0.5, 0.0
    return sum(level * weight for level, weight in levels) / total, total / (total + _PRIOR)
