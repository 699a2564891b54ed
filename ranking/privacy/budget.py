"""How much privacy may be spent, and the least noise that keeps to it."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ranking.models.base import BadModel

# Any of them gives a bound. Finer steps hardly lower the best one, and orders between whole numbers take long.
_ORDERS = (*(x / 4 for x in range(5, 24)), *range(6, 33), *range(34, 65, 2), 80, 96, 128, 192, 256, 512)
_LEAST, _MOST = 0.2, 1e6
_PRECISION = 1e-3

REPORT = "privacy.json"
"""What the report's file is called."""


class PrivacyUnavailable(Exception):
    """What private training needs is not installed: says how to get it."""

    def __init__(self) -> None:
        """It is always the same."""
        super().__init__("Private training needs Opacus; install it with: pip install 'shelfwise[privacy]'")


class BadBudget(ValueError):
    """There is no keeping to this budget: names the number and what was expected."""


@dataclass(frozen=True, slots=True)
class PrivacyBudget:
    """(ε, δ): for any set of models, the chance of learning one in it with a shopper's history is at most e^ε times the
    chance without, plus δ; and the other way round.

    Raises `BadBudget` unless `epsilon` is above 0 and finite, and `delta` between 0 and 1, neither included.
    """

    epsilon: float
    delta: float

    def __post_init__(self) -> None:
        """Checks."""
        if not (math.isfinite(self.epsilon) and self.epsilon > 0):
            raise BadBudget(f"epsilon is {self.epsilon}; expected a finite number above 0, such as 3.")
        if not 0 < self.delta < 1:
            raise BadBudget(f"delta is {self.delta}; expected a number between 0 and 1, far below 1 / shoppers.")

    @classmethod
    def for_shoppers(cls, epsilon: float, shoppers: int) -> PrivacyBudget:
        """With the highest power of ten for δ that is at most a tenth of 1 / `shoppers`."""
        return cls(epsilon, 10.0 ** -math.ceil(math.log10(10 * max(1, shoppers))))


@dataclass(frozen=True, slots=True)
class Release:
    """One use of the shoppers' histories: a sum of parts of length `clip` at most, one a shopper, with Gaussian noise of the
    standard deviation `noise` × `clip`; done `steps` times, each on shoppers drawn by themselves with the chance `rate`."""

    name: str
    noise: float
    rate: float = 1.0
    steps: int = 1
    clip: float = 1.0


@dataclass(frozen=True, slots=True)
class PrivacyReport:
    """What was spent: `epsilon` at `delta` by all `releases` together, which is at most `asked`."""

    asked: float
    epsilon: float
    delta: float
    releases: tuple[Release, ...]
    unit: str = "a shopper's whole history, there or empty; the number of shoppers and the catalogue are public"
    seeded: bool = False

    def save(self, folder: Path) -> None:
        """Writes `privacy.json`, with the ε that each release would have spent alone."""
        alone = [asdict(release) | {"epsilon_alone": spent([release], self.delta)} for release in self.releases]
        about = asdict(self) | {"releases": alone, "guarantee": not self.seeded}
        (folder / REPORT).write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The report that `save` wrote. Raises `BadModel`."""
        try:
            about = json.loads((folder / REPORT).read_text(encoding="utf-8"))
            releases = tuple(Release(**{of.name: row[of.name] for of in fields(Release)}) for row in about["releases"])
            return cls(**{of.name: about[of.name] for of in fields(cls)} | {"releases": releases})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadModel(f"The privacy report in {folder} cannot be read ({error}); train again.") from error


def spent(releases: Sequence[Release], delta: float) -> float:
    """The ε that all `releases` spend together at `delta`.

    By Rényi differential privacy: Mironov, "Rényi Differential Privacy" (CSF 2017), the sampled Gaussian of Mironov,
    Talwar and Zhang (2019) as Opacus works it out, and the conversion of Canonne, Kamath and Steinke, "The Discrete
    Gaussian for Differential Privacy" (NeurIPS 2020). Raises `PrivacyUnavailable` without Opacus.
    """
    orders = np.array(_ORDERS)
    total = np.zeros(len(orders))
    for release in releases:
        total += _renyi(release)
    found = total + np.log1p(-1 / orders) - (math.log(delta) + np.log(orders)) / (orders - 1)
    return float(max(0.0, np.nanmin(found)))


def _renyi(release: Release) -> NDArray[np.float64]:
    try:
        from opacus.accountants.analysis.rdp import compute_rdp
    except ImportError as error:
        raise PrivacyUnavailable from error
    return np.asarray(
        compute_rdp(q=release.rate, noise_multiplier=release.noise, steps=release.steps, orders=list(_ORDERS)),
        dtype=np.float64,
    )


def fit_to(budget: PrivacyBudget, releases: Sequence[Release]) -> PrivacyReport:
    """The same releases with their noise multiplied by one number, the smallest that keeps to `budget`.

    Raises `BadBudget` where none does, and `PrivacyUnavailable` without Opacus.
    """
    low, high = math.log(_LEAST), math.log(_MOST)
    while high - low > _PRECISION:
        middle = (low + high) / 2
        if spent(_scaled(releases, math.exp(middle)), budget.delta) > budget.epsilon:
            low = middle
        else:
            high = middle
    kept = _scaled(releases, math.exp(high))
    if spent(kept, budget.delta) > budget.epsilon:
        raise BadBudget(f"epsilon is {budget.epsilon}; expected at least 0.05, as no noise can be shown to keep to less.")
    return PrivacyReport(budget.epsilon, spent(kept, budget.delta), budget.delta, kept)


def _scaled(releases: Sequence[Release], by: float) -> tuple[Release, ...]:
    return tuple(replace(release, noise=release.noise * by) for release in releases)
