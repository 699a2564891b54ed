"""Programs that the snippets need: found on the machine, skipped with a word where they are not, never skipped in CI."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def program(name: str, package: str) -> str:
    """Where a program is; skips the test where it is nowhere, and fails it in CI."""
    return shutil.which(name) or lacking(f"{name} is not installed: apt-get install {package}")


def lacking(what: str) -> NoReturn:
    """Skips the test because of what is missing; in CI it fails."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} (in CI the snippets are not skipped)")
    pytest.skip(what)
