"""DeepFM: a factorisation machine and a network over the same vectors, with no crosses made by hand.

Guo et al., "DeepFM: A Factorization-Machine based Neural Network for CTR Prediction" (IJCAI 2017). The fields are the
shopper, the history, the candidate itself, its content, and each number of the plain evidence; the machine adds the dot
products of all pairs of fields to their linear part.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ranking.models.neural.features import Features
from ranking.models.neural.layers import EVIDENCE, Evidence, Layers, Products, Recency, Shoppers
from ranking.models.neural.model import NeuralModel
from ranking.models.neural.network import Batch, Network, Settings


class DeepFmNetwork(Network):
    """First order, second order and deep part, added up."""

    def __init__(self, features: Features, settings: Settings) -> None:
        """Vectors are shared by the second order and the deep part."""
        super().__init__(features, settings)
        self.products = Products(features, settings.width, settings.cold)
        self.shoppers, self.pool = Shoppers(features, settings.width), Recency(settings.recent)
        self.evidence = Evidence(features)
        self.of_evidence = nn.Parameter(torch.randn(EVIDENCE, settings.width) * 0.05)
        self.linear, self.bias = nn.Linear(EVIDENCE, 1), nn.Embedding(len(features.content), 1, padding_idx=0)
        nn.init.zeros_(self.bias.weight)
        nn.init.constant_(self.linear.bias, -math.log(max(1, settings.drawing.count)))
        self.deep = Layers([settings.width] * 4 + [EVIDENCE], settings.hidden)

    def logits(self, batch: Batch) -> Tensor:
        """(b, c)."""
        history = self.pool(self.products(batch.items), batch).unsqueeze(1)
        shopper = self.shoppers(batch.shoppers).unsqueeze(1)
        own = self.products.own(batch.candidates)
        content = self.products.of_content(self.products.content[batch.candidates])
        evidence = self.evidence(batch)
        first = self.linear(evidence) + self.bias(batch.candidates)
        numbers = evidence.unsqueeze(-1) * self.of_evidence
        second = pairwise([shopper, history, own, content, *numbers.unbind(dim=2)])
        logits: Tensor = first.squeeze(-1) + second + self.deep([shopper, history, own, content, evidence])
        return logits


def pairwise(fields: Sequence[Tensor]) -> Tensor:
    """The sum of the dot products of all pairs of fields, which broadcast to (b, c, d): (b, c)."""
    total, squares = fields[0], fields[0] ** 2
    for field in fields[1:]:
        total, squares = total + field, squares + field**2
    return 0.5 * (total**2 - squares).sum(dim=-1)


@dataclass(slots=True)
class DeepFm(NeuralModel):
    """The default settings fit it as they are."""

    name: ClassVar[str] = "deep_fm"
    network_type: ClassVar[type[Network]] = DeepFmNetwork
