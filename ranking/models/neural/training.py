"""How a network of features learns: interests beside products passed over, logistic loss, log loss and AUC on the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ranking.calibration import Platt
from ranking.dataset import Dataset
from ranking.models.neural.examples import Examples
from ranking.models.neural.features import Features
from ranking.models.neural.network import Batch, Network, Settings
from ranking.models.training.loop import Task
from ranking.pairs import Pairs

_VALIDATED = 1_024


class FeatureTask(Task[Network]):
    """A network that tells what was wanted from what was passed over."""

    settings: Settings
    decides = "auc"

    def __init__(self, network_type: type[Network], dataset: Dataset, settings: Settings) -> None:
        """The last interests of `dataset` only decide when to stop."""
        self.network_type, self.settings = network_type, settings
        self.shopper_ids = dataset.shopper_ids
        self.features = Features.of(dataset, settings.seed)
        self.learned, self.held = Examples.of(dataset).split(0.0 if settings.patience is None else settings.held_out)

    def start(self) -> Network:
        """The untrained network."""
        return self.network_type(self.features, self.settings)

    def batches(self, rng: np.random.Generator) -> Sequence[NDArray[np.int64]]:
        """Rows of interests in random order."""
        order = rng.permutation(self.learned.rows)
        return [order[start : start + self.settings.batch] for start in range(0, len(order), self.settings.batch)]

    def loss(self, network: nn.Module, batch: NDArray[np.int64], rng: np.random.Generator, device: torch.device) -> Tensor:
        """Logistic loss over the pairs, and what else the network has to learn."""
        pairs, there = pair_up(self.learned, batch, self.settings, rng, device)
        logits, auxiliary = network(pairs)
        wanted = torch.zeros_like(logits, dtype=torch.float32)
        wanted[:, 0] = 1.0
        losses = nn.functional.binary_cross_entropy_with_logits(logits.float(), wanted, reduction="none")
        mean: Tensor = (losses * there).sum() / there.sum() + auxiliary.float()
        return mean

    def measured(self, network: Network, device: torch.device) -> Mapping[str, float]:
        """Log loss, once calibrated, and AUC; the line of the calibration stays with the weights."""
        logits, wanted = held_out_logits(network, self.held, self.settings, device)
        if wanted.all() or not wanted.any():
            return {}
        line = Platt.fit(logits, wanted)
        network.line.copy_(torch.tensor([line.slope, line.shift]))
        pairs = Pairs(line(logits), wanted)
        return {"log_loss": pairs.log_loss(), "auc": pairs.auc()}


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
