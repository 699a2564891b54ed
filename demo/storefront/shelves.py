"""What a listing shows: the products of a category, in an order, a page at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from demo.storefront.products import Category, Product

PAGE_SIZE = 24
RELATED = 4
WINDOW: Sequence[Category] = (("Outdoor", "Tents"), ("Kitchen", "Electric kettles"), ("Garden", "Plant pots"))
DEFAULT_SORT = "popular"
NEAR = 2


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of the listing: its name for shoppers, and what products are sorted by."""

    label: str
    key: Callable[[Product], Any]
    descending: bool = True


SORTS: Mapping[str, Sort] = {
    "popular": Sort("Popular", lambda product: product.popularity),
    "newest": Sort("Newest", lambda product: product.created_at),
    "rating": Sort("Best rated", lambda product: (product.rating or 0.0, product.rating_count)),
    "price_asc": Sort("Price, low to high", lambda product: product.least, descending=False),
    "price_desc": Sort("Price, high to low", lambda product: product.least),
}


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a listing. `page` counts from 1; `total` products are on `pages` pages together."""

    category: Category
    sort: str
    page: int
    pages: int
    total: int
    products: Sequence[Product]

    def address(self, *, sort: str | None = None, page: int = 1) -> str:
        """The address of another page of it, or of another order of it."""
        return listing_address(self.category, sort or self.sort, page)

    def nearby(self) -> Iterator[int]:
        """The numbers of the pages to link to: the first, those around this one, the last; 0 stands for a gap."""
        near = {page for page in range(self.page - NEAR, self.page + NEAR + 1) if 1 <= page <= self.pages}
        last = 0
        for page in sorted({1, self.pages} | near):
            if page > last + 1:
                yield 0
            yield page
            last = page


@dataclass(frozen=True)
class Shelves:
    """All products of the shop."""

    products: Sequence[Product]

    @cached_property
    def _by_id(self) -> dict[str, Product]:
        return {product.id: product for product in self.products}

    @property
    def currency(self) -> str:
        """The currency of all prices, dollars while the shop is empty."""
        return self.products[0].currency if self.products else "USD"

    def get(self, product_id: str) -> Product | None:
        """The product of that id, None where there is none."""
        return self._by_id.get(product_id)

    def within(self, category: Category) -> list[Product]:
        """The products of the category and of all below it; of the empty one all."""
        return [product for product in self.products if product.category[: len(category)] == category]

    def below(self, category: Category) -> dict[str, int]:
        """The names of the categories right below, in alphabetical order, each with how many products it has."""
        depth = len(category)
        names = (product.category[depth] for product in self.within(category) if len(product.category) > depth)
        return dict(sorted(Counter(names).items()))

    def listing(self, category: Category, sort: str, page: int) -> Listing | None:
        """One page of the category, what can be bought first. None where there is no such category, order or page."""
        order, found = SORTS.get(sort), self.within(category)
        pages = max(1, -(-len(found) // PAGE_SIZE))
        if order is None or (category and not found) or not 1 <= page <= pages:
            return None
        found.sort(key=order.key, reverse=order.descending)
        found.sort(key=lambda product: not product.first.most)
        start = (page - 1) * PAGE_SIZE
        return Listing(category, sort, page, pages, len(found), found[start : start + PAGE_SIZE])

    def related(self, product: Product) -> list[Product]:
        """Some popular others of its category."""
        others = [each for each in self.within(product.category) if each.id != product.id and each.first.most]
        return sorted(others, key=lambda each: -each.popularity)[:RELATED]

    def picks(self) -> list[Product]:
        """The shop's window: of a few categories the most popular product with a picture."""
        shown = ([each for each in self.within(category) if each.image and each.first.most] for category in WINDOW)
        return [max(found, key=lambda each: each.popularity) for found in shown if found]


def listing_address(category: Category = (), sort: str = DEFAULT_SORT, page: int = 1) -> str:
    """Where the listing of a category is, the usual order and the first page left unsaid."""
    query = [("category", name) for name in category]
    query += [("sort", sort)] if sort != DEFAULT_SORT else []
    query += [("page", str(page))] if page != 1 else []
    return f"/?{urlencode(query)}" if query else "/"


def product_address(product: Product) -> str:
    """Where the product's page is."""
    return f"/products/{quote(product.id, safe='')}"
