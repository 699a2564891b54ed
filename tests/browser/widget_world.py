"""A small shop with its assistant and widget on one server, and on another origin a page of the shop with the widget."""

from __future__ import annotations

import html
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from assistant.turn import Assistant
from assistant.web.api.build import mount_api
from assistant.web.api.follow import Streams
from assistant.web.api.limits import Allowance
from assistant.web.api.turns import Turns
from assistant.web.server import build_app
from assistant.web.widget.files import WidgetFiles
from assistant.web.widget.routes import mount_widget
from tests.browser.agents import console_of
from tests.browser.serving import serving
from tests.fakes_api import PLENTY, ApiShopWorld, api_world

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>The shop</title><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<script nonce="{nonce}">
window.told = [];
(window.Shelfwise ||= []).push((assistant) => {{
  for (const name of ['ready', 'open', 'close', 'message', 'products', 'handoff']) {{
    assistant.on(name, (detail) => window.told.push([name, detail]));
  }}
}});
document.addEventListener('securitypolicyviolation', (event) => window.told.push(['violation', event.violatedDirective]));
</script>
<script nonce="{nonce}">{script}</script>
<script nonce="{nonce}" src="{assistant}/widget.js" async {attributes}></script>
</head><body><h1>The shop</h1><p><a href="/other">Another page</a></p></body></html>"""
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; frame-src {assistant}; "
    "base-uri 'none'; require-trusted-types-for 'script'"
)


@dataclass
class ShopPage:
    """What the shop's page has beside the widget: more attributes of the script tag, a script of its own."""

    attributes: dict[str, str] = field(default_factory=dict)
    script: str = ""


@dataclass
class WidgetWorld:
    """The shop's own page is served at `page_url`, on every path; change `shop_page` before it is opened."""

    api: ApiShopWorld
    assistant_url: str
    page_url: str
    shop_page: ShopPage

    @property
    def shop(self) -> Assistant:
        """The assistant behind it all."""
        return cast(Assistant, self.api.served.shop)


@contextmanager
def widget_world(
    folder: Path,
    shop: Assistant | None = None,
    *,
    allowed: Allowance = PLENTY,
    port: int = 0,
    page_port: int = 0,
    has_agents: bool = True,
) -> Iterator[WidgetWorld]:
    """Serves both until the test is over. Its pages are at localhost, the assistant at 127.0.0.1: not the same site."""
    world = api_world(folder, shop, allowed=allowed, streams=Streams(), turns=Turns(4, 32))
    shop_page, assistant_at = ShopPage(), [""]
    with serving(_shop_site(shop_page, assistant_at), page_port) as site:
        page_url = site.replace("127.0.0.1", "localhost")
        with serving(_assistant(world, page_url, has_agents=has_agents), port) as assistant_url:
            assistant_at[0] = assistant_url
            yield WidgetWorld(world, assistant_url, page_url, shop_page)


def _assistant(world: ApiShopWorld, origin: str, *, has_agents: bool) -> FastAPI:
    shop = cast(Assistant, world.served.shop)
    setup = {"shop": shop.name, "currency": shop.currency, "examples": ["Boots under $120", "A kettle"]}
    parts = [lambda app: mount_api(app, world.api), lambda app: mount_widget(app, WidgetFiles(), setup, [origin])]
    if has_agents:
        parts.append(console_of(shop))
    return build_app(shop, cards_of=shop.cards, images=None, ready=dict, parts=parts)


def _shop_site(shop_page: ShopPage, assistant_at: list[str]) -> FastAPI:
    app = FastAPI(openapi_url=None)

    @app.get("/{path:path}")
    def page(path: str) -> HTMLResponse:
        nonce = secrets.token_urlsafe(12)
        attributes = " ".join(f'{name}="{html.escape(value)}"' for name, value in shop_page.attributes.items())
        body = PAGE.format(nonce=nonce, script=shop_page.script, assistant=assistant_at[0], attributes=attributes)
        policy = POLICY.format(nonce=nonce, assistant=assistant_at[0])
        return HTMLResponse(body, headers={"content-security-policy": policy})

    return app
