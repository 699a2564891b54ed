"""Learning the order of a search from what shoppers clicked, without learning that the top is clicked for being the top.

A click needs a shopper who looked at the place and who is interested in the product. How likely each place is looked at
is estimated from the impressions themselves, by expectation maximisation over both causes (Wang et al., "Position Bias
Estimation for Unbiased Learning to Rank in Personal Search", WSDM 2018). The order is then learned with every click
weighed by one over that likelihood (Joachims et al., "Unbiased Learning-to-Rank with Biased Feedback", WSDM 2017; for
chances, Saito et al., "Unbiased Recommender Learning from Missing-Not-At-Random Implicit Feedback", WSDM 2020), which
gives the interest its due wherever the product stood.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ranking.calibration import logistic, sigmoid
from ranking.models.base import BadModel
from ranking.types import Event, EventType

_ANSWERS: frozenset[EventType] = frozenset({"click", "view", "like", "add_to_cart", "purchase"})
_WINDOW = 1_800.0
_LEAST = 0.02
_ROUNDS = 60
_STILL = 1e-4
_HELD_OUT = 5
"""Every fifth list is held out for the calibration."""
_LEAST_CLICKS = 50
_PULL = 4.0
"""Learned weights are expected within about a half of those set by hand, in logits a unit of a part."""


class TooFewImpressions(ValueError):
    """There is too little to learn an order from: says how much there is and what is needed."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A product that a shopper was shown at `position`, from 1, and whether they turned to it."""

    list_id: str
    product_id: str
    position: int
    clicked: bool
    event_id: str = ""


