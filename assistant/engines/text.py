"""What every engine does to text: pieces from tokens, stop strings, and control tokens taken out of messages."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
CONTROL_TOKEN = re.compile(r"<\|[^<>|]{0,40}\|>|</?s>|\[/?INST\]")


class IncrementalText:
    """Turns tokens into text as they come, never in the middle of a UTF-8 character.

    Decodes a short window rather than everything so far, with the tokens before it as context, because some tokenizers
    drop the space in front of the first token.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        """Reads with `decode`, which turns token ids into text."""
        self._decode = decode
        self._ids: list[int] = []
        self._context = 0
        self._released = 0

    def push(self, ids: Sequence[int]) -> str:
        """Returns the text that these tokens complete, perhaps none."""
        self._ids.extend(ids)
        text = self._unreleased()
        if not text or text.endswith(REPLACEMENT):
            return ""
        self._context, self._released = self._released, len(self._ids)
        return text

    def flush(self) -> str:
        """Returns what is left at the end, without a character that never became whole."""
        return self._unreleased().rstrip(REPLACEMENT)

    def _unreleased(self) -> str:
        before = self._decode(self._ids[self._context : self._released])
        return self._decode(self._ids[self._context :])[len(before) :]


def text_of(tokens: Generator[list[int]], decode: Callable[[Sequence[int]], str], stop: Sequence[str]) -> Generator[str]:
    """Yields the text of the tokens up to the first stop string, then closes `tokens`."""
    with closing(tokens):
        yield from until_stop(_decoded(tokens, decode), stop)


def _decoded(tokens: Iterator[list[int]], decode: Callable[[Sequence[int]], str]) -> Iterator[str]:
    text = IncrementalText(decode)
    for ids in tokens:
        yield text.push(ids)
    yield text.flush()


def until_stop(pieces: Iterator[str], stop: Sequence[str]) -> Generator[str]:
    """Yields the pieces up to the first stop string, which may be spread over several of them."""
    held = ""
    for piece in pieces:
        held += piece
        cut = min((at for mark in stop if (at := held.find(mark)) >= 0), default=-1)
        if cut >= 0:
            held = held[:cut]
            break
        keep = _possible_stop(held, stop)
        ready, held = held[: len(held) - keep], held[len(held) - keep :]
        if ready:
            yield ready
    if held:
        yield held


def _possible_stop(text: str, stop: Sequence[str]) -> int:
    """Returns how many characters at the end of the text may be the beginning of a stop string."""
    lengths = (size for mark in stop for size in range(1, len(mark)) if text.endswith(mark[:size]))
    return max(lengths, default=0)


def without_control_tokens(text: str) -> str:
    """Returns the text without what a chat template would take for the end of a message or the start of another."""
    while CONTROL_TOKEN.search(text):
        text = CONTROL_TOKEN.sub(" ", text)
    return text
