"""The HTTP server of the chat: the page at `/`, health and readiness, and the shop's pictures."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.shop import ShopFront
from assistant.web.chat_page import CardsOf, Vouched, build_chat_page, nobody
from assistant.web.mounting import mount_blocks

EXAMPLES = (
    "Waterproof hiking boots under $120, nothing leather",
    "A birthday present for someone who loves to cook",
    "A quiet desk lamp for a small room",
    "Something warm for cycling to work in winter",
)
STYLES = ("style.css", "thread.css")
IMAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
# Gradio needs inline styles and evaluates its templates; everything else stays on this server, but for the pictures,
# which the shop's own catalogue may keep elsewhere.
_PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: http: https:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'self'; "
    "form-action 'self'"
)
PAGE_POLICY = f"{_PAGE_POLICY}; frame-ancestors 'self'"
UNFRAMED_POLICY = f"{_PAGE_POLICY}; frame-ancestors 'none'"


class PortTaken(OSError):
    """The address to serve on is in use."""


class SafeHeaders:
    """ASGI middleware that adds security headers where there are none, without touching bodies: streams stay streams."""

    def __init__(self, app: ASGIApp) -> None:
        """Wraps `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the call on and adds the headers to the response's start."""
        policy = IMAGE_POLICY if scope.get("path", "").startswith("/images/") else PAGE_POLICY
        extra = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
        ]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                message = {**message, "headers": [*message["headers"], *(each for each in extra if each[0] not in own)]}
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def build_app(
    shop: ShopFront,
    *,
    cards_of: CardsOf,
    images: Path | None,
    ready: Callable[[], dict[str, str]],
    examples: Sequence[str] = EXAMPLES,
    locale: str = "en_US",
    concurrency: int = 8,
    queue_size: int = 64,
    parts: Sequence[Callable[[FastAPI], object]] = (),
    vouched: Vouched = nobody,
) -> FastAPI:
    """The whole server for one shop.

    `ready` names each part and says "ok" or what is wrong with it; `/readyz` answers 503 unless every answer begins
    with "ok". `cards_of` gives the cards that a saved conversation last showed, for a reload. `images` is the folder
    served under `/images/`, if there is one. Each of `parts` puts something more on the server, with an event loop at hand.
    """
    app = FastAPI(title=shop.name, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(SafeHeaders)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    def readyz() -> JSONResponse:
        parts = ready()
        usable = all(state.startswith("ok") for state in parts.values())
        return JSONResponse({"ready": usable, "parts": parts}, status_code=200 if usable else 503)

    if images is not None:
        app.mount("/images", StaticFiles(directory=images), name="images")

    def with_page() -> FastAPI:
        # Before the chat page, which takes every address that is left.
        for put in parts:
            put(app)
        page = build_chat_page(
            shop,
            cards_of=cards_of,
            examples=examples,
            locale=locale,
            concurrency=concurrency,
            queue_size=queue_size,
            vouched=vouched,
        )
        return mount_blocks(app, page, "/", STYLES)

    return within_event_loop(with_page)


def within_event_loop(build: Callable[[], FastAPI]) -> FastAPI:
    """What `build` gives. Where no event loop runs, Gradio makes some and never closes them; so one runs meanwhile."""

    async def built() -> FastAPI:
        return build()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(built())
    return build()


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket bound to `host`:`port`; port 0 takes a free one. Raises `PortTaken` if the port is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(f"port {port} on {host} is in use; stop what uses it or choose another port") from error
        raise
    return listener


def serve(app: FastAPI, host: str, port: int) -> None:
    """Serves until it is told to stop. Raises `PortTaken` before anything starts if the port is in use."""
    with listening_socket(host, port) as listener:
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5)
        uvicorn.Server(config).run(sockets=[listener])
