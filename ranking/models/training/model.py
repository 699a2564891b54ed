"""Fit, explain, save and load: the same for every model that trains a network. Loads no torch until it fits."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from ranking.dataset import Dataset
from ranking.interests import interests
from ranking.models.base import BadModel
from ranking.models.training.run import Epoch, Run, TrainingSettings, write_whole
from ranking.types import Event, Shopper
from retrieval.types import Reason

if TYPE_CHECKING:
    from ranking.models.training.loop import Task

S = TypeVar("S", bound=TrainingSettings)

Weights = Mapping[str, NDArray[Any]]
"""Arrays by name."""


@dataclass(slots=True)
class TrainedModel(ABC, Generic[S]):
    """What came of training a network over a shop's products. `epochs` tells how training went.

    Products have numbers from 1, in the order of `product_ids`.
    """

    name: ClassVar[str]
    """What its files are called."""

    settings: S
    run: Run = field(default_factory=Run)
    epochs: tuple[Epoch, ...] = ()
    product_ids: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    _numbers: dict[str, int] = field(default_factory=dict)

    @abstractmethod
    def _task(self, dataset: Dataset) -> Task[Any]:
        """What is trained on `dataset`."""

    @abstractmethod
    def _take(self, network: Any, task: Any) -> None:
        """Keeps what scoring needs of the network that `task` has trained."""

    @abstractmethod
    def score(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> NDArray[np.float64]:
        """(n_shoppers, n_candidates): higher is better; 0 for an unknown product."""

    @abstractmethod
    def _weights(self) -> Weights | None:
        """What was learned; None before `fit`."""

    def _about(self) -> dict[str, Any]:
        """What else is to be saved, as JSON."""
        return {"settings": asdict(self.settings), "product_ids": self.product_ids, "titles": self.titles}

    @classmethod
    @abstractmethod
    def _settings(cls, saved: Mapping[str, Any]) -> S:
        """The settings that were saved."""

    @abstractmethod
    def _restore(self, about: Mapping[str, Any], weights: Weights) -> None:
        """Takes back what `_about` and `_weights` gave. Raises `KeyError`, `ValueError` or `RuntimeError` if it can't."""

    def fit(self, dataset: Dataset) -> Self:
        """Trains a network on `dataset`, as `settings` say; `run` tells where it keeps its checkpoint."""
        from ranking.models.training.loop import train  # loads torch, which scoring may do without

        task = self._task(dataset)
        network, self.epochs = train(task, self._of(dataset), self.run)
        self._know(dataset.product_ids, dataset.titles)
        self._take(network, task)
        return self

    def _know(self, product_ids: Sequence[str], titles: Sequence[str]) -> None:
        self.product_ids, self.titles = tuple(product_ids), tuple(titles)
        self._numbers = {product_id: number for number, product_id in enumerate(product_ids, 1)}

    def _of(self, dataset: Dataset) -> str:
        """What is being trained on what, so that a checkpoint of something else is told apart."""
        about = (self.name, self.settings, dataset.product_ids, dataset.shopper_ids, dataset.tokens)
        found = hashlib.sha256(repr(about).encode())
        for array in (dataset.offsets, dataset.items, dataset.codes, dataset.times):
            found.update(array.tobytes())
        return found.hexdigest()

    def _counts(self, event: Event) -> bool:
        """Whether the model makes something of an interest."""
        return event.product_id in self._numbers

    def _read(self, shopper: Shopper) -> tuple[Event, ...]:
        """The latest interests that the model makes something of, oldest first."""
        return tuple(event for event in interests(shopper.history) if self._counts(event))[-self.settings.recent :]

    def explain(self, shopper: Shopper, product_id: str) -> tuple[Reason, ...]:
        """The history product without which the score would fall most, if it would; its weight is that fall."""
        events = self._read(shopper)
        if product_id not in self._numbers or not events:
            return ()
        without = [replace(shopper, history=(*events[:at], *events[at + 1 :])) for at in range(len(events))]
        whole, *rest = self.score([replace(shopper, history=events), *without], [product_id])[:, 0]
        best = int(np.argmin(rest))
        if rest[best] >= whole:
            return ()
        title = self.titles[self._numbers[events[best].product_id or ""] - 1]
        return (Reason("history", f"Goes with the {title}", float(whole - rest[best])),)

    def save(self, folder: Path) -> None:
        """Writes `{name}.json`, `{name}.safetensors` and `{name}.metrics.json`. Raises `ValueError` before `fit`."""
        weights = self._weights()
        if weights is None:
            raise ValueError(f"The {self.name} model has learned nothing; fit it before saving it.")
        metrics = {"epochs": [epoch.as_json() for epoch in self.epochs]}
        write_whole(folder / f"{self.name}.json", json.dumps(self._about()).encode())
        write_whole(folder / f"{self.name}.safetensors", save(dict(weights)))
        write_whole(folder / f"{self.name}.metrics.json", (json.dumps(metrics, indent=2) + "\n").encode())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that `save` wrote. Raises `BadModel`."""
        try:
            about = json.loads((folder / f"{cls.name}.json").read_bytes())
            metrics = json.loads((folder / f"{cls.name}.metrics.json").read_bytes())
            model = cls(cls._settings(about["settings"]), epochs=tuple(map(Epoch.of, metrics["epochs"])))
            model._know(about["product_ids"], about["titles"])
            model._restore(about, load_file(folder / f"{cls.name}.safetensors"))
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise BadModel(f"The {cls.name} model in {folder} cannot be read ({error}); train again.") from error
        return model
