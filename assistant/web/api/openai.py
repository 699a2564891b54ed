"""The shop as clients of the OpenAI API know one: `/v1/models` and `/v1/chat/completions`, whole and streamed.

A client brings the shop's key. It may send the whole history each time, as such clients do; only its last message is
answered (`openai_threads.py` says in which conversation). System messages are the client's and change nothing: the shop's
own rules stand.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter, Request, Response, Security
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool

from assistant.shop import ShopFront
from assistant.web.api import sse
from assistant.web.api.callers import Callers
from assistant.web.api.limits import Limits
from assistant.web.api.openai_answers import Delta, Extra, Teller
from assistant.web.api.openai_calls import ChatCall, OpenAIRoute, broken, check, error_body
from assistant.web.api.openai_threads import CONVERSATION_HEADER, Thread, Threads, Vouched
from assistant.web.api.problems import Problem, clipped
from assistant.web.api.turns import TurnBroke, Turns

MODEL = "shelfwise"
_BEARER = [Security(HTTPBearer(scheme_name="shop key", description="SHELFWISE_SHOP_KEY.", auto_error=False))]
_CHARACTERS_PER_TOKEN = 4
Piece = Delta | Problem | None
_END = b"data: [DONE]\n\n"


def guessed_tokens(text: str) -> int:
    """How many tokens a text may have: a guess by its length, as no language model need be loaded."""
    return math.ceil(len(text) / _CHARACTERS_PER_TOKEN)


def build_openai_routes(
    shop: ShopFront,
    *,
    callers: Callers,
    limits: Limits,
    turns: Turns,
    keys: Sequence[str],
    vouched: Vouched,
    locale: str = "en_US",
    now: Callable[[], float] = time.time,
    count_tokens: Callable[[str], int] = guessed_tokens,
) -> APIRouter:
    """The routes, for who has the shop's key.

    `keys` are the shop's key and those that it took the place of: conversations that were marked with one go on. `vouched`
    says whether a hash is the shop's word for a shopper's id. `count_tokens` counts for `usage`; the guess is marked as one.
    """
    threads = Threads(shop, keys, vouched)
    teller = Teller(shop, locale, threads.mark)
    router = APIRouter(prefix="/v1", route_class=OpenAIRoute, tags=["openai"], dependencies=_BEARER)
    model = {"id": MODEL, "object": "model", "created": 0, "owned_by": shop.name}

    @router.get("/models", summary="The models, of which there is one")
    async def models(request: Request) -> JSONResponse:
        callers.shop(request)
        return JSONResponse({"object": "list", "data": [model]})

    @router.get("/models/{name}", summary="One model")
    async def named_model(request: Request, name: str) -> JSONResponse:
        callers.shop(request)
        if name != MODEL:
            detail = f"the model {clipped(name)} does not exist; expected {MODEL}"
            raise Problem(HTTPStatus.NOT_FOUND, "model_not_found", detail, param="model")
        return JSONResponse(model)

    @router.post("/chat/completions", summary="Answer the last message of a history")
    async def complete(request: Request, call: ChatCall) -> Response:
        callers.shop(request)
        check(call)
        where = await run_in_threadpool(threads.find, call, request.headers)
        limits.message(where.conversation_id)
        running = turns.begin(lambda: teller.deltas(where, call.said))
        asked = sum(count_tokens(message.text) for message in call.messages)
        completion = _Completion(where, int(now()), asked, count_tokens)
        pieces = _pieces(running.events())
        if call.stream:
            response: Response = sse.stream(completion.chunks(pieces, with_usage=call.wants_usage))
        else:
            response = await completion.whole(pieces)
        response.headers[CONVERSATION_HEADER] = where.conversation_id
        return response

    return router


async def _pieces(events: AsyncGenerator[Piece, None]) -> AsyncGenerator[Piece, None]:
    """The pieces of a turn, a `Problem` at the end where it came to nothing, None as a sign of life between them."""
    async with aclosing(events):
        try:
            async for each in events:
                yield each
        except TurnBroke:
            yield broken()


@dataclass(frozen=True, slots=True)
class _Completion:
    """One answer in the form of OpenAI's API. `created` is seconds since 1970, `asked` the tokens that the client sent."""

    where: Thread
    created: int
    asked: int
    count_tokens: Callable[[str], int]

    async def whole(self, pieces: AsyncGenerator[Piece, None]) -> JSONResponse:
        """The answer in one. Raises `Problem` where the turn failed."""
        text, extra = "", dict[str, object]()
        async with aclosing(pieces):
            async for piece in pieces:
                if isinstance(piece, Problem):
                    raise piece
                if piece is not None:
                    text += piece.text
                    extra |= piece.extra
        message = {"role": "assistant", "content": text, "refusal": None, "shelfwise": extra}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        body = self._body("chat.completion") | {"choices": [choice], "usage": self._usage(text)}
        return JSONResponse(body, headers=sse.HEADERS)

    async def chunks(self, pieces: AsyncGenerator[Piece, None], *, with_usage: bool) -> AsyncGenerator[bytes, None]:
        """The answer as server-sent events; an error takes the place of what is left where the turn fails."""
        usage: Mapping[str, object] = {"usage": None} if with_usage else {}
        yield self._chunk({"role": "assistant", "content": ""}, None, usage)
        text = ""
        async with aclosing(pieces):
            async for piece in pieces:
                if piece is None:
                    yield sse.BEAT
                elif isinstance(piece, Problem):
                    yield _data(error_body(piece))
                    return
                else:
                    text += piece.text
                    yield self._chunk(_delta(piece), None, usage)
        yield self._chunk({}, "stop", usage)
        if with_usage:
            yield _data(self._body("chat.completion.chunk") | {"choices": [], "usage": self._usage(text)})
        yield _END

    def _chunk(self, delta: Mapping[str, object], finish_reason: str | None, usage: Mapping[str, object]) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return _data(self._body("chat.completion.chunk") | {"choices": [choice], **usage})

    def _body(self, kind: str) -> dict[str, object]:
        return {"id": f"chatcmpl-{self.where.message_id}", "object": kind, "created": self.created, "model": MODEL}

    def _usage(self, text: str) -> dict[str, object]:
        told = self.count_tokens(text)
        counts: dict[str, object] = {
            "prompt_tokens": self.asked,
            "completion_tokens": told,
            "total_tokens": self.asked + told,
        }
        return counts | ({"estimated": True} if self.count_tokens is guessed_tokens else {})


def _delta(piece: Delta) -> Extra:
    text: Extra = {"content": piece.text} if piece.text else {}
    return text | ({"shelfwise": piece.extra} if piece.extra else {})


def _data(body: Mapping[str, object]) -> bytes:
    line = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return f"data: {line}\n\n".encode("utf-8", "replace")
