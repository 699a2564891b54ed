"""A shop's own order of a search, learned from what its shoppers were shown and turned to, and judged before it is used.

Joins the impressions among the events with what the ranker saw of each, fits `ImpressionModel` to them, and compares its
order with the hand-set one on lists that it has not seen, with every click weighed by one over the likelihood that its
place is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.calibration import calibration_error
from ranking.evaluate import Figure, bootstrap
from ranking.impression_log import ImpressionLog
from ranking.impressions import ImpressionModel, Impressions, TooFewImpressions, shown
from ranking.parts import PARTS, BlendWeights
from ranking.scoring import NAMES, ByHand, inputs
from ranking.types import Event

_HELD_OUT = 0.2
_LEAST_LISTS = 20


@dataclass(frozen=True, slots=True)
class Logged:
    """Impressions of searches with their parts, in the order of time, and how many had to be left out.

    `unlogged` are those of which nobody noted what the ranker saw, such as those fed in from a web shop; `unasked` those
    of pages for which nothing was asked, which no relevance ordered.
    """

    impressions: Impressions
    unlogged: int = 0
    unasked: int = 0

    @property
    def left_out(self) -> str:
        """In words, for a report."""
        return f"{self.unlogged:,} impressions without logged parts and {self.unasked:,} of unasked pages were left out."

    def split(self, share: float = _HELD_OUT) -> tuple[Impressions, Impressions]:
        """The earlier lists, and the latest `share` of them (0-1)."""
        lists = self.impressions.lists
        later = lists >= np.unique(lists).size * (1 - share)
        return self.impressions.take(~later), self.impressions.take(later)


@dataclass(frozen=True, slots=True)
class OrderGuard:
    """How the learned order does against the hand-set one on `lists` lists with a click.

    NDCG is over the lists as they were shown, corrected for where their products stood; `gain` is the learned one less
    the other, by list. `calibration_error` is how far the chances of a click lie from the clicks.
    """

    lists: int
    ndcg_learned: float
    ndcg_by_hand: float
    gain: Figure
    calibration_error: float

    @property
    def holds(self) -> bool:
        """Whether the learned order is better, and surely so."""
        return self.gain.low > 0


def logged(events: Iterable[Event], log: ImpressionLog) -> Logged:
    """The impressions among `events` (in the order of time) that have their parts in `log`."""
    seen = {one.event_id: one for one in log.all()}
    found = shown(events)
    known = [one for one in found if one.event_id in seen]
    asked = [one for one in known if seen[one.event_id].asked]
    numbers: dict[str, int] = {}
    levels = [[seen[one.event_id].levels.get(name, 0.0) for name in PARTS] for one in asked]
    relevance = np.array([seen[one.event_id].relevance for one in asked], dtype=np.float64)
    impressions = Impressions(
        NAMES,
        inputs(relevance, np.array(levels, dtype=np.float64).reshape(-1, len(PARTS))),
        np.array([one.position for one in asked], dtype=np.int64),
        np.array([one.clicked for one in asked], dtype=np.bool_),
        np.array([numbers.setdefault(one.list_id, len(numbers)) for one in asked], dtype=np.int64),
    )
    return Logged(impressions, len(found) - len(known), len(known) - len(asked))


def learn_order(events: Iterable[Event], log: ImpressionLog, weights: BlendWeights | None = None) -> ImpressionModel:
    """The order of a search that the impressions among `events` (in the order of time) speak for.

    What they say little of stays near the hand-set `weights`. Raises `TooFewImpressions` where there are too few of them,
    or where they do not show that relevance counts, and says how many could not be used.
    """
    seen = logged(events, log)
    try:
        return learned(seen.impressions, weights)
    except TooFewImpressions as error:
        raise TooFewImpressions(f"{error} {seen.left_out}") from error


def learned(impressions: Impressions, weights: BlendWeights | None = None) -> ImpressionModel:
    """The same from impressions that were joined already. Raises `TooFewImpressions` likewise."""
    model = ImpressionModel.fit(impressions, towards=[1.0, *(weights or BlendWeights()).of_parts])
    if model.weights[0] <= 0:
        raise TooFewImpressions(
            f"The clicks on {len(impressions.clicked)} impressions do not show that relevance counts; an order that"
            " ignores it is refused."
        )
    return model


def judged(seen: Logged, weights: BlendWeights | None = None) -> OrderGuard:
    """How an order does on the latest fifth of the lists that was learned from those before.

    Raises `TooFewImpressions` as `learn_order` does, and where fewer than twenty of the latest lists have a click.
    """
    earlier, later = seen.split()
    return compare(later, learned(earlier, weights), weights)


def compare(held_out: Impressions, model: ImpressionModel, weights: BlendWeights | None = None) -> OrderGuard:
    """The order of `model` against that by the hand-set `weights`, on lists that it was not learned from.

    Raises `TooFewImpressions` where fewer than twenty of the lists have a click.
    """
    looking = np.array(model.looked_at)[np.minimum(held_out.positions, len(model.looked_at)) - 1]
    chances = model.score(held_out.parts)
    by_hand = ByHand(weights or BlendWeights())(np.exp(held_out.parts[:, 0]), held_out.parts[:, 1:])
    gains = held_out.clicked / looking
    rows = [np.flatnonzero(held_out.lists == number) for number in np.unique(held_out.lists[held_out.clicked])]
    if len(rows) < _LEAST_LISTS:
        raise TooFewImpressions(f"{len(rows)} held-out lists have a click; expected at least {_LEAST_LISTS}.")
    dcg = np.array([[_dcg(gains[some], order[some]) for order in (chances, by_hand, gains)] for some in rows])
    # Divided by what is best for all lists together: by that of each list, the correction would cancel out of it.
    by_list = dcg[:, :2] / dcg[:, 2].mean()
    return OrderGuard(
        len(rows),
        float(by_list[:, 0].mean()),
        float(by_list[:, 1].mean()),
        bootstrap((by_list[:, 0] - by_list[:, 1]).tolist()),
        calibration_error(chances * looking, held_out.clicked),
    )


def _dcg(gains: NDArray[np.float64], scores: NDArray[np.float64]) -> float:
    """Discounted cumulative gain of a list ordered by `scores`; both (n,)."""
    discounts = 1 / np.log2(np.arange(2, len(gains) + 2))
    return float((gains[np.argsort(-scores, kind="stable")] * discounts).sum())
