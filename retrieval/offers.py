"""What changes from day to day of a product: price, stock, rating. Columns of numbers, of all products at once."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from retrieval.types import Need, Product

NO_PRICE = -1
NOT_RATED = -1.0


@dataclass(frozen=True, slots=True)
class Offers:
    """Columns (n,) in the order of the products.

    `price` is minor units, or `NO_PRICE`; `cost` is `least_cost`; `rating` 0-5, or `NOT_RATED`; `popularity` grows with how
    many people rated the product and how well; `created` is a Unix time, 0 where unknown.
    """

    price: NDArray[np.int64]
    cost: NDArray[np.int64]
    rating: NDArray[np.float64]
    popularity: NDArray[np.float64]
    created: NDArray[np.float64]
    for_sale: NDArray[np.bool_]

    @classmethod
    def of(cls, products: Iterable[Product]) -> Offers:
        """Reads the products, which it does not keep."""
        prices, costs = array("q"), array("q")
        ratings, popularities, times = array("d"), array("d"), array("d")
        for_sale = bytearray()
        for product in products:
            prices.append(NO_PRICE if product.price is None else product.price)
            costs.append(least_cost(product))
            ratings.append(NOT_RATED if product.rating is None else product.rating)
            popularities.append(math.log1p(product.rating_count or 0) * (product.rating or 0.0))
            times.append(datetime.fromisoformat(product.created_at).timestamp() if product.created_at else 0.0)
            for_sale.append(product.for_sale)
        return cls(
            np.frombuffer(prices, dtype=np.int64),
            np.frombuffer(costs, dtype=np.int64),
            np.frombuffer(ratings, dtype=np.float64),
            np.frombuffer(popularities, dtype=np.float64),
            np.frombuffer(times, dtype=np.float64),
            np.frombuffer(for_sale, dtype=np.bool_),
        )

    def renewed(self, rows: NDArray[np.intp], products: Iterable[Product]) -> Offers:
        """Returns a copy in which `rows` (m,) are read anew, from the m `products`."""
        news = Offers.of(products)
        columns = {}
        for name in (field.name for field in fields(self)):
            columns[name] = getattr(self, name).copy()
            columns[name][rows] = getattr(news, name)
        return Offers(**columns)

    def off_budget(self, need: Need) -> NDArray[np.int64]:
        """Returns (n,) minor units by which each price is over or under what the need allows; 0 within it."""
        over = self.cost - (need.price_max if need.price_max is not None else self.cost)
        under = (need.price_min if need.price_min is not None else self.price) - self.price
        off: NDArray[np.int64] = np.maximum(np.maximum(over, under), 0)
        return off


def least_cost(product: Product) -> int:
    """Returns the price shown, or what the cheapest variant for sale costs if that is more; -1 without a price.

    A budget holds for both: a card may not show more than it, and where the cheap variants are sold out no variant left
    may cost more.
    """
    if product.price is None:
        return NO_PRICE
    prices = [product.price if v.price is None else v.price for v in product.variants if v.for_sale]
    return max(product.price, min(prices, default=product.price))
