"""The whole API as one ASGI application, and how it is put on the shop's server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from assistant.web.api.docs_page import docs_page
from assistant.web.api.door import Door
from assistant.web.api.limits import Limits
from assistant.web.api.preflight import Pages
from assistant.web.api.problems import MEDIA_TYPE, add_handlers
from assistant.web.api.routes_agent import agent_routes
from assistant.web.api.routes_shop import shop_routes
from assistant.web.api.routes_shopper import shopper_routes
from assistant.web.api.shop import Served
from assistant.web.api.told import ProblemDetails

VERSION = "1"
DESCRIPTION = "Conversations with the shop's assistant, its people, and what the shop tells it."
_ALLOWED_HEADERS = ("Authorization", "Content-Type", "Last-Event-ID")
_EXPOSED_HEADERS = ("Retry-After",)
_PREFLIGHT_SECONDS = 600
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ProblemDetails, "description": "What was wrong with the call."},
    "5XX": {"model": ProblemDetails, "description": "What is wrong with the shop."},
}


@dataclass(frozen=True, slots=True)
class Api:
    """The API: `app` answers, `schema` is its OpenAPI description."""

    app: ASGIApp
    schema: Callable[[], dict[str, Any]]


def build_api(served: Served, limits: Limits, *, origins: Sequence[str] = (), more: Sequence[APIRouter] = ()) -> Api:
    """The API of a shop. Pages of `origins` (`https://shop.example`) may call it from a browser, those of no others.

    `more` are routers of further calls under `/v1`.
    """
    routers = [shopper_routes(served), agent_routes(served), shop_routes(served), *more]
    app = FastAPI(
        title=f"{served.shop.name}: assistant",
        version=VERSION,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        responses=_PROBLEMS,
    )
    add_handlers(app)
    for router in routers:
        app.include_router(router)
    # Outermost, so that a page can read what it is refused with.
    opened = Pages(
        Door(app, limits),
        allow_origins=list(origins),
        allow_methods=("GET", "POST", "DELETE"),
        allow_headers=_ALLOWED_HEADERS,
        expose_headers=_EXPOSED_HEADERS,
        max_age=_PREFLIGHT_SECONDS,
    )
    return Api(opened, lambda: _schema(app))


def mount_api(app: FastAPI, api: Api) -> None:
    """Puts the API on a server: its calls under `/v1`, its description at `/docs` and `/openapi.json`."""

    @app.get("/openapi.json", include_in_schema=False)
    def describe() -> JSONResponse:
        return JSONResponse(api.schema())

    @app.get("/docs", include_in_schema=False)
    def read() -> HTMLResponse:
        return HTMLResponse(docs_page(api.schema()))

    app.add_middleware(_Divided, api=api.app)


class _Divided:
    """ASGI middleware that has the API answer all below `/v1`, and the rest of the server what is left.

    The API is an application of its own, not a part of the server's: so its errors and its limits are those of a program's
    front, whatever address below `/v1` is called.
    """

    def __init__(self, app: ASGIApp, api: ASGIApp) -> None:
        self._app = app
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the call to whom it concerns."""
        is_api = scope["type"] == "http" and (scope["path"] == "/v1" or scope["path"].startswith("/v1/"))
        await (self._api if is_api else self._app)(scope, receive, send)


def _schema(app: FastAPI) -> dict[str, Any]:
    """The description, with errors as they really look: FastAPI describes its own shape of 422."""
    schema = app.openapi()
    for call in (call for path in schema["paths"].values() for call in path.values()):
        call["responses"].pop("422", None)
        for status in ("4XX", "5XX"):
            content = call["responses"][status]["content"]
            if "application/json" in content:
                content[MEDIA_TYPE] = content.pop("application/json")
    for name in ("HTTPValidationError", "ValidationError"):
        schema["components"]["schemas"].pop(name, None)
    return schema
