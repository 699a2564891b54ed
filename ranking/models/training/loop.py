"""The loop: seeded, one process or several, bf16 on a GPU that has it, until validation no longer gets better.

A family of networks brings what is its own as a `Task`: the untrained network, the batches, the loss, the measures.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

import numpy as np
import torch
from accelerate.utils import broadcast_object_list
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from ranking.models.training.checkpoints import State, load_checkpoint, save_checkpoint
from ranking.models.training.process import this_process
from ranking.models.training.run import Epoch, Run, Step, TrainingSettings

N = TypeVar("N", bound=nn.Module)

_CLIP = 5.0


class Task(ABC, Generic[N]):
    """What is trained on what: all that one family of networks does in its own way."""

    settings: TrainingSettings
    decides: str
    """The measure that tells which epoch is the best; higher is better."""

    @abstractmethod
    def start(self) -> N:
        """The untrained network."""

    @abstractmethod
    def batches(self, rng: np.random.Generator) -> Sequence[NDArray[np.int64]]:
        """All examples, once, as one epoch goes over them. Processes share out each batch by its first axis."""

    @abstractmethod
    def loss(self, network: nn.Module, batch: NDArray[np.int64], rng: np.random.Generator, device: torch.device) -> Tensor:
        """The mean loss of a batch. `network` may be wrapped: it can be called, and nothing else."""

    @abstractmethod
    def measured(self, network: N, device: torch.device) -> Mapping[str, float]:
        """What validation measures, on what is held out; nothing where nothing is."""


def train(task: Task[N], of: str, run: Run) -> tuple[N, tuple[Epoch, ...]]:
    """The network with the best weights found, and the epochs.

    Where a launcher started several processes, each learns from its own share of every batch, and all end with the same
    weights. `of` names the task: a checkpoint of the same one is gone on from, another one is ignored, and none is left
    at the end. The same task gives the same weights on the same machine and number of processes.
    """
    with torch.random.fork_rng():
        torch.manual_seed(task.settings.seed)
        return _Training(task, of, run).run_all()


class _Training(Generic[N]):
    def __init__(self, task: Task[N], of: str, run: Run) -> None:
        self.task, self.settings, self.of, self.run = task, task.settings, of, run
        self.process = this_process()
        self.network: N = task.start().to(self.process.device)
        self.optimizer = torch.optim.AdamW(
            # One pass over the weights instead of a dozen: that is most of the time of a light network.
            self.network.parameters(),
            self.settings.rate,
            weight_decay=self.settings.weight_decay,
            fused=True,
        )
        self.state = self._resumed() or State((), _copy(self.network))
        self.wrapped: nn.Module = self.network
        if self.process.num_processes > 1:
            # Buffers are the same everywhere from the start; sending them along with each batch takes longer than learning.
            self.wrapped = DistributedDataParallel(self.network, forward_sync_buffers=False)

    def _resumed(self) -> State | None:
        path = self.run.checkpoint
        return load_checkpoint(path, self.of, self.network, self.optimizer) if path else None

    def run_all(self) -> tuple[N, tuple[Epoch, ...]]:
        while not self._is_over():
            batches = self.task.batches(self._rng(len(self.state.epochs) + 1))
            if not batches:
                break
            self._epoch(len(self.state.epochs) + 1, batches)
        self.network.load_state_dict(self.state.best)
        self.network.eval()
        if self.run.checkpoint and self.process.is_main_process:
            self.run.checkpoint.unlink(missing_ok=True)
        return self.network, self.state.epochs

    def _is_over(self) -> bool:
        epochs, patience = self.state.epochs, self.settings.patience
        since = len(epochs) - _best(epochs, self.task.decides)
        return len(epochs) >= self.settings.epochs or (patience is not None and since >= patience)

    def _rng(self, *numbers: int) -> np.random.Generator:
        return np.random.default_rng((self.settings.seed, *numbers))

    def _epoch(self, number: int, batches: Sequence[NDArray[np.int64]]) -> None:
        started, cpu = time.monotonic(), time.process_time()
        loss = self._learn(number, batches)
        measures = self._agreed(self.task.measured(self.network, self.process.device))
        seconds, cpu = time.monotonic() - started, time.process_time() - cpu
        epochs = (*self.state.epochs, Epoch(number, round(loss, 5), round(seconds, 2), round(cpu, 2), measures))
        better = _best(epochs, self.task.decides) == number
        self.state = State(epochs, _copy(self.network) if better else self.state.best)
        if self.run.checkpoint and self.process.is_main_process:
            save_checkpoint(self.run.checkpoint, self.of, self.network, self.optimizer, self.state)

    def _agreed(self, measures: Mapping[str, float]) -> Mapping[str, float]:
        """The main process's measures: were theirs a rounding apart, one could stop while another waits for it."""
        told = [dict(measures)]
        broadcast_object_list(told)
        return told[0]

    def _learn(self, number: int, batches: Sequence[NDArray[np.int64]]) -> float:
        index, count = self.process.process_index, self.process.num_processes
        rng = self._rng(number, index)
        torch.manual_seed(int(rng.integers(2**62)))
        self.wrapped.train()
        total = 0.0
        for done, batch in enumerate(batches, 1):
            if self.settings.patience is None:
                self._slow_down(number - 1 + (done - 1) / len(batches))
            total += self._step(batch[index::count] if len(batch) >= count else batch, rng)
            self.run.progress(Step(number, self.settings.epochs, done, len(batches), total / done))
        return total / len(batches)

    def _slow_down(self, epochs_done: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate * (1 - epochs_done / self.settings.epochs)

    def _step(self, batch: NDArray[np.int64], rng: np.random.Generator) -> float:
        device = self.process.device
        half = device.type == "cuda" and torch.cuda.is_bf16_supported()
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            loss = self.task.loss(self.wrapped, batch, rng, device)
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP)
        self.optimizer.step()
        return float(loss.detach())


def _best(epochs: Sequence[Epoch], decides: str) -> int:
    """Number of the best epoch, the first among equals; the last one where nothing was measured, 0 before the first."""
    measured = [(epoch.measures[decides], -epoch.number) for epoch in epochs if decides in epoch.measures]
    return -max(measured)[1] if measured else len(epochs)


def _copy(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
