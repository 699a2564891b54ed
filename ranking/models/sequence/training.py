"""The loop: seeded, one process or several, bf16 on a GPU that has it, for a number of epochs or until none is better."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from ranking.models.neural.network import this_process
from ranking.models.sequence.network import Network, Settings
from ranking.models.sequence.rows import batches, padded

_CLIP = 5.0
_SCORED = 256

Rows = Sequence[NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one time over all histories brought; `ndcg` (0-1, at 10) is None where nothing was held out."""

    number: int
    loss: float
    ndcg: float | None
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Step:
    """How far training is: the epoch, from 1, batches done and in all in it, and the loss of late."""

    epoch: int
    done: int
    total: int
    loss: float


@dataclass(frozen=True, slots=True)
class Run:
    """Where training keeps its checkpoint, if anywhere, and who is told how far it is."""

    checkpoint: Path | None = None
    progress: Callable[[Step], None] = lambda step: None


def train(network: Network, rows: Rows, of: str, run: Run) -> tuple[Epoch, ...]:
    """Trains `network` in place on histories, latest first, and returns the epochs.

    Under `accelerate launch` or `torchrun`, each process learns from its own share of every batch. `of` names the network,
    its settings and data: a checkpoint of the same is gone on from, another one is ignored, and none is left at the end.
    The same network and rows give the same weights on the same machine and number of processes.
    """
    with torch.random.fork_rng():
        return _Training(network, rows, of, run).run_all()


class _Training:
    def __init__(self, network: Network, rows: Rows, of: str, run: Run) -> None:
        self.process = this_process()
        self.network, self.settings, self.of, self.run = network.to(self.process.device), network.settings, of, run
        self.learned, self.held = _split(rows, self.settings)
        counts = np.bincount(np.concatenate([np.zeros(1, np.int64), *self.learned]), minlength=network.products + 1)
        network.frequency.copy_(torch.from_numpy(counts / max(1, counts.sum())))
        self.optimizer = torch.optim.AdamW(network.parameters(), self.settings.rate, weight_decay=0.0)
        self.epochs: tuple[Epoch, ...] = ()
        self.best = _copy(network)
        self._resume()
        several = self.process.num_processes > 1
        self.wrapped: nn.Module = DistributedDataParallel(network) if several else network

    def run_all(self) -> tuple[Epoch, ...]:
        while self.learned and not self._is_over():
            self._epoch(len(self.epochs) + 1)
        self.network.load_state_dict(self.best)
        self.network.eval()
        if self.run.checkpoint and self.process.is_main_process:
            self.run.checkpoint.unlink(missing_ok=True)
        return self.epochs

    def _is_over(self) -> bool:
        patience = self.settings.patience
        since = len(self.epochs) - _best(self.epochs)
        return len(self.epochs) >= self.settings.epochs or (patience is not None and since >= patience)

    def _epoch(self, number: int) -> None:
        started, cpu = time.monotonic(), time.process_time()
        torch.manual_seed(self.settings.seed + number)
        loss = self._learn(number)
        ndcg = held_out_ndcg(self.network, self.held) if self.held else None
        seconds, cpu = time.monotonic() - started, time.process_time() - cpu
        self.epochs = (*self.epochs, Epoch(number, round(loss, 4), ndcg, round(seconds, 2), round(cpu, 2)))
        if _best(self.epochs) == number:
            self.best = _copy(self.network)
        self._keep()

    def _learn(self, number: int) -> float:
        self.wrapped.train()
        some = list(batches(self.learned, self.settings.batch, np.random.default_rng((self.settings.seed, number))))
        total = 0.0
        for done, rows in enumerate(some, 1):
            if self.settings.patience is None:
                self._slow_down(number - 1 + (done - 1) / len(some))
            share = rows[self.process.process_index :: self.process.num_processes]
            total += self._step(share if len(share) else rows)
            self.run.progress(Step(number, done, len(some), total / done))
        return total / len(some)

    def _slow_down(self, epochs_done: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate * (1 - epochs_done / self.settings.epochs)

    def _step(self, rows: NDArray[np.int64]) -> float:
        device = self.process.device
        half = device.type == "cuda" and torch.cuda.is_bf16_supported()
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            loss = self.wrapped(torch.from_numpy(rows).to(device))
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP)
        self.optimizer.step()
        return float(loss.detach())

    def _keep(self) -> None:
        path = self.run.checkpoint
        if path is None or not self.process.is_main_process:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        state = {"of": self.of, "epochs": [asdict(epoch) for epoch in self.epochs], "best": self.best}
        state |= {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}
        unfinished = path.with_name(path.name + ".part")
        torch.save(state, unfinished)
        os.replace(unfinished, path)

    def _resume(self) -> None:
        path = self.run.checkpoint
        if path is None or not path.is_file():
            return
        state = torch.load(path, map_location=self.process.device, weights_only=True)
        if state["of"] == self.of:
            self.network.load_state_dict(state["network"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.epochs, self.best = tuple(Epoch(**epoch) for epoch in state["epochs"]), state["best"]


def held_out_ndcg(network: Network, rows: Rows) -> float:
    """NDCG@10 (0-1) of the latest product of each row over the whole catalogue, what came before it left out."""
    network.eval()
    gains = 0.0
    with torch.inference_mode():
        device = next(network.parameters()).device
        everything = network.vectors(torch.arange(network.products + 1, device=device)).T
        for start in range(0, len(rows), _SCORED):
            items = torch.from_numpy(padded(rows[start : start + _SCORED])).to(device)
            scores = network.wants(items[:, 1:])[:, 0] @ everything
            wanted = scores.gather(1, items[:, :1])
            scores.scatter_(1, items[:, 1:], -torch.inf)
            scores[:, 0] = -torch.inf
            place = (scores > wanted).sum(dim=1)
            gains += float((1 / torch.log2(place + 2.0))[place < 10].sum())
    return round(gains / len(rows), 5)


def _split(rows: Rows, settings: Settings) -> tuple[Rows, Rows]:
    """What to learn from, and whole rows whose latest product is to be told; without `patience` nothing is held out."""
    able = [number for number, row in enumerate(rows) if len(row) > 2] if settings.patience is not None else []
    chosen = np.random.default_rng(settings.seed).permutation(able)[: min(settings.held_out, len(able) // 2)]
    held = set(map(int, chosen))
    return [row[1:] if number in held else row for number, row in enumerate(rows)], [rows[number] for number in sorted(held)]


def _best(epochs: Sequence[Epoch]) -> int:
    """Number of the epoch with the highest NDCG, or the last one where nothing was held out; 0 before the first."""
    measured = [(epoch.ndcg, -epoch.number) for epoch in epochs if epoch.ndcg is not None]
    return -max(measured)[1] if measured else len(epochs)


def _copy(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
