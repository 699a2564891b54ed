"""What the catalogue looks like as a whole: price ladders, how common each trait is, and what is new."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Self

from ranking.models.base import BadModel
from ranking.traits import traits
from retrieval.types import Product

_LEAST_LADDER = 5
_STEPS = 21
_COMMON = 0.005
_NEWEST = 200


def created(product: Product) -> float | None:
    """Seconds since 1970 at which the product came in; None where the catalogue does not say."""
    try:
        return datetime.fromisoformat(product.created_at).timestamp() if product.created_at else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Shelf:
    """`ladders`: category path to its prices, thinned to 21 steps, ascending (minor units). `shares`: trait to the
    share of products that have it, common ones only. `newest`: ids, newest first."""

    ladders: dict[str, list[int]] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    newest: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, products: Iterable[Product]) -> Self:
        """The shelf of these products."""
        prices: dict[str, list[int]] = defaultdict(list)
        counts: Counter[str] = Counter()
        dated: list[tuple[float, str]] = []
        total = 0
        for product in products:
            total += 1
            counts.update(traits(product))
            when = created(product)
            if when is not None:
                dated.append((-when, product.id))
            if product.price is not None:
                for path in _paths(product):
                    prices[path].append(product.price)
        return cls(
            ladders={path: _thin(sorted(some)) for path, some in prices.items() if len(some) >= _LEAST_LADDER},
            shares={trait: n / total for trait, n in counts.items() if n >= _COMMON * total},
            newest=[product_id for _, product_id in sorted(dated)[:_NEWEST]],
        )

    def with_newest(self, product_ids: Iterable[str]) -> Self:
        """The shelf on which these products, which came in last, stand first among the newest."""
        return replace(self, newest=list(dict.fromkeys([*product_ids, *self.newest]))[:_NEWEST])

    def price_level(self, product: Product) -> float | None:
        """Where its price stands among those of its kind: 0 the cheapest, 1 the dearest.

        None without a price, or where neither its category nor one above it has five prices.
        """
        if product.price is None:
            return None
        for path in _paths(product):
            ladder = self.ladders.get(path)
            if ladder:
                return (bisect_left(ladder, product.price) + bisect_right(ladder, product.price)) / (2 * len(ladder))
        return None

    def save(self, folder: Path) -> None:
        """Writes `shelf.json`."""
        (folder / "shelf.json").write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The shelf that `save` wrote. Raises `BadModel`."""
        try:
            return cls(**json.loads((folder / "shelf.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise BadModel(f"The shelf in {folder} cannot be read ({error}); train again.") from error


def _paths(product: Product) -> list[str]:
    """The product's category, the ones above it, and "" for the whole shop, narrowest first."""
    return [" > ".join(product.category[:depth]) for depth in range(len(product.category), -1, -1)]


def _thin(ascending: list[int]) -> list[int]:
    if len(ascending) <= _STEPS:
        return ascending
    return [ascending[round(step * (len(ascending) - 1) / (_STEPS - 1))] for step in range(_STEPS)]
