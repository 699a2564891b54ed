"""A transformer over the history, each product attending to those before it.

Kang and McAuley, "Self-Attentive Sequential Recommendation" (SASRec, ICDM 2018), with softmax cross-entropy instead of its
binary loss: Klenitskiy and Vasilev, "Turning Dross Into Gold Loss: is BERT4Rec really better than SASRec?" (RecSys 2023).
Product vectors start as what the product is made of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ranking.dataset import Dataset
from ranking.models.sequence.model import SequenceModel
from ranking.models.sequence.network import Network, Products
from ranking.models.sequence.rows import padded
from ranking.models.sequence.settings import Settings
from ranking.models.sequence.training import SequenceTask
from ranking.models.training.model import Weights
from ranking.models.training.weights import arrays_of, ready


class SequentialNetwork(Network):
    """Blocks of causal self-attention; the same vectors for what was bought and for what comes next."""

    def __init__(self, content: NDArray[np.float32], settings: Settings) -> None:
        """Positions count back from the latest product, so that the end of a history is always at the same one."""
        super().__init__(content, settings)
        width = settings.width
        self.items, self.positions = Products(content, width), nn.Embedding(settings.recent, width)
        nn.init.normal_(self.positions.weight, std=0.02)
        block = nn.TransformerEncoderLayer(
            width, settings.heads, 4 * width, settings.dropout, "gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(block, settings.blocks, enable_nested_tensor=False)
        self.hide, self.norm = nn.Dropout(settings.dropout), nn.LayerNorm(width)

    def wants(self, items: Tensor) -> Tensor:
        """(b, t) to (b, d)."""
        return self.wants_after_each(items)[:, 0]

    def wants_after_each(self, items: Tensor) -> Tensor:
        """(b, t) to (b, t, d): what was wanted after each product and those before it."""
        steps = items.shape[1]
        embedded = self.hide(self.items(items) + self.positions.weight[:steps])
        later = torch.ones(steps, steps, dtype=torch.bool, device=items.device).tril(-1)
        # A short row's padding stands before its first product, and nothing but padding attends to padding.
        blocked = later[None] | (items == 0)[:, None, :]
        blocked = blocked & ~torch.eye(steps, dtype=torch.bool, device=items.device)
        mask = blocked.repeat_interleave(self.settings.heads, dim=0)
        out: Tensor = self.norm(self.blocks(embedded, mask=mask))
        return out

    def vectors(self, numbers: Tensor) -> Tensor:
        """(c,) to (c, d)."""
        out: Tensor = self.items(numbers)
        return out

    def forward(self, items: Tensor) -> Tensor:
        """Of a batch of whole rows: each product but the oldest is told from those before it."""
        there = items[:, 1:] > 0
        found, wanted = self.wants_after_each(items[:, 1:])[there], items[:, :-1][there]
        return self.told(found, wanted, there.nonzero()[:, 0])


def _settings() -> Settings:
    return Settings(recent=50, negatives=0, dropout=0.2, rate=1e-3, epochs=60, patience=3)


@dataclass(slots=True)
class Sequential(SequenceModel):
    """The model around it."""

    name: ClassVar[str] = "sequential"

    settings: Settings = field(default_factory=_settings)
    network: SequentialNetwork | None = None

    def _task(self, dataset: Dataset) -> SequenceTask:
        return SequenceTask(SequentialNetwork, dataset, self.settings)

    def _take(self, network: SequentialNetwork, task: SequenceTask) -> None:
        self.network = network

    def _logits(self, rows: Sequence[NDArray[np.int64]], numbers: NDArray[np.int64] | None) -> NDArray[np.float32]:
        assert self.network  # there are rows, so there are products
        device = next(self.network.parameters()).device
        numbers = np.arange(1, self.network.products + 1) if numbers is None else numbers
        with torch.inference_mode():
            wants = self.network.wants(torch.from_numpy(padded(rows)).to(device))
            vectors = self.network.vectors(torch.from_numpy(numbers).to(device))
            logits: NDArray[np.float32] = (wants @ vectors.T).float().cpu().numpy()
        return logits

    def _weights(self) -> Weights | None:
        return arrays_of(self.network) if self.network else None

    def _restore(self, about: Mapping[str, Any], weights: Weights) -> None:
        blank = np.zeros((len(self.product_ids) + 1, self.settings.width), dtype=np.float32)
        self.network = ready(SequentialNetwork(blank, self.settings), weights)
