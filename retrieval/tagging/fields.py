"""Which fields of a shop's products can be tagged: who has them, with which labels, and who lacks them."""

from __future__ import annotations

import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.tagging.features import evidence
from retrieval.tagging.heads import FEWEST_EXAMPLES, FEWEST_LABELLED, MOST_LABELLED
from retrieval.tagging.types import ATTRIBUTE, CATEGORY
from retrieval.types import Product

MOST_VALUES = 40
"""An attribute with more different values is a measurement or a text, not a choice."""

USUAL_SHARE = 0.5
"""An attribute belongs to a category if so many of its products have it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field to tag: the products that have it with their labels, and those that lack it."""

    name: str
    labelled: tuple[tuple[Product, tuple[str, ...]], ...]
    lacking: tuple[Product, ...]

    def sample(self) -> tuple[tuple[Product, tuple[str, ...]], ...]:
        """The labelled products to learn from: all, or 5,000 that stay the same while the catalogue changes around them."""
        if len(self.labelled) <= MOST_LABELLED:
            return self.labelled
        return tuple(sorted(self.labelled, key=lambda pair: zlib.crc32(pair[0].id.encode()))[:MOST_LABELLED])


def seen(sample: Sequence[tuple[Product, tuple[str, ...]]]) -> NDArray[np.uint64]:
    """Returns (n,) what names each labelled product with its text and label."""
    return np.array(
        [
            zlib.crc32(f"{product.id}\n{evidence(product)}".encode()) << 32 | zlib.crc32(repr(label).encode())
            for product, label in sample
        ],
        dtype=np.uint64,
    )


def category_field(products: Sequence[Product]) -> Field:
    """Returns the category: its labels are whole paths."""
    labelled = tuple((product, product.category) for product in products if product.category)
    return Field(CATEGORY, labelled, tuple(product for product in products if not product.category))


def attribute_fields(products: Sequence[Product]) -> list[Field]:
    """Returns the attributes that are choices of few values, and products that one would expect to have them."""
    names = Counter(name for product in products for name in product.attributes)
    fields = (_attribute_field(name, products) for name, count in names.items() if count >= FEWEST_LABELLED)
    return [field for field in fields if field is not None and field.lacking]


def _attribute_field(name: str, products: Sequence[Product]) -> Field | None:
    having = [product for product in products if name in product.attributes]
    labelled = [(product, value) for product in having if (value := _only(product, name))]
    values = Counter(value for _, value in labelled)
    if not 1 < len(values) <= MOST_VALUES or sum(n >= FEWEST_EXAMPLES for n in values.values()) < 2:
        return None
    usual = _usual_categories(having, products)
    lacking = (
        product
        for product in products
        if name not in product.attributes and name not in product.options and product.category in usual
    )
    return Field(ATTRIBUTE + name, tuple((product, (value,)) for product, value in labelled), tuple(lacking))


def _only(product: Product, name: str) -> str:
    """The attribute's value where it has just one."""
    value = product.attributes[name]
    return value if isinstance(value, str) else value[0] if len(value) == 1 else ""


def _usual_categories(having: Sequence[Product], products: Sequence[Product]) -> set[tuple[str, ...]]:
    """The categories whose products usually have an attribute; products without a category are one of their own."""
    sizes = Counter(product.category for product in products)
    counts: dict[tuple[str, ...], int] = defaultdict(int)
    for product in having:
        counts[product.category] += 1
    return {category for category, count in counts.items() if count >= USUAL_SHARE * sizes[category]}
