"""Deep Interest Network: which of the shopper's interests matter depends on the candidate.

Zhou et al., "Deep Interest Network for Click-Through Rate Prediction" (KDD 2018). A small network weighs each product of
the history against the candidate; the weights are not normalised, so that a strong interest stays strong. Instead of the
paper's activation, whose batch statistics make a score depend on its neighbours, a rectifier with a learned slope.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ranking.models.neural.features import Features
from ranking.models.neural.layers import EVIDENCE, Evidence, Layers, Products, Shoppers
from ranking.models.neural.model import NeuralModel
from ranking.models.neural.network import Batch, Network, Settings

_UNITS = 16


class Attention(nn.Module):
    """How much each interest matters for each candidate."""

    def __init__(self, width: int, recent: int) -> None:
        """Besides the two products, it sees how many steps back the interest lies."""
        super().__init__()
        self.of_history, self.of_candidate = nn.Linear(width, _UNITS), nn.Linear(width, _UNITS, bias=False)
        self.of_product = nn.Linear(width, _UNITS, bias=False)
        self.steps = nn.Parameter(torch.zeros(recent, _UNITS))
        self.slope, self.last = nn.PReLU(), nn.Linear(_UNITS, 1)

    def forward(self, history: Tensor, candidates: Tensor, batch: Batch) -> Tensor:
        """(b, h, d) and (b, c, d) to (b, c, h), 0 where the history is padded."""
        alone = self.of_history(history) + self.steps[: history.shape[1]]
        both = self.of_product(history.unsqueeze(1) * candidates.unsqueeze(2))
        units = self.slope(both + alone.unsqueeze(1) + self.of_candidate(candidates).unsqueeze(2))
        weights: Tensor = self.last(units).squeeze(-1) * batch.weights.unsqueeze(1)
        return weights


class DinNetwork(Network):
    """Attention over the history, then layers over the shopper with what it gives, the candidate and the plain evidence."""

    def __init__(self, features: Features, settings: Settings) -> None:
        """The candidate and the history share their vectors."""
        super().__init__(features, settings)
        self.products, self.evidence = Products(features, settings.width, settings.cold), Evidence(features)
        self.shoppers = Shoppers(features, settings.width)
        self.attention = Attention(settings.width, settings.recent)
        self.deep = Layers([settings.width] * 3 + [EVIDENCE], settings.hidden)

    def logits(self, batch: Batch) -> Tensor:
        """(b, c)."""
        history, candidates = self.products(batch.items), self.products(batch.candidates)
        interest = self.attention(history, candidates, batch) @ history + self.shoppers(batch.shoppers).unsqueeze(1)
        logits: Tensor = self.deep([interest, candidates, interest * candidates, self.evidence(batch)])
        return logits


@dataclass(slots=True)
class Din(NeuralModel):
    """The default settings fit it as they are."""

    name: ClassVar[str] = "din"
    network_type: ClassVar[type[Network]] = DinNetwork
