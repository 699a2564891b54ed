"""Whether newly trained models may replace those in use.

Every figure is compared with what it was, and a fall counts only where it is more than chance: with a few hundred held-out
interests, figures of equally good models lie far apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ranking.evaluate import bootstrap, coverage_at_k, gains_at_k
from ranking.measure import HeldOut, K, Metrics, recommended
from ranking.models.base import Scores
from ranking.trained import Models
from ranking.types import Shopper

NDCG_KEPT = 0.95
"""The share of the NDCG@10 that must be kept."""
COVERAGE_KEPT = 0.5
"""The share of the coverage@10 that must be kept."""
LEAST_NEWER = 200
"""How many interests must be newer than the models in use, so that both can be measured on them."""
_SCORED = 200


@dataclass(frozen=True, slots=True)
class Check:
    """A figure of new models beside what it was, the least that it had to be, and whether it is (chance allowed for)."""

    figure: str
    was: float
    now: float
    least: float
    holds: bool

    def __str__(self) -> str:
        """The figures in a line."""
        return f"{self.figure} was {self.was:.4g}, is {self.now:.4g}, and had to be {self.least:.4g}"


def compared(new: Scores, current: Models, held_out: HeldOut) -> tuple[Check, ...] | None:
    """Both models on the interests that happened after the current ones were trained, which neither has seen.

    Only products that both know count. `new` has learned from `held_out.training`. None where there are too few, or where
    the current models keep to themselves what they have seen, having been learned under a privacy budget.
    """
    if current.privacy is not None:
        return None
    both = frozenset(current.next_item.product_ids) & frozenset(held_out.training.product_ids)
    known = np.array([product_id in both for product_id in held_out.wanted], dtype=np.bool_)
    newer = held_out.only(known & (held_out.times > current.popularity.latest))
    if len(newer) < LEAST_NEWER:
        return None
    now, was = recommended(new, newer, both), recommended(current.next_item, newer, both)
    gains = [np.array(gains_at_k(lists, newer.wanted, K)) for lists in (now, was)]
    difference = bootstrap((gains[0] - NDCG_KEPT * gains[1]).tolist())
    before = float(gains[1].mean())
    name = f"NDCG@10 on {len(newer):,} interests since the models in use were trained"
    ndcg = Check(name, before, float(gains[0].mean()), NDCG_KEPT * before, difference.high >= 0)
    shown = [coverage_at_k(lists, len(both), K) for lists in (now, was)]
    return ndcg, _coverage(shown[0], shown[1])


def against_record(metrics: Metrics, recorded: Metrics) -> tuple[Check, ...]:
    """Held-out figures beside what the models in use recorded when they were trained, and beside popularity.

    For the time in which too little happened to measure both on the same interests. What is not recorded is not asked for.
    """
    now, high, coverage = (_figure(metrics, name) for name in ("ndcg@10", "ndcg@10_high", "coverage@10"))
    was, covered = _figure(recorded, "ndcg@10"), _figure(recorded, "coverage@10")
    popular = metrics.get("popularity_ndcg@10")
    checks: list[Check] = []
    if now is None or high is None or coverage is None:
        return ()
    if was is not None:
        checks.append(Check("NDCG@10", was, now, NDCG_KEPT * was, high >= NDCG_KEPT * was))
    if isinstance(popular, float):
        checks.append(Check("NDCG@10, beside popularity,", popular, now, NDCG_KEPT * popular, high >= NDCG_KEPT * popular))
    if covered is not None:
        checks.append(_coverage(coverage, covered))
    return tuple(checks)


def sound(models: Models, shoppers: Sequence[Shopper]) -> Check:
    """Whether every score of a sample of shoppers is a number."""
    ids = models.next_item.product_ids
    finite = [np.isfinite(models.next_item.score([shopper], ids)).all() for shopper in shoppers[:_SCORED]]
    finite.append(np.isfinite(models.popularity.score([Shopper("guest")], ids)).all())
    share = float(np.mean(finite))
    return Check("The share of shoppers whose scores are all numbers", 1.0, share, 1.0, share == 1.0)


def _coverage(now: float, was: float) -> Check:
    return Check("coverage@10", was, now, COVERAGE_KEPT * was, now >= COVERAGE_KEPT * was)


def _figure(metrics: Metrics, name: str) -> float | None:
    """A figure of the model that ships; of sets of before there was a choice, that of the graph."""
    value = metrics.get(f"{metrics.get('model', 'item_graph')}_{name}")
    return float(value) if isinstance(value, int | float) else None
