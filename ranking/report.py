"""What the lists of a shop do to its catalogue and its shoppers, as one report for a dashboard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from statistics import fmean
from typing import TypedDict

import numpy as np

from ranking.dataset import Dataset
from ranking.evaluate import bootstrap, coverage_at_k, exposures_at_k, gains_at_k, gini, head_of, hits_at_k
from ranking.fairness import Fairness, Interval, Lists, fairness_report, product_groups, shopper_groups
from retrieval.types import Product


class Band(TypedDict):
    """A part of the catalogue by popularity, and its shares (0-1) of products, of training interactions, of places shown."""

    products: int
    catalogue_share: float
    interaction_share: float
    exposure_share: float


class Cost(TypedDict):
    """What control changed: figures with it less those without it, shopper by shopper. `ndcg_kept` is with over without."""

    hit_rate: Interval
    ndcg: Interval
    ndcg_kept: float | None
    tail_hit_rate: Interval | None
    average_popularity: float | None
    coverage: float
    gini: float | None


class Exposure(TypedDict):
    """How exposure is shared out, among the first `k` of each list.

    `tail_hit_rate` and `tail_ndcg` are over the shoppers whose target is outside the `head`, the fifth of the catalogue
    with most training interactions. `bands` are `head`, `far_tail` (what is bought least and makes up the last fifth of
    all interactions) and `middle`; the last two are the tail. `average_popularity` is in training interactions. Null
    is what cannot be told: nothing is shown, no target is in the tail, there is nothing to compare with.
    """

    k: int
    shoppers: int
    tail_shoppers: int
    products: int
    hit_rate: Interval
    ndcg: Interval
    tail_hit_rate: Interval | None
    tail_ndcg: Interval | None
    coverage: float
    gini: float | None
    average_popularity: Interval | None
    bands: dict[str, Band]
    cost: Cost | None


class Report(TypedDict):
    """Both halves, ready for JSON: long tail and fairness."""

    exposure: Exposure
    fairness: Fairness


def report_of(
    recommended: Sequence[Sequence[str]],
    training: Dataset,
    targets: Mapping[int, int],
    products: Iterable[Product],
    now: float,
    k: int = 10,
    uncontrolled: Sequence[Sequence[str]] | None = None,
) -> Report:
    """The report of a shop: what `training` led to, judged by what each shopper did next.

    `recommended` has a list for each shopper of `training`, in that order; `targets` is as `leave_one_out` returns it,
    and shoppers without one are left out. `now` is the time of the latest event, in seconds since 1970. `uncontrolled`
    are the lists without exposure control, if control is on. Raises `ValueError` where no shopper has a target.
    """
    if not targets:
        raise ValueError("no shopper has a held-out interest; expected at least one shopper with two interests.")
    counts = np.bincount(training.items, minlength=len(training.product_ids))
    interactions = dict(zip(training.product_ids, counts.tolist(), strict=True))
    wanted = [training.product_ids[item] for item in targets.values()]
    lists = Lists([recommended[index] for index in targets], wanted, interactions, training.product_ids, k)
    before = None if uncontrolled is None else [uncontrolled[index] for index in targets]
    sizes = np.diff(training.offsets)
    return {
        "exposure": exposure_report(lists, before),
        "fairness": fairness_report(
            lists, product_groups(products, now), {"history": shopper_groups([int(sizes[index]) for index in targets])}
        ),
    }


def exposure_report(lists: Lists, uncontrolled: Sequence[Sequence[str]] | None = None) -> Exposure:
    """How the lists share exposure out, and against `uncontrolled`, the same shoppers' lists, what that costs.

    Raises `ValueError` where there is no list, or where lists and targets do not go together.
    """
    hits = hits_at_k(lists.recommended, lists.targets, lists.k)
    gains = gains_at_k(lists.recommended, lists.targets, lists.k)
    head = head_of(lists.interactions, len(lists.catalogue))
    in_tail = [index for index, target in enumerate(lists.targets) if target not in head]
    return {
        "k": lists.k,
        "shoppers": len(hits),
        "tail_shoppers": len(in_tail),
        "products": len(lists.catalogue),
        "hit_rate": _mean(hits),
        "ndcg": _mean(gains),
        "tail_hit_rate": _mean([hits[index] for index in in_tail]) if in_tail else None,
        "tail_ndcg": _mean([gains[index] for index in in_tail]) if in_tail else None,
        "coverage": coverage_at_k(lists.recommended, len(lists.catalogue), lists.k),
        "gini": _gini(lists),
        "average_popularity": _mean(bought) if (bought := _bought(lists)) else None,
        "bands": _bands(lists, head),
        "cost": None if uncontrolled is None else _cost(lists, _replaced(lists, uncontrolled), in_tail),
    }


def _replaced(lists: Lists, recommended: Sequence[Sequence[str]]) -> Lists:
    return Lists(recommended, lists.targets, lists.interactions, lists.catalogue, lists.k)


def _cost(lists: Lists, before: Lists, in_tail: Sequence[int]) -> Cost:
    def change(of: Sequence[float], was: Sequence[float]) -> list[float]:
        return [new - old for new, old in zip(of, was, strict=True)]

    k = lists.k
    gains, old_gains = (gains_at_k(each.recommended, each.targets, k) for each in (lists, before))
    hits = change(*(hits_at_k(each.recommended, each.targets, k) for each in (lists, before)))
    bought, old_bought, shares, old_shares = _bought(lists), _bought(before), _gini(lists), _gini(before)
    covered, old_covered = (coverage_at_k(each.recommended, len(each.catalogue), k) for each in (lists, before))
    return {
        "hit_rate": _mean(hits),
        "ndcg": _mean(change(gains, old_gains)),
        "ndcg_kept": sum(gains) / sum(old_gains) if sum(old_gains) else None,
        "tail_hit_rate": _mean([hits[index] for index in in_tail]) if in_tail else None,
        "average_popularity": fmean(bought) - fmean(old_bought) if bought and old_bought else None,
        "coverage": covered - old_covered,
        "gini": None if shares is None or old_shares is None else shares - old_shares,
    }


def _bands(lists: Lists, head: frozenset[object]) -> dict[str, Band]:
    exposures = exposures_at_k(lists.recommended, lists.catalogue, lists.k)
    shown = dict(zip(lists.catalogue, exposures, strict=True))
    bought = {product: lists.interactions.get(product, 0) for product in lists.catalogue}
    rising = sorted((product for product in lists.catalogue if product not in head), key=lambda product: bought[product])
    border = sum(bought.values()) / 5
    far = [p for p, so_far in zip(rising, accumulate(bought[p] for p in rising), strict=True) if so_far <= border]
    parts = {"head": [p for p in lists.catalogue if p in head], "middle": rising[len(far) :], "far_tail": far}
    return {
        name: {
            "products": len(part),
            "catalogue_share": len(part) / max(len(lists.catalogue), 1),
            "interaction_share": sum(bought[product] for product in part) / max(sum(bought.values()), 1),
            "exposure_share": sum(shown[product] for product in part) / max(sum(exposures), 1),
        }
        for name, part in parts.items()
    }


def _bought(lists: Lists) -> list[float]:
    """Mean number of training interactions of what each shopper is shown; empty lists are left out."""
    rows = [row[: lists.k] for row in lists.recommended if row[: lists.k]]
    return [fmean(lists.interactions.get(product, 0) for product in row) for row in rows]


def _gini(lists: Lists) -> float | None:
    exposures = exposures_at_k(lists.recommended, lists.catalogue, lists.k)
    return gini(exposures) if any(exposures) else None


def _mean(figures: Sequence[float]) -> Interval:
    figure = bootstrap(figures)
    return {"mean": figure.mean, "low": figure.low, "high": figure.high}
