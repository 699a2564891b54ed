"""Deep Interest Evolution Network: interests drift, and the candidate tells which drift to follow.

Zhou et al., "Deep Interest Evolution Network for Click-Through Rate Prediction" (AAAI 2019). A recurrent layer reads the
history into states of interest, which learn to tell the next product from another one (the auxiliary loss); a second one
follows them, moving only as far as the attention of the candidate lets it (AUGRU).
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

_AUXILIARY = 0.5


class Evolution(nn.Module):
    """A gated recurrent layer whose update gate is scaled by attention, run for every candidate at once."""

    def __init__(self, width: int) -> None:
        """States are as wide as the products."""
        super().__init__()
        self.of_input, self.of_state = nn.Linear(width, 3 * width), nn.Linear(width, 3 * width, bias=False)

    def forward(self, states: Tensor, attention: Tensor) -> Tensor:
        """(b, h, d) states, oldest first, and (b, c, h) attention to (b, c, d), the last state for each candidate."""
        inputs = self.of_input(states)
        evolved = states.new_zeros(*attention.shape[:2], states.shape[2])
        for step in range(states.shape[1]):
            update, reset, new = inputs[:, step].unsqueeze(1).chunk(3, dim=-1)
            kept_update, kept_reset, kept_new = self.of_state(evolved).chunk(3, dim=-1)
            gate = torch.sigmoid(update + kept_update) * attention[:, :, step].unsqueeze(-1)
            fresh = torch.tanh(new + torch.sigmoid(reset + kept_reset) * kept_new)
            evolved = evolved + gate * (fresh - evolved)
        return evolved


class DienNetwork(Network):
    """Extraction, attention, evolution, and layers over what comes out."""

    def __init__(self, features: Features, settings: Settings) -> None:
        """The candidate and the history share their vectors."""
        super().__init__(features, settings)
        width = settings.width
        self.products, self.evidence = Products(features, width, settings.cold), Evidence(features)
        self.shoppers = Shoppers(features, width)
        self.extraction, self.evolution = nn.GRU(width, width, batch_first=True), Evolution(width)
        self.attention, self.next_product = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.deep = Layers([width] * 3 + [EVIDENCE], settings.hidden)

    def logits(self, batch: Batch) -> Tensor:
        """(b, c)."""
        oldest_first, there = self._oldest_first(batch)
        states = self.extraction(oldest_first)[0]
        candidates = self.products(batch.candidates)
        match = self.attention(candidates) @ states.transpose(1, 2)
        attention = torch.softmax(match.masked_fill(~there.unsqueeze(1), -1e4), dim=-1) * there.unsqueeze(1)
        evolved = self.evolution(states, attention) + self.shoppers(batch.shoppers).unsqueeze(1)
        logits: Tensor = self.deep([evolved, candidates, evolved * candidates, self.evidence(batch)])
        return logits

    def auxiliary(self, batch: Batch) -> Tensor:
        """Each state against the next product of its history and against that of another shopper."""
        oldest_first, there = self._oldest_first(batch)
        states = self.next_product(self.extraction(oldest_first)[0][:, :-1])
        another = oldest_first[:, 1:].roll(1, dims=0)
        counted = there[:, 1:] & there[:, 1:].roll(1, dims=0)
        right, wrong = ((states * vectors).sum(dim=-1) for vectors in (oldest_first[:, 1:], another))
        losses = nn.functional.softplus(-right) + nn.functional.softplus(wrong)
        return _AUXILIARY * (losses * counted).sum() / counted.sum().clamp(min=1)

    def _oldest_first(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """(b, h, d) vectors of the history with the padding at its end, and (b, h) where there is none."""
        lengths = (batch.items > 0).sum(dim=1, keepdim=True)
        steps = torch.arange(batch.items.shape[1], device=batch.items.device).expand_as(batch.items)
        there = steps < lengths
        places = (lengths - 1 - steps).clamp(min=0)
        numbers, weights = batch.items.gather(1, places) * there, batch.weights.gather(1, places) * there
        return self.products(numbers) * weights.unsqueeze(-1), there


@dataclass(slots=True)
class Dien(NeuralModel):
    """The default settings fit it as they are."""

    name: ClassVar[str] = "dien"
    network_type: ClassVar[type[Network]] = DienNetwork
