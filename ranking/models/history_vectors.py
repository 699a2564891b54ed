"""Product vectors for which the fading sum of a history points to what comes next.

The plainest sequential model there is: no layers, one learned weight for each step back, and two vectors a product, one as
part of a history and one as what may come next, both starting as what the product is made of. The sum of a history goes
back to Koren, "Factorization Meets the Neighborhood" (KDD 2008); the order in it to Rendle, Freudenthaler and
Schmidt-Thieme, "Factorizing Personalized Markov Chains for Next-Basket Recommendation" (WWW 2010). It is trained in a few
passes by softmax over scaled cosines: the loss matters more than the layers (Klenitskiy and Vasilev, "Turning Dross Into
Gold Loss: is BERT4Rec really better than SASRec?", RecSys 2023). What is learned is worked out into plain arrays, so that
it serves without torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ranking.dataset import Dataset
from ranking.models.sequence.model import SequenceModel
from ranking.models.sequence.settings import Settings
from ranking.models.sequence.vectors import Vectors
from ranking.models.training.model import Weights
from ranking.types import Shopper

if TYPE_CHECKING:
    from ranking.models.sequence.history_network import HistoryVectorsNetwork
    from ranking.models.sequence.training import SequenceTask


def usual_settings() -> Settings:
    """What was best on the validation items of two public data sets; the log of experiments has the others."""
    return Settings(width=128, batch=512, negatives=512, rate=4e-3, epochs=3)


@dataclass(slots=True)
class HistoryVectors(SequenceModel):
    """The model; `vectors` are None before `fit`."""

    name: ClassVar[str] = "history_vectors"

    settings: Settings = field(default_factory=usual_settings)
    vectors: Vectors | None = None

    @classmethod
    def of(cls, product_ids: Sequence[str], titles: Sequence[str], vectors: Vectors) -> Self:
        """A model of `vectors` that came from elsewhere; these are the products of its rows from 1, in order."""
        model = cls(Settings(width=vectors.of_before.shape[1], recent=len(vectors.fading)), vectors=vectors)
        model._know(tuple(product_ids), tuple(titles))
        return model

    def _task(self, dataset: Dataset) -> SequenceTask:
        from ranking.models.sequence.history_network import HistoryVectorsNetwork  # both load torch, which scoring
        from ranking.models.sequence.training import WindowTask  # does without

        return WindowTask(HistoryVectorsNetwork, dataset, self.settings)

    def _take(self, network: HistoryVectorsNetwork, task: SequenceTask) -> None:
        self.vectors = network.as_vectors(task.content)

    def _logits(self, rows: Sequence[NDArray[np.int64]], numbers: NDArray[np.int64] | None) -> NDArray[np.float32]:
        assert self.vectors  # there are rows, so there are products
        return self.vectors.logits(rows, numbers)

    def contributions(self, shopper: Shopper, candidates: Sequence[str]) -> tuple[list[str], NDArray[np.float64]]:
        """Which part of each chance comes from which history product: (product ids, (n_history, n_candidates)).

        The products are those that count, latest first. The columns add up to `chances`.
        """
        row = self._row(shopper)
        numbers, known = self._known(candidates)
        parts = np.zeros((len(row), len(candidates)))
        if self.vectors and len(row) and len(known):
            parts[:, known] = self.vectors.shares(row, numbers) * self.chances([shopper], candidates)[:, known]
        return [self.product_ids[number - 1] for number in row], parts

    def with_products(self, product_ids: Sequence[str], titles: Sequence[str], tokens: Sequence[Sequence[str]]) -> Self:
        """The model that also knows products that came in after training, by what they are made of.

        Those that it knows already, and those of which it knows no token, are left out.
        """
        if self.vectors is None:
            return self
        content = self.vectors.content.of(tokens)
        new = [i for i, product_id in enumerate(product_ids) if product_id not in self._numbers and content[i].any()]
        if not new:
            return self
        again = replace(self, vectors=self.vectors.with_content(content[new]))
        again._know((*self.product_ids, *(product_ids[i] for i in new)), (*self.titles, *(titles[i] for i in new)))
        return again

    def _about(self) -> dict[str, Any]:
        tokens = self.vectors.content.tokens.columns if self.vectors else ()
        return SequenceModel._about(self) | {"tokens": list(tokens)}

    def _weights(self) -> Weights | None:
        return self.vectors.weights() if self.vectors else None

    def _restore(self, about: Mapping[str, Any], weights: Weights) -> None:
        self.vectors = Vectors.of(weights, about["tokens"])
