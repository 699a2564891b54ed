"""How a network over histories learns: to tell each product of a row from those before it; NDCG@10 on the last ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ranking.dataset import Dataset
from ranking.models.content import Content
from ranking.models.sequence.network import Network
from ranking.models.sequence.rows import Windows, batches, histories, padded
from ranking.models.sequence.settings import Settings
from ranking.models.training.loop import Task

_SCORED = 256
_STEPS = 400
_GROWTH = 4

Rows = Sequence[NDArray[np.int64]]


class SequenceTask(Task[Network]):
    """A network that says what comes next."""

    settings: Settings
    decides = "ndcg"

    def __init__(self, network_type: type[Network], dataset: Dataset, settings: Settings) -> None:
        """Learns from what the shoppers of `dataset` liked, in its order."""
        self.network_type, self.settings = network_type, settings
        self.content = Content.learn(dataset.tokens, settings.width, settings.seed)
        none = np.zeros((1, settings.width), dtype=np.float32)
        self.of_products = np.vstack([none, self.content.of(dataset.tokens)])
        self.learned, self.held = split(histories(dataset, settings.recent + 1), settings)

    def start(self) -> Network:
        """The untrained network, told how often each product is wanted."""
        network = self.network_type(self.of_products, self.settings)
        told = np.concatenate(
            [np.zeros(1, np.int64), *(row[:-1] for row in self.learned)]
        )  # the oldest has nothing before it
        network.count(np.bincount(told, minlength=network.products + 1))
        return network

    def batches(self, rng: np.random.Generator) -> Sequence[NDArray[np.int64]]:
        """Rows of about the same length together, latest first, padded with 0."""
        return batches(self.learned, self.settings.batch, rng)

    def loss(self, network: nn.Module, batch: NDArray[np.int64], rng: np.random.Generator, device: torch.device) -> Tensor:
        """The network's own: what it calls a loss is softmax cross-entropy."""
        loss: Tensor = network(torch.from_numpy(batch).to(device))
        return loss

    def measured(self, network: Network, device: torch.device) -> Mapping[str, float]:
        """NDCG@10 (0-1) of what was held out."""
        return {"ndcg": held_out_ndcg(network, self.held, device)} if self.held else {}


class WindowTask(SequenceTask):
    """A network that tells one product from the row before it: a batch mixes products of many shoppers and of all times.

    Where a network is so light that going over a history once for each of its products costs little, this learns better
    than whole histories: a batch's gradient does not hang on a few shoppers.

    Each step goes over the vectors of all products, so in a large shop steps are what takes time: beyond a number of them an
    epoch, batches grow instead, and the rate with the root of their size, as is right for Adam (Malladi et al., "On the SDEs
    and Scaling Rules for Adaptive Gradient Algorithms", NeurIPS 2022).
    """

    def __init__(self, network_type: type[Network], dataset: Dataset, settings: Settings) -> None:
        """Learns from what the shoppers of `dataset` liked, in its order."""
        super().__init__(network_type, dataset, settings)
        windows = sum(len(row) - 1 for row in self.learned)
        growth = min(max(1, windows // (_STEPS * settings.batch)), _GROWTH)
        self.settings = replace(settings, batch=growth * settings.batch, rate=growth**0.5 * settings.rate)

    def batches(self, rng: np.random.Generator) -> Sequence[NDArray[np.int64]]:
        """Windows (b, recent + 1), latest first, padded with 0."""
        return Windows.of(self.learned, self.settings.recent + 1, self.settings.batch, rng)


def held_out_ndcg(network: Network, rows: Rows, device: torch.device) -> float:
    """NDCG@10 (0-1) of the latest product of each row over the whole catalogue, what came before it left out."""
    network.eval()
    gains = 0.0
    with torch.inference_mode():
        everything = network.vectors(torch.arange(network.products + 1, device=device)).T
        for start in range(0, len(rows), _SCORED):
            items = torch.from_numpy(padded(rows[start : start + _SCORED])).to(device)
            scores = network.wants(items[:, 1:]) @ everything
            wanted = scores.gather(1, items[:, :1])
            scores.scatter_(1, items[:, 1:], -torch.inf)
            scores[:, 0] = -torch.inf
            place = (scores > wanted).sum(dim=1)
            gains += float((1 / torch.log2(place + 2.0))[place < 10].sum())
    return round(gains / len(rows), 5)


def split(rows: Rows, settings: Settings) -> tuple[Rows, Rows]:
    """What to learn from, and whole rows whose latest product is to be told; without `patience` nothing is held out."""
    able = [number for number, row in enumerate(rows) if len(row) > 2] if settings.patience is not None else []
    chosen = np.random.default_rng(settings.seed).permutation(able)[: min(settings.held_out, len(able) // 2)]
    held = set(map(int, chosen))
    return [row[1:] if number in held else row for number, row in enumerate(rows)], [rows[number] for number in sorted(held)]
