"""Any OpenAI-compatible server: vLLM, llama.cpp, Ollama, OpenVINO Model Server, or a hosted one.

The exchange runs in a thread of its own and the reader waits on a queue, so that the deadline is one of total time: it
holds for a server that accepts and says nothing, and for one that sends a byte now and then.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from typing import Any

import httpx

from assistant.chat_models import (
    ChatModelError,
    ChatModelRefused,
    ChatModelTimeout,
    ChatModelUnavailable,
    Request,
)
from assistant.engines import plain_words
from assistant.engines.relay import Relay
from assistant.engines.standstill import Breaker

LONGEST_LINE = 1_000_000
SHOWN_OF_AN_ERROR = 300


class OpenAiChatModel:
    """A model behind `POST {base_url}/chat/completions`, streamed."""

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str | None = None,
        regex_field: str | None = None,
        breaker: Breaker | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Connects at the first request.

        `regex_field` is the request field by which the server takes a regex, such as vLLM's `guided_regex`; without it
        neither a regex nor that of plain words is sent, and callers check the text, as they do anyway. `breaker` tells when
        a server is left alone.
        """
        self.name = f"openai:{model}"
        self._model = model
        self._regex_field = regex_field
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._breaker = breaker or Breaker()
        self._client = httpx.Client(base_url=base_url, headers=headers, transport=transport)

    def stream(self, request: Request) -> Generator[str]:
        """Yields pieces of text as they come. Closing the iterator stops the exchange at its next byte.

        Raises `ChatModelTimeout` past the deadline, `ChatModelUnavailable` if the server cannot be reached, breaks off or
        did so just before, `ChatModelRefused` if it answers with an error.
        """
        if self._client.is_closed:
            raise ChatModelUnavailable("the language model is closed")
        with self._breaker.attempt() as alive:
            relay: Relay[str] = Relay()
            threading.Thread(target=self._exchange, args=(request, relay), name="chat-model-http", daemon=True).start()
            with closing(relay.items(request.deadline)) as pieces:
                for piece in pieces:
                    alive()
                    yield piece

    def close(self) -> None:
        """Closes the connections; exchanges under way end."""
        self._client.close()

    def _exchange(self, request: Request, relay: Relay[str]) -> None:
        try:
            for piece in self._answer(request, relay.cancelled):
                relay.put(piece)
        except ChatModelError as error:
            relay.end(error)
        except httpx.TimeoutException as error:
            relay.end(ChatModelTimeout(f"the language model server did not answer in time: {error}"))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, RuntimeError) as error:
            # RuntimeError is how httpx says that the client was closed in the middle.
            relay.end(ChatModelUnavailable(f"cannot talk to the language model server: {error}"))
        else:
            relay.end()

    def _answer(self, request: Request, cancelled: threading.Event) -> Iterator[str]:
        left = max(request.deadline - time.monotonic(), 0.001)
        with self._client.stream("POST", "chat/completions", json=self._body(request), timeout=left) as response:
            if response.status_code != httpx.codes.OK:
                response.read()
                raise ChatModelRefused(f"HTTP {response.status_code}: {_shown(response.text)}")
            for event in _events(_until(cancelled, response.iter_text())):
                yield from _text(event)

    def _body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "stream": True,
        }
        if request.temperature > 0:
            body["seed"] = request.seed
        if request.stop:
            body["stop"] = list(request.stop)
        if request.json_schema is not None:
            schema = {"name": "answer", "schema": request.json_schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        regex = plain_words.regex() if request.plain_words else request.regex
        if regex is not None and self._regex_field is not None:
            body[self._regex_field] = regex
        return body


def _until(cancelled: threading.Event, chunks: Iterable[str]) -> Iterator[str]:
    for chunk in chunks:
        if cancelled.is_set():
            return
        yield chunk


def _events(chunks: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yields the JSON of each server-sent event. Raises `ChatModelUnavailable` if the stream has no proper end."""
    finished = False
    for line in _lines(chunks):
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            return
        event = _parsed(data)
        finished = finished or any(choice.get("finish_reason") for choice in event.get("choices") or ())
        yield event
    if not finished:
        raise ChatModelUnavailable("the language model server broke off in the middle of its answer")


def _lines(chunks: Iterable[str]) -> Iterator[str]:
    rest = ""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split("\n")
        yield from lines
        if len(rest) > LONGEST_LINE:
            raise ChatModelRefused("the language model server sent a line without end")
    yield rest


def _parsed(data: str) -> dict[str, Any]:
    try:
        event = json.loads(data)
    except ValueError as error:
        raise ChatModelRefused(f"the language model server sent no JSON: {_shown(data)}") from error
    if not isinstance(event, dict) or "error" in event:
        raise ChatModelRefused(f"the language model server reports: {_shown(data)}")
    return event


def _text(event: dict[str, Any]) -> Iterator[str]:
    for choice in event.get("choices") or ():
        piece = (choice.get("delta") or {}).get("content")
        if piece:
            yield piece


def _shown(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= SHOWN_OF_AN_ERROR else flat[:SHOWN_OF_AN_ERROR] + "…"
