"""Where a figure was measured: without that, it can't be compared with another; and what is chosen to be measured."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("chromadb", "numpy", "openvino-genai", "sentence-transformers", "torch", "transformers")
CPU_INFO = Path("/proc/cpuinfo")


def environment() -> dict[str, object]:
    """The machine, the versions that matter, and how busy the machine is just now (load over the last minute)."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "cpu": cpu_name(),
        "cpus": os.cpu_count(),
        "load": None if load is None else round(load, 2),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "packages": {name: _version(name) for name in PACKAGES},
    }


def whole_number(environment: Mapping[str, str], name: str, usual: int, most: int | None = None) -> int:
    """The number that a variable sets, `usual` where it is not set. Raises `ValueError` unless it is 1 to `most`."""
    found = environment.get(name, str(usual))
    if not (found.isascii() and found.isdigit() and 1 <= int(found) <= (most or int(found))):
        raise ValueError(f"{name} is {found!r}; expected a whole number from 1{f' to {most}' if most else ''}")
    return int(found)


def cpu_name(info: Path = CPU_INFO) -> str:
    """The processor's name where the system tells it, else its architecture."""
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
