"""Item-transition graph with content: what shoppers turn to next, two steps deep, and what it is made of.

Training counts which product follows which (skip-grams in a window, nearer counts more), normalises by both degrees so
that popular products do not swallow everything, and never runs a gradient. Scores are linear in the history, so each
history product's part in a score is known exactly.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ranking.dataset import Dataset
from ranking.interests import EVENT_WEIGHT, interests
from ranking.models.base import BadModel, Scores
from ranking.token_weights import TokenWeights
from ranking.types import Shopper
from retrieval.types import Reason

_BATCH = 512
_FEW = 32


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """How the graph is built and read."""

    window: int = 5
    reverse: float = 0.5
    second_hop: float = 1.0
    content: float = 1.3
    decay: float = 0.7
    recent: int = 30


@dataclass(frozen=True, slots=True, eq=False)
class _Told:
    """`size` histories, product by product: whose each is, its number, and what it counts; all three are (n,)."""

    size: int
    owners: NDArray[np.int64]
    products: NDArray[np.int64]
    weights: NDArray[np.float64]


@dataclass(slots=True)
class ItemGraph:
    """The graph. `edges` is (n_products, n_products), `features` (n_products, n_tokens).

    Rows of `features` are shorter the more products are made of the same, as edges are divided by their degrees: else
    content that says little of each product would drown what shoppers did. `crowd` (n_tokens,) is the sum of what all
    products are made of, which tells how many are like one.

    `typical` is what a shopper's best product scores: the unit that scores are read in.
    """

    settings: GraphSettings = field(default_factory=GraphSettings)
    product_ids: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    edges: Any = field(default_factory=lambda: sparse.csr_matrix((0, 0)))
    features: Any = field(default_factory=lambda: sparse.csr_matrix((0, 0)))
    tokens: TokenWeights = field(default_factory=TokenWeights)
    crowd: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    typical: float = 1.0
    _index: dict[str, int] = field(default_factory=dict)
    _columns: Any = field(default_factory=lambda: sparse.csc_matrix((0, 0)))
    _by_token: Any = field(default_factory=lambda: sparse.csr_matrix((0, 0)))

    def fit(self, dataset: Dataset) -> Self:
        """Counts the transitions and weighs the tokens of `dataset`."""
        self._connect(dataset, _transitions(dataset, self.settings))
        self.typical = typical_best(self, dataset)
        return self

    @classmethod
    def of(cls, dataset: Dataset, edges: Any, settings: GraphSettings | None = None) -> Self:
        """A graph of `edges`, (n_products, n_products) CSR, that came from elsewhere, with the content of `dataset`.

        What shoppers did is not read, so that `typical` stays 1.
        """
        graph = cls(settings or GraphSettings())
        graph._connect(dataset, edges)
        return graph

    def _connect(self, dataset: Dataset, edges: Any) -> None:
        self.tokens = TokenWeights.of(dataset.tokens)
        made_of = self.tokens.rows(dataset.tokens)
        self.crowd = np.asarray(made_of.sum(axis=0)).ravel()
        self._set(dataset.product_ids, dataset.titles, edges, _apart(made_of, self.crowd))

    def with_products(self, product_ids: Sequence[str], titles: Sequence[str], tokens: Sequence[Sequence[str]]) -> Self:
        """The graph that also knows products that came in after training, by what they are made of.

        Those that it knows already, and those of which it knows no token, are left out.
        """
        rows = self.tokens.rows(tokens)
        known = np.diff(rows.indptr) > 0
        new = [i for i, product_id in enumerate(product_ids) if known[i] and product_id not in self._index]
        if not new:
            return self
        again, size = replace(self), len(self.product_ids) + len(new)
        edges = self.edges.copy()
        edges.resize((size, size))
        again._set(
            (*self.product_ids, *(product_ids[i] for i in new)),
            (*self.titles, *(titles[i] for i in new)),
            edges,
            sparse.vstack([self.features, _apart(rows[new], self.crowd)], format="csr"),
        )
        return again

    def _set(self, product_ids: tuple[str, ...], titles: tuple[str, ...], edges: Any, features: Any) -> None:
        self.product_ids, self.titles, self.edges, self.features = product_ids, titles, edges, features
        self._index = {product_id: index for index, product_id in enumerate(product_ids)}
        self._columns = edges.tocsc()
        self._by_token = features.T.tocsr()

    def score(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> NDArray[np.float64]:
        """(n_shoppers, n_candidates). Products of the history are scored like any other; the caller masks them."""
        places, known = self._known(candidates)
        scores = np.zeros((len(shoppers), len(candidates)))
        few = 2 * len(known) <= len(self.product_ids)
        size = _FEW if few else _BATCH
        for start in range(0, len(shoppers) if len(known) else 0, size):
            told = self._told(shoppers[start : start + size])
            scores[start : start + size, places] = self._of_few(told, known) if few else self._of_most(told, known)
        return scores

    def contributions(self, shopper: Shopper, candidates: Sequence[str]) -> tuple[list[str], NDArray[np.float64]]:
        """Which part of each score comes from which history product: (product ids, (n_history, n_candidates)).

        The columns add up to `score`.
        """
        index, weights = self._weights(shopper)
        places, known = self._known(candidates)
        parts = np.zeros((len(index), len(candidates)))
        if len(index) and len(known):
            owners = np.arange(len(index))
            parts[:, places] = self._of_few(_Told(len(index), owners, np.array(index), weights), known)
        return [self.product_ids[i] for i in index], parts

    def _known(self, candidates: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Places of the candidates that the graph knows, and their product numbers."""
        if candidates == self.product_ids:
            return np.arange(len(candidates)), np.arange(len(candidates))
        numbers = np.array([self._index.get(product_id, -1) for product_id in candidates], dtype=np.int64)
        places = np.flatnonzero(numbers >= 0)
        return places, numbers[places]

    def _of_few(self, told: _Told, known: NDArray[np.int64]) -> NDArray[np.float64]:
        """(n, n_known): scores of the products numbered `known`, by what leads to them rather than by where all leads."""
        liked = np.maximum(told.weights, 0)  # disliking a product says nothing of what others bought with it
        onto = _Entries.of(self.edges, told.products)
        second = self.settings.second_hop * liked[onto.rows] * onto.values
        paths = _meet(
            told.size,
            np.concatenate([told.owners, told.owners[onto.rows]]),
            np.concatenate([told.products, onto.columns]),
            np.concatenate([liked, second]),
            self._columns[:, known].T,
        )
        made_of = _Entries.of(self.features, told.products)
        shares = told.weights[made_of.rows] * made_of.values
        alike = _meet(told.size, told.owners[made_of.rows], made_of.columns, shares, self.features[known])
        return np.asarray(paths + self.settings.content * alike, dtype=np.float64)

    def _of_most(self, told: _Told, known: NDArray[np.int64]) -> NDArray[np.float64]:
        """The same of most products: to look up what leads to each takes longer than to score all."""
        shape = (told.size, len(self.product_ids))
        histories = sparse.csr_matrix((told.weights, (told.owners, told.products)), shape=shape)
        liked = histories.maximum(0)
        reach = liked + self.settings.second_hop * (liked @ self.edges)
        # What a history is made of is nearly full, and several times as fast as a plain matrix.
        made_of = (histories @ self.features).toarray()
        everything = (reach @ self.edges).toarray() + self.settings.content * (made_of @ self._by_token)
        return np.asarray(everything[:, known], dtype=np.float64)

    def _weights(self, shopper: Shopper) -> tuple[list[int], NDArray[np.float64]]:
        """Products of the history, latest first, and what each counts: its event's weight, less with each step back."""
        known = [event for event in reversed(interests(shopper.history)) if event.product_id in self._index]
        recent = known[: self.settings.recent]
        index = [self._index[event.product_id or ""] for event in recent]
        weights = [EVENT_WEIGHT[event.type] * self.settings.decay**step for step, event in enumerate(recent)]
        return index, np.array(weights)

    def _told(self, shoppers: Sequence[Shopper]) -> _Told:
        read = [self._weights(shopper) for shopper in shoppers]
        owners = np.repeat(np.arange(len(read)), [len(index) for index, _ in read])
        products = np.array([i for index, _ in read for i in index], dtype=np.int64)
        return _Told(len(read), owners, products, np.concatenate([weights for _, weights in read]))

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
        about |= {"tokens": list(self.tokens.columns), "rarity": self.tokens.rarity.tolist(), "crowd": self.crowd.tolist()}
        (folder / "graph.json").write_text(json.dumps(about), encoding="utf-8")
        sparse.save_npz(folder / "graph.edges.npz", self.edges)
        sparse.save_npz(folder / "graph.features.npz", self.features)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The graph that `save` wrote. Raises `BadModel`."""
        try:
            about = json.loads((folder / "graph.json").read_text(encoding="utf-8"))
            # Graphs of before tokens were kept have none: they go on as they are, and know no new products.
            names, rarity = about.get("tokens", []), np.array(about.get("rarity", []), dtype=np.float64)
            tokens = TokenWeights({name: column for column, name in enumerate(names)}, rarity)
            crowd = np.array(about.get("crowd", []), dtype=np.float64)
            graph = cls(GraphSettings(**about["settings"]), tokens=tokens, crowd=crowd, typical=about["typical"])
            edges, features = (sparse.load_npz(folder / f"graph.{part}.npz") for part in ("edges", "features"))
            graph._set(tuple(about["product_ids"]), tuple(about["titles"]), edges, features)
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise BadModel(f"The item graph in {folder} cannot be read ({error}); train again.") from error
        return graph


@dataclass(frozen=True, slots=True, eq=False)
class _Entries:
    """What stands in some rows of a matrix: which of them each entry is in, its column, its value; all are (n,)."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, matrix: Any, rows: NDArray[np.int64]) -> Self:
        """The entries of a CSR matrix; scipy takes several times as long over a few rows."""
        first = matrix.indptr[rows].astype(np.int64)
        lengths = matrix.indptr[rows + 1] - first
        ends = np.cumsum(lengths)
        places = np.arange(lengths.sum()) + np.repeat(first - ends + lengths, lengths)
        return cls(np.repeat(np.arange(len(rows)), lengths), matrix.indices[places], matrix.data[places])


