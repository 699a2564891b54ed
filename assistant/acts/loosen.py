"""What giving up one condition would find, counted in the catalogue; never given up but by the shopper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import prompts
from assistant.need import drop
from retrieval.types import Need, Product

Matching = Callable[[Need], tuple[Product, ...]]


@dataclass(frozen=True, slots=True)
class Loosening:
    """One condition given up: how to name it, the reply that gives it up, and how many products there are without it."""

    what: str
    reply: str
    need: Need
    count: int

    def told(self) -> str:
        """A sentence that tells it."""
        return prompts.render("loosened", what=self.what, count=self.count)


def loosenings(need: Need, matching: Matching) -> tuple[Loosening, ...]:
    """Every single condition of `need` without which something matches, that which finds most first.

    What the shopper does not want stands behind all else: it is theirs to take back, and is never offered before the rest.
    """
    counted = [replace(way, count=len(matching(way.need))) for way in (*_wishes(need), *_exclusions(need))]
    found = [way for way in counted if way.count]
    ruled_out = {way.reply for way in _exclusions(need)}
    return tuple(sorted(found, key=lambda way: (way.reply in ruled_out, -way.count)))


def _wishes(need: Need) -> Iterator[Loosening]:
    if need.price_min is not None or need.price_max is not None:
        yield Loosening("the price limit", "Price doesn't matter", replace(need, price_min=None, price_max=None), 0)
    if need.brand:
        yield Loosening("the brand", "Any brand", replace(need, brand=()), 0)
    if need.rating_min is not None:
        yield Loosening("the rating", "The rating doesn't matter", replace(need, rating_min=None), 0)
    for phrase in need.include:
        yield Loosening(f"“{phrase}”", f"Forget the {phrase}", drop(need, "include", phrase), 0)


def _exclusions(need: Need) -> Iterator[Loosening]:
    for phrase in need.exclude:
        yield Loosening(f"“no {phrase}”", f"{phrase.capitalize()} is fine", drop(need, "exclude", phrase), 0)
    for brand in need.brand_exclude:
        yield Loosening(f"“no {brand}”", f"{brand} is fine", drop(need, "brand_exclude", brand), 0)
