"""Histories as rows of product numbers, latest first, and products as short vectors of what they are made of.

Product numbers count from 1; 0 pads short histories.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.extmath import randomized_svd

from ranking.dataset import Dataset
from ranking.models.item_graph import tf_idf

_SORTED_TOGETHER = 16


def histories(dataset: Dataset, longest: int) -> list[NDArray[np.int64]]:
    """Each shopper's liked products, latest first, `longest` at most; shoppers with fewer than two are left out."""
    liked = dataset.weights > 0
    before = np.concatenate([[0], np.cumsum(liked)])
    numbers = dataset.items[liked] + 1
    rows = (numbers[before[start] : before[end]] for start, end in zip(dataset.offsets, dataset.offsets[1:], strict=False))
    return [row[::-1][:longest] for row in rows if len(row) > 1]


def padded(rows: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """(n_rows, longest of them), filled up with 0."""
    out = np.zeros((len(rows), max(map(len, rows), default=0)), dtype=np.int64)
    for number, row in enumerate(rows):
        out[number, : len(row)] = row
    return out


def batches(rows: Sequence[NDArray[np.int64]], size: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """All rows once, in random order, `size` together, rows of about the same length with each other."""
    order = rng.permutation(len(rows))
    lengths = np.array([len(row) for row in rows])
    for start in range(0, len(order), size * _SORTED_TOGETHER):
        some = order[start : start + size * _SORTED_TOGETHER]
        some = some[np.argsort(lengths[some], kind="stable")]
        groups = [some[at : at + size] for at in range(0, len(some), size)]
        for group in rng.permutation(len(groups)):
            yield padded([rows[number] for number in groups[group]])


def content(tokens: Sequence[Sequence[str]], width: int, seed: int) -> NDArray[np.float32]:
    """(n_products + 1, width): TF-IDF of the tokens brought down to its main directions (latent semantic analysis).

    Rows have length 1; row 0 and the rows of products without tokens are 0, as are directions that are not there.
    """
    weighed = tf_idf(tokens)
    out = np.zeros((len(tokens) + 1, width), dtype=np.float32)
    kept = min(width, *weighed.shape)
    if not kept:
        return out
    directions, strengths, _ = randomized_svd(weighed, kept, n_iter=2, random_state=seed)
    out[1:, :kept] = directions * strengths
    lengths = np.linalg.norm(out, axis=1, keepdims=True)
    return np.asarray(out / np.where(lengths > 1e-6, lengths, 1.0), dtype=np.float32)
