"""Product vectors for which the fading sum of a history points to what comes next.

The plainest sequential model there is: no layers, one learned weight for each step back, and two vectors a product, one as
part of a history and one as what may come next, both starting as what the product is made of. The sum of a history goes
back to Koren, "Factorization Meets the Neighborhood" (KDD 2008); the order in it to Rendle, Freudenthaler and
Schmidt-Thieme, "Factorizing Personalized Markov Chains for Next-Basket Recommendation" (WWW 2010). It is trained in a few
passes by softmax over scaled cosines: the loss matters more than the layers (Klenitskiy and Vasilev, "Turning Dross Into
Gold Loss: is BERT4Rec really better than SASRec?", RecSys 2023).
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from ranking.models.sequence.model import SequenceModel
from ranking.models.sequence.network import Network, Products, Settings

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
        """(b, t) to (b, t, d), rows of the length that sharpens the softmax."""
        steps = torch.arange(items.shape[1], device=items.device)
        back = steps[None, :] - steps[:, None]
        read = (back >= 0) & (back < self.settings.recent)
        weights = self.fading.exp()[back.clamp(0, self.settings.recent - 1)] * read * (items > 0)[:, None, :]
        if self.training:
            kept = torch.rand(weights.shape, device=items.device) >= self.settings.forget
            weights = weights * (kept | (back == 0))
        sums = functional.dropout(weights @ self.before(items), self.settings.dropout, self.training)
        return functional.normalize(sums, dim=-1) * self.sharpness.exp()

    def vectors(self, numbers: Tensor) -> Tensor:
        """(c,) to (c, d), rows of length 1."""
        return functional.normalize(self.next(numbers), dim=-1)


class HistoryVectors(SequenceModel):
    """The model around it."""

    name: ClassVar[str] = "history_vectors"
    network_type: ClassVar[type[Network]] = HistoryVectorsNetwork
