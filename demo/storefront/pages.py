"""The storefront's server: listing, product pages, the basket, and how a page is made."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import Body, FastAPI, HTTPException, Query, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException as StarletteHTTPException

from demo.storefront.basket import Basket, Wanted, price_basket
from demo.storefront.headers import SafeHeaders, checked_origin, page_policy
from demo.storefront.products import Product, format_price, read_products
from demo.storefront.shelves import DEFAULT_SORT, SORTS, Shelves, listing_address, product_address

FOLDER = Path(__file__).parent
MOST_LINES = 100
ASKS = (
    "Waterproof hiking boots under $120",
    "A present for someone who loves to cook",
    "A quiet desk lamp for a small room",
)


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages as responses, each with a content policy of its own."""

    shelves: Shelves
    environment: Environment
    assistant: str

    def show(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """The page that `template` makes of `values`."""
        nonce = secrets.token_urlsafe(16)
        policy = page_policy(nonce, self.assistant)
        html = self.environment.get_template(template).render(nonce=nonce, policy=policy, **values)
        # A page kept for later would come with a nonce that is none any more.
        return HTMLResponse(html, status, {"content-security-policy": policy, "cache-control": "no-store"})

    def listing(
        self, category: Annotated[list[str] | None, Query()] = None, sort: str = DEFAULT_SORT, page: str = "1"
    ) -> HTMLResponse:
        """A page of the products of a category, which is named from its root on."""
        path = tuple(category or ())
        shown = self.shelves.listing(path, sort, int(page) if page.isdecimal() and len(page) < 6 else 0)
        if shown is None:
            raise HTTPException(404)
        # A category with none below it keeps its neighbours in sight.
        above = path if self.shelves.below(path) else path[:-1]
        return self.show(
            "listing.html",
            listing=shown,
            above=above,
            kinds=self.shelves.below(above),
            at_home=not path and shown.page == 1 and sort == DEFAULT_SORT,
            picks=self.shelves.picks(),
        )

    def product(self, product_id: str) -> HTMLResponse:
        """The page of one product."""
        product = self.shelves.get(product_id)
        if product is None:
            raise HTTPException(404)
        pieces = _pieces(product)
        return self.show("product.html", product=product, pieces=pieces, related=self.shelves.related(product))

    def basket(self) -> HTMLResponse:
        """The page of the basket, which the browser fills with what it keeps."""
        return self.show("basket.html")

    def made(self) -> HTMLResponse:
        """How this page is made: what a shop has to write to have the assistant."""
        return self.show("made.html")

    def lines(self, wanted: Annotated[list[Wanted], Body(max_length=MOST_LINES)]) -> Basket:
        """What the browser keeps, with the shop's titles, prices and stock."""
        return price_basket(self.shelves, wanted)

    async def missing(self, _: Request, error: Exception) -> HTMLResponse:
        """What is shown where nothing can be."""
        return self.show("missing.html", error.status_code if isinstance(error, StarletteHTTPException) else 500)


def build_storefront(
    products: Sequence[Mapping[str, Any]],
    *,
    shop_name: str,
    assistant: str,
    images: Path | None,
    asks: Sequence[str] = ASKS,
) -> FastAPI:
    """The storefront of a shop, complete in itself: it needs nothing from elsewhere but the widget.

    `products` are rows of format 1. `assistant` is the origin of the assistant's server, such as `http://127.0.0.1:7860`.
    `images` is the folder served under `/images/`, if there is one; `asks` are questions that the first page offers.
    Raises ValueError for rows that can't be sold and for an `assistant` that is no origin.
    """
    shelves = Shelves(read_products(products))
    environment = _environment(shelves, shop_name, checked_origin(assistant), asks)
    pages = Pages(shelves, environment, assistant)
    app = FastAPI(title=shop_name, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(SafeHeaders)
    app.add_exception_handler(StarletteHTTPException, pages.missing)
    for path, page in (("/", pages.listing), ("/basket", pages.basket), ("/how-this-page-is-made", pages.made)):
        app.add_api_route(path, page, response_class=HTMLResponse)
    app.add_api_route("/products/{product_id:path}", pages.product, response_class=HTMLResponse)
    app.add_api_route("/basket/lines", pages.lines, methods=["POST"])
    app.mount("/assets", StaticFiles(directory=FOLDER / "assets"))
    if images is not None:
        app.mount("/images", StaticFiles(directory=images))
    return app


def _environment(shelves: Shelves, shop_name: str, assistant: str, asks: Sequence[str]) -> Environment:
    """The templates, with what every page needs."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "shop_name": shop_name,
        "assistant": assistant,
        "asks": tuple(asks),
        "departments": tuple(shelves.below(())),
        "sorts": SORTS,
        "listing_address": listing_address,
        "product_address": product_address,
        "format_price": format_price,
    }
    return environment


def _pieces(product: Product) -> list[dict[str, Any]]:
    """The pieces as the page's script needs them to tell what a choice costs and whether it is there."""
    return [
        {
            "id": piece.id,
            "options": dict(piece.options),
            "price": format_price(piece.price, product.currency),
            "told": piece.told,
            "most": piece.most,
        }
        for piece in product.pieces
    ]
