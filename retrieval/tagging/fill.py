"""Products with suggestions where the merchant says nothing, and which of their fields are suggested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from retrieval.tagging.types import ATTRIBUTE, CATEGORY, Filled, Guess
from retrieval.types import Product


def fill(products: Iterable[Product], guesses: Mapping[str, Mapping[str, Guess]]) -> Iterator[Filled]:
    """Yields each product with the guesses for it (by product id and field) where it has no value of its own.

    What the merchant has said since is kept, and its guess left out.
    """
    for product in products:
        own = {field: guess for field, guess in guesses.get(product.id, {}).items() if _lacks(product, field)}
        yield Filled(_with(product, own) if own else product, product, own)


def _lacks(product: Product, field: str) -> bool:
    if field == CATEGORY:
        return not product.category
    name = field.removeprefix(ATTRIBUTE)
    return name not in product.attributes and name not in product.options


def _with(product: Product, guesses: Mapping[str, Guess]) -> Product:
    category = guesses[CATEGORY].value if CATEGORY in guesses else product.category
    suggested = {field.removeprefix(ATTRIBUTE): guess.value[0] for field, guess in guesses.items() if field != CATEGORY}
    return replace(product, category=category, attributes={**product.attributes, **suggested})
