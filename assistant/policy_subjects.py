"""What shoppers ask of any shop, so that a question is known by its subject, and so is that no page speaks of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_suffix(".txt")
"""The subjects; its head says how they are written."""

_TOLD, _PAGE = "told: ", "page: "


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject: a passage that says something of it matches `told` and is like `page`; `questions` ask about it."""

    name: str
    told: re.Pattern[str]
    page: str
    questions: tuple[str, ...]


def read_subjects(path: Path = FILE) -> tuple[Subject, ...]:
    """The subjects of a file. Raises `ValueError` for one that lacks a line."""
    return tuple(_subject(lines, path) for lines in _blocks(path.read_text(encoding="utf-8")))


def _blocks(source: str) -> Iterator[list[str]]:
    """The lines of each subject: its name at the margin, the others indented."""
    block: list[str] = []
    for line in source.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if not line[0].isspace() and block:
            yield block
            block = []
        block.append(line.strip())
    if block:
        yield block


def _subject(lines: list[str], path: Path) -> Subject:
    if len(lines) < 4 or not (lines[1].startswith(_TOLD) and lines[2].startswith(_PAGE)):
        raise ValueError(f"{path}: the subject {lines[0]!r} must have 'told: …', then 'page: …', then questions")
    name, told, page, *questions = lines
    pattern = re.compile(rf"\b(?:{told.removeprefix(_TOLD)})", re.I)
    return Subject(name, pattern, page.removeprefix(_PAGE), tuple(questions))
