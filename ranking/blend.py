"""The order on the screen: relevance first, then the shopper's own preference, and a say in it for everybody's.

A score is `relevance x (1 + the weighted sum of all parts)` until the shop has clicks enough to learn from; then it is the
chance of interest that `ranking/impressions.py` learned from the same numbers. Each part is small, so that preference
orders what is about equally relevant and never lifts what is not relevant. Every part that adds noticeably is a reason to
show; that a product of the history is one, is tried out before it is told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ranking.causes import led
from ranking.facts import Facts, FactsCache
from ranking.impressions import ImpressionModel
from ranking.interests import EVENT_WEIGHT, interests
from ranking.long_tail import highest
from ranking.models.popularity import Popularity
from ranking.parts import (
    PARTS,
    BlendWeights,
    NextItem,
    causes,
    history_parts,
    in_columns,
    shop_parts,
    taste_parts,
    twin_parts,
)
from ranking.scoring import ByChance, ByHand, Ranked, Scored, Scoring
from ranking.shelf import Shelf
from ranking.taste import Past, Taste
from ranking.types import Shopper
from retrieval.types import Candidate, Product, Reason

Lookup = Callable[[Iterable[str]], Mapping[str, Product]]
"""Product ids to the products that exist, read from the catalogue."""

Exposure = Callable[[Sequence[str], NDArray[np.float64], Sequence[str]], Sequence[str]]
"""`(product_ids, scores, history)` to the same ids in the order in which they are to be seen.

