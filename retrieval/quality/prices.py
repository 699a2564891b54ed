"""Checks of prices: placeholders, slips of the decimal point, list prices that save nothing, several currencies."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from retrieval.money import format_money, to_minor
from retrieval.quality.types import Hit
from retrieval.types import Product

ENOUGH = 8
"""Prices that a category needs before one of them can be called far from the others."""

FAR = math.log(8)
"""A price within eight times its category's median is never far: shops sell cheap and dear ones of the same thing."""

DEVIATIONS = 5
# What makes the median absolute deviation comparable with a standard deviation.
_NORMAL = 1.4826
_PLACEHOLDERS = ("0", "0.01", "9999", "9999.99", "99999", "99999.99", "999999", "999999.99")
_CHEAP = ("0.99",)
_CHEAP_BELOW = 10


def placeholder_price(products: Sequence[Product]) -> Iterator[Hit]:
    """Finds prices that people type where they know none; 0.99 counts where the shop's usual price is far above."""
    usual = median([product.price for product in products if product.price] or [0])
    for product in products:
        if product.price is None:
            continue
        cheap = product.price * _CHEAP_BELOW < usual
        amounts = (*_PLACEHOLDERS, *_CHEAP) if cheap else _PLACEHOLDERS
        if any(product.price == to_minor(amount, product.currency) for amount in amounts):
            yield Hit(product, format_money(product.price, product.currency))


def outlying_price(products: Sequence[Product]) -> Iterator[Hit]:
    """Finds prices many times above or below what the products of the same category cost."""
    usual = _usual_prices(products)
    for product in products:
        theirs = usual.get(_group(product, usual))
        if not product.price or theirs is None:
            continue
        distance = math.log(product.price) - theirs.middle
        if abs(distance) > theirs.far:
            middle = format_money(round(math.exp(theirs.middle)), product.currency)
            times = f"{math.exp(abs(distance)):,.0f} times {'above' if distance > 0 else 'below'}"
            yield Hit(product, f"{format_money(product.price, product.currency)}, {times} the category's median {middle}")


@dataclass(frozen=True, slots=True)
class _Usual:
    """The middle of a category's prices, and how far from it is far; both logarithms of minor units."""

    middle: float
    far: float


def _usual_prices(products: Sequence[Product]) -> Mapping[tuple[str, ...], _Usual]:
    prices: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for product in products:
        if product.price:
            for depth in range(1, len(product.category) + 1):
                prices[product.category[:depth]].append(math.log(product.price))
    usual = {}
    for category, logarithms in prices.items():
        if len(logarithms) >= ENOUGH:
            middle = median(logarithms)
            spread = _NORMAL * median([abs(value - middle) for value in logarithms])
            usual[category] = _Usual(middle, max(FAR, DEVIATIONS * spread))
    return usual


def _group(product: Product, usual: Mapping[tuple[str, ...], _Usual]) -> tuple[str, ...]:
    """The most particular category of the product that has prices enough; empty where there is none."""
    path = product.category
    return next((path[:depth] for depth in range(len(path), 0, -1) if path[:depth] in usual), ())


def pointless_list_price(products: Sequence[Product]) -> Iterator[Hit]:
    """Finds list prices below the price: the discount would be negative."""
    for product in products:
        if product.price is not None and product.list_price is not None and product.price > product.list_price:
            now, before = (format_money(amount, product.currency) for amount in (product.price, product.list_price))
            yield Hit(product, f"price {now}, list price {before}")


def other_currency(products: Sequence[Product]) -> Iterator[Hit]:
    """Finds prices in another currency than most."""
    counts = Counter(product.currency for product in products if product.price is not None)
    if len(counts) < 2:
        return
    usual = counts.most_common(1)[0][0]
    for product in products:
        if product.price is not None and product.currency != usual:
            yield Hit(product, f"{product.currency}, while most are in {usual}")
