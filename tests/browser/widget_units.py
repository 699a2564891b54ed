"""The panel's modules, each by its own name, in one page of Chromium: for tests that need no shop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, PlainTextResponse
from playwright.sync_api import Page, sync_playwright

from assistant.web.widget.files import HERE, read_locales
from tests.browser.chromium import ARGUMENTS, chromium_path
from tests.browser.serving import serving

TOOLS = Path(__file__).with_name("widget_units.js")
MODULES = (
    "api.js", "basket.js", "follow.js", "host.js", "kept.js", "outbox.js", "news.js", "sse.js", "talk.js", "thread.js",
    "turn.js", TOOLS.name,
)  # fmt: skip
LOAD = (
    "async (names) => { window.modules = Object.assign({}, ...await Promise.all(names.map((name) => import('/' + name)))); }"
)


@contextmanager
def modules_served() -> Iterator[str]:
    """The address of a page into which the modules can be imported."""
    app = FastAPI(openapi_url=None)
    files = {path.name: path for path in (*HERE.glob("*.js"), TOOLS)}
    texts = json.dumps(read_locales(HERE / "locales")["en"]["panel"])

    @app.get("/")
    def page() -> HTMLResponse:
        script = f'<script type="application/json" id="texts">{texts}</script>'
        return HTMLResponse(f'<!doctype html><html lang="en"><link rel="icon" href="data:,">{script}<body></body></html>')

    @app.get("/{name}")
    def module(name: str) -> PlainTextResponse:
        return PlainTextResponse(files[name].read_text("utf-8"), media_type="text/javascript")

    with serving(app) as address:
        yield address


def load_modules(page: Page, address: str) -> None:
    """Imports them; what they export is then in `modules` of the page."""
    page.goto(address)
    page.evaluate(LOAD, list(MODULES))


def opened() -> Iterator[Page]:
    """A page with the modules imported; as a fixture it is there for a whole file of tests."""
    path = chromium_path()
    with modules_served() as address, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        page = chromium.new_page()
        load_modules(page, address)
        yield page
        chromium.close()


def run(page: Page, names: str, script: str, given: Any = None) -> Any:
    """What the body of an asynchronous function returns that knows these exports by name, and `given`."""
    return page.evaluate(f"async (given) => {{ const {{ {names} }} = modules;\n{script}\n}}", given)
