"""Chromium for the browser tests: found on the machine, skipped with a word where it is not, never skipped in CI."""

from __future__ import annotations

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Playwright takes a feature away that browsers are shipped with: a frame of another site has storage of its own on each
# site. The last list of features counts, and this one leaves it in.
AS_SHIPPED = (*ARGUMENTS, "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,MediaRouter,PaintHolding")


def chromium_path() -> str:
    """Where Chromium is; skips the test where it is nowhere, and fails it in CI."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is not None:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail("Chromium is not installed, and in CI the browser tests are not skipped")
    pytest.skip("Chromium is not installed: apt-get install chromium")
