"""One Chromium for each file of browser tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import ARGUMENTS, chromium_path


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Started with the file's own `BROWSER_ARGUMENTS`, if it has some."""
    path = chromium_path()
    with sync_playwright() as playwright:
        arguments = getattr(request.module, "BROWSER_ARGUMENTS", ARGUMENTS)
        chromium = playwright.chromium.launch(executable_path=path, args=list(arguments))
        yield chromium
        chromium.close()
