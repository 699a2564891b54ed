"""What clients of the OpenAI API send, and how they are told what was wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any, Literal

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError

from assistant.web.api.problems import Problem, clipped


class Part(BaseModel):
    """A piece of a message; a picture or a sound has no text."""

    type: str
    text: str = ""


class ClientMessage(BaseModel):
    """A message of the history that the client keeps."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """All that is text in it."""
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or ""

    @property
    def is_text(self) -> bool:
        """Whether there is nothing else in it."""
        return not isinstance(self.content, list) or all(part.type == "text" for part in self.content)


class StreamOptions(BaseModel):
    """What a client wants of a stream."""

    include_usage: bool | None = None


class ResponseFormat(BaseModel):
    """The form of the answer that a client wants."""

    type: str


class ChatCall(BaseModel):
    """A call of `/v1/chat/completions`. Fields that are not here are ignored, as is the name of the model."""

    messages: list[ClientMessage] = Field(min_length=1)
    model: str = ""
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    metadata: dict[str, str] | None = None
    n: int | None = None
    tools: list[Any] | None = None
    functions: list[Any] | None = None
    response_format: ResponseFormat | None = None
    logprobs: bool | None = None
    modalities: list[str] | None = None

    @property
    def said(self) -> str:
        """The shopper's new message."""
        return self.messages[-1].text

    @property
    def told(self) -> Mapping[str, str]:
        """What the client tells beside the messages."""
        return self.metadata or {}

    @property
    def wants_usage(self) -> bool:
        """Whether a stream is to end with the usage."""
        return bool(self.stream_options and self.stream_options.include_usage)


def check(call: ChatCall) -> None:
    """Raises `Problem` for a call that asks for what a shop does not do, or that does not end with the shopper's message."""
    format_ = call.response_format.type if call.response_format else "text"
    modalities = call.modalities or ["text"]
    last = call.messages[-1]
    is_by_tool = any(message.role in ("tool", "function") for message in call.messages)
    faults = {
        "n": (call.n not in (None, 1), f"n is {call.n}; expected 1, as a message is answered once"),
        "tools": (bool(call.tools), "tools are given; expected none, as the shop calls no tools of its clients"),
        "functions": (bool(call.functions), "functions are given; expected none, as the shop calls none of its clients"),
        "response_format": (format_ != "text", f"response_format is {clipped(format_)}; expected text"),
        "logprobs": (bool(call.logprobs), "logprobs are asked for; expected none, as not every answer has any"),
        "modalities": (modalities != ["text"], f"modalities are {clipped(modalities)}; expected text alone"),
    }
    for param, (is_wrong, detail) in faults.items():
        if is_wrong:
            raise Problem(HTTPStatus.BAD_REQUEST, "unsupported_parameter", detail, param=param)
    if last.role != "user" or not last.is_text or is_by_tool:
        found = "a tool's message" if is_by_tool else f"a message by {last.role}, {'' if last.is_text else 'not '}all text"
        detail = f"messages end with or hold {found}; expected the shopper's text, by user, at the end, and no tools"
        raise Problem(HTTPStatus.BAD_REQUEST, "unsupported_message", detail, param="messages")


def error_body(problem: Problem) -> dict[str, object]:
    """A problem as OpenAI's own API writes it."""
    kind = "server_error" if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    param = problem.more.get("param")
    return {"error": {"message": problem.detail, "type": kind, "param": param, "code": problem.code}}


def error_response(problem: Problem) -> JSONResponse:
    """The answer that says so, with the status and the headers that any other call would be answered with."""
    kept = ("retry-after", "www-authenticate")
    headers = {name: value for name, value in problem.response().headers.items() if name in kept}
    return JSONResponse(error_body(problem), problem.status, headers)


def unavailable() -> Problem:
    """The problem of a database that is away."""
    detail = "the shop is busy or its database away for the moment; send it again"
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", detail, retry_after=2.0)


def broken() -> Problem:
    """The problem that nobody foresaw."""
    detail = "something went wrong on our side; it has been written down"
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", detail)


class OpenAIRoute(APIRoute):
    """A route whose errors have the form that clients of the OpenAI API expect."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with every foreseen error as an answer."""
        handle = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await handle(request)
            except Problem as problem:
                return error_response(problem)
            except RequestValidationError as error:
                return error_response(_invalid(error))
            except SQLAlchemyError:
                return error_response(unavailable())

        return answered


def _invalid(error: RequestValidationError) -> Problem:
    first = error.errors()[0]
    param = ".".join(str(part) for part in first["loc"] if part != "body")
    if first["type"] == "json_invalid":
        return Problem(HTTPStatus.BAD_REQUEST, "bad_json", "the body is no JSON")
    detail = f"{param or 'the body'} is {clipped(first['input'])}; {first['msg']}"
    return Problem(HTTPStatus.BAD_REQUEST, "invalid", detail, param=param or None)
