"""What every benchmark does with its measurements: percentiles, ratios, and the milliseconds since an instant."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of a series of measurements, in the unit of the series."""

    count: int
    p50: float
    p95: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Raises `ValueError` for no values."""
        return cls(len(values), percentile(values, 50), percentile(values, 95))

    def named(self, name: str) -> dict[str, float]:
        """`{name_p50, name_p95}`, rounded to hundredths."""
        return {f"{name}_p50": round(self.p50, 2), f"{name}_p95": round(self.p95, 2)}


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which `percent` (0-100) of the values lie, linear between neighbours.

    Raises `ValueError` for no values, or a percentage out of range.
    """
    if not values:
        raise ValueError("values is empty; expected at least one measurement")
    if not 0 <= percent <= 100:
        raise ValueError(f"percent is {percent}; expected 0 to 100")
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def ratio(one: float, other: float) -> float:
    """How many times `other` goes into `one`, to three digits. Raises `ValueError` unless `other` is over 0."""
    if other <= 0:
        raise ValueError(f"other is {other}; expected a measurement over 0")
    return float(f"{one / other:.3g}")


def ms_since(started: float) -> float:
    """Milliseconds since `started`, a `time.perf_counter()` instant."""
    return (time.perf_counter() - started) * 1000
