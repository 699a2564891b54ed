"""Annotated dialogues (format 3) as turns with the context in which each was said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.need import apply, frame_from_json, to_minor
from assistant.reading.context import Context, focus_after
from assistant.reading.encoder.targets import Annotated, find_spans
from assistant.reading.text import read
from assistant.types import Shown


def read_dialogues(path: Path) -> list[tuple[str, tuple[Annotated, ...]]]:
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
        need = apply(context.need, frame, shown)
        context = replace(context, need=need, last_act=frame.act, focus=focus_after(frame, context))
