"""The seam to language models: one small protocol, and the errors that may come out of it.

    ChatModelError
    ├── ChatModelUnavailable    it cannot be loaded or reached
    ├── ChatModelTimeout        the deadline passed before it was done
    └── ChatModelRefused        it was reached and answered with an error

The engines are in `assistant/engines/`, one file each, so that a heavy library is imported only where it is used.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


class ChatModelError(Exception):
    """A language model could not do what was asked of it."""


class ChatModelUnavailable(ChatModelError):
    """The model cannot be loaded or reached."""


class ChatModelTimeout(ChatModelError):
    """The deadline passed before the model was done."""


class ChatModelRefused(ChatModelError):
    """The model was reached and answered with an error."""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a model is asked for.

    `deadline` is a `time.monotonic()` instant. At most one of `json_schema`, `regex` and `plain_words` is set. The text
    then matches it, or has no token with a digit, a currency sign, markup, or a capital letter other than in a reference,
    in "I" and in words that begin sentences (servers that cannot be told so may break this, so callers check).
    `temperature` 0 is greedy; over 0, the same `seed` gives the same text where a request runs alone.
    """

    messages: Sequence[ChatMessage]
    max_tokens: int
    deadline: float
    json_schema: Mapping[str, object] | None = None
    regex: str | None = None
    plain_words: bool = False
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    seed: int = 0


class ChatModel(Protocol):
    """A language model that streams. Safe to call from several threads."""

    @property
    def name(self) -> str:
        """What `doctor` and the logs call it."""

    def stream(self, request: Request) -> Generator[str]:
        """Yields pieces of text as they come. Closing the generator stops the generation.

        Raises `ChatModelTimeout` past the deadline, `ChatModelUnavailable` or `ChatModelRefused` otherwise.
        """

    def close(self) -> None:
        """Frees what the model holds; generations under way end."""
