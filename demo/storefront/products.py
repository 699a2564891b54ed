"""The products as the storefront sells them, read from rows of format 1.

Prices stay the exact decimals of the file: the storefront does nothing with them but compare and add.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from math import log1p
from typing import Any

from babel.numbers import format_currency

Row = Mapping[str, Any]
Category = tuple[str, ...]

NOT_FOR_SALE = frozenset({"out_of_stock", "discontinued"})
MOST = 99
FEW = 5
STOCK_TOLD = {
    "limited_stock": "Few left",
    "backorder": "On backorder",
    "preorder": "Pre-order",
    "out_of_stock": "Sold out",
    "discontinued": "No longer sold",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """What goes into a basket: a variant, or, with the id "", a product that leaves nothing to choose."""

    id: str
    options: Mapping[str, str]
    price: Decimal
    availability: str
    stock: int | None

    @property
    def most(self) -> int:
        """How many of it one basket may hold: 0 where it is not for sale."""
        if self.availability in NOT_FOR_SALE:
            return 0
        return MOST if self.stock is None else min(self.stock, MOST)

    @property
    def told(self) -> str:
        """Its stock in words."""
        if not self.most and self.availability not in NOT_FOR_SALE:
            return STOCK_TOLD["out_of_stock"]
        if self.most <= FEW and self.most:
            return f"Only {self.most} left"
        return STOCK_TOLD.get(self.availability, "In stock")


@dataclass(frozen=True)
class Product:
    """One product. There is always at least one piece, and `image` is an address of this shop or empty."""

    id: str
    title: str
    description: str
    brand: str
    category: Category
    attributes: Mapping[str, str]
    image: str
    currency: str
    list_price: Decimal | None
    rating: float | None
    rating_count: int
    created_at: str
    pieces: tuple[Piece, ...]

    @cached_property
    def first(self) -> Piece:
        """The piece that its page begins with: the first that can be bought, if any can."""
        return next((piece for piece in self.pieces if piece.most), self.pieces[0])

    @cached_property
    def least(self) -> Decimal:
        """The price of the cheapest piece that can be bought, of the cheapest at all where none can."""
        return min(piece.price for piece in self.pieces if piece.most or not self.first.most)

    @property
    def price_varies(self) -> bool:
        """Whether some pieces cost more than others."""
        return len({piece.price for piece in self.pieces}) > 1

    @property
    def reduced_from(self) -> Decimal | None:
        """The price before a discount, where there is one."""
        return self.list_price if self.list_price is not None and self.list_price > self.least else None

    @property
    def popularity(self) -> float:
        """Grows with how many people rated it and how well."""
        return log1p(self.rating_count) * (self.rating or 0.0)

    @cached_property
    def choices(self) -> dict[str, list[str]]:
        """What a shopper chooses, by name: the values in the order in which the pieces have them."""
        found: dict[str, dict[str, None]] = {}
        for piece in self.pieces:
            for name, value in piece.options.items():
                found.setdefault(name, {})[value] = None
        return {name: list(values) for name, values in found.items() if len(values) > 1}

    def piece(self, variant_id: str) -> Piece | None:
        """The piece of that variant. Without an id it is the only one there is, or None where one has to be chosen."""
        if not variant_id:
            return self.pieces[0] if len(self.pieces) == 1 else None
        return next((piece for piece in self.pieces if piece.id == variant_id), None)


def read_products(rows: Iterable[Row]) -> tuple[Product, ...]:
    """The products of rows of format 1. Raises ValueError for a row without id, title or price, and for two currencies."""
    products = tuple(map(_product, rows))
    currencies = {product.currency for product in products}
    if len(currencies) > 1:
        raise ValueError(f"currency is one of {sorted(currencies)}, expected the same one for all products")
    return products


def format_price(price: Decimal, currency: str) -> str:
    """The price as it is written in the shop: `$1,299.00`."""
    return format_currency(price, currency, locale="en_US")


def _product(row: Row) -> Product:
    list_price = row.get("list_price")
    return Product(
        id=_text(row, "id"),
        title=_text(row, "title"),
        description=row.get("description", ""),
        brand=row.get("brand", ""),
        category=tuple(row.get("category", ())),
        attributes={
            name: value if isinstance(value, str) else ", ".join(value) for name, value in row.get("attributes", {}).items()
        },
        image=_own_picture(row.get("image_url", "")),
        currency=row.get("currency", "USD"),
        list_price=None if list_price is None else Decimal(str(list_price)),
        rating=row.get("rating"),
        rating_count=row.get("rating_count", 0),
        created_at=row.get("created_at", ""),
        pieces=_pieces(row),
    )


def _pieces(row: Row) -> tuple[Piece, ...]:
    """The variants, what they leave out taken from the product; or the product as its only piece."""
    whole = Piece("", {}, _price(row), row.get("availability", "in_stock"), row.get("stock"))
    return tuple(
        Piece(
            _text(variant, "id"),
            variant.get("options", {}),
            _price(variant) if "price" in variant else whole.price,
            variant.get("availability", whole.availability),
            variant.get("stock"),
        )
        for variant in row.get("variants", ())
    ) or (whole,)


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is {value!r}, expected a text that is not empty")
    return value


def _price(row: Row) -> Decimal:
    try:
        price = Decimal(str(row.get("price")))
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or price < 0:
        raise ValueError(f"price is {row.get('price')!r}, expected a number of at least 0")
    return price


def _own_picture(address: str) -> str:
    """`address` if it is one of the shop's own pictures: the pages may show no others."""
    return address if address.startswith("/images/") and ".." not in address else ""
