"""Facts in words: the need, money, lists. Everything here is exact; nothing is made up."""

from __future__ import annotations

from collections.abc import Sequence

from retrieval.money import format_bound
from retrieval.types import Need

_SORTS = {
    "price_asc": "cheapest first",
    "price_desc": "dearest first",
    "rating": "best rated first",
    "popularity": "most popular first",
    "newest": "newest first",
}


def join(words: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def price_range(need: Need, currency: str, locale: str) -> str:
    """`under $120`, `over $50`, `$50 to $120`, or nothing."""
    low = None if need.price_min is None else format_bound(need.price_min, currency, locale)
    high = None if need.price_max is None else format_bound(need.price_max, currency, locale)
    if low and high:
        return f"{low} to {high}"
    return f"up to {high}" if high else f"from {low}" if low else ""


def describe(need: Need, currency: str, locale: str) -> str:
    """The need as a shopper would say it: `waterproof hiking boots, up to $120, no leather`."""
    short = [phrase for phrase in need.include if " " not in phrase]
    long = [phrase for phrase in need.include if " " in phrase]
    what = " ".join([*short, need.query]) if need.query else ""
    parts = [what] if what else [join(short)] if short else []
    parts += long
    if need.brand:
        parts.append(f"by {join(need.brand, 'or')}")
    parts.append(price_range(need, currency, locale))
    if need.rating_min is not None:
        parts.append(f"rated {need.rating_min:g} or more")
    parts += [f"no {phrase}" for phrase in (*need.exclude, *need.brand_exclude)]
    if need.sort is not None:
        parts.append(_SORTS[need.sort])
    return ", ".join(part for part in parts if part)


def ordinal(position: int) -> str:
    """`the first`, `the second`, … up to the tenth."""
    names = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
    return f"the {names[position - 1]}"
