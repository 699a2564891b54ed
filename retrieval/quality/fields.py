"""Checks of what a product should have: price, stock, category, brand, image, and links that lead somewhere."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

from retrieval.quality.types import Hit
from retrieval.types import NOT_FOR_SALE, Product

SHARED_FROM = 5
"""An image that so many products share is a picture of none of them."""


def lacking(is_there: Callable[[Product], object]) -> Callable[[Sequence[Product]], Iterator[Hit]]:
    """Returns the check that finds the products of which `is_there` is not true."""

    def find(products: Sequence[Product]) -> Iterator[Hit]:
        return (Hit(product) for product in products if not is_there(product))

    return find


def has_price(product: Product) -> bool:
    """Whether it has a price, of its own or of every variant."""
    if product.price is not None:
        return True
    return bool(product.variants) and all(variant.price is not None for variant in product.variants)


def has_stock(product: Product) -> bool:
    """Whether somebody counted it: a number in stock, its own or a variant's."""
    return product.stock is not None or any(variant.stock is not None for variant in product.variants)


def has_properties(product: Product) -> bool:
    """Whether it has any attribute or option."""
    return bool(product.attributes or product.options)


def not_for_sale(products: Sequence[Product]) -> Iterator[Hit]:
    """Finds what can't be bought now, though it has a price."""
    for product in products:
        if product.price is None or product.for_sale:
            continue
        if product.availability in NOT_FOR_SALE:
            yield Hit(product, product.availability.replace("_", " "))
        else:
            yield Hit(product, "none in stock" if product.stock == 0 else "no variant in stock")


def contradicting_stock(products: Sequence[Product]) -> Iterator[Hit]:
    """Finds what is said to be in stock with none left, or out of stock with some left."""
    for product in products:
        if product.stock == 0 and product.availability in ("in_stock", "limited_stock"):
            yield Hit(product, f"{product.availability.replace('_', ' ')}, but stock is 0")
        elif product.stock and product.availability == "out_of_stock":
            yield Hit(product, f"out of stock, but stock is {product.stock:,}")


def lonely_category(products: Sequence[Product]) -> Iterator[Hit]:
    """Finds products that are alone in their category."""
    sizes = Counter(product.category for product in products)
    for product in products:
        if product.category and sizes[product.category] == 1:
            yield Hit(product, " › ".join(product.category))


def broken_link(products: Sequence[Product]) -> Iterator[Hit]:
    """Finds addresses of pages and images that no browser can open."""
    for product in products:
        for name, address in (("url", product.url), ("image_url", product.image_url)):
            if address and not is_address(address):
                yield Hit(product, f"{name}: {address[:80]}")
                break


def is_address(text: str) -> bool:
    """Whether `text` is written as the address of something on the web, or as a path within the shop's own site."""
    if any(character.isspace() or character in '<>"' for character in text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    if not parts.scheme:
        return text.startswith("/") and (bool(parts.netloc) or not text.startswith("//"))
    return parts.scheme in ("http", "https") and bool(parts.hostname) and _is_host(parts.hostname or "")


def _is_host(name: str) -> bool:
    # Letters outside ASCII are fine: browsers know how to encode them.
    return not name.startswith((".", "-")) and ".." not in name and "_" not in name.rsplit(".", 1)[-1]


def shared_image(products: Sequence[Product]) -> Iterator[Hit]:
    """Finds images that many products of unlike kinds share, such as a "no picture" picture or a brand's logo."""
    titles: dict[str, set[str]] = defaultdict(set)
    kinds: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for product in products:
        titles[product.image_url].add(product.title.casefold())
        kinds[product.image_url].add(product.category)
    for product in products:
        image = product.image_url
        # Colours of one thing may well share a picture; things of several categories, or of none, may not.
        if image and len(titles[image]) >= SHARED_FROM and (len(kinds[image]) > 1 or kinds[image] == {()}):
            yield Hit(product, f"{len(titles[image]):,} products show {image[:80]}")
