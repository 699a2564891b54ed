"""A chat model that says what a test scripts, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.chat_models import ChatModel, ChatModelUnavailable, Request


class ScriptedChatModel(ChatModel):
    """Answers each request with the next reply; a reply that is an exception is raised instead.

    `requests` holds what it was asked, in order. Past the last reply it is unavailable.
    """

    def __init__(self, replies: Sequence[str | Exception], pieces: int = 7) -> None:
        """`pieces` is how many characters come at a time."""
        self._replies = list(replies)
        self._pieces = pieces
        self.requests: list[Request] = []
        self.closed = False

    @property
    def name(self) -> str:
        return "scripted"

    def stream(self, request: Request) -> Iterator[str]:
        self.requests.append(request)
        if not self._replies:
            raise ChatModelUnavailable("the script is at its end")
        reply = self._replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        for start in range(0, len(reply), self._pieces):
            yield reply[start : start + self._pieces]

    def close(self) -> None:
        self.closed = True
