"""Stands before every call: how often an address may call, and how much it may send, of what and how slowly."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.web.api.limits import Limits
from assistant.web.api.problems import Problem

LONGEST_BODY = 64_000
LONGEST_BODIES: Mapping[str, int] = {"/v1/events": 1_000_000, "/v1/chat/completions": 1_000_000}
BODY_SECONDS = 15.0
_LEFT_UNREAD = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
# What is answered is data: no browser takes it for a page, shows it in one, or keeps it.
_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


class Door:
    """ASGI application that reads a call's body before it is passed on, or refuses the call with problem details."""

    def __init__(self, app: ASGIApp, limits: Limits, *, body_seconds: float = BODY_SECONDS) -> None:
        """A body that has not come in whole after `body_seconds` is not waited for any longer."""
        self._app = app
        self._limits = limits
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the call on, or answers it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                message = {**message, "headers": [*message["headers"], *(each for each in _HEADERS if each[0] not in own)]}
            await send(message)

        try:
            self._limits.call(address_of(Request(scope)))
            body = await self._body(scope, receive)
        except Problem as problem:
            refusal = problem.response()
            if problem.status in _LEFT_UNREAD:
                # Nobody waits for the rest of the body, nor for another call behind it.
                refusal.headers["Connection"] = "close"
            await refusal(scope, receive, send_safely)
            return
        await self._app(scope, _replayed(body, receive), send_safely)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        most = LONGEST_BODIES.get(scope["path"], LONGEST_BODY)
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length[:20]) > most:
            raise _too_large(most)
        try:
            async with asyncio.timeout(self._body_seconds):
                body = await _read(receive, most)
        except TimeoutError:
            raise Problem(HTTPStatus.REQUEST_TIMEOUT, "too_slow", "the body did not come in time") from None
        if body and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            detail = "the body is of another type; expected Content-Type: application/json"
            raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_json", detail)
        return body


def address_of(request: Request) -> str:
    """Where a call comes from, as far as the server knows; empty where it does not."""
    return request.client.host if request.client else ""


async def _read(receive: Receive, most: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        # Of a client that went away nothing is begun; the answer reaches nobody.
        if message["type"] == "http.disconnect":
            raise Problem(HTTPStatus.BAD_REQUEST, "cut_off", "the body broke off")
        body += message.get("body", b"")
        if len(body) > most:
            raise _too_large(most)
        if not message.get("more_body", False):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Gives the body that was read already, and then what else comes: that the client goes away."""
    is_given = False

    async def replay() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _too_large(most: int) -> Problem:
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", f"the body is longer than {most} bytes")
