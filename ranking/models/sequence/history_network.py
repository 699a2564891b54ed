"""The network of `ranking.models.history_vectors`: scaled cosines between the fading sum of a history and products."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ranking.models.content import Content
from ranking.models.sequence.network import Network, Products
from ranking.models.sequence.settings import Settings
from ranking.models.sequence.vectors import Vectors, unit

_FADING = 0.7
_SHARPNESS = 10.0


class HistoryVectorsNetwork(Network):
    """Scaled cosines between the fading sum of a history and products."""

    def __init__(self, content: NDArray[np.float32], settings: Settings) -> None:
        """The weights start fading by a constant share each step back."""
        super().__init__(content, settings)
        self.before, self.next = Products(content, settings.width), Products(content, settings.width)
        self.fading = nn.Parameter(torch.arange(settings.recent) * math.log(_FADING))
        self.sharpness = nn.Parameter(torch.tensor(math.log(_SHARPNESS)))

    def wants(self, items: Tensor) -> Tensor:
        """(b, t) to (b, d), rows of the length that sharpens the softmax."""
        weights = self.fading.exp()[: items.shape[1]] * (items > 0)
        if self.training:
            kept = torch.rand(weights.shape, device=items.device) >= self.settings.forget
            kept[:, 0] = True
            weights = weights * kept
        sums = functional.dropout((weights[:, None] @ self.before(items))[:, 0], self.settings.dropout, self.training)
        return functional.normalize(sums, dim=-1) * self.sharpness.exp()

    def vectors(self, numbers: Tensor) -> Tensor:
        """(c,) to (c, d), rows of length 1."""
        return functional.normalize(self.next(numbers), dim=-1)

    def forward(self, items: Tensor) -> Tensor:
        """Of a batch of windows: the first product of each row is told from the others."""
        return self.told(self.wants(items[:, 1:]), items[:, 0], torch.arange(len(items), device=items.device))

    def as_vectors(self, content: Content) -> Vectors:
        """What scoring needs of all this, worked out; `content` is what the products' vectors were made of."""
        with torch.inference_mode():
            numbers = torch.arange(self.products + 1, device=self.fading.device)
            arrays = (
                self.before(numbers),
                self.next(numbers),
                self.fading.exp(),
                self.sharpness.exp(),
                self.before.made_of.weight,
                self.next.made_of.weight,
            )
            before, after, fading, sharpness, of_before, of_next = (array.float().cpu().numpy() for array in arrays)
        return Vectors(before, unit(after), fading, sharpness, of_before, of_next, content)
