"""What every feed reader yields: numbered rows, and what was wrong with the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

Row = tuple[int, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that can't be taken in. `line` counts from 1; `source` names the file where a feed has several."""

    line: int
    field: str
    value: str
    reason: str
    source: str = ""

    def __str__(self) -> str:
        """Reads `line 7: price: '12,50' is not a number >= 0`."""
        place = f"{self.source}, line {self.line}" if self.source else f"line {self.line}"
        return f"{place}: {self.field}: {self.value} {self.reason}"


class FeedError(Exception):
    """A file whose rest can't be read. The rows read before it stay valid."""

    def __init__(self, path: Path, reason: str) -> None:
        """Keeps the path and the reason apart, for callers that show them in their own way."""
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
