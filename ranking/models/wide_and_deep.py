"""Wide & Deep: a linear model that remembers pairs, and a network that generalises, trained together.

Cheng et al., "Wide & Deep Learning for Recommender Systems" (DLRS 2016). The deep part reads the vectors of the
candidate, of the shopper and of the history, pooled, and the plain evidence; both parts share one loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ranking.models.neural.features import Features
from ranking.models.neural.layers import EVIDENCE, Layers, Products, Recency, Shoppers, Wide
from ranking.models.neural.model import NeuralModel
from ranking.models.neural.network import Batch, Network, Settings


class WideAndDeepNetwork(Network):
    """The sum of both parts."""

    def __init__(self, features: Features, settings: Settings) -> None:
        """The wide part starts at nothing, the deep one at random."""
        super().__init__(features, settings)
        self.wide = Wide(features, settings.crosses, settings.drawing.count)
        self.products = Products(features, settings.width, settings.cold)
        self.pool, self.shoppers = Recency(settings.recent), Shoppers(features, settings.width)
        self.deep = Layers([settings.width] * 3 + [EVIDENCE], settings.hidden)

    def logits(self, batch: Batch) -> Tensor:
        """(b, c)."""
        pooled = self.pool(self.products(batch.items), batch)
        shopper = (pooled + self.shoppers(batch.shoppers)).unsqueeze(1)
        candidates = self.products(batch.candidates)
        evidence = self.wide.evidence(batch)
        logits: Tensor = self.wide(batch) + self.deep([shopper, candidates, shopper * candidates, evidence])
        return logits


@dataclass(slots=True)
class WideAndDeep(NeuralModel):
    """The default settings fit it as they are."""

    name: ClassVar[str] = "wide_and_deep"
    network_type: ClassVar[type[Network]] = WideAndDeepNetwork
