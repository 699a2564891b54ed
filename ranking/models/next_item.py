"""The blend: the item graph and the product vectors, each as shares of what may come next.

The graph knows exactly what led to what, and has nothing to say where nobody went before; the vectors know a little of
everything. The graph's scores are already of the size of shares (an edge is a count over the root of both degrees), and the
vectors' softmax makes chances of their logits, so that the two add up without being fitted to a shop: a sure next product
of either stands first, and the flat tail of the softmax orders what the graph doesn't know. A sum of experts rather than a
product: Hinton, "Training Products of Experts by Minimizing Contrastive Divergence" (Neural Computation, 2002) has both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ranking.dataset import Dataset
from ranking.models.history_vectors import HistoryVectors
from ranking.models.item_graph import GraphSettings, ItemGraph
from ranking.types import Shopper
from retrieval.types import Reason

VECTORS = 2.0
"""What a chance of the vectors counts beside a score of the graph."""


def _graph() -> ItemGraph:
    return ItemGraph(GraphSettings(second_hop=1.0, content=0.1))


@dataclass(slots=True)
class NextItemBlend:
    """Both models, fitted on the same dataset; the graph goes further than alone, as its tail is no longer the last word."""

    graph: ItemGraph = field(default_factory=_graph)
    vectors: HistoryVectors = field(default_factory=HistoryVectors)

    def fit(self, dataset: Dataset) -> Self:
        """Fits both."""
        self.graph.fit(dataset)
        self.vectors.fit(dataset)
        return self

    def score(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> NDArray[np.float64]:
        """(n_shoppers, n_candidates). No candidate's score hangs on the others."""
        return self.graph.score(shoppers, candidates) + VECTORS * self.vectors.chances(shoppers, candidates)

    def explain(self, shopper: Shopper, product_id: str) -> tuple[Reason, ...]:
        """The reason of the model that adds more to the score."""
        by_graph = self.graph.score([shopper], [product_id])[0, 0]
        by_vectors = VECTORS * self.vectors.chances([shopper], [product_id])[0, 0]
        first, second = (self.graph, self.vectors) if by_graph >= by_vectors else (self.vectors, self.graph)
        return first.explain(shopper, product_id) or second.explain(shopper, product_id)

    def save(self, folder: Path) -> None:
        """Writes the files of both."""
        self.graph.save(folder)
        self.vectors.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The blend that `save` wrote. Raises `BadModel`."""
        return cls(ItemGraph.load(folder), HistoryVectors.load(folder))
