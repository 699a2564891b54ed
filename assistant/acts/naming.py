"""What to call what is counted: `tents`, `matches for waterproof tents, up to $100`, `products`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from assistant.acts.base import Services
from assistant.facts import kind_of
from assistant.wording import describe, join
from retrieval.money import format_money
from retrieval.text import fold, words
from retrieval.types import Need, Product

_MOST_KINDS = 3
_UNNAMED = "product"
_BRACKETS = re.compile(r"[\[\]]")


def counted(services: Services, need: Need, products: Sequence[Product]) -> str:
    """What several of `products`, which are all that `need` asks for, are called in the plural."""
    wanted = replace(need, sort=None)
    if wanted == Need():
        return "products"
    if wanted == Need(need.query):
        name = _plural(need.query, products)
    else:
        name = f"matches for {describe(wanted, services.catalog.currency, services.locale)}"
    # What a shopper typed must not turn into a reference when the sentence is rendered.
    return _BRACKETS.sub("", name)


def kinds_among(need: Need, products: Sequence[Product]) -> str:
    """The kinds that the products are of, with how many of each, where what was asked for is none of them."""
    counts = Counter(kind_of(product) for product in products)
    if not need.query or len(counts) == 1 or _UNNAMED in counts:
        return ""
    if any(folded(leaf) == folded(need.query) for leaf in counts):
        return ""
    named = [f"{leaf} ({n})" for leaf, n in counts.most_common(_MOST_KINDS)]
    return ", ".join(named) + " and others" if len(counts) > _MOST_KINDS else join(named)


def price_span(services: Services, products: Sequence[Product]) -> str:
    """`at $20`, or `from $20 to $90`; empty where nothing has a price."""
    prices = [product.price for product in products if product.price is not None]
    if not prices:
        return ""
    said = [
        format_money(price, products[0].currency, services.locale) for price in dict.fromkeys((min(prices), max(prices)))
    ]
    return f"from {said[0]} to {said[1]}" if len(said) > 1 else f"at {said[0]}"


def folded(text: str) -> frozenset[str]:
    """The words of a name, in the singular and one spelling."""
    return frozenset(map(fold, words(text)))


def _plural(kind: str, products: Sequence[Product]) -> str:
    """The name of the kind in the plural, as the shop's categories have it; as it was said where they don't."""
    leaves = Counter(kind_of(product) for product in products)
    only = next(iter(leaves), _UNNAMED)
    names = [leaf for leaf in leaves if leaf.endswith("s") and folded(leaf) == folded(kind)]
    if names:
        return names[0]
    if len(leaves) == 1 and only.endswith("s") and folded(kind) < folded(only):
        return only
    if products and all(any(folded(name) == folded(kind) for name in product.category[:-1]) for product in products):
        return f"products in {kind}"
    return kind if kind.endswith("s") else f"products for “{kind}”"
