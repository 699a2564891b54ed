"""Exposure control: from what a model scores well, lists that give the long tail its turn.

A model that learns from what was bought learns what was seen, and shows it again. Three forces lean against that, after
scoring, all under one `strength`:

* *Popularity.* A product loses by how often it was bought, and the more so the more of the shopper's own history is in
  the tail: Abdollahpouri, Burke and Mobasher, "Managing Popularity Bias in Recommender Systems with Personalized
  Re-ranking" (FLAIRS 2019).
* *Exposure.* A product loses by how often the run has shown it already, if the caller counts that.
* *Shares of kinds.* Places go to kinds of product in the shares that the shopper's history has: Steck, "Calibrated
  Recommendations" (RecSys 2018). Its gain shrinks with each place taken, so that it makes a list diverse, too.

They are weighed against the logarithm of the score in units of its spread in the list, so that neither the size nor the
steepness of a model's scores matters, and a sure next product stays where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ranking.evaluate import HEAD

STRENGTH = 0.1
"""Costs less than can be measured: within chance on the demo shop, under 1% of NDCG@10 on the validation items of two public
data sets. More costs a small shop dearly; the log of experiments has the curves."""

DEPTH = 200
"""How many of the best candidates of a shopper may come up."""

_POPULARITY = 0.6
_SHOWN = 0.4
_SHARES = 1.0
"""What each force may take or give at full strength, in spreads of the scores (for a spread of popularity, the first)."""
_PRIOR = 2.0
"""How many products of a history the shop's average weighs."""
_TARGET_IN_LIST = 0.1
"""Steck's smoothing: how much of the wished shares a list holds before anything is in it, in places."""
_BEHIND = 1e6

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ExposureControl:
    """Chooses and orders a shopper's list. Products are indices into the arrays given here.

    `popularity` is (n_products,): training interactions. `strength` is 0 (off: the order of the scores) to 1. `groups`
    is (n_products,): the kind of each product, as any integers from 0 (see `kinds`); without it, shares of kinds are left
    alone. Raises `ValueError` for anything else.
    """

    popularity: Floats
    strength: float = STRENGTH
    groups: Indices | None = None
    _bought: Floats = field(init=False)
    _tail: NDArray[np.bool_] = field(init=False)
    _tail_share: float = field(init=False)

    def __post_init__(self) -> None:
        """Checks what was given and derives what every call needs."""
        popularity = np.asarray(self.popularity, dtype=np.float64)
        if not 0 <= self.strength <= 1:
            raise ValueError(f"strength is {self.strength!r}; expected a number from 0 (off) to 1.")
        if popularity.ndim != 1 or not (np.isfinite(popularity) & (popularity >= 0)).all():
            raise ValueError("popularity is not a row of counts; expected one finite number from 0 a product.")
        if self.groups is not None and (len(self.groups) != len(popularity) or np.min(self.groups, initial=0) < 0):
            raise ValueError(f"groups has {len(self.groups)} entries; expected {len(popularity)}, each from 0.")
        logs = np.log1p(popularity)
        tail = np.ones(len(popularity), dtype=np.bool_)
        tail[np.argsort(-popularity, kind="stable")[: int(HEAD * len(popularity))]] = False
        object.__setattr__(self, "_bought", logs / (logs.std() or 1.0) if len(logs) else logs)
        object.__setattr__(self, "_tail", tail)
        object.__setattr__(self, "_tail_share", float((popularity[tail].sum() + 1) / (popularity.sum() + 1)))

    def best(self, scores: Floats, histories: Sequence[Indices], k: int, shown: Floats | None = None) -> Indices:
        """`top_k` over the whole catalogue: `scores` is (n_shoppers, n_products), -inf for what may not come up.

        Only the `DEPTH` best of each shopper are candidates (more if `k` is).
        """
        rows = [highest(row, max(k, DEPTH)) for row in scores]
        candidates = np.zeros((len(rows), max(map(len, rows), default=0)), dtype=np.int64)
        kept = np.full(candidates.shape, -np.inf)
        for index, row in enumerate(rows):
            candidates[index, : len(row)], kept[index, : len(row)] = row, scores[index, row]
        return self.top_k(kept, candidates, histories, k, shown)

    def top_k(
        self, scores: Floats, candidates: Indices, histories: Sequence[Indices], k: int, shown: Floats | None = None
    ) -> Indices:
        """(n_shoppers, k) products, best first; -1 where a shopper has no more candidates.

        `scores` and `candidates` (products) are (n_shoppers, n_candidates); ties go to the candidate that stands first.
        A score is at least 0, where 0 comes after all others, or -inf for what may not come up. `histories` has each
        shopper's products. `shown` is (n_products,): how often each was shown of late (`CountingRun` counts it).
        Raises `ValueError` for shapes that do not go together and for other scores.
        """
        _check(scores, candidates, histories)
        k = min(k, candidates.shape[1])
        worth = _worth(np.asarray(scores, dtype=np.float64))
        if self.strength:
            worth -= self.strength * self._cost(candidates, histories, shown)
        if self.strength and self.groups is not None:
            wished = _wished(self.groups[candidates], scores, [self.groups[history] for history in histories])
            places = _in_shares(worth, self.groups[candidates], wished, self.strength * _SHARES, k)
        else:
            places = np.argsort(-worth, axis=1, kind="stable")[:, :k]
        there = np.arange(k) < np.count_nonzero(worth > -np.inf, axis=1)[:, None]
        best: Indices = np.where(there, np.take_along_axis(candidates, places, axis=1), -1)
        return best

    def rerank(self, scores: Floats, candidates: Indices, history: Indices, k: int, shown: Floats | None = None) -> Indices:
        """`top_k` for one shopper: `scores` and `candidates` are (n_candidates,); returns up to `k` products."""
        best = self.top_k(scores[None, :], candidates[None, :], [history], k, shown)[0]
        kept: Indices = best[best >= 0]
        return kept

    def leanings(self, histories: Sequence[Indices]) -> Floats:
        """(n_shoppers,): how much each history leans to the tail, from 0 (all head) to below 2; 1 is the shop's average.

        It is 2 s / (s + average) for the share s of the history that is in the tail, a short one drawn to the average.
        """
        sizes, owners = _sizes(histories), _owners(histories)
        in_tail = np.bincount(owners, weights=self._tail[_flat(histories)], minlength=len(histories))
        shares: Floats = (in_tail + _PRIOR * self._tail_share) / (sizes + _PRIOR)
        return 2 * shares / (shares + self._tail_share)

    def _cost(self, candidates: Indices, histories: Sequence[Indices], shown: Floats | None) -> Floats:
        """(n_shoppers, n_candidates): what being bought and being shown takes from the worth, at full strength."""
        cost: Floats = _POPULARITY * self.leanings(histories)[:, None] * self._bought[candidates]
        if shown is not None and shown.shape != self._bought.shape:
            raise ValueError(f"shown is {shown.shape}; expected {self._bought.shape}, a count a product.")
        if shown is not None and shown.sum() > 0:
            cost += _SHOWN * np.log1p(shown / shown.mean())[candidates]
        return cost


