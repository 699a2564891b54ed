"""Checks that everything a shop needs is there and works, and says what to do about what does not."""

from __future__ import annotations

import importlib.metadata
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Verdict = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `advice` says what to do; empty where there is nothing to do."""

    what: str
    verdict: Verdict
    found: str
    advice: str = ""


def check_python() -> Finding:
    """Python itself; a version that is too old for Shelfwise does not get this far."""
    return Finding("python", "ok", ".".join(map(str, sys.version_info[:3])))


def check_packages(constraints: Path) -> Finding:
    """Whether what is installed is what the project was tested with."""
    wrong = []
    for line in constraints.read_text(encoding="utf-8").splitlines():
        name, _, wanted = line.partition("==")
        found = _installed(name) if wanted else None
        if wanted and found is not None and found.split("+")[0] != wanted:
            wrong.append(f"{name} {found} (tested with {wanted})")
    if wrong:
        return Finding("packages", "note", ", ".join(wrong[:5]), f"pip install --constraint {constraints.name} …")
    return Finding("packages", "ok", "as tested")


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def check_home(home: Path) -> Finding:
    """Whether the shop's folder can be written."""
    nearest = next(folder for folder in (home, *home.absolute().parents) if folder.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        return Finding("home", "wrong", f"{home} can't be written", "set SHELFWISE_HOME to a folder that can be")
    return Finding("home", "ok", str(home.absolute()))


def check(what: str, look: Callable[[], str], errors: tuple[type[Exception], ...], advice: str) -> Finding:
    """What `look` finds, or its error with the advice."""
    try:
        return Finding(what, "ok", look())
    except errors as error:
        return Finding(what, "wrong", str(error), advice)


def is_healthy(findings: Iterable[Finding]) -> bool:
    """Whether nothing is wrong."""
    return all(finding.verdict != "wrong" for finding in findings)