def _meet(
    size: int, owners: NDArray[np.int64], columns: NDArray[np.int64], values: NDArray[np.float64], candidates: Any
) -> NDArray[np.float64]:
    """(size, n_candidates): the product of a matrix, given by its entries, and of `candidates` (CSR), transposed.

    Only columns that a candidate has are looked at, so that a plain matrix of the rest is small.
    """
    count, width = candidates.shape
    if size == 1:
        return np.asarray(candidates @ np.bincount(columns, values, minlength=width), dtype=np.float64)[None, :]
    met = np.zeros(width, dtype=np.bool_)
    met[candidates.indices] = True
    found = np.flatnonzero(met)
    places = np.empty(width, dtype=np.int32)
    places[found] = np.arange(len(found))
    kept = met[columns]
    cells = places[columns[kept]].astype(np.int64) * size + owners[kept]
    left = np.bincount(cells, values[kept], minlength=len(found) * size).reshape(len(found), size)
    right = sparse.csr_matrix((candidates.data, places[candidates.indices], candidates.indptr), (count, len(found)))
    return np.asarray((right @ left).T, dtype=np.float64)


class _KnowsProducts(Scores, Protocol):
    @property
    def product_ids(self) -> tuple[str, ...]: ...


def typical_best(model: _KnowsProducts, dataset: Dataset, sample: int = 300) -> float:
    """What the best product that is new to a shopper scores, in the middle of a sample: the unit that scores are read in."""
    count = min(sample, len(dataset.shopper_ids))
    scores = model.score([dataset.shopper(index) for index in range(count)], model.product_ids)
    rows = slice(0, dataset.offsets[count])
    scores[dataset.shoppers_of_rows[rows], dataset.items[rows]] = 0.0
    best = scores.max(axis=1, initial=0.0)
    return float(np.median(best[best > 0])) if (best > 0).any() else 1.0


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


def _apart(made_of: Any, crowd: NDArray[np.float64]) -> Any:
    """(n, n_tokens) rows of length 1, divided by the fourth root of how many products are like each.

    Two of them multiply to their cosine over the root of the mean degree of both.
    """
    alike = made_of @ crowd
    return sparse.diags(np.divide(1.0, alike**0.25, out=np.zeros_like(alike), where=alike > 0)).tocsr() @ made_of


def _scale(degrees: Any) -> Any:
    degree = np.asarray(degrees).ravel()
    return sparse.diags(np.divide(1.0, np.sqrt(degree), out=np.zeros_like(degree), where=degree > 0)).tocsr()
