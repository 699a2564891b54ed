"""What the shoppers do: visits that run from impressions to purchases, and returns some days after.

A visit shows a page or two of products. What is shown follows popularity and chance; what is clicked and bought follows
the shopper's hidden taste, the position on the page, and what goes with what was bought before.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from demo.types import DemoEvent, DemoProduct, DemoShopper, Kind, Purchase

PAGE = 8
POPULARITY_POWER = 1.0
RETURN_SHARE = {"Shoes": 0.16, "Clothing": 0.14}
USUAL_RETURN_SHARE = 0.05
HOURS = (0, 7, 8, 9, 10, 11, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 20, 20, 21, 21, 21, 22, 23)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The products by kind, each kind with its price range on the shelf."""

    kinds: Mapping[str, Kind]
    products: Mapping[str, tuple[DemoProduct, ...]]


@dataclass(frozen=True, slots=True)
class Visit:
    """One planned visit; `buys` says that it ends at the checkout."""

    shopper: DemoShopper
    time: datetime
    buys: bool


@dataclass(slots=True)
class Diary:
    """What has happened so far in one shopper's life with the shop."""

    bought: list[DemoProduct] = field(default_factory=list)
    clicked: list[DemoProduct] = field(default_factory=list)


@dataclass(slots=True)
class Clock:
    """The time within one visit, moving on a few seconds at each step."""

    now: datetime
    random: Random

    def tick(self, low: int, high: int) -> datetime:
        """Moves on by `low` to `high` seconds and returns the new time."""
        self.now += timedelta(seconds=self.random.randint(low, high))
        return self.now


def simulate(
    products: Sequence[DemoProduct],
    shoppers: Sequence[DemoShopper],
    visits: int,
    orders: int,
    start: datetime,
    end: datetime,
    random: Random,
) -> tuple[tuple[DemoEvent, ...], tuple[Purchase, ...]]:
    """All events between `start` and `end` in order of time, and the checkouts among them (exactly `orders`)."""
    shelf = _shelf(products)
    diaries = {shopper.id: Diary() for shopper in shoppers}
    events: list[DemoEvent] = []
    purchases: list[Purchase] = []
    for visit in _plan(shoppers, visits, orders, start, end, random):
        happened, lines = _visit(visit, shelf, diaries[visit.shopper.id], random)
        events += happened
        if lines:
            purchases.append(Purchase(visit.shopper, lines[0].time, tuple(lines)))
    by_id = {product.id: product for product in products}
    events += _returns(purchases, by_id, end, random)
    events.sort(key=lambda event: (event.time, event.shopper_id))
    return tuple(events), tuple(purchases)


def _shelf(products: Sequence[DemoProduct]) -> Shelf:
    by_kind: dict[str, list[DemoProduct]] = {}
    for product in products:
        by_kind.setdefault(product.kind.id, []).append(product)
    kinds = {product.kind.id: product.kind for product in products}
    return Shelf(kinds, {kind: tuple(group) for kind, group in by_kind.items()})


def _plan(
    shoppers: Sequence[DemoShopper], visits: int, orders: int, start: datetime, end: datetime, random: Random
) -> list[Visit]:
    """When each visit happens and which `orders` of them end at the checkout, in order of time."""
    spans = [shopper.activity * (shopper.last_seen - max(shopper.joined, start)).days for shopper in shoppers]
    planned: list[tuple[datetime, DemoShopper]] = []
    for shopper in random.choices(shoppers, weights=spans, k=visits):
        first = max(shopper.joined, start)
        day = first + (shopper.last_seen - first) * random.random()
        moment = day.replace(hour=random.choice(HOURS), minute=random.randint(0, 59), second=random.randint(0, 59))
        planned.append((min(max(moment, first), end - timedelta(hours=1)), shopper))
    planned.sort(key=lambda entry: (entry[0], entry[1].id))
    buying = set(random.sample(range(visits), orders))
    return [Visit(shopper, time, index in buying) for index, (time, shopper) in enumerate(planned)]


def _visit(visit: Visit, shelf: Shelf, diary: Diary, random: Random) -> tuple[list[DemoEvent], list[DemoEvent]]:
    """The events of one visit, and the purchases among them."""
    clock = Clock(visit.time.replace(microsecond=0), random)
    events: list[DemoEvent] = []
    cart: list[DemoProduct] = []
    for _ in range(random.choice((1, 1, 2)) + 2 * visit.buys):
        source, page = _page(visit.shopper, diary, cart, shelf, clock.now, random)
        liked = _browse(visit.shopper, source, page, clock, events, diary, random)
        wanted = [product for product in liked if random.random() < (0.92 if visit.buys else 0.22)]
        if visit.buys and not cart and not wanted:
            wanted = [max(liked or _buyable(page), key=lambda product: affinity(visit.shopper, product))]
        for product in wanted:
            if product not in cart and product.availability != "preorder":
                cart.append(product)
                events.append(_event(clock.tick(5, 40), visit.shopper, "add_to_cart", product, quantity=1))
    kept = _tidy_cart(visit, cart, clock, events, random)
    lines = _check_out(visit, kept, diary, clock, random) if visit.buys else []
    return events + lines, lines


def _buyable(page: Sequence[DemoProduct]) -> list[DemoProduct]:
    return [product for product in page if product.availability != "preorder"] or list(page)


