"""What a network over histories is given and gives, and its loss: softmax cross-entropy over the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

_IMPOSSIBLE = -1e9


@dataclass(frozen=True, slots=True)
class Settings:
    """The size of a network and how it learns.

    `width` numbers describe a product, `recent` products of a history are read, `blocks` and `heads` are those of a
    transformer. `negatives` products are drawn for each batch of `batch` shoppers beside those that were wanted in it;
    0 sets each wanted product against the whole catalogue. `dropout` hides numbers, `forget` products of the history
    (but never the latest). The learning rate falls to nothing over `epochs`, unless `patience` is set: then learning
    stops after that many epochs without a better NDCG@10 on the last interests of `held_out` shoppers, and keeps the best.
    """

    width: int = 64
    recent: int = 20
    blocks: int = 2
    heads: int = 2
    negatives: int = 1_024
    dropout: float = 0.3
    forget: float = 0.2
    batch: int = 128
    rate: float = 5e-3
    epochs: int = 4
    patience: int | None = None
    held_out: int = 5_000
    seed: int = 7


class Network(nn.Module):
    """A network that turns histories and products into vectors of the same space; their product is the score."""

    frequency: Tensor

    def __init__(self, content: NDArray[np.float32], settings: Settings) -> None:
        """`content` is (n_products + 1, n_numbers); row 0 is no product."""
        super().__init__()
        self.settings = settings
        self.products = len(content) - 1
        self.register_buffer("frequency", torch.full((len(content),), 1.0 / max(1, self.products)), persistent=False)

    def wants(self, items: Tensor) -> Tensor:
        """(b, t) product numbers, latest first, to (b, t, d): what was wanted after each product and those before it."""
        raise NotImplementedError

    def vectors(self, numbers: Tensor) -> Tensor:
        """(c,) product numbers to (c, d)."""
        raise NotImplementedError

    def forward(self, items: Tensor) -> Tensor:
        """The mean loss of telling each product of the rows (b, t) from those before it."""
        histories, wanted = items[:, 1:], items[:, :-1]
        there = histories > 0
        found, wanted = self.wants(histories)[there], wanted[there]
        if not self.settings.negatives:
            everything = self.vectors(torch.arange(1, self.products + 1, device=items.device))
            return functional.cross_entropy((found @ everything.T).float(), wanted - 1)
        return self._sampled(found, wanted, there.nonzero()[:, 0])

    def _sampled(self, found: Tensor, wanted: Tensor, rows: Tensor) -> Tensor:
        """Softmax over the batch's wanted products and random ones, corrected for how often each is drawn.

        What a shopper wanted before or after is not set against what they want now: it is always in the batch, however
        rarely it is drawn.

        Bengio and Senécal, "Adaptive Importance Sampling to Accelerate Training of a Neural Probabilistic Language
        Model" (IEEE Transactions on Neural Networks, 2008).
        """
        kinds, places = torch.unique(wanted, return_inverse=True)
        drawn = torch.randint(1, self.products + 1, (self.settings.negatives,), device=wanted.device)
        candidates = torch.cat([kinds, drawn])
        expected = self.settings.negatives / self.products + len(wanted) * self.frequency[candidates]
        logits = (found @ self.vectors(candidates).T).float() - torch.log(expected)
        own = torch.zeros(int(rows[-1]) + 1, len(kinds), dtype=torch.bool, device=rows.device)
        own[rows, places] = True
        out = torch.cat([own[rows], wanted[:, None] == drawn], dim=1)
        out[torch.arange(len(rows), device=rows.device), places] = False
        return functional.cross_entropy(logits.masked_fill(out, _IMPOSSIBLE), places)


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