`scores` are (n,), none below 0, best first; `history` are the ids of what the shopper wanted, oldest first.
"""

Key = tuple[bool, float, str]
"""What candidates are sorted by: whether one breaks a constraint, its score with the sign turned, its product id."""

_PAGE = 10
_EXPLAINED = 40  # a page draws on no more, whatever leaves the shop meanwhile
_LEAST = 1e-9
_MOST_SEEN = 3  # of a brand and kind: from then on, one more takes nothing more, so that relevance never gives way


@dataclass(slots=True)
class Ranker:
    """Orders candidates for a shopper. Models may be empty: then relevance, ratings and the conversation decide.

    `order` is learned from the shop's impressions and takes the place of the weights in a search. `exposure` has the last
    word on the order where nothing is asked for: there, products that few have seen may be given their turn. What was
    turned down, and what is nearly the same, is not offered to it, and stays where its score puts it.
    Raises `ValueError` for an order that was learned over other parts.
    """

    popularity: Popularity
    next_item: NextItem
    shelf: Shelf
    lookup: Lookup
    weights: BlendWeights = field(default_factory=BlendWeights)
    weights_unasked: BlendWeights = field(default_factory=lambda: BlendWeights(history=0.4))
    order: ImpressionModel | None = None
    exposure: Exposure | None = None
    _cache: FactsCache = field(init=False)
    _search: Scoring = field(init=False)

    def __post_init__(self) -> None:
        """Starts with nothing known of any product."""
        self._cache = FactsCache(self.shelf)
        self._search = ByHand(self.weights) if self.order is None else ByChance(self.order)

    def rank(
        self,
        candidates: Sequence[Candidate],
        shopper: Shopper,
        now: float,
        limit: int,
        disliked: Collection[str] = (),
    ) -> tuple[Candidate, ...]:
        """The candidates of `ranked`."""
        return self.ranked(candidates, shopper, now, limit, disliked).candidates

    def ranked(
        self,
        candidates: Sequence[Candidate],
        shopper: Shopper,
        now: float,
        limit: int,
        disliked: Collection[str] = (),
    ) -> Ranked:
        """The `limit` best candidates, best first, those that may be shown with reasons (the ones they came with first).

        `now` is seconds since 1970. What the conversation has just brought is part of the shopper's history;
        `disliked` are product ids turned down without an event. Candidates that break a constraint stand last. Where
        all are equally relevant, nothing was asked for, and the history weighs more (`weights_unasked`).
        """
        if not candidates or limit < 1:
            return Ranked()
        scoring, past = self._scoring(candidates), self._past(shopper, disliked)
        scored = self._scored(candidates, past, now, disliked, scoring)
        scores = scored.scores
        asked = scoring is self._search
        order = self._order(scored, scores if asked else self._exposed(scored, past), limit)
        rows = [index for index, _ in order]
        reasons = self._reasons(scored, past, rows[:_EXPLAINED])
        return Ranked(
            tuple(_with(candidates[i], score, reasons.get(i, ())) for i, score in order),
            scored.levels[rows],
            scores[rows] if asked and self.order is not None else None,
            asked,
        )

    def scores(
        self, candidates: Sequence[Candidate], shopper: Shopper, now: float, disliked: Collection[str] = ()
    ) -> NDArray[np.float64]:
        """(n,): each candidate's own score, whatever else is on the page; arguments as those of `ranked`."""
        scoring = self._scoring(candidates)
        return self._scored(candidates, self._past(shopper, disliked), now, disliked, scoring).scores

    def candidates(self, shopper: Shopper, limit: int) -> list[str]:
        """Product ids to recommend when nothing is asked for, best first: near the history, popular, and some new.

        Leaves out what was bought, returned or disliked. Empty only if the models know no product at all.
        """
        done = {e.product_id for e in interests(shopper.history) if e.type in ("purchase", "return", "dislike")}
        ids = self.next_item.product_ids
        nexts = self.next_item.score([shopper], ids)[0]
        scores = 1 - np.exp(-nexts / self.next_item.typical) + 0.3 * self.popularity.score([shopper], ids)[0]
        offered = highest(np.where(scores > 0, scores, -np.inf), limit + len(done))
        best = [ids[index] for index in offered if ids[index] not in done][:limit]
        newcomers = self._newcomers(shopper, {*done, *best})
        new = newcomers[: max(limit - len(best), limit // 10)]
        return [*best[: limit - len(new)], *new]

    def _newcomers(self, shopper: Shopper, without: Collection[str | None]) -> list[str]:
        """The newest products, those that fit the shopper best first, and among equals the newest."""
        fresh = [product_id for product_id in self.shelf.newest if product_id not in without]
        order = np.argsort(-self.next_item.score([shopper], fresh)[0], kind="stable")
        return [fresh[place] for place in order]

    def _scoring(self, candidates: Sequence[Candidate]) -> Scoring:
        asked = len({candidate.relevance for candidate in candidates}) > 1
        return self._search if asked else ByHand(self.weights_unasked)

    def _past(self, shopper: Shopper, disliked: Collection[str]) -> Past:
        def about(ids: Collection[str]) -> dict[str, Facts]:
            return {product_id: self._cache.of(product) for product_id, product in self.lookup(ids).items()}

        return Past.of(shopper, disliked, about)

    def _scored(
        self, candidates: Sequence[Candidate], past: Past, now: float, disliked: Collection[str], scoring: Scoring
    ) -> Scored:
        facts = [self._cache.of(candidate.product) for candidate in candidates]
        taste = Taste.of(past.known, self.shelf, past.disliked)
        parts = shop_parts(facts, self.popularity, now) + taste_parts(facts, taste) + twin_parts(facts, taste)
        parts += history_parts(facts, past, self.next_item) if past.known else []
        turned_down = {f.product.id for f in taste.disliked} | set(disliked)
        kept = np.where([f.product.id in turned_down for f in facts], 1 - self.weights.dislike, 1.0)
        return Scored(candidates, facts, parts, in_columns(parts, len(facts)), kept, scoring)

    def _reasons(self, scored: Scored, past: Past, rows: Sequence[int]) -> dict[int, list[Reason]]:
        """Row to its reasons, the weightiest first; products of the history are named on the first page only."""
        found = [
            (row, part.name, reason) for row in rows for part in scored.parts if (reason := part.reason(row)) is not None
        ]
        named = self._causes(scored, past, rows[:_PAGE])
        found += [(row, "history", reason) for row, (_, reason) in named.items()]
        losses, enough = self._losses(scored, [(row, name, reason.weight) for row, name, reason in found])
        telling = {
            row: named[row][0] for (row, name, _), tells in zip(found, enough, strict=True) if tells and name == "history"
        }
        truly = led(scored, past, telling, self.shelf, self.next_item)
        told: dict[int, list[Reason]] = defaultdict(list)
        for place in np.argsort(-losses, kind="stable"):
            row, name, reason = found[place]
            if enough[place] and (name != "history" or row in truly):
                told[row].append(replace(reason, weight=float(losses[place])))
        return told

    def _causes(self, scored: Scored, past: Past, rows: Sequence[int]) -> dict[int, tuple[str, Reason]]:
        """History products that can be named for `rows`, where the whole history adds enough to be told."""
        levels = scored.levels[:, PARTS.index("history")]
        _, enough = self._losses(scored, [(row, "history", levels[row]) for row in rows])
        some = [row for row, tells in zip(rows, enough, strict=True) if tells]
        return causes(scored.facts, levels, some, past, self.next_item) if some else {}

    def _losses(
        self, scored: Scored, taken: Sequence[tuple[int, str, float]]
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """(n,) and (n,): what rows lose without so much of the level of a part, and whether that is worth telling."""
        if not taken:
            return np.empty(0), np.empty(0, dtype=np.bool_)
        rows, names, levels = zip(*taken, strict=True)
        losses = scored.losses(rows, names, levels)
        return losses, losses >= np.maximum(self.weights.least_reason * scored.scores[list(rows)], _LEAST)

    def _exposed(self, scored: Scored, past: Past) -> NDArray[np.float64]:
        """(n,): the same scores, the best given to the product that is to be seen first, and so on."""
        if self.exposure is None:
            return scored.scores
        open_to = np.flatnonzero((scored.kept == 1) & (scored.levels[:, PARTS.index("dislike")] == 0))
        best_first = open_to[np.argsort(-scored.scores[open_to], kind="stable")]
        rows = {scored.candidates[row].product.id: row for row in best_first}
        scores = scored.scores[list(rows.values())]
        wanted = [facts.product.id for facts, event in past.wanted if EVENT_WEIGHT[event.type] > 0]
        given = scored.scores.copy()
        given[[rows[product_id] for product_id in self.exposure(list(rows), scores, wanted)]] = scores
        return given

    def _order(self, scored: Scored, scores: NDArray[np.float64], limit: int) -> list[tuple[int, float]]:
        """Indices with scores: each further product of a brand and kind on the first page counts a little less."""
        families = [facts.family for facts in scored.facts]
        kept = [1 - self.weights.repeated * seen for seen in range(_MOST_SEEN + 1)]
        keys = [
            (bool(candidate.violates), -score, candidate.product.id)
            for candidate, score in zip(scored.candidates, scores.tolist(), strict=True)
        ]
        rest = sorted(range(len(keys)), key=keys.__getitem__)
        shown: Counter[tuple[str, str]] = Counter()

        def key(index: int) -> Key:
            breaks, score, product_id = keys[index]
            return breaks, score * kept[min(_MOST_SEEN, shown[families[index]])], product_id

        page: list[tuple[int, float]] = []
        while rest and len(page) < min(limit, _PAGE):
            place = _first(rest, keys, key)
            index = rest.pop(place)
            page.append((index, -key(index)[1]))
            shown[families[index]] += 1
        others = sorted((*key(index), index) for index in rest)
        return [*page, *((index, -score) for _, score, _, index in others)][:limit]


def _with(candidate: Candidate, score: float, reasons: Sequence[Reason]) -> Candidate:
    c = candidate  # dataclasses.replace takes four times as long, and there are hundreds
    return Candidate(c.product, c.relevance, score, (*c.reasons, *reasons), c.violates)


def _first(rest: Sequence[int], keys: Sequence[Key], key: Callable[[int], Key]) -> int:
    """The place in `rest` with the least `key`. `rest` is in the order of `keys`, which are never greater."""
    best = 0
    for place in range(1, len(rest)):
        if keys[rest[place]] > key(rest[best]):
            break
        if key(rest[place]) < key(rest[best]):
            best = place
    return best
