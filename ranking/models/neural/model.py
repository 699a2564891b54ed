"""Chances that a shopper takes an interest in a product, from a network of what is known of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from ranking.dataset import Dataset
from ranking.models.neural.examples import Drawing
from ranking.models.neural.features import Features, Histories
from ranking.models.neural.network import Batch, Network, Settings
from ranking.models.neural.training import FeatureTask
from ranking.models.training.model import TrainedModel, Weights
from ranking.models.training.weights import arrays_of, ready
from ranking.types import Shopper

_PAIRS = 2**16
"""Pairs of an interest and a candidate that are scored at once: few enough to stay in the processor's cache."""


@dataclass(slots=True)
class NeuralModel(TrainedModel[Settings]):
    """A network over a shop's products and shoppers."""

    network_type: ClassVar[type[Network]]

    settings: Settings = field(default_factory=Settings)
    shopper_ids: tuple[str, ...] = ()
    network: Network | None = None
    _shoppers: dict[str, int] = field(default_factory=dict)

    def _task(self, dataset: Dataset) -> FeatureTask:
        return FeatureTask(self.network_type, dataset, self.settings)

    def _take(self, network: Network, task: FeatureTask) -> None:
        self.network = network
        self._know_shoppers(task.shopper_ids)

    def _know_shoppers(self, shopper_ids: Sequence[str]) -> None:
        self.shopper_ids = tuple(shopper_ids)
        self._shoppers = {shopper_id: number for number, shopper_id in enumerate(shopper_ids, 1)}

    def score(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> NDArray[np.float64]:
        """(n_shoppers, n_candidates): chances, 0-1, that the shopper takes an interest rather than passing it over.

        The chances are those among as many products passed over as training drew for each interest. An unknown product
        has none; without a history, what others like and the product itself decide.
        """
        numbers = np.array([self._numbers.get(product_id, 0) for product_id in candidates], dtype=np.int64)
        scores = np.zeros((len(shoppers), len(candidates)))
        known = np.flatnonzero(numbers)
        if self.network is None or not len(known):
            return scores
        size = max(1, _PAIRS // (len(known) * self.settings.recent))
        for start in range(0, len(shoppers), size):
            histories = self._histories(shoppers[start : start + size])
            scores[start : start + size, known] = self._chances(self.network, histories, numbers[None, known])
        return scores

    def _histories(self, shoppers: Sequence[Shopper]) -> Histories:
        numbers = [self._shoppers.get(shopper.id, 0) for shopper in shoppers]
        return Histories.of(numbers, [self._read(shopper) for shopper in shoppers], self._numbers)

    @staticmethod
    def _chances(network: Network, histories: Histories, candidates: NDArray[np.int64]) -> NDArray[np.float64]:
        device = next(network.parameters()).device
        with torch.inference_mode():
            chances: NDArray[np.float64] = network.chances(Batch.of(histories, candidates, device)).cpu().numpy()
        return chances

    def _weights(self) -> Weights | None:
        return arrays_of(self.network) if self.network else None

    def _about(self) -> dict[str, Any]:
        return TrainedModel._about(self) | {"shopper_ids": self.shopper_ids}

    @classmethod
    def _settings(cls, saved: Mapping[str, Any]) -> Settings:
        return Settings(**{**saved, "hidden": tuple(saved["hidden"]), "drawing": Drawing(**saved["drawing"])})

    def _restore(self, about: Mapping[str, Any], weights: Weights) -> None:
        self._know_shoppers(about["shopper_ids"])
        blank = Features.blank(len(self.product_ids), len(self.shopper_ids))
        self.network = ready(self.network_type(blank, self.settings), weights)
