"""The widget's panel with its real page, styles and views, and a stage in the place of what wires them to a shop."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import Response
from playwright.sync_api import Page

from assistant.web.widget.files import HERE, WidgetFiles
from assistant.web.widget.routes import mount_widget
from tests.browser.serving import serving

SETUP: Mapping[str, object] = {
    "shop": "Fernhill Outdoor",
    "currency": "USD",
    "examples": [
        "waterproof hiking boots under $120, nothing leather",
        "a warm jacket for a child of 8",
        "What would you pick for me?",
        "What is your return policy?",
    ],
    "ask_person": "I'd like to talk to a person.",
    "stop_waiting": "Don't wait for a person",
}
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9" fill="teal"/></svg>'

_BOOT: Mapping[str, Any] = {
    "id": "boot-1",
    "title": "Trail Mid Waterproof Hiking Boots",
    "brand": "Fernhill",
    "price": 99.0,
    "list_price": 129.0,
    "currency": "USD",
    "availability": "in_stock",
    "stock": 3,
    "rating": 4.6,
    "rating_count": 1284,
    "image_url": "/images/boot-1.svg",
    "url": "https://shop.example/boot-1",
    "description": "A light mid-cut boot with a membrane that keeps rain out.\nVegan upper, grippy sole.",
    "attributes": {"material": "recycled polyester", "feature": ["waterproof", "vegan"], "weight_per_pair": "860 g"},
    "options": {"size": ["41", "42"]},
    "variants": [
        {"id": "boot-1-41", "options": {"size": "41"}},
        {"id": "boot-1-42", "options": {"size": "42"}, "price": 104.0},
        {"id": "boot-1-43", "options": {"size": "43"}, "availability": "out_of_stock"},
    ],
}


def product(**changes: Any) -> dict[str, Any]:
    """A product as the API tells it; a change to None leaves the field out."""
    return {name: value for name, value in {**_BOOT, **changes}.items() if value is not None}


def cards() -> list[dict[str, Any]]:
    """Six cards of the kinds that a shelf meets: complete, bare, sold out, over-long, with forty variants, Chinese."""
    bare = {"id": "bare", "title": "Bootlace", "currency": "USD", "availability": "preorder"}
    sizes = [{"id": f"v{size}", "options": {"size": str(size), "colour": "petrol blue"}} for size in range(40)]
    options = {"size": ["1"], "colour": ["petrol blue"]}
    wide = product(id="wide", title="Ridge Hiker", brand=None, list_price=None, stock=None, variants=sizes, options=options)
    long = product(id="long", title="Donaudampfschifffahrtsgesellschaft" * 6, brand="Extraordinarily " * 5, variants=None)
    gone = product(
        id="gone", title="Camp Sandal", availability="out_of_stock", stock=0, image_url="/images/none.svg", rating=None
    )
    chinese = product(
        id="zh",
        title="轻量防水徒步鞋男女同款透气防滑耐磨登山鞋秋冬新款",
        brand="山野",
        availability="limited_stock",
        stock=None,
    )
    shelf = [product(), wide, gone, bare, long, chinese]
    told = [{"position": at, "product": each, "reasons": [], "violates": []} for at, each in enumerate(shelf, 1)]
    told[0]["reasons"] = ["Waterproof, as you asked", "Under your $120", "Popular this month"]
    told[1]["violates"] = ["over $120"]
    return told


def cart() -> dict[str, Any]:
    """A cart of two lines."""
    lines = [
        {
            "product_id": "boot-1",
            "variant_id": "boot-1-42",
            "title": "Trail Mid Waterproof Hiking Boots",
            "quantity": 2,
            "total": 208.0,
        },
        {"product_id": "sock", "title": "Merino Hiking Socks", "quantity": 1, "total": 14.5},
    ]
    return {"lines": lines, "total": 222.5, "currency": "USD"}


NEED: Mapping[str, Any] = {
    "query": "hiking boots",
    "include": ["waterproof"],
    "exclude": ["leather"],
    "brand": ["Fernhill"],
    "brand_exclude": ["Summit"],
    "price_min": 20.5,
    "price_max": 120,
    "rating_min": 4,
    "sort": "price_asc",
}


@contextmanager
def staged(folder: Path) -> Iterator[str]:
    """The address of a server that has the panel; `folder` is an empty one for the test's own copy of the files."""
    shutil.copytree(HERE, folder, dirs_exist_ok=True)
    shutil.copy(Path(__file__).with_name("panel_stage.js"), folder / "panel.js")
    app = FastAPI()
    mount_widget(app, WidgetFiles(folder), SETUP, ())

    @app.get("/images/boot-1.svg")
    def image() -> Response:
        return Response(DRAWING, media_type="image/svg+xml")

    with serving(app) as address:
        yield address


def open_panel(page: Page, address: str, *, locale: str = "en", theme: str = "light") -> Page:
    """The panel as a page of its own."""
    page.goto(f"{address}/widget/panel?origin={address}&locale={locale}&theme={theme}")
    page.wait_for_selector("html[data-staged]", state="attached")
    return page
