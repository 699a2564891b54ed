"""A small made-up shop with shoppers whose tastes are known, for tests of ranking."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ranking.blend import Ranker
from ranking.dataset import from_events
from ranking.models.item_graph import ItemGraph
from ranking.models.popularity import Popularity
from ranking.shelf import Shelf
from ranking.types import Event, EventType, Shopper
from retrieval.types import Candidate, Product

NOW = 1_700_000_000.0
DAY = 86_400.0

BRANDS = ("Ridgeline", "Harbor", "Quill", "Ember")
KINDS = ("Hiking boots", "Jackets", "Tents", "Stoves", "Backpacks")


def make_product(product_id: str, **fields: Any) -> Product:
    """A product that is for sale, with what the test cares about."""
    return Product(**{"id": product_id, "title": f"Product {product_id}", "price": 5_000, **fields})


def make_event(product_id: str | None, type: EventType = "purchase", shopper: str = "s1", time: float = NOW) -> Event:
    """An event with an id of its own contents, so that the same event made twice is a repeat."""
    return Event(f"{shopper}-{type}-{product_id}-{time}", time, shopper, type, product_id)


def shopper_who(*did: tuple[EventType, str], shopper: str = "s1") -> Shopper:
    """A shopper who did these things, a minute apart, the last one now."""
    start = NOW - 60 * (len(did) - 1)
    return Shopper(shopper, tuple(make_event(p, t, shopper, start + 60 * i) for i, (t, p) in enumerate(did)))


def found(products: Iterable[Product], relevance: float | Sequence[float] = 1.0) -> list[Candidate]:
    """Candidates as a search returns them."""
    some = list(products)
    levels = relevance if isinstance(relevance, Sequence) else [relevance] * len(some)
    return [Candidate(product, level, level) for product, level in zip(some, levels, strict=True)]


def lookup_in(products: Iterable[Product]) -> Callable[[Iterable[str]], Mapping[str, Product]]:
    """What a catalogue's look-up of several ids does."""
    by_id = {product.id: product for product in products}
    return lambda ids: {product_id: by_id[product_id] for product_id in ids if product_id in by_id}


def small_shop(seed: int = 1, shoppers: int = 120, each: int = 6) -> tuple[list[Product], list[Event]]:
    """Four brands in five kinds, `each` products of both, and shoppers who buy one brand nearly always.

    Within a brand, product n leads to product n + 1 of another kind, so that transitions can be learned.
    """
    chance = random.Random(seed)
    products = [
        make_product(
            f"{brand}-{kind}-{n}".lower().replace(" ", "-"),
            title=f"{brand} {kind} {chr(65 + n) * 3}",
            brand=brand,
            category=("Outdoor", kind),
            price=1_000 * (1 + BRANDS.index(brand)) + 100 * n,
            attributes={"color": ("black", "green", "red")[n % 3]},
        )
        for brand in BRANDS
        for kind in KINDS
        for n in range(each)
    ]
    by_brand = {brand: [p for p in products if p.brand == brand] for brand in BRANDS}
    events = []
    for number in range(shoppers):
        own = by_brand[chance.choice(BRANDS)]
        place = chance.randrange(len(own))
        for step in range(5):
            pick = own[(place + 7 * step) % len(own)] if chance.random() < 0.9 else chance.choice(products)
            time = NOW - (60 - 10 * step) * DAY + chance.random() * DAY
            for offset, type in enumerate(("impression", "click", "purchase")):
                events.append(make_event(pick.id, type, f"s{number:03d}", time + offset))
    return products, events


def fitted_ranker(events: Sequence[Event], products: Sequence[Product]) -> Ranker:
    """A ranker of popularity and the graph alone."""
    dataset = from_events(events, products)
    return Ranker(Popularity().fit(dataset), ItemGraph().fit(dataset), Shelf.of(products), lookup_in(products))
