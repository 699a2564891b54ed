"""A made-up shop of any size: clustered unit vectors, and products with the facets that shoppers filter on.

Everything is drawn by a fixed seed. Products of a kind are near each other, kinds of a department nearer than others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.embed import Vectors
from retrieval.types import Product

SEED = 17
DIMENSION = 384
DEPARTMENTS = 20
PRODUCTS_PER_KIND = 250
CHUNK = 16_384
# What a vector is made of: its department, its kind, and what is its own. Two products of a kind have a cosine of about .6.
DEPARTMENT_SHARE, KIND_SHARE, OWN_SHARE = 0.5, 0.6, 0.62
IN_STOCK = 0.9
WORDS = "light sturdy compact foldable quiet warm bright soft steel cotton oak glass travel garden kitchen office".split()


@dataclass(frozen=True, slots=True)
class SyntheticShop:
    """Row i of `matrix` (n, 384) is of product i; `kinds`, `brands` and `prices` (n,) are its facets, as numbers."""

    matrix: Vectors
    kinds: NDArray[np.int32]
    brands: NDArray[np.int32]
    prices: NDArray[np.int64]

    @classmethod
    def of(cls, count: int) -> SyntheticShop:
        """Draws `count` products: brands by Zipf's law, prices log-normal around that of their kind."""
        random = np.random.default_rng(SEED)
        kinds = random.integers(0, max(count // PRODUCTS_PER_KIND, DEPARTMENTS), count, dtype=np.int32)
        shares = 1 / np.arange(1, 51 + count // 500)
        brands = random.choice(len(shares), count, p=shares / shares.sum()).astype(np.int32)
        usual = random.normal(8, 1, kinds.max(initial=0) + 1)
        prices = np.exp(random.normal(usual[kinds], 0.5)).astype(np.int64) + 99
        return cls(_vectors(kinds, random), kinds, brands, prices)

    def products(self) -> Iterator[Product]:
        """Makes the products one after the other; a million of them would not fit beside their vectors."""
        random = np.random.default_rng(SEED)
        for row, (kind, brand, price) in enumerate(zip(self.kinds, self.brands, self.prices, strict=True)):
            words = [WORDS[number] for number in random.integers(0, len(WORDS), 5)]
            maker = brand_name(int(brand))
            yield Product(
                id=product_id(row),
                title=f"{maker} {words[0]} {words[1]} kind{kind}",
                description=f"A {words[2]} and {words[3]} thing of {words[4]}.",
                category=category_of(int(kind)),
                brand=maker,
                price=int(price),
                availability="in_stock" if random.random() < IN_STOCK else "out_of_stock",
                rating=round(3 + 2 * random.random(), 1),
            )


def product_id(row: int) -> str:
    """Names the product in a row."""
    return f"p{row}"


def brand_name(brand: int) -> str:
    """Names a brand by its number, 0 being the one with the most products."""
    return f"Maker{brand}"


def category_of(kind: int) -> tuple[str, str]:
    """The path of a kind: its department and itself."""
    return f"department {kind % DEPARTMENTS}", f"kind {kind}"


def _vectors(kinds: NDArray[np.int32], random: np.random.Generator) -> Vectors:
    departments = _directions(random, DEPARTMENTS)
    centres = KIND_SHARE * _directions(random, int(kinds.max(initial=0)) + 1)
    centres += DEPARTMENT_SHARE * departments[np.arange(len(centres)) % DEPARTMENTS]
    matrix = np.empty((len(kinds), DIMENSION), dtype=np.float32)
    for start in range(0, len(kinds), CHUNK):
        rows = slice(start, start + CHUNK)
        own = OWN_SHARE * _directions(random, len(kinds[rows]))
        matrix[rows] = _unit(centres[kinds[rows]] + own)
    return matrix


def _directions(random: np.random.Generator, count: int) -> Vectors:
    return _unit(random.standard_normal((count, DIMENSION), dtype=np.float32))


def _unit(vectors: Vectors) -> Vectors:
    units: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return units
