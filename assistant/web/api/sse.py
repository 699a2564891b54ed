"""Server-sent events: how they are written, and what their ids mean.

An id is VERSION.MESSAGES: the conversation as of that version is known in whole, and of its thread so many messages are.
What follows a second point only keeps ids apart. Who comes back with the id it heard last is told what it lacks, once.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from assistant.types import Conversation
from assistant.web.api.problems import Problem, clipped

BEAT = b": still here\n\n"
HEADERS = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
_ID = re.compile(r"(\d{1,9})\.(\d{1,9})(\.\d{1,9})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """How much of a conversation somebody has: all of a version, and so many messages of the thread."""

    version: int
    messages: int

    def __str__(self) -> str:
        """The id of an event after which so much is known."""
        return f"{self.version}.{self.messages}"


def place_of(conversation: Conversation) -> Place:
    """The place of somebody who has the whole conversation."""
    return Place(conversation.version, len(conversation.messages))


def read_place(last_event_id: str) -> Place:
    """The place that an id stands for. Raises `Problem` for what is no such id."""
    match = _ID.fullmatch(last_event_id)
    if match is None:
        detail = f"Last-Event-ID is {clipped(last_event_id)}; expected the id of an event of this conversation"
        raise Problem(HTTPStatus.BAD_REQUEST, "bad_event_id", detail)
    return Place(int(match[1]), int(match[2]))


def event(name: str, data: BaseModel | Mapping[str, Any], event_id: str) -> bytes:
    """One event. What it tells is JSON in a single line, so that no text can begin an event of its own."""
    plain = data.model_dump(mode="json", exclude_none=True) if isinstance(data, BaseModel) else data
    # A browser that took this for a page would find no markup in it either.
    line = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f"id: {event_id}\nevent: {name}\ndata: {line}\n\n".encode("utf-8", "replace")


def stream(events: AsyncIterator[bytes]) -> StreamingResponse:
    """The answer that sends these events as they come."""
    return StreamingResponse(events, media_type="text/event-stream", headers=HEADERS)
