"""Logistic regression over everything that the networks are told: the line that they have to beat.

Linear in the popularity, content and nearness of a candidate, in a bias of its own, and in each pair of a product of the
history and the candidate, as the wide part of `ranking.models.wide_and_deep`. Most pairs are seen once or never, so what
makes it personal are weights that many pairs share: each shopper's for content, and each product's for what came before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor

from ranking.models.neural.features import Features
from ranking.models.neural.layers import Tastes, Wide
from ranking.models.neural.model import NeuralModel
from ranking.models.neural.network import Batch, Network, Settings

_PAIR = 0.03
"""What a unit of the weight of a pair adds."""


class LinearNetwork(Network):
    """The wide part, and weights of each shopper and of each product."""

    def __init__(self, features: Features, settings: Settings) -> None:
        """All weights start at nothing."""
        super().__init__(features, settings)
        self.wide = Wide(features, settings.crosses, settings.drawing.count, _PAIR)
        self.tastes = Tastes(features)

    def logits(self, batch: Batch) -> Tensor:
        """(b, c), a sum of weights."""
        logits: Tensor = self.wide(batch) + self.tastes(batch, self.wide.content)
        return logits


@dataclass(slots=True)
class LogisticRegression(NeuralModel):
    """Few weights are touched by an example, so it learns in longer steps than the networks."""

    name: ClassVar[str] = "logistic_regression"
    network_type: ClassVar[type[Network]] = LinearNetwork

    settings: Settings = field(default_factory=lambda: Settings(rate=5e-3))
