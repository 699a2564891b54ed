"""Item-transition graph with content: what shoppers turn to next, two steps deep, and what it is made of.

Training counts which product follows which (skip-grams in a window, nearer counts more), normalises by both degrees so
that popular products do not swallow everything, and never runs a gradient. Scores are linear in the history, so each
history product's part in a score is known exactly.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ranking.dataset import Dataset
from ranking.interests import EVENT_WEIGHT, interests
from ranking.models.base import BadModel
from ranking.types import Shopper
from retrieval.types import Reason

_BATCH = 512


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """How the graph is built and read."""

    window: int = 5
    reverse: float = 0.5
    second_hop: float = 0.3
    content: float = 0.05
    decay: float = 0.7
    recent: int = 30


@dataclass(slots=True)
class ItemGraph:
    """The graph. `edges` is (n_products, n_products), `features` (n_products, n_tokens) with rows of length 1."""

    settings: GraphSettings = field(default_factory=GraphSettings)
    product_ids: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    edges: Any = field(default_factory=lambda: sparse.csr_matrix((0, 0)))
    features: Any = field(default_factory=lambda: sparse.csr_matrix((0, 0)))
    typical: float = 1.0
    _index: dict[str, int] = field(default_factory=dict)
    _columns: Any = field(default_factory=lambda: sparse.csc_matrix((0, 0)))

    def fit(self, dataset: Dataset) -> Self:
        """Counts the transitions and weighs the tokens of `dataset`."""
        self._set(dataset.product_ids, dataset.titles, _transitions(dataset, self.settings), tf_idf(dataset.tokens))
        self.typical = self._typical_best(dataset)
        return self

    def _set(self, product_ids: tuple[str, ...], titles: tuple[str, ...], edges: Any, features: Any) -> None:
        self.product_ids, self.titles, self.edges, self.features = product_ids, titles, edges, features
        self._index = {product_id: index for index, product_id in enumerate(product_ids)}
        self._columns = edges.tocsc()

    def _typical_best(self, dataset: Dataset, sample: int = 300) -> float:
        """What a shopper's best product scores, in the middle of a sample: the unit that scores are read in."""
        shoppers = [dataset.shopper(index) for index in range(min(sample, len(dataset.shopper_ids)))]
        best = self.score(shoppers, self.product_ids).max(axis=1, initial=0.0)
        return float(np.median(best[best > 0])) if (best > 0).any() else 1.0

    def score(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> NDArray[np.float64]:
        """(n_shoppers, n_candidates). Products of the history are scored like any other; the caller masks them."""
        known = np.array([self._index.get(product_id, -1) for product_id in candidates], dtype=np.int64)
        scores = np.zeros((len(shoppers), len(candidates)))
        if not (known >= 0).any():
            return scores
        columns, features = self._columns[:, known[known >= 0]], self.features[known[known >= 0]].T.tocsr()
        for start in range(0, len(shoppers), _BATCH):
            histories = self._histories(shoppers[start : start + _BATCH])
            scores[start : start + _BATCH, known >= 0] = self._read(histories, columns, features)
        return scores

    def contributions(self, shopper: Shopper, candidates: Sequence[str]) -> tuple[list[str], NDArray[np.float64]]:
        """Which part of each score comes from which history product: (product ids, (n_history, n_candidates)).

        The columns add up to `score`.
        """
        index, weights = self._weights(shopper)
        history = sparse.csr_matrix((weights, (np.arange(len(index)), index)), shape=(len(index), len(self._index)))
        known = np.array([self._index.get(product_id, -1) for product_id in candidates], dtype=np.int64)
        parts = np.zeros((len(index), len(candidates)))
        if len(index) and (known >= 0).any():
            columns, features = self._columns[:, known[known >= 0]], self.features[known[known >= 0]].T.tocsr()
            parts[:, known >= 0] = self._read(history, columns, features)
        return [self.product_ids[i] for i in index], parts

    def _read(self, histories: Any, columns: Any, features: Any) -> NDArray[np.float64]:
        """Scores of (n, n_products) history weights on the products of `columns` and `features`: (n, n_columns)."""
        liked = histories.maximum(0)  # disliking a product says nothing of what others bought with it
        scores = liked @ columns + self.settings.second_hop * ((liked @ self.edges) @ columns)
        # What a history is made of is nearly full, and several times as fast as a plain matrix.
        content = (histories @ self.features).toarray() @ features
        return np.asarray(scores.toarray() + self.settings.content * content, dtype=np.float64)

    def _weights(self, shopper: Shopper) -> tuple[list[int], NDArray[np.float64]]:
        """Products of the history, latest first, and what each counts: its event's weight, less with each step back."""
        known = [event for event in reversed(interests(shopper.history)) if event.product_id in self._index]
        recent = known[: self.settings.recent]
        index = [self._index[event.product_id or ""] for event in recent]
        weights = [EVENT_WEIGHT[event.type] * self.settings.decay**step for step, event in enumerate(recent)]
        return index, np.array(weights)

    def _histories(self, shoppers: Sequence[Shopper]) -> Any:
        read = [self._weights(shopper) for shopper in shoppers]
        rows = np.repeat(np.arange(len(read)), [len(index) for index, _ in read])
        columns = np.array([i for index, _ in read for i in index], dtype=np.int64)
        weights = np.concatenate([weights for _, weights in read]) if read else np.empty(0)
        return sparse.csr_matrix((weights, (rows, columns)), shape=(len(read), len(self._index)))

    def explain(self, shopper: Shopper, product_id: str) -> tuple[Reason, ...]:
        """The history product that adds most to the score, if one does."""
        history, parts = self.contributions(shopper, [product_id])
        if not history or parts.max() <= 0:
            return ()
        best = int(parts[:, 0].argmax())
        title = self.titles[self._index[history[best]]]
        return (Reason("history", f"Goes with the {title}", float(parts[best, 0])),)

    def save(self, folder: Path) -> None:
        """Writes `graph.json`, `graph.edges.npz` and `graph.features.npz`."""
        about = {"settings": asdict(self.settings), "typical": self.typical}
        about |= {"product_ids": self.product_ids, "titles": self.titles}
        (folder / "graph.json").write_text(json.dumps(about), encoding="utf-8")
        sparse.save_npz(folder / "graph.edges.npz", self.edges)
        sparse.save_npz(folder / "graph.features.npz", self.features)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The graph that `save` wrote. Raises `BadModel`."""
        try:
            about = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
            graph = cls(GraphSettings(**about["settings"]), typical=about["typical"])
            edges, features = (sparse.load_npz(folder / f"graph.{part}.npz") for part in ("edges", "features"))
            graph._set(tuple(about["product_ids"]), tuple(about["titles"]), edges, features)
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise BadModel(f"The item graph in {folder} cannot be read ({error}); train again.") from error
        return graph


def _transitions(dataset: Dataset, settings: GraphSettings) -> Any:
    """(n_products, n_products) CSR: how strongly each product leads to each other one, both degrees divided out."""
    wanted = dataset.weights > 0
    items, owner, weights = dataset.items[wanted], dataset.shoppers_of_rows[wanted], dataset.weights[wanted]
    size = len(dataset.product_ids)
    counts = sparse.csr_matrix((size, size))
    for distance in range(1, settings.window + 1):
        pairs = np.flatnonzero(owner[:-distance] == owner[distance:])
        strength = np.sqrt(weights[pairs] * weights[pairs + distance]) / distance
        counts = counts + sparse.csr_matrix((strength, (items[pairs], items[pairs + distance])), shape=(size, size))
    both_ways = counts + settings.reverse * counts.T
    return _scale(both_ways.sum(axis=1)) @ both_ways @ _scale(both_ways.sum(axis=0))


def _scale(degrees: Any) -> Any:
    degree = np.asarray(degrees).ravel()
    return sparse.diags(np.divide(1.0, np.sqrt(degree), out=np.zeros_like(degree), where=degree > 0)).tocsr()


def tf_idf(tokens: Sequence[Sequence[str]]) -> Any:
    """(n_products, n_tokens) CSR, rows of length 1: a token counts once a product, less the more products have it."""
    names: dict[str, int] = {}
    pairs = [(row, names.setdefault(t, len(names))) for row, some in enumerate(tokens) for t in dict.fromkeys(some)]
    rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    has = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(tokens), len(names)))
    rarity = np.log((1 + len(tokens)) / (1 + np.asarray(has.sum(axis=0)).ravel())) + 1
    weighted = has @ sparse.diags(rarity) if names else has
    return (_scale(weighted.multiply(weighted).sum(axis=1)) @ weighted).tocsr()
