"""Importing OpenVINO without its telling anybody.

Importing `openvino` imports its converter, which reports the import to Google Analytics unless a consent file forbids it.
Where the telemetry package can't be imported, OpenVINO uses the stub it has for that case.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType


def load(name: str) -> ModuleType:
    """The module `openvino` or `openvino_genai`, telemetry off. Raises `ImportError` if it is not installed."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    return importlib.import_module(name)