@dataclass(slots=True, eq=False)
class CountingRun:
    """A run over many shoppers, in batches, that counts what it has shown: each batch leans against those before it.

    Whose list comes late depends a little on the lists before, so that the order of shoppers should not be a rank.
    """

    control: ExposureControl
    shown: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Starts with nothing shown."""
        self.shown = np.zeros(len(self.control.popularity))

    def best(self, scores: Floats, histories: Sequence[Indices], k: int) -> Indices:
        """`ExposureControl.best` of the next batch, which is then counted."""
        best = self.control.best(scores, histories, k, self.shown)
        self.shown += np.bincount(best[best >= 0], minlength=len(self.shown))
        return best


def highest(scores: Floats, count: int) -> Indices:
    """Indices of the `count` highest scores that are not -inf, highest first, lower index first among equals."""
    chosen = np.arange(len(scores))
    if count < len(scores):
        border = np.partition(scores, len(scores) - count)[len(scores) - count]
        above = np.flatnonzero(scores > border)
        chosen = np.concatenate([above, np.flatnonzero(scores == border)[: count - len(above)]])
    chosen = chosen[scores[chosen] > -np.inf]
    order: Indices = chosen[np.lexsort((chosen, -scores[chosen]))]
    return order


def kinds(tokens: Sequence[Sequence[str]]) -> Indices:
    """(n_products,): the narrowest category of each product as an integer, for `groups`; those without one share one.

    `tokens` are a dataset's.
    """
    names = [_narrowest(some) for some in tokens]
    return np.unique(np.array(names, dtype=np.str_), return_inverse=True)[1].astype(np.int64)


def _narrowest(tokens: Sequence[str]) -> str:
    """The kind where a product has one, else the last category: the lines of an items file go from wide to narrow."""
    named = [token for token in tokens if token.startswith("kind:")] or [t for t in tokens if t.startswith("category:")]
    return named[-1] if named else ""


def _in_shares(worth: Floats, groups: Indices, wished: Floats, weight: float, k: int) -> Indices:
    """(n_shoppers, k): places of the candidates that add most, one after the other, to worth and right shares."""
    left, in_list, rows = worth.copy(), _TARGET_IN_LIST * wished, np.arange(len(worth))
    places = np.empty((len(worth), k), dtype=np.int64)
    for place in range(k):
        gains = wished * np.log1p(1 / np.maximum(in_list, 1e-12))
        places[:, place] = chosen = np.argmax(left + weight * gains, axis=1)
        left[rows, chosen] = -np.inf
        in_list += groups == groups[rows, chosen][:, None]
    return places


def _wished(groups: Indices, scores: Floats, histories: Sequence[Indices]) -> Floats:
    """(n_shoppers, n_candidates): the share of places that the group of each candidate should get.

    It is the history's share; what a short history leaves open follows the scores of the candidates.
    """
    n_groups = max(int(groups.max(initial=0)), int(_flat(histories).max(initial=0))) + 1
    cells = np.arange(len(groups))[:, None] * n_groups + groups
    bought = np.bincount(_owners(histories) * n_groups + _flat(histories), minlength=len(groups) * n_groups)
    scores = np.maximum(scores, 0)
    totals = scores.sum(axis=1, keepdims=True)
    weights = np.divide(scores, totals, out=np.zeros_like(scores), where=totals > 0)
    offered = np.bincount(cells.ravel(), weights=weights.ravel(), minlength=len(groups) * n_groups)
    wished: Floats = (bought[cells] + _PRIOR * offered[cells]) / (_sizes(histories)[:, None] + _PRIOR)
    return wished


def _worth(scores: Floats) -> Floats:
    """Logarithms of the scores over their spread in the row; what scores 0 is far behind, what scores -inf is out."""
    positive = scores > 0
    logs = np.log(scores, out=np.zeros_like(scores), where=positive)
    n = np.maximum(positive.sum(axis=1, keepdims=True), 1)
    centred = np.where(positive, logs - logs.sum(axis=1, keepdims=True) / n, 0.0)
    spread = np.sqrt((centred**2).sum(axis=1, keepdims=True) / n)
    worth = centred / np.where(spread > 0, spread, 1.0)
    worth[scores == 0] = -_BEHIND
    worth[scores == -np.inf] = -np.inf
    return worth


def _sizes(histories: Sequence[Indices]) -> Indices:
    return np.array([len(history) for history in histories], dtype=np.int64)


def _owners(histories: Sequence[Indices]) -> Indices:
    """(n_products of all histories,): the shopper of each; goes with `_flat`."""
    return np.repeat(np.arange(len(histories)), _sizes(histories))


def _flat(histories: Sequence[Indices]) -> Indices:
    return np.concatenate(histories).astype(np.int64) if len(histories) else np.empty(0, dtype=np.int64)


def _check(scores: Floats, candidates: Indices, histories: Sequence[Indices]) -> None:
    if scores.ndim != 2 or scores.shape != candidates.shape or len(scores) != len(histories):
        raise ValueError(
            f"scores is {scores.shape}, candidates {candidates.shape}, of {len(histories)} histories; "
            "expected two arrays of (n_shoppers, n_candidates) and a history a shopper."
        )
    if not ((scores >= 0) & (scores < np.inf) | (scores == -np.inf)).all():
        raise ValueError("scores has values below 0, infinite or not a number; expected 0 and more, or -inf for none.")
