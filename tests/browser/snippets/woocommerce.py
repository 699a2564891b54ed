"""A stand-in for WooCommerce: the plugin's footer, printed by PHP itself, and the Store API's cart."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Header
from fastapi.responses import JSONResponse

from tests.browser.snippets.programs import program

HERE = Path(__file__).parent
NONCE = "fresh-1"


def footer(
    plugin: Path, *, product: int = 0, user: int = 0, secret: str = "", cart: str = "/cart/", rest: str = "/wp-json/"
) -> str:
    """What the plugin prints; skips the test where there is no PHP, and fails it in CI."""
    php = program("php", "php-cli")
    told = json.dumps({"product": product, "user": user, "secret": secret, "cart": cart, "rest": rest})
    done = subprocess.run(
        [php, str(HERE / "wordpress.php"), str(plugin)], input=told, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@dataclass
class StoreApi:
    """The cart of the Store API, by product or variation. `sold_out` can't be added."""

    held: dict[int, int] = field(default_factory=dict)
    sold_out: int = 0

    def mount(self, app: FastAPI) -> None:
        """Puts it on the shop's page's own origin, as `/wp-json/wc/store/v1/`."""
        store = "/wp-json/wc/store/v1/cart"

        @app.get(store)
        def read() -> JSONResponse:
            return self._told()

        @app.post(f"{store}/add-item")
        def add(body: dict[str, Any], nonce: str = Header("")) -> JSONResponse:
            if nonce != NONCE:
                return JSONResponse({"code": "woocommerce_rest_invalid_nonce", "message": "Nonce is invalid."}, 403)
            if body["id"] == self.sold_out:
                return JSONResponse({"message": "You cannot add &quot;Loop hoodie &#8211; Navy&quot; to the cart."}, 400)
            self.held[body["id"]] = self.held.get(body["id"], 0) + body["quantity"]
            return self._told()

        @app.post(f"{store}/update-item")
        def update(body: dict[str, Any], nonce: str = Header("")) -> JSONResponse:
            assert nonce == NONCE
            self.held[int(body["key"].removeprefix("key-"))] = body["quantity"]
            return self._told()

        @app.post(f"{store}/remove-item")
        def remove(body: dict[str, Any], nonce: str = Header("")) -> JSONResponse:
            assert nonce == NONCE
            del self.held[int(body["key"].removeprefix("key-"))]
            return self._told()

    def _told(self) -> JSONResponse:
        items = [{"key": f"key-{id_}", "id": id_, "quantity": held} for id_, held in self.held.items()]
        return JSONResponse({"items": items}, headers={"Nonce": NONCE})
