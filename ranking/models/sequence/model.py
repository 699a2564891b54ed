"""Scores and chances of what comes next, from any network over histories. Loads no torch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.interests import EVENT_WEIGHT
from ranking.models.sequence.settings import Settings
from ranking.models.training.model import TrainedModel
from ranking.types import Event, Shopper

_BATCH = 1_024
_REMEMBERED = 1_024


@dataclass(slots=True)
class SequenceModel(TrainedModel[Settings]):
    """What came of training a network over histories."""

    settings: Settings = field(default_factory=Settings)
    _sums: dict[bytes, tuple[float, float]] = field(init=False, repr=False, default_factory=dict)

    @abstractmethod
    def _logits(self, rows: Sequence[NDArray[np.int64]], numbers: NDArray[np.int64] | None) -> NDArray[np.float32]:
        """(n_rows, n_numbers) logits of products as the next one of each row, which is not empty; all if None.

        Only asked when there are products.
        """

    def score(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> NDArray[np.float64]:
        """(n_shoppers, n_candidates): the logit of each product as the next one; 0 where nothing is known."""
        scores = np.zeros((len(shoppers), len(candidates)))
        numbers, known = self._known(candidates)
        for some, rows in self._asked(shoppers):
            scores[np.ix_(some, known)] = self._logits(rows, numbers)
        return scores

    def chances(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> NDArray[np.float64]:
        """(n_shoppers, n_candidates): the chance, 0-1, of each product to be the next among all products.

        The products of the history don't share in it: they stand at 0, as does everything where nothing is known.
        """
        chances = np.zeros((len(shoppers), len(candidates)))
        numbers, known = self._known(candidates)
        for some, rows in self._asked(shoppers):
            if len(shoppers) == 1 and 2 * len(known) < len(self.product_ids):
                chances[0, known] = self._chances_of_few(rows[0], numbers)
                continue
            logits = self._logits(rows, None)
            for logit, row in zip(logits, rows, strict=True):
                logit[row - 1] = -np.inf
            highest = logits.max(axis=1, keepdims=True)
            logits -= np.where(np.isfinite(highest), highest, 0)
            shares = np.exp(logits, out=logits)
            shares /= np.maximum(shares.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
            chances[np.ix_(some, known)] = shares[:, numbers - 1]
        return chances

    def _chances_of_few(self, row: NDArray[np.int64], numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        """(n_numbers,): the same of some products for one row, without working out that of all others each time."""
        highest, total = self._sum(row)
        logits = self._logits([row], numbers)[0].astype(np.float64)
        logits[np.isin(numbers, row)] = -np.inf
        return np.asarray(np.exp(logits - highest) / total, dtype=np.float64)

    def _sum(self, row: NDArray[np.int64]) -> tuple[float, float]:
        """The highest logit after `row`, and what the exponentials of all, less that, add up to.

        Both are remembered: a page asks several times about one shopper, and this is most of the work.
        """
        key = row.tobytes()
        found = self._sums.get(key)
        if found is None:
            logits = self._logits([row], None)[0]
            logits[row - 1] = -np.inf
            highest = logits.max() if np.isfinite(logits).any() else np.float32(0)
            found = float(highest), max(float(np.exp(logits - highest).sum()), float(np.finfo(np.float32).tiny))
            if len(self._sums) >= _REMEMBERED:
                self._sums.clear()
            self._sums[key] = found
        return found

    def _know(self, product_ids: Sequence[str], titles: Sequence[str]) -> None:
        TrainedModel._know(self, product_ids, titles)
        self._sums = {}

    def _known(self, candidates: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Product numbers of the candidates that have one, and their places among the candidates."""
        if candidates == self.product_ids:
            return np.arange(1, len(candidates) + 1), np.arange(len(candidates))
        numbers = np.array([self._numbers.get(product_id, 0) for product_id in candidates], dtype=np.int64)
        known = np.flatnonzero(numbers)
        return numbers[known], known

    def _asked(self, shoppers: Sequence[Shopper]) -> Iterator[tuple[NDArray[np.int64], list[NDArray[np.int64]]]]:
        """Indices of the shoppers of whom something is known, and their rows, a batch at a time."""
        for start in range(0, len(shoppers), _BATCH):
            rows = [self._row(shopper) for shopper in shoppers[start : start + _BATCH]]
            some = np.flatnonzero([len(row) for row in rows])
            if len(some):
                yield start + some, [rows[place] for place in some]

    def _counts(self, event: Event) -> bool:
        return event.product_id in self._numbers and EVENT_WEIGHT[event.type] > 0

    def _row(self, shopper: Shopper) -> NDArray[np.int64]:
        """Numbers of the latest products that the shopper liked, latest first."""
        return np.array([self._numbers[e.product_id or ""] for e in reversed(self._read(shopper))], dtype=np.int64)

    @classmethod
    def _settings(cls, saved: Mapping[str, Any]) -> Settings:
        return Settings(**saved)
