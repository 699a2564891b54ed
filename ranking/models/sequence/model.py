"""Fit, score, explain, save and load: the same for every network over histories."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from ranking.dataset import Dataset
from ranking.interests import EVENT_WEIGHT, interests
from ranking.models.base import BadModel
from ranking.models.neural.network import this_process
from ranking.models.sequence.network import Network, Settings
from ranking.models.sequence.rows import content, histories, padded
from ranking.models.sequence.training import Epoch, Run, train
from ranking.types import Shopper
from retrieval.types import Reason

_BATCH = 1_024


@dataclass(slots=True)
class SequenceModel:
    """A network over a shop's products. `epochs` tells how training went."""

    name: ClassVar[str]
    """What its files are called."""
    network_type: ClassVar[type[Network]]

    settings: Settings = field(default_factory=Settings)
    run: Run = field(default_factory=Run)
    epochs: tuple[Epoch, ...] = ()
    product_ids: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    network: Network | None = None
    _numbers: dict[str, int] = field(default_factory=dict)

    def fit(self, dataset: Dataset) -> Self:
        """Trains the network on what the shoppers of `dataset` liked, in its order."""
        self._set(dataset.product_ids, dataset.titles)
        with torch.random.fork_rng():
            torch.manual_seed(self.settings.seed)
            self.network = self.network_type(content(dataset.tokens, self.settings.width, self.settings.seed), self.settings)
        rows = histories(dataset, self.settings.recent + 1)
        self.epochs = train(self.network, rows, self._of(dataset), self.run)
        return self

    def _set(self, product_ids: tuple[str, ...], titles: tuple[str, ...]) -> None:
        self.product_ids, self.titles = product_ids, titles
        self._numbers = {product_id: number for number, product_id in enumerate(product_ids, 1)}

    def _of(self, dataset: Dataset) -> str:
        """What is being trained on what, so that a checkpoint of something else is told apart."""
        found = hashlib.sha256(repr((self.name, self.settings, dataset.product_ids, dataset.tokens)).encode())
        for array in (dataset.offsets, dataset.items, dataset.codes):
            found.update(array.tobytes())
        return found.hexdigest()

    def score(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> NDArray[np.float64]:
        """(n_shoppers, n_candidates): the logit of each product as the next one; 0 where nothing is known."""
        scores = np.zeros((len(shoppers), len(candidates)))
        numbers, known = self._known(candidates)
        for some, logits in self._logits(shoppers):
            scores[np.ix_(some, known)] = logits[:, numbers - 1]
        return scores

    def chances(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> NDArray[np.float64]:
        """(n_shoppers, n_candidates): the chance, 0-1, of each product to be the next among all products.

        The products of the history don't share in it: they stand at 0, as does everything where nothing is known.
        """
        chances = np.zeros((len(shoppers), len(candidates)))
        numbers, known = self._known(candidates)
        for some, logits in self._logits(shoppers):
            shares = np.exp(logits - logits.max(axis=1, keepdims=True))
            for place, index in enumerate(some):
                shares[place, self._row(shoppers[index]) - 1] = 0
            shares /= np.maximum(shares.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
            chances[np.ix_(some, known)] = shares[:, numbers - 1]
        return chances

    def _known(self, candidates: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Product numbers of the candidates that have one, and their places among the candidates."""
        numbers = np.array([self._numbers.get(product_id, 0) for product_id in candidates], dtype=np.int64)
        known = np.flatnonzero(numbers)
        return numbers[known], known

    def _logits(self, shoppers: Sequence[Shopper]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Indices of shoppers with a history, and (n, n_products) logits of theirs, a batch at a time."""
        if self.network is None:
            return
        device = next(self.network.parameters()).device
        with torch.inference_mode():
            vectors = self.network.vectors(torch.arange(1, self.network.products + 1, device=device)).T
            for start in range(0, len(shoppers), _BATCH):
                rows = [self._row(shopper) for shopper in shoppers[start : start + _BATCH]]
                some = np.flatnonzero([len(row) for row in rows])
                if len(some):
                    items = torch.from_numpy(padded([rows[number] for number in some])).to(device)
                    yield start + some, (self.network.wants(items)[:, 0] @ vectors).float().cpu().numpy()

    def _row(self, shopper: Shopper) -> NDArray[np.int64]:
        """Numbers of the latest products that the shopper liked, latest first."""
        liked = (event for event in reversed(interests(shopper.history)) if EVENT_WEIGHT[event.type] > 0)
        numbers = (self._numbers.get(event.product_id or "", 0) for event in liked)
        return np.array([number for number in numbers if number][: self.settings.recent], dtype=np.int64)

    def explain(self, shopper: Shopper, product_id: str) -> tuple[Reason, ...]:
        """The history product without which the score would fall most, if it would; its weight is that fall."""
        row = self._row(shopper)
        if product_id not in self._numbers or not len(row):
            return ()
        names = [self.product_ids[number - 1] for number in row]
        liked = tuple(event for event in interests(shopper.history) if event.product_id in set(names))
        without = [replace(shopper, history=tuple(e for e in liked if e.product_id != name)) for name in names]
        whole, *rest = self.score([replace(shopper, history=liked), *without], [product_id])[:, 0]
        best = int(np.argmin(rest))
        if rest[best] >= whole:
            return ()
        return (Reason("history", f"Goes with the {self.titles[row[best] - 1]}", float(whole - rest[best])),)

    def save(self, folder: Path) -> None:
        """Writes `{name}.json`, `{name}.safetensors` and `{name}.metrics.json`. Raises `ValueError` before `fit`."""
        if self.network is None:
            raise ValueError(f"The {self.name} model has learned nothing; fit it before saving it.")
        if not this_process().is_main_process:
            return
        about = {"settings": asdict(self.settings), "product_ids": self.product_ids, "titles": self.titles}
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
            model = cls(Settings(**about["settings"]), epochs=tuple(Epoch(**epoch) for epoch in epochs))
            model._set(tuple(about["product_ids"]), tuple(about["titles"]))
            blank = np.zeros((len(model.product_ids) + 1, model.settings.width), dtype=np.float32)
            model.network = cls.network_type(blank, model.settings)
            model.network.load_state_dict(load_file(folder / f"{cls.name}.safetensors"))
            model.network.to(this_process().device).eval()
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise BadModel(f"The {cls.name} model in {folder} cannot be read ({error}); train again.") from error
        return model