def shown(events: Iterable[Event]) -> list[Shown]:
    """The impressions among `events` (in the order of time) that have a product and a position, in their order.

    One counts as clicked if the same shopper turns to the product within half an hour, in the same conversation where
    there is one; of several impressions of a product, the latest before the click gets it. Impressions of one shopper
    at the same time, in the same conversation, are one list.
    """
    found: list[tuple[Event, bool]] = []
    latest: dict[tuple[str, str | None, str | None], int] = {}
    for event in events:
        key = (event.shopper_id, event.conversation_id, event.product_id)
        if event.type == "impression" and event.product_id is not None and event.position is not None:
            latest[key] = len(found)
            found.append((event, False))
        elif event.type in _ANSWERS and key in latest and event.time - found[latest[key]][0].time <= _WINDOW:
            found[latest[key]] = (found[latest[key]][0], True)
    return [
        Shown(f"{e.shopper_id} {e.conversation_id or ''} {e.time}", e.product_id or "", e.position or 1, clicked, e.event_id)
        for e, clicked in found
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Impressions:
    """What was shown: `parts` (n, k) of each score (relevance and preference), as many columns as `names`.

    `positions` (n,) count from 1, `clicked` (n,) tells what was turned to, `lists` (n,) numbers the list that each stood
    in. Raises `ValueError` where these do not fit together or hold what is not finite.
    """

    names: tuple[str, ...]
    parts: NDArray[np.float64]
    positions: NDArray[np.int64]
    clicked: NDArray[np.bool_]
    lists: NDArray[np.int64]

    def __post_init__(self) -> None:
        """Checks."""
        size = len(self.positions)
        if self.parts.shape != (size, len(self.names)) or self.clicked.shape != (size,) or self.lists.shape != (size,):
            raise ValueError(
                f"parts are {self.parts.shape}, clicked {self.clicked.shape} and lists {self.lists.shape}; expected"
                f" {size} rows, one a position, and {len(self.names)} parts."
            )
        if not bool(np.isfinite(self.parts).all()):
            raise ValueError("parts hold a value that is not finite; expected numbers.")
        if size and int(self.positions.min()) < 1:
            raise ValueError(f"positions hold {int(self.positions.min())}; expected places from 1.")

    def take(self, rows: NDArray[np.bool_]) -> Impressions:
        """Those at `rows`."""
        return Impressions(self.names, self.parts[rows], self.positions[rows], self.clicked[rows], self.lists[rows])


@dataclass(frozen=True, slots=True)
class ImpressionModel:
    """Weights of the parts, learned from clicks; `looked_at` is how likely each place is looked at, the first being 1.

    `slope` and `shift` calibrate the sum to a chance.
    """

    names: tuple[str, ...]
    weights: tuple[float, ...]
    looked_at: tuple[float, ...]
    slope: float = 1.0
    shift: float = 0.0

    @classmethod
    def fit(cls, impressions: Impressions, corrected: bool = True, towards: Sequence[float] | None = None) -> Self:
        """Learns from four in five lists and calibrates on the others.

        With `corrected` false, every place is taken to be looked at alike. `towards` are weights set by hand (k,), at any
        scale: then what the clicks say little of stays near them, and no weight falls below 0. Raises
        `TooFewImpressions` unless fifty of the impressions were clicked, and fifty were not.
        """
        clicks = int(impressions.clicked.sum())
        if min(clicks, len(impressions.clicked) - clicks) < _LEAST_CLICKS:
            raise TooFewImpressions(
                f"{clicks} of {len(impressions.clicked)} impressions were clicked; expected at least {_LEAST_CLICKS}"
                " that were and as many that were not."
            )
        held = np.unique(impressions.lists, return_inverse=True)[1] % _HELD_OUT == _HELD_OUT - 1
        learned = impressions.take(~held) if held.any() else impressions
        places = looked_at(learned) if corrected else np.ones(int(impressions.positions.max()))
        aims = _interest(learned, places)
        by_hand = None if towards is None else np.asarray(towards, dtype=np.float64)
        weights = logistic(_with_one(learned.parts), aims) if by_hand is None else _towards(learned.parts, aims, by_hand)
        model = cls(impressions.names, tuple(weights[:-1].tolist()), tuple(places.tolist()), 1.0, float(weights[-1]))
        return model._calibrated(impressions.take(held)) if held.any() else model

    def _calibrated(self, held: Impressions) -> Self:
        """The same order, with the line that makes its chances right on `held`; itself where no line keeps the order."""
        inputs = _with_one((held.parts @ np.array(self.weights))[:, None])
        looking = np.array(self.looked_at)[np.minimum(held.positions, len(self.looked_at)) - 1]
        line = np.array([1.0, self.shift])
        for _ in range(_ROUNDS):
            # Likeliest under the clicks: a straight mean over clicks weighed by one over looking swings with few of them.
            before, wanted = line, _guessed(sigmoid(inputs @ line), looking, held.clicked)[1]
            line = logistic(inputs, wanted, start=line)
            if float(np.abs(line - before).max()) < _STILL:
                break
        slope, shift = line.tolist()
        return type(self)(self.names, self.weights, self.looked_at, slope, shift) if slope > 0 else self

    def score(self, parts: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, k) parts to (n,) chances, 0-1, that a shopper who looks at the product turns to it."""
        return sigmoid(self.slope * (parts @ np.array(self.weights)) + self.shift)

    def contributions(self, parts: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, k): what each part adds to the logarithm of the odds."""
        added: NDArray[np.float64] = self.slope * parts * np.array(self.weights)
        return added

    def save(self, folder: Path) -> None:
        """Writes `impressions.json`."""
        (folder / "impressions.json").write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that `save` wrote. Raises `BadModel`."""
        try:
            about = json.loads((folder / "impressions.json").read_text(encoding="utf-8"))
            about |= {name: tuple(about[name]) for name in ("names", "weights", "looked_at")}
            return cls(**about)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise BadModel(f"The impression model in {folder} cannot be read ({error}); train again.") from error


def _towards(parts: NDArray[np.float64], aims: NDArray[np.float64], by_hand: NDArray[np.float64]) -> NDArray[np.float64]:
    """(k + 1,): weights drawn towards those set by hand at the scale that fits best, none below 0, and the constant."""
    scale, constant = logistic(_with_one((parts @ by_hand)[:, None]), aims)
    centre = np.append(max(0.0, scale) * by_hand, constant)
    weights, free, inputs = np.zeros(len(centre)), np.ones(len(centre), dtype=np.bool_), _with_one(parts)
    while True:
        weights[free] = logistic(inputs[:, free], aims, towards=centre[free], pull=_PULL)
        below = weights < 0
        below[-1] = False
        if not below.any():
            return weights
        # What would count against its own meaning counts for nothing, and the others are learned without it.
        free &= ~below
        weights[below] = 0


def looked_at(impressions: Impressions) -> NDArray[np.float64]:
    """(last place,): how likely each place is looked at, relative to the first, from clicks alone.

    In turn, the interest is learned from who it was that may have looked, and the looking from who may have been
    interested, until neither moves. A place where nothing was shown is taken to be as the one before it.
    """
    places, clicked = impressions.positions - 1, impressions.clicked
    counts = np.bincount(places)
    inputs = _with_one(impressions.parts)
    seen = 1 / np.arange(1, len(counts) + 1)
    weights = logistic(inputs, clicked.astype(np.float64))
    for _ in range(_ROUNDS):
        looked, wanted = _guessed(sigmoid(inputs @ weights), seen[places], clicked)
        before, seen = seen, _filled(np.bincount(places, looked).astype(np.float64), counts)
        weights = logistic(inputs, wanted, start=weights)
        if float(np.abs(seen / seen[0] - before / before[0]).max()) < _STILL:
            break
    relative: NDArray[np.float64] = np.clip(seen / seen[0], _LEAST, None)
    return relative


def _guessed(
    interest: NDArray[np.float64], looking: NDArray[np.float64], clicked: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n,) each: how likely it was looked at, and wanted, given whether it was clicked."""
    neither = np.maximum(1 - interest * looking, 1e-12)
    looked = np.where(clicked, 1.0, looking * (1 - interest) / neither)
    return looked, np.where(clicked, 1.0, interest * (1 - looking) / neither)


def _filled(sums: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    means = np.divide(sums, counts, out=np.full(len(counts), math.nan), where=counts > 0)
    known = np.maximum.accumulate(np.where(counts > 0, np.arange(len(counts)), 0))
    filled: NDArray[np.float64] = np.nan_to_num(means[known], nan=1.0)
    return filled


def _interest(impressions: Impressions, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,): 0 without a click, else one over the likelihood of looking; right on average, though not each by itself."""
    looking = places[np.minimum(impressions.positions, len(places)) - 1]
    interest: NDArray[np.float64] = impressions.clicked / looking
    return interest


def _with_one(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([parts, np.ones((len(parts), 1))], axis=1)
