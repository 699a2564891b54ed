"""Many short texts in one buffer: a text of a million costs its bytes and a number, not an object each."""

from __future__ import annotations

import re
from array import array

BROKEN = "surrogatepass"
"""Half a character is none, but a feed's broken escape can leave one."""


def packed(text: str) -> bytes:
    """Returns the text in UTF-8."""
    return text.encode(errors=BROKEN)


class PackedTexts:
    """A list of texts in UTF-8 that only grows."""

    def __init__(self) -> None:
        """Starts empty."""
        self._buffer = bytearray()
        self._ends = array("q", [0])

    def append(self, text: bytes) -> None:
        """Adds a text at the end."""
        self._buffer += text
        self._ends.append(len(self._buffer))

    def __len__(self) -> int:
        """How many texts there are."""
        return len(self._ends) - 1

    def __getitem__(self, row: int) -> bytes:
        """The text at `row`, 0 or more. Raises `IndexError` if there are not so many."""
        return bytes(self._buffer[self._ends[row] : self._ends[row + 1]])

    def have(self, row: int, pattern: re.Pattern[bytes]) -> bool:
        """Whether the pattern is found in the text at `row`. It may look behind it, at the text before."""
        return pattern.search(self._buffer, self._ends[row], self._ends[row + 1]) is not None
