"""Exposure control in a shop: what is recommended when nothing is asked for gives products that few have seen their turn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ranking.long_tail import DEPTH, ExposureControl
from ranking.models.popularity import Popularity


@dataclass(frozen=True, slots=True)
class ShopExposure:
    """Orders product ids by an `ExposureControl`; call it. `numbers` are the products' numbers in `control`.

    The control has one product more than there are: it stands for those that came in later, which nobody has seen.
    """

    control: ExposureControl
    numbers: Mapping[str, int]

    @classmethod
    def of(cls, popularity: Popularity, product_ids: Sequence[str], strength: float) -> Self:
        """The control of `strength`, 0 (off) to 1, over these products. Raises `ValueError` for another strength."""
        control = ExposureControl(np.append(popularity.counts(product_ids), 0.0), strength)
        return cls(control, {product_id: number for number, product_id in enumerate(product_ids)})

    def __call__(self, product_ids: Sequence[str], scores: NDArray[np.float64], history: Sequence[str]) -> tuple[str, ...]:
        """The same ids in the order in which they are to be seen; `scores` are (n,), `history` is what the shopper liked.

        Only the `DEPTH` best may come up. The others follow in the order of the scores, as does what scores 0 or less.
        """
        order = np.argsort(-scores, kind="stable")
        ids, worth = [product_ids[place] for place in order], scores[order]
        free = min(DEPTH, int(np.count_nonzero(worth > 0)))
        numbers = self._numbers(ids[:free])
        liked = self._numbers([product_id for product_id in history if product_id in self.numbers])
        # Those that came in later share a number, and with it all that is held against them: the best goes first.
        waiting: dict[int, list[str]] = defaultdict(list)
        for product_id, number in zip(reversed(ids[:free]), reversed(numbers), strict=True):
            waiting[number].append(product_id)
        best = self.control.rerank(worth[:free], numbers, liked, free)
        return (*(waiting[number].pop() for number in best), *ids[free:])

    def _numbers(self, product_ids: Sequence[str]) -> NDArray[np.int64]:
        return np.array([self.numbers.get(product_id, len(self.numbers)) for product_id in product_ids], dtype=np.int64)
