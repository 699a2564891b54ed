"""The blend: the item graph and the product vectors, each as shares of what may come next.

The graph knows exactly what led to what, and has nothing to say where nobody went before; the vectors know a little of
everything. The graph's scores are already of the size of shares (an edge is a count over the root of both degrees), and the
vectors' softmax makes chances of their logits, so that the two add up without being fitted to a shop: a sure next product
of either stands first, and the flat tail of the softmax orders what the graph doesn't know. A sum of experts rather than a
product: Hinton, "Training Products of Experts by Minimizing Contrastive Divergence" (Neural Computation, 2002) has both.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ranking.dataset import Dataset
from ranking.models.base import BadModel
from ranking.models.history_vectors import HistoryVectors
from ranking.models.item_graph import ItemGraph, typical_best
from ranking.types import Shopper
from retrieval.types import Reason

VECTORS = 2.0
"""What a chance of the vectors counts beside a score of the graph."""

_ABOUT = "next_item.json"


@dataclass(slots=True)
class NextItemBlend:
    """Both models, fitted on the same dataset.

    Vectors that were never fitted add nothing: then it is the graph alone. `typical` is what a shopper's best product
    scores.
    """

    graph: ItemGraph = field(default_factory=ItemGraph)
    vectors: HistoryVectors = field(default_factory=HistoryVectors)
    typical: float = 1.0

    def fit(self, dataset: Dataset) -> Self:
        """Fits both."""
        self.graph.fit(dataset)
        self.vectors.fit(dataset)
        self.typical = typical_best(self, dataset)
        return self

    @classmethod
    def of_graph(cls, graph: ItemGraph) -> Self:
        """A fitted graph alone."""
        return cls(graph, typical=graph.typical)

    def graph_alone(self) -> Self:
        """The same without the vectors."""
        return self.of_graph(self.graph)

    def with_graph_of(self, dataset: Dataset) -> Self:
        """The same vectors with a graph of `dataset`, which has the same products."""
        return replace(self, graph=ItemGraph(self.graph.settings).fit(dataset))

    @property
    def has_vectors(self) -> bool:
        """Whether it is more than the graph alone."""
        return bool(self.vectors.product_ids)

    @property
    def product_ids(self) -> tuple[str, ...]:
        """The products that it knows."""
        return self.graph.product_ids

    def with_products(self, product_ids: Sequence[str], titles: Sequence[str], tokens: Sequence[Sequence[str]]) -> Self:
        """The blend that also knows products that came in after training, by what they are made of."""
        graph = self.graph.with_products(product_ids, titles, tokens)
        vectors = self.vectors.with_products(product_ids, titles, tokens) if self.has_vectors else self.vectors
        return replace(self, graph=graph, vectors=vectors)

    def score(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> NDArray[np.float64]:
        """(n_shoppers, n_candidates). No candidate's score hangs on the others."""
        return self.graph.score(shoppers, candidates) + VECTORS * self.vectors.chances(shoppers, candidates)

    def contributions(self, shopper: Shopper, candidates: Sequence[str]) -> tuple[list[str], NDArray[np.float64]]:
        """Which part of each score comes from which history product: (product ids, (n_history, n_candidates)).

        The columns add up to `score`.
        """
        history, parts = self.graph.contributions(shopper, candidates)
        if not self.has_vectors:
            return history, parts
        liked, chances = self.vectors.contributions(shopper, candidates)
        both = list(dict.fromkeys([*history, *liked]))
        place = {product_id: row for row, product_id in enumerate(both)}
        together = np.zeros((len(both), len(candidates)))
        together[[place[product_id] for product_id in history]] += parts
        together[[place[product_id] for product_id in liked]] += VECTORS * chances
        return both, together

    def explain(self, shopper: Shopper, product_id: str) -> tuple[Reason, ...]:
        """The reason of the model that adds more to the score."""
        by_graph = self.graph.score([shopper], [product_id])[0, 0]
        by_vectors = VECTORS * self.vectors.chances([shopper], [product_id])[0, 0]
        first, second = (self.graph, self.vectors) if by_graph >= by_vectors else (self.vectors, self.graph)
        return first.explain(shopper, product_id) or second.explain(shopper, product_id)

    def save(self, folder: Path) -> None:
        """Writes `next_item.json` and the files of both, those of the vectors only where there are some."""
        about = {"typical": self.typical, "has_vectors": self.has_vectors}
        (folder / _ABOUT).write_text(json.dumps(about), encoding="utf-8")
        self.graph.save(folder)
        if self.has_vectors:
            self.vectors.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The blend that `save` wrote, or the graph alone where only a graph was saved. Raises `BadModel`."""
        graph = ItemGraph.load(folder)
        if not (folder / _ABOUT).exists():
            return cls.of_graph(graph)
        try:
            about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
            typical, has_vectors = float(about["typical"]), bool(about["has_vectors"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadModel(f"{folder / _ABOUT} cannot be read ({error}); train again.") from error
        return cls(graph, HistoryVectors.load(folder) if has_vectors else HistoryVectors(), typical)
