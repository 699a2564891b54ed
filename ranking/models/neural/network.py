"""What every network of this folder is given and gives: shoppers and candidates in, one number for each pair out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ranking.models.neural.examples import Drawing
from ranking.models.neural.features import Features, Histories
from ranking.models.training.run import TrainingSettings


@dataclass(frozen=True, slots=True)
class Settings(TrainingSettings):
    """The size of a network and how it learns.

    `width` numbers describe a product, `hidden` are the layers above, and `crosses` weights are kept for pairs of products
    where a network has such. `cold` is the share of products that are learned from without their own vector, so that
    their content can stand for it. `batch` counts interests. Where `patience` is set, the last `held_out` of all interests
    (0-1) are held out, and AUC decides.
    """

    width: int = 32
    hidden: tuple[int, int] = (64, 32)
    crosses: int = 2**20
    cold: float = 0.1
    drawing: Drawing = Drawing()
    held_out: float = 0.1
    batch: int = 512
    rate: float = 2e-3
    weight_decay: float = 0.1
    epochs: int = 6
    patience: int | None = 2


@dataclass(frozen=True, slots=True)
class Batch:
    """Shoppers with their histories (b, h), latest first and padded with 0, and candidates (b, c) or (1, c)."""

    shoppers: Tensor
    items: Tensor
    weights: Tensor
    candidates: Tensor

    @classmethod
    def of(cls, histories: Histories, candidates: NDArray[np.int64], device: torch.device) -> Batch:
        """The same as tensors on `device`."""
        arrays = (histories.shoppers, histories.items, histories.weights, candidates)
        return cls(*(torch.from_numpy(array).to(device) for array in arrays))


class Network(nn.Module, ABC):
    """A network that tells, for each shopper and candidate, how much likelier an interest is than not."""

    line: Tensor

    def __init__(self, features: Features, settings: Settings) -> None:
        """Every network is made of the same two things. `line` is the slope and shift that calibrate its logits."""
        super().__init__()
        self.register_buffer("line", torch.tensor([1.0, 0.0]))

    @abstractmethod
    def logits(self, batch: Batch) -> Tensor:
        """(b, c): the logarithm of the odds that the shopper takes an interest in the candidate."""

    def chances(self, batch: Batch) -> Tensor:
        """(b, c): the calibrated chances, 0-1, in double precision so that few are equal."""
        return torch.sigmoid(self.logits(batch).double() * self.line[0] + self.line[1])

    def auxiliary(self, batch: Batch) -> Tensor:
        """What else there is to learn, as a loss to add; nothing for most."""
        return batch.weights.new_zeros(())

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Both, for training."""
        return self.logits(batch), self.auxiliary(batch)
