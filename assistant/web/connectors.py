"""Where help desks call: POST /connectors/NAME, or /connectors/NAME/TOKEN for those that can't sign what they send."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus

import anyio
import anyio.to_thread
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from assistant.handoff.help_desk import Hook

LONGEST_BODY = 1_000_000
# A help desk that answers slowly must not take the threads that shoppers are served with.
_MOST_AT_ONCE = 8
_log = logging.getLogger(__name__)


class _TooLarge(Exception):
    """A body is longer than any help desk's."""


def build_connectors(hooks: Iterable[Hook], *, longest_body: int = LONGEST_BODY) -> APIRouter:
    """The routes of the help desks that are connected; `longest_body` is bytes.

    Answers 200 with `{"status": "passed_on"}`, also for what was known already, or `"ignored"` for what concerns no
    conversation of this shop. Errors are problem details: 401, 404, 413, 422, and 503 where the database is away.
    """
    known: Mapping[str, Hook] = {hook.name: hook for hook in hooks}
    at_once = anyio.CapacityLimiter(_MOST_AT_ONCE)
    router = APIRouter(prefix="/connectors")

    @router.post("/{name}")
    @router.post("/{name}/{token}")
    async def receive(request: Request, name: str, token: str = "") -> JSONResponse:
        hook = known.get(name)
        if hook is None:
            return _problem(HTTPStatus.NOT_FOUND, f"no help desk {name!r} is connected")
        try:
            body = await _body(request, longest_body)
        except _TooLarge:
            return _problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is longer than {longest_body} bytes")
        if not hook.genuine({key.lower(): value for key, value in request.headers.items()}, body, token):
            return _problem(HTTPStatus.UNAUTHORIZED, "the signature, its time or the token is wrong")
        return await anyio.to_thread.run_sync(_heard, hook, body, limiter=at_once)

    return router


def _heard(hook: Hook, body: bytes) -> JSONResponse:
    try:
        thread = hook.thread(body)
    except ValueError as error:
        return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
    try:
        status = "passed_on" if thread and hook.hear(thread) else "ignored"
    except SQLAlchemyError as error:
        _log.warning("a webhook of %s could not be taken: %s", hook.name, error)
        return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "the database is away for the moment; send it again")
    return JSONResponse({"status": status})


async def _body(request: Request, longest: int) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > longest:
            raise _TooLarge
    return bytes(body)


def _problem(status: HTTPStatus, detail: str) -> JSONResponse:
    content = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
    return JSONResponse(content, status_code=status, media_type="application/problem+json")
