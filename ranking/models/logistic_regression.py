"""Logistic regression over everything that the networks are told: the line that they have to beat.

Linear in the popularity, content and nearness of a candidate, in a bias of its own, and in each pair of a product of the
history and the candidate; the pairs make it personal. The same as the wide part of `ranking.models.wide_and_deep`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor

from ranking.models.neural.features import Features
from ranking.models.neural.layers import Wide
from ranking.models.neural.model import NeuralModel
from ranking.models.neural.network import Batch, Network, Settings


class LinearNetwork(Network):
    """The wide part and nothing else."""

    def __init__(self, features: Features, settings: Settings) -> None:
        """All weights start at nothing."""
        super().__init__(features, settings)
        self.wide = Wide(features, settings.crosses, settings.drawing.count)

    def logits(self, batch: Batch) -> Tensor:
        """(b, c), a sum of weights."""
        logits: Tensor = self.wide(batch)
        return logits


@dataclass(slots=True)
class LogisticRegression(NeuralModel):
    """Few weights are touched by an example, so it learns in longer steps than the networks."""

    name: ClassVar[str] = "logistic_regression"
    network_type: ClassVar[type[Network]] = LinearNetwork

    settings: Settings = field(default_factory=lambda: Settings(rate=1e-2))
