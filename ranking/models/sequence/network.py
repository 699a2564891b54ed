"""What a network over histories is given and gives, and its loss: softmax cross-entropy over the catalogue."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ranking.models.sequence.settings import Settings

_IMPOSSIBLE = -1e9


class Network(nn.Module, ABC):
    """A network that turns histories and products into vectors of the same space; their product is the score."""

    frequency: Tensor
    drawn_from: Tensor

    def __init__(self, content: NDArray[np.float32], settings: Settings) -> None:
        """`content` is (n_products + 1, n_numbers); row 0 is no product."""
        super().__init__()
        self.settings = settings
        self.products = len(content) - 1
        self.register_buffer("frequency", torch.full((len(content),), 1.0 / max(1, self.products)), persistent=False)
        self.register_buffer("drawn_from", torch.arange(1, len(content)), persistent=False)

    def count(self, counts: NDArray[np.int64]) -> None:
        """Tells how often each product is wanted, (n_products + 1,).

        Those that never are will not be drawn as what was passed over: nobody could want them yet, and to learn that nobody
        did would keep their content from speaking for them.
        """
        self.frequency.copy_(torch.from_numpy(counts / max(1, counts.sum())))
        if counts[1:].any():
            self.drawn_from = torch.from_numpy(np.flatnonzero(counts)).to(self.frequency.device)

    @abstractmethod
    def wants(self, items: Tensor) -> Tensor:
        """(b, t) product numbers, latest first, to (b, d): what is wanted after each row."""

    @abstractmethod
    def vectors(self, numbers: Tensor) -> Tensor:
        """(c,) product numbers to (c, d)."""

    @abstractmethod
    def forward(self, items: Tensor) -> Tensor:
        """The mean loss of a batch (b, t), latest first: of telling products from those before them."""

    def told(self, found: Tensor, wanted: Tensor, owners: Tensor) -> Tensor:
        """Mean softmax cross-entropy of (n, d) against the vectors of the products (n,) that were wanted.

        `owners` (n,) are the shoppers, by any number of theirs.
        """
        if not self.settings.negatives:
            everything = self.vectors(torch.arange(1, self.products + 1, device=found.device))
            return functional.cross_entropy((found @ everything.T).float(), wanted - 1)
        return self._sampled(found, wanted, owners)

    def _sampled(self, found: Tensor, wanted: Tensor, owners: Tensor) -> Tensor:
        """Softmax over the batch's wanted products and random ones, corrected for how often each is drawn.

        What a shopper wanted before or after is not set against what they want now: it is always in the batch, however
        rarely it is drawn.

        Bengio and Senécal, "Adaptive Importance Sampling to Accelerate Training of a Neural Probabilistic Language
        Model" (IEEE Transactions on Neural Networks, 2008).
        """
        drawn = self.drawn_from[torch.randint(len(self.drawn_from), (self.settings.negatives,), device=wanted.device)]
        candidates = torch.cat([wanted, drawn])
        expected = self.settings.negatives / len(self.drawn_from) + len(wanted) * self.frequency[candidates]
        logits = (found @ self.vectors(candidates).T).float() - torch.log(expected)
        out = wanted[:, None] == candidates
        out[:, : len(wanted)] |= owners[:, None] == owners
        out.fill_diagonal_(False)
        return functional.cross_entropy(
            logits.masked_fill(out, _IMPOSSIBLE), torch.arange(len(wanted), device=wanted.device)
        )


class Products(nn.Module):
    """Products as vectors: one of their own, and one made of what they are made of, so that new products have one too."""

    content: Tensor

    def __init__(self, content: NDArray[np.float32], width: int) -> None:
        """At first a product is what it is made of."""
        super().__init__()
        self.own = nn.Embedding(len(content), width, padding_idx=0)
        nn.init.normal_(self.own.weight, std=0.02)
        with torch.no_grad():
            self.own.weight[0] = 0
        self.register_buffer("content", torch.from_numpy(content))
        self.made_of = nn.Linear(content.shape[1], width, bias=False)
        nn.init.eye_(self.made_of.weight)

    def forward(self, numbers: Tensor) -> Tensor:
        """Numbers of any shape to the same shape and d."""
        vectors: Tensor = self.own(numbers) + self.made_of(self.content[numbers])
        return vectors
