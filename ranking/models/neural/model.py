"""Fit, score, explain, save and load: the same for every network."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from ranking.dataset import Dataset
from ranking.interests import interests
from ranking.models.base import BadModel
from ranking.models.neural.checkpoints import Epoch
from ranking.models.neural.examples import Drawing, Examples
from ranking.models.neural.features import Features, Histories
from ranking.models.neural.network import Batch, Network, Settings, this_process
from ranking.models.neural.training import Run, train
from ranking.types import Shopper
from retrieval.types import Reason

_PAIRS = 2**16
"""Pairs of an interest and a candidate that are scored at once: few enough to stay in the processor's cache."""


@dataclass(slots=True)
class NeuralModel:
    """A network over a shop's products and shoppers. `epochs` tells how training went."""

    name: ClassVar[str]
    """What its files are called."""
    network_type: ClassVar[type[Network]]

    settings: Settings = field(default_factory=Settings)
    run: Run = field(default_factory=Run)
    epochs: tuple[Epoch, ...] = ()
    product_ids: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    shopper_ids: tuple[str, ...] = ()
    network: Network | None = None
    _products: dict[str, int] = field(default_factory=dict)
    _shoppers: dict[str, int] = field(default_factory=dict)

    def fit(self, dataset: Dataset) -> Self:
        """Trains the network on `dataset`; its last interests only decide when to stop."""
        self._set(dataset.product_ids, dataset.titles, dataset.shopper_ids)
        with torch.random.fork_rng():
            torch.manual_seed(self.settings.seed)
            self.network = self.network_type(Features.of(dataset, self.settings.seed), self.settings)
        self.epochs = train(self.network, Examples.of(dataset), self.settings, self._of(dataset), self.run)
        return self

    def _set(self, product_ids: tuple[str, ...], titles: tuple[str, ...], shopper_ids: tuple[str, ...]) -> None:
        self.product_ids, self.titles, self.shopper_ids = product_ids, titles, shopper_ids
        self._products = {product_id: number for number, product_id in enumerate(product_ids, 1)}
        self._shoppers = {shopper_id: number for number, shopper_id in enumerate(shopper_ids, 1)}

    def _of(self, dataset: Dataset) -> str:
        """What is being trained on what, so that a checkpoint of something else is told apart."""
        found = hashlib.sha256(repr((self.name, self.settings, dataset.product_ids, dataset.shopper_ids)).encode())
        for array in (dataset.offsets, dataset.items, dataset.codes, dataset.times):
            found.update(array.tobytes())
        return found.hexdigest()

    def score(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> NDArray[np.float64]:
        """(n_shoppers, n_candidates): chances, 0-1, that the shopper takes an interest rather than passing it over.

        The chances are those among as many products passed over as training drew for each interest. An unknown product
        has none; without a history, what others like and the product itself decide.
        """
        numbers = np.array([self._products.get(product_id, 0) for product_id in candidates], dtype=np.int64)
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
        return Histories.of(shoppers, self._shoppers, self._products, self.settings.recent)

    @staticmethod
    def _chances(network: Network, histories: Histories, candidates: NDArray[np.int64]) -> NDArray[np.float64]:
        device = next(network.parameters()).device
        with torch.inference_mode():
            chances: NDArray[np.float64] = network.chances(Batch.of(histories, candidates, device)).cpu().numpy()
        return chances

    def explain(self, shopper: Shopper, product_id: str) -> tuple[Reason, ...]:
        """The history product without which the score would fall most, if it would; its weight is that fall."""
        events = [event for event in interests(shopper.history) if event.product_id in self._products]
        events = events[-self.settings.recent :]
        if product_id not in self._products or not events:
            return ()
        without = [replace(shopper, history=(*events[:at], *events[at + 1 :])) for at in range(len(events))]
        whole, *rest = self.score([replace(shopper, history=tuple(events)), *without], [product_id])[:, 0]
        best = int(np.argmin(rest))
        if rest[best] >= whole:
            return ()
        title = self.titles[self._products[events[best].product_id or ""] - 1]
        return (Reason("history", f"Goes with the {title}", float(whole - rest[best])),)

    def save(self, folder: Path) -> None:
        """Writes `{name}.json`, `{name}.safetensors` and `{name}.metrics.json`. Raises `ValueError` before `fit`."""
        if self.network is None:
            raise ValueError(f"The {self.name} model has learned nothing; fit it before saving it.")
        if not this_process().is_main_process:
            return
        about = {"settings": asdict(self.settings), "product_ids": self.product_ids, "titles": self.titles}
        about |= {"shopper_ids": self.shopper_ids}
        (folder / f"{self.name}.json").write_text(json.dumps(about), encoding="utf-8")
        weights = {name: tensor.detach().cpu().clone() for name, tensor in self.network.state_dict().items()}
        save_file(weights, folder / f"{self.name}.safetensors")
        epochs = {"epochs": [asdict(epoch) for epoch in self.epochs]}
        (folder / f"{self.name}.metrics.json").write_text(json.dumps(epochs, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that `save` wrote, on this process's device. Raises `BadModel`."""
        try:
            about = json.loads((folder / f"{cls.name}.json").read_text(encoding="utf-8"))
            epochs = json.loads((folder / f"{cls.name}.metrics.json").read_text(encoding="utf-8"))["epochs"]
            model = cls(_settings(about["settings"]), epochs=tuple(Epoch(**epoch) for epoch in epochs))
            model._set(tuple(about["product_ids"]), tuple(about["titles"]), tuple(about["shopper_ids"]))
            features = Features.blank(len(model.product_ids), len(model.shopper_ids))
            model.network = cls.network_type(features, model.settings)
            model.network.load_state_dict(load_file(folder / f"{cls.name}.safetensors"))
            model.network.to(this_process().device).eval()
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise BadModel(f"The {cls.name} model in {folder} cannot be read ({error}); train again.") from error
        return model


def _settings(saved: dict[str, Any]) -> Settings:
    return Settings(**{**saved, "hidden": tuple(saved["hidden"]), "drawing": Drawing(**saved["drawing"])})
