"""What is measured of every user-item model: hits, exposure, the CPU time to fit, and the time to serve."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.figures import Spread, ms_since
from ranking.dataset import Dataset
from ranking.evaluate import (
    Figure,
    bootstrap,
    coverage_at_k,
    exposures_at_k,
    gains_at_k,
    gini,
    hits_at_k,
    tail_hit_rate_at_k,
)
from ranking.long_tail import highest
from ranking.models.base import Model
from ranking.types import Shopper

K = 10
SERVED = 200
"""Candidates that are scored at once, as many as a search brings."""
TOGETHER = 64
"""Shoppers that are served at once, in a batch."""
SEED = 7

_BATCH = 256
_TIMED = 60
_TIMED_TOGETHER = 10
_WARMING = 5


@dataclass(frozen=True, slots=True)
class Question:
    """A shopper with what they did so far, and the product that they turned to next."""

    shopper: Shopper
    wanted: str


def best_lists(model: Model, shoppers: Sequence[Shopper], candidates: Sequence[str], k: int = K) -> list[list[str]]:
    """The `k` best candidates that are not in the history of each shopper; among equals, the first of `candidates`."""
    places = {product_id: place for place, product_id in enumerate(candidates)}
    found = []
    for start in range(0, len(shoppers), _BATCH):
        some = shoppers[start : start + _BATCH]
        for row, shopper in zip(model.score(some, candidates), some, strict=True):
            own = {event.product_id for event in shopper.history if event.product_id in places}
            row[[places[product_id or ""] for product_id in own]] = -np.inf
            found.append([candidates[place] for place in highest(row, k)])
    return found


@dataclass(frozen=True, slots=True)
class Accuracy:
    """HR@10 and NDCG@10 over shoppers."""

    hits: Figure
    gains: Figure

    @classmethod
    def of(cls, best: Sequence[Sequence[str]], wanted: Sequence[str]) -> Accuracy:
        """Of the lists of all shoppers, and what each wanted. Raises `ValueError` for nobody."""
        return cls(bootstrap(hits_at_k(best, wanted, K)), bootstrap(gains_at_k(best, wanted, K)))

    def named(self) -> dict[str, object]:
        """`{hr_at_10, ndcg_at_10}`, each with its 95% interval beside it."""
        found: dict[str, object] = {}
        for name, figure in (("hr_at_10", self.hits), ("ndcg_at_10", self.gains)):
            found |= {name: round(figure.mean, 4), f"{name}_95": [round(figure.low, 4), round(figure.high, 4)]}
        return found


def by_chance(questions: Sequence[Question], candidates: Sequence[str]) -> dict[str, float]:
    """HR@10 and NDCG@10 to expect of an order drawn at random: the floor under every model."""
    among, discounts = set(candidates), np.cumsum(1 / np.log2(np.arange(2, K + 2)))
    left = [len(among - {event.product_id for event in question.shopper.history}) for question in questions]
    shown = [min(K, count) for count in left]
    hits = [places / count if count else 0.0 for places, count in zip(shown, left, strict=True)]
    gains = [float(discounts[places - 1]) / count if count else 0.0 for places, count in zip(shown, left, strict=True)]
    return {"hr_at_10": float(np.mean(hits)), "ndcg_at_10": float(np.mean(gains))}


def exposure(best: Sequence[Sequence[str]], wanted: Sequence[str], dataset: Dataset) -> dict[str, object]:
    """How many products are shown, how unequally, and how often the hits are of the tail. All hang on how many are asked."""
    shown = exposures_at_k(best, dataset.product_ids, K)
    tail = tail_hit_rate_at_k(best, wanted, interactions(dataset), len(dataset.product_ids), K)
    return {
        "coverage_at_10": round(coverage_at_k(best, len(dataset.product_ids), K), 4),
        "gini": round(gini(shown), 4) if any(shown) else None,
        "tail_hr_at_10": None if tail is None else round(tail, 4),
    }


def interactions(dataset: Dataset) -> Mapping[Hashable, int]:
    """How many shoppers of the dataset took an interest in each product; those in which nobody did are absent."""
    return Counter(dataset.product_ids[item] for item in dataset.items[dataset.weights > 0])


def fitted(make: Callable[[], Model], dataset: Dataset) -> tuple[Model, dict[str, float]]:
    """A model fitted on `dataset`, and the seconds that it took by the clock and of the CPU."""
    started, cpu = time.perf_counter(), time.process_time()
    model = make().fit(dataset)
    seconds = {"fit_seconds": time.perf_counter() - started, "fit_cpu_seconds": time.process_time() - cpu}
    return model, {name: round(value, 1) for name, value in seconds.items()}


def serving(model: Model, shoppers: Sequence[Shopper], product_ids: Sequence[str]) -> dict[str, float]:
    """Milliseconds a shopper to score 200 candidates: of one shopper after another, and of 64 at once."""
    alone = _timed(model, shoppers, product_ids, 1, _TIMED)
    together = _timed(model, shoppers, product_ids, TOGETHER, _TIMED_TOGETHER)
    return alone.named("serving_ms") | together.named("serving_together_ms")


def _timed(model: Model, shoppers: Sequence[Shopper], product_ids: Sequence[str], size: int, times: int) -> Spread:
    rng, spent = np.random.default_rng(SEED), []
    for turn in range(times + _WARMING):
        candidates = [product_ids[place] for place in rng.permutation(len(product_ids))[:SERVED]]
        some = [shoppers[(turn * size + place) % len(shoppers)] for place in range(size)]
        started = time.perf_counter()
        model.score(some, candidates)
        spent.append(ms_since(started) / size)
    return Spread.of(spent[_WARMING:])
