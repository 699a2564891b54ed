"""What every feed reader yields: numbered rows, and what was wrong with the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Row = tuple[int, Mapping[str, object]]
Record = TypeVar("Record")


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


class BadField(ValueError):
    """A row that can't be read: `field`, `value` and `reason` say what is wrong with it."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        """Names the field, the value that it has and what was expected."""
        super().__init__(f"{field} has value {str(value)[:80]!r}: {reason}")
        self.field, self.value, self.reason = field, value, reason


def readable(
    rows: Iterable[Row | BadRow], parse: Callable[[Mapping[str, object]], Record], rejected: list[BadRow]
) -> Iterator[Record]:
    """What `parse` makes of each row; the rows of which it raises `BadField`, and those bad before, go to `rejected`."""
    for numbered in rows:
        if isinstance(numbered, BadRow):
            rejected.append(numbered)
            continue
        line, row = numbered
        try:
            yield parse(row)
        except BadField as bad:
            rejected.append(BadRow(line, bad.field, repr(bad.value)[:80], bad.reason))


class FeedError(Exception):
    """A file whose rest can't be read. The rows read before it stay valid."""

    def __init__(self, path: Path, reason: str) -> None:
        """Keeps the path and the reason apart, for callers that show them in their own way."""
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
