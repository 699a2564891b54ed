"""A shop's page with the widget's own script on it, from another origin, and a stand-in for the panel behind it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Frame, Page, expect

from assistant.web.widget import files
from assistant.web.widget.files import WidgetFiles
from assistant.web.widget.routes import mount_widget
from tests.browser.serving import serving

HERE = Path(__file__).parent
LAUNCHER = "button[aria-haspopup=dialog]"  # in whatever language
HEAD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>A shop</title></head>'
)


@dataclass
class Site:
    """What the shop's page is made of: put in before it is opened."""

    url: str = ""
    assistant: str = ""
    body: str = ""
    policy: str = ""


@contextmanager
def shop_site(folder: Path, more: Callable[[FastAPI], None] = lambda app: None) -> Iterator[Site]:
    """Serves a page at localhost and the widget at 127.0.0.1. `more` puts the shop's own calls beside the page."""
    site = Site()
    with serving(_shop(site, more)) as address:
        site.url = address.replace("127.0.0.1", "localhost")
        with serving(_assistant(site, folder)) as site.assistant:
            yield site


def _shop(site: Site, more: Callable[[FastAPI], None]) -> FastAPI:
    app = FastAPI(openapi_url=None)
    more(app)

    @app.get("/{path:path}")
    def page(path: str) -> HTMLResponse:
        headers = {"content-security-policy": site.policy} if site.policy else None
        return HTMLResponse(f"{HEAD}<body>{site.body}</body></html>", headers=headers)

    return app


def _assistant(site: Site, folder: Path) -> FastAPI:
    own = Path(files.__file__).parent
    shutil.copytree(own / "locales", folder / "locales")
    for path in (own / files.LOADER, HERE / "panel.html", HERE / "panel.js"):
        shutil.copy(path, folder)
    (folder / "panel.css").touch()
    app = FastAPI(openapi_url=None)

    mount_widget(app, WidgetFiles(folder), {"shop": "A shop"}, [site.url])
    return app


@dataclass(frozen=True)
class Panel:
    """The stand-in for the panel, in its frame."""

    frame: Frame

    @property
    def setup(self) -> dict[str, Any]:
        """What the page last said of itself."""
        return self.heard("setup")[-1]

    def heard(self, kind: str) -> list[dict[str, Any]]:
        """The messages of one kind that came from the page."""
        return list(self.frame.evaluate("(kind) => heard.filter(({type}) => type === kind)", kind))

    def wait_for(self, kind: str) -> dict[str, Any]:
        """The last message of a kind, once there is one."""
        return dict(self._until("(kind) => window.heard?.findLast(({type}) => type === kind)", kind))

    def wait_for_product(self, product_id: str | None) -> None:
        """Waits until the page has said that the shopper looks at this product, or at none."""
        self._until("(id) => (heard.findLast(({page}) => page).page.product_id ?? null) === id", product_id)

    def _until(self, look: str, argument: str | None) -> Any:
        # Not wait_for_function, which makes a function of a string each time it looks: the panel's policy forbids that.
        waiting = f"""async (argument) => {{
            for (let left = 500; left > 0; left -= 1) {{
                const found = ({look})(argument);
                if (found) return found;
                await new Promise((next) => setTimeout(next, 20));
            }}
            throw new Error('waited in vain');
        }}"""
        return self.frame.evaluate(waiting, argument)

    def tell(self, name: str, **detail: object) -> None:
        """Tells the page of an event."""
        self.frame.evaluate("([name, detail]) => tell(name, detail)", [name, detail])

    def ask(self, name: str, **detail: object) -> tuple[bool, str]:
        """Asks the page's handler: whether it went well, and the error's words."""
        item = {"quantity": 1, "title": "Boot", "price": 89.0, "currency": "USD", "variant_id": "", **detail}
        answer = self.frame.evaluate("([name, detail]) => ask(name, detail)", [name, item])
        return answer["ok"], answer.get("problem") or ""


def loaded(page: Page) -> None:
    """Waits until the widget's script has run."""
    expect(page.locator(LAUNCHER)).to_have_count(1)


def open_panel(page: Page, site: Site, path: str = "/") -> Panel:
    """The shop's page, its conversation opened by a click on the launcher."""
    page.goto(site.url + path)
    return panel_on(page)


def panel_on(page: Page) -> Panel:
    """The panel of a page that has been loaded, opened by a click on the launcher."""
    loaded(page)
    page.locator(LAUNCHER).click()
    return shown_panel(page)


def shown_panel(page: Page) -> Panel:
    """The panel that is open already."""
    frame = page.locator("iframe").element_handle().content_frame()
    assert frame is not None
    panel = Panel(frame)
    panel.wait_for("setup")
    return panel
