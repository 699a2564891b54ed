"""The basket as the shop sees it: what a browser says that it keeps, with the shop's own titles, prices and stock.

The browser keeps ids and quantities alone, so that nothing else about a line can be stale or made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from demo.storefront.products import MOST, Piece, Product, format_price
from demo.storefront.shelves import Shelves, product_address

GONE = "We don't sell this any more."
SOLD_OUT = "This is sold out just now."


class Wanted(BaseModel):
    """A line as the browser keeps it. `variant_id` is empty where the product leaves nothing to choose."""

    product_id: Annotated[str, Field(min_length=1, max_length=100)]
    variant_id: Annotated[str, Field(max_length=200)] = ""
    quantity: Annotated[int, Field(ge=1, le=10_000)]


class Line(BaseModel):
    """A line as it is shown. `most` is how many there may be; `problem` says why it can't be bought like this."""

    product_id: str
    variant_id: str
    quantity: int
    title: str = "Something that we sold before"
    options: str = ""
    address: str = ""
    image: str = ""
    each: str = ""
    sum: str = ""
    most: int = 0
    problem: str = ""


class Basket(BaseModel):
    """All lines, and what those that can be bought cost together."""

    lines: list[Line]
    total: str


def price_basket(shelves: Shelves, wanted: Sequence[Wanted]) -> Basket:
    """The basket with the prices and the stock of this moment."""
    priced = [_priced(shelves.get(line.product_id), line) for line in wanted]
    total = sum((cost for _, cost in priced), Decimal(0))
    return Basket(lines=[line for line, _ in priced], total=format_price(total, shelves.currency))


def _priced(product: Product | None, wanted: Wanted) -> tuple[Line, Decimal]:
    """The line as it is shown, and what it costs: nothing where it can't be bought."""
    line, cost = Line(**wanted.model_dump()), Decimal(0)
    if product is None:
        line.problem = GONE
        return line, cost
    line.title, line.address, line.image = product.title, product_address(product), product.image
    piece = product.piece(wanted.variant_id)
    if piece is None:
        line.problem = GONE if wanted.variant_id else f"Please choose {' and '.join(product.choices)} on its page first."
        return line, cost
    line.options, line.most = ", ".join(piece.options.values()), piece.most
    line.each = format_price(piece.price, product.currency)
    line.problem = _problem(piece, wanted.quantity)
    if not line.problem:
        cost = piece.price * wanted.quantity
        line.sum = format_price(cost, product.currency)
    return line, cost


def _problem(piece: Piece, quantity: int) -> str:
    if not piece.most:
        return SOLD_OUT
    if quantity <= piece.most:
        return ""
    return f"We have only {piece.most} of these." if piece.most < MOST else f"We send up to {MOST} of one thing at a time."
