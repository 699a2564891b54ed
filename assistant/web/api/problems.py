"""Errors as problem details (RFC 9457): what was wrong and what was expected, never how the program works."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request

from assistant.memory import ConversationChanged

MEDIA_TYPE = "application/problem+json"
_LONGEST_VALUE = 80
_MOST_ERRORS = 10
_AGAIN_SECONDS = 2.0
_EXPECTED = {400: "bad_request", 404: "not_found", 405: "method_not_allowed"}
_log = logging.getLogger(__name__)


class Problem(Exception):
    """A call that can't be answered as asked. `code` is for programs and stays as it is, `detail` is for people."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        detail: str,
        *,
        retry_after: float | None = None,
        **more: object,
    ) -> None:
        """`retry_after` is seconds after which the same call may succeed; `more` are further members of the body."""
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after = retry_after
        self.more = more

    def response(self) -> JSONResponse:
        """The answer that says so."""
        headers = {} if self.retry_after is None else {"Retry-After": str(max(1, math.ceil(self.retry_after)))}
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
        content = {"type": "about:blank", "title": self.status.phrase, "status": int(self.status), "detail": self.detail}
        content |= {"code": self.code, **self.more}
        return JSONResponse(content, self.status, headers, MEDIA_TYPE)


def unknown(what: str) -> Problem:
    """The problem of asking for something that there is not."""
    return Problem(HTTPStatus.NOT_FOUND, "not_found", f"there is no such {what}")


def invalid(field: str, value: object, expected: str) -> Problem:
    """The problem of a value that is not as `expected`, which begins with "expected"."""
    wrong = {"field": field, "value": clipped(value), "expected": expected}
    detail = f"{field} is {wrong['value']}; {expected}"
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", detail, errors=[wrong])


def clipped(value: object) -> str:
    """A value as it may be repeated in an error: short, and in characters that any client can read."""
    return _shortened(ascii(value))


def add_handlers(app: FastAPI) -> None:
    """Has every error of `app` answered as problem details."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(SQLAlchemyError, _database)
    app.add_exception_handler(ConversationChanged, _database)
    app.add_exception_handler(Exception, _unforeseen)


async def _problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return error.response()


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    detail = {404: "there is no such call", 405: "this address takes other methods", 400: "the body can't be read"}
    problem = Problem(status, _EXPECTED.get(status, "refused"), detail.get(status, status.description or status.phrase))
    response = problem.response()
    response.headers.update(error.headers or {})
    return response


async def _invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found: Sequence[Mapping[str, Any]] = error.errors()
    if found[0]["type"] == "json_invalid":
        where = f"the body is no JSON: {found[0]['ctx']['error'].lower()} at character {found[0]['loc'][-1]}"
        return Problem(HTTPStatus.BAD_REQUEST, "bad_json", where).response()
    errors = [_told(each) for each in found[:_MOST_ERRORS]]
    first = errors[0]
    detail = f"{first['field']} is {first['value']}; {first['expected']}"
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", detail, errors=errors).response()


async def _database(_request: Request, error: Exception) -> JSONResponse:
    _log.warning("a call of the API could not be served: %s", error)
    busy = "the shop is busy or its database away for the moment; send it again"
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", busy, retry_after=_AGAIN_SECONDS).response()


async def _unforeseen(_request: Request, _error: Exception) -> JSONResponse:
    # The server logs the error itself, as it is raised again behind this answer.
    detail = "something went wrong on our side; it has been written down"
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail).response()


def _told(error: Mapping[str, Any]) -> dict[str, str]:
    """One wrong value: where it stands, what it is, and what was expected there."""
    place = [str(part) for part in error["loc"]]
    # A field that is none may have any name, as long as a body may be.
    field = _shortened(".".join(place[1:] if place[0] in ("body", "path", "query", "header") else place)) or "the body"
    if error["type"] == "missing":
        return {"field": field, "value": "missing", "expected": "expected a value"}
    message = str(error["msg"]).removeprefix("Value error, ")
    return {"field": field, "value": clipped(error["input"]), "expected": message[:1].lower() + message[1:]}


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
