"""How well a shop's models tell what shoppers turned to next: their last interests are held out and have to be found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.dataset import Dataset, hold_out, last_interests, of_shoppers
from ranking.evaluate import (
    bootstrap,
    coverage_at_k,
    exposures_at_k,
    gains_at_k,
    gini,
    hits_at_k,
    tail_hit_rate_at_k,
)
from ranking.models.base import Scores
from ranking.recommend import Choice, by_score, top_k
from ranking.types import Shopper

Metrics = dict[str, float | int | str | None]

K = 10
MOST_HELD_OUT = 5_000
_SCORES = 20_000_000  # held in memory at once: 160 MB


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What models may learn from (`training`), and what they have to find: product `items` (n,) for `shoppers` (n,).

    Both are indices into `training`, in the order of the shoppers; `times` (n,) in seconds since 1970.
    """

    training: Dataset
    shoppers: NDArray[np.int64]
    items: NDArray[np.int64]
    times: NDArray[np.float64]

    @classmethod
    def of(cls, dataset: Dataset, most: int = MOST_HELD_OUT) -> HeldOut:
        """The last interests of shoppers who have one before it: of more than `most`, the latest."""
        rows = last_interests(dataset)
        latest = np.sort(rows[np.argsort(-dataset.times[rows], kind="stable")[:most]])
        return cls(hold_out(dataset, latest), dataset.shoppers_of_rows[latest], dataset.items[latest], dataset.times[latest])

    def __len__(self) -> int:
        """How many interests are held out."""
        return len(self.items)

    def only(self, wanted: NDArray[np.bool_]) -> HeldOut:
        """Only the interests that are `wanted`, (n,), have to be found; there is no more to learn from."""
        return HeldOut(self.training, self.shoppers[wanted], self.items[wanted], self.times[wanted])

    @property
    def wanted(self) -> list[str]:
        """Ids of the products that have to be found."""
        return [self.training.product_ids[item] for item in self.items]


def recommended(
    model: Scores, held_out: HeldOut, among: frozenset[str] | None = None, choice: Choice = by_score
) -> list[list[str]]:
    """The ten best products for each shopper of `held_out` who has something to be found; only those `among`, if given.

    They are those of the highest scores, or what `choice` makes of the scores.
    """
    wanted = model if among is None else _Among(model, among)
    together = max(1, _SCORES // max(1, len(held_out.training.product_ids)))
    starts = range(0, len(held_out), together)
    some = (of_shoppers(held_out.training, held_out.shoppers[start : start + together]) for start in starts)
    return [best for dataset in some for _, best in top_k(wanted, dataset, K, choice)]


@dataclass(frozen=True, slots=True)
class _Among:
    """A model that is asked for some products only."""

    model: Scores
    product_ids: frozenset[str]

    def score(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> NDArray[np.float64]:
        scores = self.model.score(shoppers, candidates)
        scores[:, [product_id not in self.product_ids for product_id in candidates]] = -np.inf
        return scores


def figures(name: str, best: Sequence[Sequence[str]], held_out: HeldOut) -> Metrics:
    """What the lists `best` are worth, each figure named after the model: HR@10 and NDCG@10 with the bounds of 95%
    confidence, coverage@10, Gini of exposure, and the hit rate where the target is in the tail.

    All are None where nothing is held out.
    """
    names = [f"{f}{bound}" for f in ("hr@10", "ndcg@10") for bound in ("", "_low", "_high")]
    if not len(held_out):
        return {f"{name}_{figure}": None for figure in (*names, "coverage@10", "gini@10", "tail_hr@10")}
    wanted, catalogue = held_out.wanted, held_out.training.product_ids
    found: Metrics = {}
    for figure, values in (("hr@10", hits_at_k(best, wanted, K)), ("ndcg@10", gains_at_k(best, wanted, K))):
        measured = bootstrap(values)
        found |= {figure: measured.mean, f"{figure}_low": measured.low, f"{figure}_high": measured.high}
    shown = exposures_at_k(best, catalogue, K)
    found["coverage@10"] = coverage_at_k(best, len(catalogue), K)
    found["gini@10"] = gini(shown) if any(shown) else None
    found["tail_hr@10"] = tail_hit_rate_at_k(best, wanted, _interactions(held_out.training), len(catalogue), K)
    return {f"{name}_{figure}": value for figure, value in found.items()}


def _interactions(dataset: Dataset) -> Mapping[Hashable, int]:
    counts = np.bincount(dataset.items, minlength=len(dataset.product_ids))
    return Counter({product_id: int(count) for product_id, count in zip(dataset.product_ids, counts, strict=True) if count})
