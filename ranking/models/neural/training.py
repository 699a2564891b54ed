"""The loop: seeded, one process or several, bf16 on a GPU that has it, until validation no longer gets better."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from ranking.calibration import Platt
from ranking.models.neural.checkpoints import Epoch, State, load_checkpoint, save_checkpoint
from ranking.models.neural.examples import Examples
from ranking.models.neural.network import Batch, Network, Settings, this_process
from ranking.pairs import Pairs

_CLIP = 5.0
_VALIDATED = 1_024


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


def train(network: Network, examples: Examples, settings: Settings, of: str, run: Run) -> tuple[Epoch, ...]:
    """Trains `network` in place, leaves it with the best weights found, and returns the epochs.

    Where a launcher started several processes, each learns from its own share of every batch. `of` names the network,
    its settings and data: a checkpoint of the same is gone on from, another one is ignored, and none is left at the end.
    The same network, examples and settings give the same weights on the same machine and number of processes.
    """
    with torch.random.fork_rng():
        return _Training(network, examples, settings, of, run).run_all()


class _Training:
    def __init__(self, network: Network, examples: Examples, settings: Settings, of: str, run: Run) -> None:
        self.process = this_process()
        self.network, self.settings, self.of, self.run = network.to(self.process.device), settings, of, run
        self.learned, self.held = examples.split(settings.held_out)
        self.optimizer = torch.optim.AdamW(network.parameters(), settings.rate, weight_decay=settings.weight_decay)
        self.state = self._resumed() or State((), _copy(network))
        self.wrapped: nn.Module = network
        if self.process.num_processes > 1:
            self.wrapped = DistributedDataParallel(network)

    def _resumed(self) -> State | None:
        path = self.run.checkpoint
        return load_checkpoint(path, self.of, self.network, self.optimizer) if path else None

    def run_all(self) -> tuple[Epoch, ...]:
        while len(self.learned.rows) and not self._is_over():
            self._epoch(len(self.state.epochs) + 1)
        self.network.load_state_dict(self.state.best)
        self.network.eval()
        if self.run.checkpoint and self.process.is_main_process:
            self.run.checkpoint.unlink(missing_ok=True)
        return self.state.epochs

    def _is_over(self) -> bool:
        epochs = self.state.epochs
        return len(epochs) >= self.settings.epochs or len(epochs) - _best(epochs) > self.settings.patience

    def _epoch(self, number: int) -> None:
        started = time.monotonic()
        torch.manual_seed(self.settings.seed + number)
        loss = self._learn(number)
        log_loss, auc = self._validated()
        epochs = (*self.state.epochs, Epoch(number, loss, log_loss, auc, round(time.monotonic() - started, 2)))
        better = _best(epochs) == number
        self.state = State(epochs, _copy(self.network) if better else self.state.best)
        if self.run.checkpoint and self.process.is_main_process:
            save_checkpoint(self.run.checkpoint, self.of, self.network, self.optimizer, self.state)

    def _validated(self) -> tuple[float, float] | tuple[None, None]:
        """Log loss, once calibrated, and AUC; the line of the calibration stays with the weights."""
        logits, wanted = held_out_logits(self.network, self.held, self.settings, self.process.device)
        if wanted.all() or not wanted.any():
            return None, None
        line = Platt.fit(logits, wanted)
        self.network.line.copy_(torch.tensor([line.slope, line.shift]))
        pairs = Pairs(line(logits), wanted)
        return pairs.log_loss(), pairs.auc()

    def _learn(self, number: int) -> float:
        self.wrapped.train()
        rng = np.random.default_rng((self.settings.seed, number, self.process.process_index))
        batches = list(self._shares(number))
        late = 0.0
        for done, rows in enumerate(batches, 1):
            loss = self._step(rows, rng)
            late = loss if done == 1 else 0.98 * late + 0.02 * loss
            self.run.progress(Step(number, done, len(batches), late))
        return late

    def _shares(self, number: int) -> Iterator[NDArray[np.int64]]:
        """This process's share of each batch. All processes get equally many, so that none waits for the others."""
        order = np.random.default_rng((self.settings.seed, number)).permutation(self.learned.rows)
        size, index, count = self.settings.batch, self.process.process_index, self.process.num_processes
        for start in range(0, len(order), size):
            batch = order[start : start + size]
            yield batch[index::count] if len(batch) >= count else batch

    def _step(self, rows: NDArray[np.int64], rng: np.random.Generator) -> float:
        batch, there = pair_up(self.learned, rows, self.settings, rng, self.process.device)
        half = self.process.device.type == "cuda" and torch.cuda.is_bf16_supported()
        with torch.autocast(self.process.device.type, torch.bfloat16, enabled=half):
            logits, auxiliary = self.wrapped(batch)
        loss = _loss(logits.float(), there) + auxiliary.float()
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP)
        self.optimizer.step()
        return float(loss.detach())


def pair_up(
    examples: Examples, rows: NDArray[np.int64], settings: Settings, rng: np.random.Generator, device: torch.device
) -> tuple[Batch, Tensor]:
    """The interests at `rows`, each beside products passed over, and (b, c) which of the pairs are there to learn from.

    The first candidate of each row is the one that was wanted.
    """
    passed_over = examples.passed_over(rows, settings.drawing, rng)
    candidates = np.concatenate([examples.items[rows, None], passed_over], axis=1)
    batch = Batch.of(examples.histories(rows, settings.recent), candidates, device)
    return batch, batch.candidates > 0


def held_out_logits(
    network: Network, examples: Examples, settings: Settings, device: torch.device
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(n,) logits of the pairs of `examples`, with the same products passed over each time, and which were wanted."""
    network.eval()
    rng = np.random.default_rng(settings.seed)
    logits, wanted = [np.empty(0)], [np.empty(0, dtype=bool)]
    with torch.inference_mode():
        for start in range(0, len(examples.rows), _VALIDATED):
            batch, there = pair_up(examples, examples.rows[start : start + _VALIDATED], settings, rng, device)
            first = torch.zeros_like(there)
            first[:, 0] = True
            logits.append(network.logits(batch)[there].double().cpu().numpy())
            wanted.append(first[there].cpu().numpy())
    return np.concatenate(logits), np.concatenate(wanted)


def _loss(logits: Tensor, there: Tensor) -> Tensor:
    wanted = torch.zeros_like(logits)
    wanted[:, 0] = 1.0
    losses = nn.functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    return (losses * there).sum() / there.sum()


def _best(epochs: tuple[Epoch, ...]) -> int:
    """Number of the epoch with the highest AUC, or the last one where nothing was held out; 0 before the first."""
    measured = [(epoch.auc, -epoch.number) for epoch in epochs if epoch.auc is not None]
    return -max(measured)[1] if measured else len(epochs)


def _copy(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
