"""The order on the screen: relevance first, then the shopper's own preference, and a say in it for everybody's.

A score is `relevance x (1 + the sum of all parts)`. Each part is small, so that preference orders what is about
equally relevant and never lifts what is not relevant. Every part that adds noticeably is a reason to show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ranking.facts import Facts, FactsCache
from ranking.interests import interests
from ranking.models.item_graph import ItemGraph
from ranking.models.popularity import Popularity
from ranking.parts import BlendWeights, Part, history_parts, shop_parts, taste_parts, twin_parts
from ranking.shelf import Shelf
from ranking.taste import Taste
from ranking.types import Shopper
from retrieval.types import Candidate, Product, Reason

Lookup = Callable[[Iterable[str]], Mapping[str, Product]]
"""Product ids to the products that exist, read from the catalogue."""

Key = tuple[bool, float, str]
"""What candidates are sorted by: whether one breaks a constraint, its score with the sign turned, its product id."""

_PAGE = 10
_RECENT = 40


@dataclass(slots=True)
class Ranker:
    """Orders candidates for a shopper. Models may be empty: then relevance, ratings and the conversation decide."""

    popularity: Popularity
    graph: ItemGraph
    shelf: Shelf
    lookup: Lookup
    weights: BlendWeights = field(default_factory=BlendWeights)
    weights_unasked: BlendWeights = field(default_factory=lambda: BlendWeights(history=0.4))
    _cache: FactsCache = field(init=False)

    def __post_init__(self) -> None:
        """Starts with nothing known of any product."""
        self._cache = FactsCache(self.shelf)

    def rank(
        self,
        candidates: Sequence[Candidate],
        shopper: Shopper,
        now: float,
        limit: int,
        disliked: Collection[str] = (),
    ) -> tuple[Candidate, ...]:
        """The `limit` best candidates, best first, each with its reasons (those it came with first).

        `now` is seconds since 1970. What the conversation has just brought is part of the shopper's history;
        `disliked` are product ids turned down without an event. Candidates that break a constraint stand last. Where
        all are equally relevant, nothing was asked for, and the history weighs more (`weights_unasked`).
        """
        if not candidates or limit < 1:
            return ()
        facts = [self._cache.of(candidate.product) for candidate in candidates]
        asked = len({candidate.relevance for candidate in candidates}) > 1
        weights = self.weights if asked else self.weights_unasked
        parts, turned_down = self._parts(facts, shopper, now, disliked, weights)
        shares = np.maximum(0.0, 1 + np.sum([part.amounts for part in parts], axis=0))
        shares[[f.product.id in turned_down for f in facts]] *= 1 - self.weights.dislike
        scores = shares * np.array([candidate.relevance for candidate in candidates])
        order = self._order(candidates, facts, scores, limit)
        return tuple(
            replace(candidates[i], score=score, reasons=(*candidates[i].reasons, *self._reasons(parts, i, candidates[i])))
            for i, score in order
        )

    def candidates(self, shopper: Shopper, limit: int) -> list[str]:
        """Product ids to recommend when nothing is asked for, best first: near the history, popular, and some new.

        Leaves out what was bought, returned or disliked. Empty only if the models know no product at all.
        """
        done = {e.product_id for e in interests(shopper.history) if e.type in ("purchase", "return", "dislike")}
        fresh = [product_id for product_id in self.shelf.newest if product_id not in done]
        known = [product_id for product_id in self.graph.product_ids if product_id not in done]
        if not known:
            return fresh[:limit]
        near = 1 - np.exp(-self.graph.score([shopper], known)[0] / self.graph.typical)
        scores = near + 0.3 * self.popularity.score([shopper], known)[0]
        best = [known[index] for index in np.argsort(-scores, kind="stable")[:limit] if scores[index] > 0]
        slots = max(limit - len(best), limit // 10)
        new = [product_id for product_id in fresh if product_id not in set(best)][:slots]
        return [*best[: limit - len(new)], *new]

    def _parts(
        self, facts: Sequence[Facts], shopper: Shopper, now: float, disliked: Collection[str], weights: BlendWeights
    ) -> tuple[list[Part], frozenset[str]]:
        """All parts of the scores, and the ids of the products that the shopper turned down."""
        wanted = [event for event in interests(shopper.history) if event.product_id][-_RECENT:]
        ids = [event.product_id or "" for event in wanted]
        about = {i: self._cache.of(p) for i, p in self.lookup([*ids, *disliked]).items()} if ids or disliked else {}
        known = {i: (about[i], event) for i, event in zip(ids, wanted, strict=True) if i in about}
        taste = Taste.of(list(known.values()), self.shelf, [about[i] for i in sorted(disliked) if i in about])
        parts = shop_parts(facts, self.popularity, now, weights)
        parts += taste_parts(facts, taste, weights) + twin_parts(facts, taste, weights)
        parts += history_parts(facts, shopper, known, self.graph, weights) if known else []
        return parts, frozenset({f.product.id for f in taste.disliked} | set(disliked))

    def _reasons(self, parts: Sequence[Part], index: int, candidate: Candidate) -> list[Reason]:
        found = [reason for part in parts if (reason := part.reason(index)) and reason.weight >= self.weights.least_reason]
        found.sort(key=lambda reason: -reason.weight)
        return [replace(reason, weight=reason.weight * candidate.relevance) for reason in found]

    def _order(
        self, candidates: Sequence[Candidate], facts: Sequence[Facts], scores: NDArray[np.float64], limit: int
    ) -> list[tuple[int, float]]:
        """Indices with scores: each further product of a brand and kind on the first page counts a little less."""
        keys = [(bool(c.violates), -float(score), c.product.id) for c, score in zip(candidates, scores, strict=True)]
        rest = sorted(range(len(keys)), key=keys.__getitem__)
        shown: Counter[tuple[str, str]] = Counter()

        def key(index: int) -> Key:
            breaks, score, product_id = keys[index]
            return breaks, score * self._kept(shown[facts[index].family]), product_id

        page: list[tuple[int, float]] = []
        while rest and len(page) < min(limit, _PAGE):
            place = _first(rest, keys, key)
            index = rest.pop(place)
            page.append((index, -key(index)[1]))
            shown[facts[index].family] += 1
        return [*page, *((index, -key(index)[1]) for index in sorted(rest, key=key))][:limit]

    def _kept(self, shown: int) -> float:
        """What a score keeps after `shown` products of its brand and kind; never so little that relevance gives way."""
        return 1 - self.weights.repeated * min(3, shown)


def _first(rest: Sequence[int], keys: Sequence[Key], key: Callable[[int], Key]) -> int:
    """The place in `rest` with the least `key`. `rest` is in the order of `keys`, which are never greater."""
    best = 0
    for place in range(1, len(rest)):
        if keys[rest[place]] > key(rest[best]):
            break
        if key(rest[place]) < key(rest[best]):
            best = place
    return best
