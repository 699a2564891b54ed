"""The cart: pure changes to its lines, and what they cost now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from assistant.types import CartLine, CartView
from retrieval.types import Product, Variant

MOST_OF_ONE = 99


def add(cart: Sequence[CartLine], product_id: str, quantity: int = 1, variant_id: str | None = None) -> tuple[CartLine, ...]:
    """The cart with `quantity` more of a product, capped at `MOST_OF_ONE`; a line of the same variant grows."""
    lines = list(cart)
    for index, line in enumerate(lines):
        if (line.product_id, line.variant_id) == (product_id, variant_id):
            lines[index] = replace(line, quantity=min(line.quantity + quantity, MOST_OF_ONE))
            return tuple(lines)
    return (*lines, CartLine(product_id, min(quantity, MOST_OF_ONE), variant_id))


def remove(
    cart: Sequence[CartLine], product_id: str, quantity: int | None = None, variant_id: str | None = None
) -> tuple[CartLine, ...]:
    """The cart without a product, or with `quantity` less of it; only of one variant where that is named."""
    left = []
    for line in cart:
        if line.product_id != product_id or (variant_id and line.variant_id != variant_id):
            left.append(line)
        elif quantity is not None and line.quantity > quantity:
            left.append(replace(line, quantity=line.quantity - quantity))
    return tuple(left)


def set_quantity(cart: Sequence[CartLine], line: CartLine, quantity: int) -> tuple[CartLine, ...]:
    """The cart with another quantity, from 1, in the place of `line`; capped at `MOST_OF_ONE`."""
    changed = replace(line, quantity=min(quantity, MOST_OF_ONE))
    return tuple(changed if other == line else other for other in cart)


def choose_variant(cart: Sequence[CartLine], product_id: str, variant_id: str) -> tuple[CartLine, ...]:
    """The cart with the open choice of a product settled."""
    open_lines = [line for line in cart if line.product_id == product_id and line.variant_id is None]
    quantity = sum(line.quantity for line in open_lines)
    return add([line for line in cart if line not in open_lines], product_id, quantity, variant_id)


def unit_price(product: Product, variant_id: str | None) -> int:
    """What one costs now, in minor units: the variant's price where it has its own."""
    for variant in product.variants:
        if variant.id == variant_id and variant.price is not None:
            return variant.price
    return product.price or 0


def variants_for_sale(product: Product) -> tuple[Variant, ...]:
    """The product's variants that can be bought now."""
    return tuple(variant for variant in product.variants if variant.for_sale)


def view(cart: Sequence[CartLine], products: Mapping[str, Product], currency: str) -> CartView:
    """The cart as it is shown. A line whose product has left the catalogue is left out."""
    lines = tuple(
        (line, products[line.product_id], line.quantity * unit_price(products[line.product_id], line.variant_id))
        for line in cart
        if line.product_id in products
    )
    return CartView(lines, sum(total for _, _, total in lines), currency)
