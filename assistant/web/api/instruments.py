"""The instruments with which things are measured, in the text format of Prometheus: counters, gauges and histograms."""

from __future__ import annotations

import logging
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

SECONDS = (0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the histograms' buckets."""
Labels = tuple[str, ...]
_log = logging.getLogger(__name__)


class Metric(Protocol):
    """Something that is measured."""

    def lines(self) -> Iterator[str]:
        """It as Prometheus reads it, without the end of the lines."""


class Counter:
    """Counts things that only ever become more, apart for each value of its labels. Safe from several threads."""

    def __init__(self, name: str, help_: str, labels: Labels = ()) -> None:
        """`labels` are the names; their values should be few, as each is kept forever."""
        self._head = _head(name, help_, "counter")
        self._name = name
        self._labels = labels
        self._lock = threading.Lock()
        self._counts: dict[Labels, int] = {}

    def add(self, *values: str) -> None:
        """One more, of these label values."""
        with self._lock:
            self._counts[values] = self._counts.get(values, 0) + 1

    def lines(self) -> Iterator[str]:
        """It as Prometheus reads it; without labels there is a 0 from the start."""
        with self._lock:
            counts = dict(self._counts) or ({} if self._labels else {(): 0})
        yield from self._head
        yield from (_sample(self._name, self._labels, values, count) for values, count in sorted(counts.items()))


class Gauge:
    """Something that is read when it is asked for. Where the database is away, it is left out that time."""

    def __init__(self, name: str, help_: str, labels: Labels, read: Callable[[], Mapping[Labels, float]]) -> None:
        """`read` gives the numbers by their label values."""
        self._head = _head(name, help_, "gauge")
        self._name = name
        self._labels = labels
        self._read = read

    def lines(self) -> Iterator[str]:
        """It as Prometheus reads it."""
        try:
            found = self._read()
        except SQLAlchemyError as error:
            _log.warning("%s could not be read: %s", self._name, error)
            return
        yield from self._head
        yield from (_sample(self._name, self._labels, values, number) for values, number in sorted(found.items()))


class Histogram:
    """How long things take: how many took up to each bound, and all of them together. Safe from several threads."""

    def __init__(self, name: str, help_: str, bounds: Sequence[float] = SECONDS) -> None:
        """`bounds` are seconds, growing."""
        self._head = _head(name, help_, "histogram")
        self._name = name
        self._bounds = tuple(bounds)
        self._lock = threading.Lock()
        self._counts = [0] * (len(self._bounds) + 1)
        self._sum = 0.0

    def observe(self, seconds: float) -> None:
        """One more, that took so long."""
        with self._lock:
            self._counts[bisect_left(self._bounds, seconds)] += 1
            self._sum += seconds

    def lines(self) -> Iterator[str]:
        """It as Prometheus reads it: each bucket holds all that are below its bound."""
        with self._lock:
            counts, total = list(self._counts), self._sum
        yield from self._head
        below = 0
        for bound, count in zip([*map(str, self._bounds), "+Inf"], counts, strict=True):
            below += count
            yield _sample(f"{self._name}_bucket", ("le",), (bound,), below)
        yield _sample(f"{self._name}_sum", (), (), total)
        yield _sample(f"{self._name}_count", (), (), below)


def _head(name: str, help_: str, kind: str) -> tuple[str, str]:
    return f"# HELP {name} {help_}", f"# TYPE {name} {kind}"


def _sample(name: str, labels: Labels, values: Labels, number: float) -> str:
    pairs = ",".join(f'{label}="{_escaped(value)}"' for label, value in zip(labels, values, strict=True))
    return f"{name}{{{pairs}}} {number}" if pairs else f"{name} {number}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
