"""Annotated dialogues (format 3) as turns with the context in which each was said."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.need import apply, frame_from_json, to_minor
from assistant.reading.context import Context
from assistant.reading.encoder.targets import Annotated, find_spans
from assistant.reading.text import read
from assistant.types import Shown

WRITTEN = Path(__file__).parent.parent / "data"
"""The hand-written dialogues to train on, some of which are held back."""
_HELD_BACK = 8

Dialogue = tuple[str, tuple[Annotated, ...]]
"""The id of a dialogue and its turns."""


def split(dialogues: Sequence[Dialogue]) -> tuple[list[Dialogue], list[Dialogue]]:
    """(training, held back) dialogues; which are held back follows from their ids, so it never changes."""
    held = [d for d in dialogues if hashlib.sha256(d[0].encode()).digest()[0] % _HELD_BACK == 0]
    ids = {name for name, _ in held}
    return [d for d in dialogues if d[0] not in ids], held


def read_dialogues(path: Path) -> list[Dialogue]:
    """The dialogues of a file as (id, turns). Raises `ValueError` naming the line if a line is no annotated dialogue."""
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            dialogue: dict[str, Any] = json.loads(line)
            found.append((str(dialogue["id"]), tuple(_turns(dialogue["turns"]))))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} line {number}: expected an annotated dialogue: {error}") from error
    return found


def _turns(turns: Sequence[dict[str, Any]]) -> Iterator[Annotated]:
    context = Context()
    for turn in turns:
        shown = tuple(Shown(str(s["id"]), s["title"], to_minor(s["price"], context.currency)) for s in turn["shown"])
        context = replace(context, shown=shown)
        frame = frame_from_json(turn["frame"], context.currency)
        yield Annotated(turn["user"], context, frame, find_spans(read(turn["user"]), frame))
        context = context.after(frame, apply(context.need, frame, shown))