def _page(
    shopper: DemoShopper, diary: Diary, cart: Sequence[DemoProduct], shelf: Shelf, now: datetime, random: Random
) -> tuple[str, list[DemoProduct]]:
    """Where the shopper looks next, and what is shown there, best placed first."""
    recent = cart[-1:] or diary.bought[-3:]
    if recent and random.random() < (0.65 if cart else 0.3):
        kind_id = random.choice(random.choice(recent).kind.accessories)
        source = "recommendation"
    else:
        kind_id = random.choices(list(shopper.kinds), weights=list(shopper.kinds.values()))[0]
        source = random.choice(("search", "search", "search", "home"))
    shown = [product for product in shelf.products[kind_id] if product.created_at < now]
    return source, _placed(shown, shopper, random)


def _placed(products: Sequence[DemoProduct], shopper: DemoShopper, random: Random) -> list[DemoProduct]:
    """A page of products: the popular ones mostly first, with some regard to the shopper and some chance."""

    def place(product: DemoProduct) -> float:
        score = POPULARITY_POWER * math.log(product.appeal) + 0.35 * math.log(affinity(shopper, product))
        return score - math.log(-math.log(random.random() or 1e-12))

    return sorted(products, key=place, reverse=True)[:PAGE]


def affinity(shopper: DemoShopper, product: DemoProduct) -> float:
    """How well a product suits a shopper, from about 0.02 to 4: price, brand, color and cut together."""
    low, high = product.kind.price
    place = math.log(max(product.price, low) / low) / math.log(high / low)
    score = 0.05 + math.exp(-((place - shopper.budget) ** 2) / (2 * 0.22**2))
    if product.brand in shopper.brands:
        score *= 2.2
    if product.color in shopper.colors:
        score *= 1.6
    gender = product.attributes.get("gender", "unisex")
    return score if gender in ("unisex", shopper.gender) else score * 0.15


def _browse(
    shopper: DemoShopper,
    source: str,
    page: Sequence[DemoProduct],
    clock: Clock,
    events: list[DemoEvent],
    diary: Diary,
    random: Random,
) -> list[DemoProduct]:
    """Sees a page: impressions, clicks and views, an opinion now and then. Returns what was viewed with pleasure."""
    seen = clock.tick(3, 20)
    for position, product in enumerate(page, start=1):
        events.append(_event(seen, shopper, "impression", product, position, source))
    liked: list[DemoProduct] = []
    for position, product in enumerate(page, start=1):
        suits = affinity(shopper, product)
        if random.random() > click_chance(position, suits):
            continue
        events.append(_event(clock.tick(2, 15), shopper, "click", product, position, source))
        events.append(_event(clock.tick(1, 2), shopper, "view", product, source=source))
        diary.clicked.append(product)
        opinion = random.random()
        if opinion < 0.035 * suits:
            events.append(_event(clock.tick(4, 30), shopper, "like", product))
        elif opinion > 0.97 and suits < 0.4:
            events.append(_event(clock.tick(4, 30), shopper, "dislike", product))
            continue
        if random.random() < min(0.9, 0.25 + 0.4 * suits):
            liked.append(product)
    return liked


def click_chance(position: int, suits: float) -> float:
    """How likely a product at `position` (from 1) is clicked by a shopper whom it suits so well."""
    return min(0.85, (0.05 + 0.13 * suits) / (1 + 0.28 * (position - 1)))


def _tidy_cart(
    visit: Visit, cart: Sequence[DemoProduct], clock: Clock, events: list[DemoEvent], random: Random
) -> list[DemoProduct]:
    """Takes some things out again; the last thing stays where the visit ends at the checkout."""
    kept: list[DemoProduct] = []
    for index, product in enumerate(cart):
        needed = visit.buys and not kept and index == len(cart) - 1
        if not needed and random.random() < (0.1 if visit.buys else 0.4):
            events.append(_event(clock.tick(5, 60), visit.shopper, "remove_from_cart", product, quantity=1))
        else:
            kept.append(product)
    return kept


def _check_out(visit: Visit, kept: Sequence[DemoProduct], diary: Diary, clock: Clock, random: Random) -> list[DemoEvent]:
    paid = clock.tick(30, 240)
    lines: list[DemoEvent] = []
    for product in kept:
        variant = random.choice(product.variants) if product.variants else None
        lines.append(
            DemoEvent(
                time=paid,
                shopper_id=visit.shopper.id,
                type="purchase",
                product_id=product.id,
                variant_id=variant.id if variant else None,
                quantity=2 if product.price < 2500 and random.random() < 0.2 else 1,
                price=variant.price if variant else product.price,
            )
        )
        diary.bought.append(product)
    return lines


def _returns(
    purchases: Sequence[Purchase], products: Mapping[str, DemoProduct], end: datetime, random: Random
) -> list[DemoEvent]:
    returned: list[DemoEvent] = []
    for purchase in purchases:
        for line in purchase.lines:
            share = RETURN_SHARE.get(products[line.product_id].kind.department, USUAL_RETURN_SHARE)
            time = line.time + timedelta(days=random.randint(6, 24), seconds=random.randint(0, 36000))
            if random.random() < share and time < end:
                returned.append(
                    DemoEvent(time, line.shopper_id, "return", line.product_id, None, None, line.variant_id, line.quantity)
                )
    return returned


def _event(
    time: datetime,
    shopper: DemoShopper,
    event_type: str,
    product: DemoProduct,
    position: int | None = None,
    source: str | None = None,
    quantity: int | None = None,
) -> DemoEvent:
    return DemoEvent(time, shopper.id, event_type, product.id, position, source, None, quantity)
