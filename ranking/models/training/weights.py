"""Networks as arrays by name, and back."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

from ranking.models.training.model import Weights
from ranking.models.training.process import this_process

N = TypeVar("N", bound=nn.Module)


def arrays_of(network: nn.Module) -> Weights:
    """Everything that the network has learned or was given."""
    return {name: tensor.detach().cpu().numpy() for name, tensor in network.state_dict().items()}


def ready(network: N, weights: Weights) -> N:
    """`network` with these weights, on this process's device, to score with. Raises `RuntimeError` if they don't fit."""
    network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return network.to(this_process().device).eval()
