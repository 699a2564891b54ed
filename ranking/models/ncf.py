"""Neural collaborative filtering: the dot product of a shopper's and a product's vector, through a sigmoid.

He et al., "Neural Collaborative Filtering" (WWW 2017), in the form with a dot product, which Rendle et al., "Neural
Collaborative Filtering vs. Matrix Factorization Revisited" (RecSys 2020), found to be the better one. A product's vector
takes in its content. A shopper is known by a vector of their own, not by their history, so what a shopper does counts
only after the next training; a newcomer is seen as the average shopper.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from ranking.models.neural.features import Features
from ranking.models.neural.layers import Products, Shoppers
from ranking.models.neural.model import NeuralModel
from ranking.models.neural.network import Batch, Network, Settings


class NcfNetwork(Network):
    """A vector for each shopper, and a vector and a bias for each product."""

    def __init__(self, features: Features, settings: Settings) -> None:
        """All that is known of a shopper is a vector."""
        super().__init__(features, settings)
        self.products = Products(features, settings.width, settings.cold)
        self.shoppers = Shoppers(features, settings.width)
        self.bias = nn.Embedding(len(features.content), 1, padding_idx=0)
        nn.init.zeros_(self.bias.weight)
        self.prior = nn.Parameter(torch.tensor(-math.log(max(1, settings.drawing.count))))

    def logits(self, batch: Batch) -> Tensor:
        """(b, c)."""
        matches = (self.products(batch.candidates) @ self.shoppers(batch.shoppers).unsqueeze(-1)).squeeze(-1)
        logits: Tensor = matches + self.bias(batch.candidates).squeeze(-1) + self.prior
        return logits


@dataclass(slots=True)
class Ncf(NeuralModel):
    """The default settings fit it as they are."""

    name: ClassVar[str] = "ncf"
    network_type: ClassVar[type[Network]] = NcfNetwork
