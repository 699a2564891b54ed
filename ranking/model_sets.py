"""Sets of models on the disk: each whole in a folder of its own, one of them current, and the way back.

    models/current          the name of the set in use
    models/models-00007/    a set, with `metrics.json` (what it measured) and `about.json` (when, after which set, the guard)
    models/refused-00008/   the last set that the guard did not let in

Whoever loads meanwhile gets one set or another, never a mixture.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ranking.guard import Check
from ranking.measure import Metrics
from ranking.models.base import BadModel
from ranking.trained import Models

_CURRENT = "current"
_TAKEN, _REFUSED = "models-", "refused-"
_KEPT = 3


class NoSuchSet(Exception):
    """There is no set of that name, or none to go back to: says which there are."""


@dataclass(frozen=True, slots=True)
class ModelSet:
    """A set on the disk. `trained_at` is in seconds since 1970; `before` names the set that was current before it."""

    name: str
    trained_at: float
    before: str | None
    metrics: Metrics
    guard: tuple[Check, ...]
    is_current: bool


class ModelSets:
    """The sets under a folder, which need not exist yet."""

    def __init__(self, folder: Path) -> None:
        """Reads nothing yet."""
        self._folder = folder

    @property
    def current(self) -> str | None:
        """The name of the set in use; None where nothing was trained."""
        try:
            return (self._folder / _CURRENT).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None

    def load(self) -> Models:
        """The current models; empty ones where nothing was trained. Raises `BadModel` if they are broken."""
        name = self.current
        return Models() if name is None else Models.load(self._folder / name)

    def metrics(self) -> Metrics | None:
        """What the current models measured; None where nothing was trained. Raises `BadModel`."""
        name = self.current
        return None if name is None else _read(self._folder / name / "metrics.json")

    def all(self) -> tuple[ModelSet, ...]:
        """Every set, in the order in which they were trained. Raises `BadModel` for one that cannot be read."""
        current, names = self.current, self._names()
        return tuple(self._described(name, names, current) for name in names)

    def add(self, models: Models, metrics: Metrics, guard: Sequence[Check], now: float, *, refused: bool) -> str:
        """Writes a set and returns its name; unless it is `refused`, it becomes the current one in a single step.

        Kept are the current set, the one before it, and the last three; of those refused, the last. `now` is in seconds
        since 1970. Raises `OSError` if the folder cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=self._folder))
        try:
            models.save(unfinished)
            _write(unfinished / "metrics.json", metrics)
            about = {"trained_at": now, "before": self.current, "guard": [asdict(check) for check in guard]}
            _write(unfinished / "about.json", about)
            number = max((_number(name) for name in self._names()), default=0) + 1
            name = f"{_REFUSED if refused else _TAKEN}{number:05d}"
            os.replace(unfinished, self._folder / name)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        if not refused:
            self._point_to(name)
        self._drop_old()
        return name

    def rollback(self, to: str | None = None) -> str:
        """Makes the set `to` the current one, or the one that was current before, and returns its name.

        Raises `NoSuchSet`, and `BadModel` if the set is broken; the current one stays then.
        """
        names, current = self._names(), self.current
        name = to or (self._about(current, names).get("before") if current else None)
        if name not in names:
            wanted = f"There is no set {to!r}" if to else "There is no set of models to go back to"
            raise NoSuchSet(f"{wanted}; there are: {', '.join(names) or 'none'}.")
        Models.load(self._folder / name)
        self._point_to(name)
        return name

    def _point_to(self, name: str) -> None:
        pointer = self._folder / f".{_CURRENT}"
        pointer.write_text(name, encoding="utf-8")
        os.replace(pointer, self._folder / _CURRENT)

    def _names(self) -> list[str]:
        found = [path.name for prefix in (_TAKEN, _REFUSED) for path in self._folder.glob(f"{prefix}[0-9]*")]
        return sorted(found, key=_number)

    def _described(self, name: str, names: Sequence[str], current: str | None) -> ModelSet:
        about, metrics = self._about(name, names), _read(self._folder / name / "metrics.json")
        try:
            guard = tuple(Check(**check) for check in about.get("guard", ()))
            return ModelSet(name, float(about["trained_at"]), about["before"], metrics, guard, name == current)
        except (KeyError, TypeError, ValueError) as error:
            raise BadModel(f"{self._folder / name / 'about.json'} cannot be read ({error}); train again.") from error

    def _about(self, name: str, names: Sequence[str]) -> dict[str, Any]:
        folder = self._folder / name
        if (folder / "about.json").exists():
            return _read(folder / "about.json")
        # A set of before this was written down: it came after the one with the number before.
        earlier = [other for other in names if other.startswith(_TAKEN) and _number(other) < _number(name)]
        trained_at = (folder / "metrics.json").stat().st_mtime if (folder / "metrics.json").exists() else 0.0
        return {"trained_at": trained_at, "before": earlier[-1] if earlier else None}

    def _drop_old(self) -> None:
        names, current = self._names(), self.current
        taken = [name for name in names if name.startswith(_TAKEN)]
        refused = [name for name in names if name.startswith(_REFUSED)]
        kept = {*taken[-_KEPT:], *refused[-1:], current, self._about(current, names).get("before") if current else None}
        for name in names:
            if name not in kept:
                shutil.rmtree(self._folder / name, ignore_errors=True)


def _number(name: str) -> int:
    digits = name.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadModel(f"{path} cannot be read ({error}); train again.") from error
    return found
