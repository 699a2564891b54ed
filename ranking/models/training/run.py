"""What training is told, what it tells while it runs, and what it leaves behind. Loads no torch."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """What the settings of every network have, beside those of its family.

    `recent` interests of a shopper are read. An epoch goes over all examples, `batch` at a time. Training stops after
    `patience` epochs without a better measure on what is held out, and keeps the best weights. Where `patience` is None,
    nothing is held out, and `rate` falls to nothing over `epochs`.
    """

    recent: int = 20
    batch: int = 128
    rate: float = 1e-3
    weight_decay: float = 0.0
    epochs: int = 4
    patience: int | None = None
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one time over all examples brought; `measures` are those of validation, none where nothing is held out."""

    number: int
    loss: float
    seconds: float
    cpu_seconds: float
    measures: Mapping[str, float]

    def as_json(self) -> dict[str, float]:
        """All figures side by side."""
        about = {"number": self.number, "loss": self.loss, "seconds": self.seconds, "cpu_seconds": self.cpu_seconds}
        return about | dict(self.measures)

    @classmethod
    def of(cls, saved: Mapping[str, Any]) -> Self:
        """What `as_json` gave. Raises `KeyError` where a figure is missing."""
        own = {name: saved[name] for name in ("number", "loss", "seconds", "cpu_seconds")}
        measures = {name: value for name, value in saved.items() if name not in own and value is not None}
        return cls(**own, measures=measures)

    def __str__(self) -> str:
        """The figures in a line."""
        figures = {"loss": self.loss} | dict(self.measures)
        told = ", ".join(f"{name} {value:.4f}" for name, value in figures.items())
        return f"epoch {self.number}: {told}, {self.seconds:.1f} s"


@dataclass(frozen=True, slots=True)
class Step:
    """How far training is: the epoch, from 1, of at most `epochs`, batches done and in all in it, its mean loss so far."""

    epoch: int
    epochs: int
    done: int
    total: int
    loss: float

    def __str__(self) -> str:
        """The same in words, but for the batches."""
        return f"epoch {self.epoch} of at most {self.epochs}, loss {self.loss:.4f}"


@dataclass(frozen=True, slots=True)
class Run:
    """Where training keeps its checkpoint, if anywhere, and who is told how far it is.

    Several processes need a path that all of them see.
    """

    checkpoint: Path | None = None
    progress: Callable[[Step], None] = lambda step: None


def write_whole(path: Path, contents: bytes) -> None:
    """Replaces the file in a single step: whoever reads meanwhile gets the old one or the new one."""
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_bytes(contents)
    os.replace(unfinished, path)
