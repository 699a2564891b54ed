"""A stand-in for Shopify: its Liquid, as far as the theme snippet needs it, and the addresses of its cart."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from liquid import Environment, StrictUndefined

# The products of the import's sample shopify.csv as Shopify itself has them, with its numbers.
PRODUCTS: dict[str, list[dict[str, Any]]] = {
    "linen-shirt": [
        {"id": 4101, "sku": "LS-S-W", "options": ["S", "White"]},
        {"id": 4102, "sku": "LS-M-W", "options": ["M", "White"]},
        {"id": 4103, "sku": "", "options": ["M", "Blue"]},
    ],
    "gift-card": [{"id": 4201, "sku": "GC", "options": ["Default Title"]}],
    "old-hat": [{"id": 4301, "sku": "HAT", "options": ["Default Title"]}],
}
ROUTES = {"cart_url": "/fr/cart", "cart_add_url": "/fr/cart/add", "cart_change_url": "/fr/cart/change"}


def render(template: str, *, handle: str = "", customer_id: int = 0) -> str:
    """The theme's snippet as Shopify would send it: on a product's page, for a customer who has signed in."""
    environment = Environment(undefined=StrictUndefined)
    environment.add_filter("json", _json)
    environment.add_filter(
        "hmac_sha256", lambda text, key: hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    )
    return environment.from_string(template).render(
        routes=ROUTES,
        request={"locale": {"iso_code": "zh-CN"}},
        product={"handle": handle} if handle else None,
        customer={"id": customer_id} if customer_id else None,
    )


def _json(value: object) -> str:
    return json.dumps(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@dataclass
class Cart:
    """A cart by the variants' numbers, behind Shopify's own addresses. `sold_out` can't be added."""

    held: dict[int, int] = field(default_factory=dict)
    sold_out: int = 0

    def mount(self, app: FastAPI) -> None:
        """Puts the cart and the products on the shop's page's own origin."""

        @app.get("/products/{name}")
        def product(name: str) -> JSONResponse:
            variants = PRODUCTS.get(name.removesuffix(".js"))
            return JSONResponse({"variants": variants} if variants else {}, 200 if variants else 404)

        @app.get("/fr/cart.js")
        def read() -> dict[str, Any]:
            return self._told()

        @app.post("/fr/cart/add.js")
        def add(body: dict[str, Any]) -> JSONResponse:
            for item in body["items"]:
                if item["id"] == self.sold_out:
                    told = {"status": 422, "message": "Cart Error", "description": "Linen shirt - S is already sold out."}
                    return JSONResponse(told, 422)
                self.held[item["id"]] = self.held.get(item["id"], 0) + item["quantity"]
            return JSONResponse({"items": body["items"], "sections": self._sections(body)})

        @app.post("/fr/cart/change.js")
        def change(body: dict[str, Any]) -> dict[str, Any]:
            self.held[int(body["id"].removeprefix("key-"))] = body["quantity"]
            return {**self._told(), "sections": self._sections(body)}

    def _told(self) -> dict[str, Any]:
        return {"items": [{"key": f"key-{id_}", "variant_id": id_, "quantity": held} for id_, held in self.held.items()]}

    def _sections(self, body: dict[str, Any]) -> dict[str, str | None]:
        drawn = f'<div id="shopify-section-cart-icon-bubble" class="shopify-section">{sum(self.held.values())} in cart</div>'
        return {body["sections"]: drawn if body["sections"] == "cart-icon-bubble" else None}
