"""Where training stands, on disk: weights, the best weights so far and the optimizer, as tensors and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from ranking.models.training.run import Epoch, write_whole


@dataclass(frozen=True, slots=True)
class State:
    """Epochs done so far, and the weights of the best of them."""

    epochs: tuple[Epoch, ...]
    best: dict[str, Tensor]


def save_checkpoint(path: Path, of: str, network: nn.Module, optimizer: torch.optim.Optimizer, state: State) -> None:
    """Replaces the checkpoint at `path` in a single step. `of` tells what is being trained, on what."""
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    tensors |= {f"best.{name}": tensor for name, tensor in state.best.items()}
    for number, kept in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{name}": tensor for name, tensor in kept.items()}
    about = {"of": of, "epochs": json.dumps([epoch.as_json() for epoch in state.epochs])}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, save({name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}, about))


def load_checkpoint(path: Path, of: str, network: nn.Module, optimizer: torch.optim.Optimizer) -> State | None:
    """Puts network and optimizer back to where the checkpoint left them, and says how far that is.

    None, and nothing is touched, where there is no checkpoint, a broken one, or one of something else than `of`.
    """
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            about, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}
    except SafetensorError:
        return None
    if about.get("of") != of:
        return None
    network.load_state_dict(_under("network.", tensors))
    kept: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _under("optimizer.", tensors).items():
        number, entry = name.split(".", 1)
        kept.setdefault(int(number), {})[entry] = tensor
    optimizer.load_state_dict({"state": kept, "param_groups": optimizer.state_dict()["param_groups"]})
    return State(tuple(Epoch.of(epoch) for epoch in json.loads(about["epochs"])), _under("best.", tensors))


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
