"""What a product is made of, as tokens: the content side of every model, and what a shopper's taste is counted in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from retrieval.types import Product

_WORD = re.compile(r"[^\W\d_]{3,}")


def words(text: str) -> tuple[str, ...]:
    """The words of `text` in lower case, without numbers and without words of fewer than three letters."""
    return tuple(_WORD.findall(text.lower()))


def values(value: str | Iterable[str]) -> tuple[str, ...]:
    """An attribute's values, whether it has one or several."""
    return (value,) if isinstance(value, str) else tuple(value)


def brand_token(product: Product) -> str:
    """The trait of being of its brand; empty if it has none."""
    return f"brand:{product.brand.lower()}" if product.brand else ""


def kind_token(product: Product) -> str:
    """The trait of being in its narrowest category; empty if it has none."""
    return f"kind:{' > '.join(product.category).lower()}" if product.category else ""


def attribute_tokens(product: Product) -> dict[str, str]:
    """The traits of having its attributes, each with the value as the merchant writes it."""
    pairs = ((name, value) for name, several in product.attributes.items() for value in values(several))
    return {f"{name}:{value}".lower(): value for name, value in pairs}


def traits(product: Product) -> tuple[str, ...]:
    """What a shopper may come to like in a product: its brand, its kind and its attributes, as tokens."""
    return tuple(token for token in (brand_token(product), kind_token(product), *attribute_tokens(product)) if token)


def tokens(product: Product) -> tuple[str, ...]:
    """A product's traits, the categories above its own and the words of its title; the input of content similarity."""
    above = (f"category:{name.lower()}" for name in product.category)
    return (*traits(product), *above, *(f"word:{word}" for word in words(product.title)))


def item_tokens(item: Mapping[str, object]) -> tuple[str, ...]:
    """The same for a line of an items file: `title`, `categories` (paths), `attributes` or their ids; all may be absent."""
    found = [f"word:{word}" for word in words(str(item.get("title") or ""))]
    paths = item.get("categories")
    for path in paths if isinstance(paths, list) else ():
        found += [f"category:{str(name).lower()}" for name in values(path)]
    attributes = item.get("attributes") or item.get("attribute_ids")
    if isinstance(attributes, dict):
        found += [f"{name}:{value}".lower() for name, several in attributes.items() for value in values(several)]
    elif isinstance(attributes, list):
        found += [f"attribute:{value}".lower() for value in attributes]
    return tuple(found)
