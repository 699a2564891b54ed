"""The vectors of a shop in memory, and the exact nearest of them among those that a filter allows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from retrieval.embed import Vectors
from retrieval.fourbit import FourBitScan
from retrieval.highest import Mask, Rows, Scores, highest, highest_of_many, without

# Fewer vectors than this are multiplied as they are in about a millisecond.
SCANNED_FROM = 10_000
# So few rows, of so many, are sooner multiplied one by one than the whole is scanned.
PICKED_ROWS, PICKED_SHARE = 1_000, 0.03
# And so many are not sooner picked out of the matrix than all of it is multiplied.
SCATTERED_SHARE = 0.1
# As many vectors as stay in a core's cache between being copied and being multiplied.
PICKED_AT_ONCE = 256
SPARE = 4

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mirror:
    """The vectors in memory, never changed: row i of `matrix` (n, dim), float32 and L2-normalised, is of `ids[i]`.

    `make_scan` codes the matrix where there are many vectors.
    """

    ids: tuple[str, ...]
    matrix: Vectors
    hashes: Mapping[str, str]
    rows: Mapping[str, int]
    make_scan: Callable[[Vectors], FourBitScan] = FourBitScan

    @classmethod
    def of(cls, ids: tuple[str, ...], matrix: Vectors, hashes: Mapping[str, str]) -> Mirror:
        """Takes over `matrix`, which is read-only from here on; `hashes` says by id what text a vector is of."""
        matrix.setflags(write=False)
        return cls(ids, matrix, hashes, {product_id: row for row, product_id in enumerate(ids)})

    @cached_property
    def scan(self) -> FourBitScan | None:
        """The vectors in four bits, made when first asked for; None where they are few, or can't be multiplied so."""
        if len(self.matrix) < SCANNED_FROM:
            return None
        try:
            return self.make_scan(self.matrix)
        except (ImportError, ArithmeticError) as error:
            _log.warning("searching without the four-bit scan, exact but slower: %s", error)
            return None

    def nearest(self, vector: NDArray[np.float32], allowed: Mask | None, limit: int) -> tuple[Rows, Scores]:
        """Returns the rows of the `limit` nearest allowed vectors, nearest first, and their cosine similarities (k,).

        `vector` is (dim,) and L2-normalised; `allowed` is (n,), None for all. Exact: the same as if all were multiplied.
        """
        count = len(self.matrix)
        passing = count if allowed is None else int(np.count_nonzero(allowed))
        is_cheap = passing <= PICKED_ROWS + PICKED_SHARE * count
        if self.scan is None or is_cheap or not 0 < limit * SPARE < passing:
            return self._best(vector, None if allowed is None else np.flatnonzero(allowed), limit)
        return self._best(vector, self._candidates(self.scan, vector, allowed, limit), limit)

    def similarities(self, vector: NDArray[np.float32]) -> Scores:
        """Returns (n,) float32, a new array: the cosine similarities of all with `vector` (dim,), which is L2-normalised.

        Where there are many vectors, by the scan: about 0.01 off. `exact` is for the rows that matter.
        """
        return self.matrix @ vector if self.scan is None else self.scan.scores(vector)

    def exact(self, vector: NDArray[np.float32], rows: Rows) -> Scores:
        """Returns (len(rows),) float32: the exact cosine similarities of `rows` with `vector` (dim,)."""
        return _picked(self.matrix, rows, vector)

    def _candidates(self, scan: FourBitScan, vector: NDArray[np.float32], allowed: Mask | None, limit: int) -> Rows:
        """Returns rows among which the `limit` nearest allowed ones certainly are."""
        scores = scan.scores(vector)
        if allowed is not None:
            scores = without(scores, allowed)
        likely = highest_of_many(scores, limit * SPARE)
        _, similarities = self._best(vector, likely, limit)
        return scan.reaching(vector, scores, float(similarities[-1]))

    def _best(self, vector: NDArray[np.float32], rows: Rows | None, limit: int) -> tuple[Rows, Scores]:
        """Returns the `limit` nearest of `rows` (None for all), by their exact similarities."""
        if rows is not None and len(rows) <= SCATTERED_SHARE * len(self.matrix):
            similarities = _picked(self.matrix, rows, vector)
        else:
            rows = np.arange(len(self.matrix)) if rows is None else rows
            similarities = (self.matrix @ vector)[rows]
        best = highest(similarities, limit)
        best = best[np.lexsort((rows[best], -similarities[best]))]
        return rows[best], similarities[best]


def _picked(matrix: Vectors, rows: Rows, vector: NDArray[np.float32]) -> Scores:
    """Returns `matrix[rows] @ vector`, without the copy of all those rows that would cost four times as much."""
    products = np.empty(len(rows), dtype=np.float32)
    buffer = np.empty((min(PICKED_AT_ONCE, len(rows)), matrix.shape[1]), dtype=np.float32)
    for start in range(0, len(rows), PICKED_AT_ONCE):
        part = rows[start : start + PICKED_AT_ONCE]
        # Rows are never out of range; only "raise", the default, would copy once more to make sure.
        np.take(matrix, part, axis=0, out=buffer[: len(part)], mode="clip")
        products[start : start + len(part)] = buffer[: len(part)] @ vector
    return products
