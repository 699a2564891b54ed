"""Annotated dialogues (format 3) to predictions: what a reader makes of each turn, with the context the file gives."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from assistant.need import apply, frame_to_json, need_to_json, to_minor
from assistant.types import Shown
from assistant.understand import Context, Reader
from retrieval.feeds.rows import BadRow, Row


class BadDialogue(ValueError):
    """A line of the file is no dialogue; the text names line, field, value and what was expected."""


def predict(rows: Iterable[Row | BadRow], reader: Reader, currency: str) -> Iterator[Mapping[str, Any]]:
    """Yields `{"id", "turn", "frame", "state", "ms"}` a turn; the state follows from the reader's own frames.

    Raises `BadDialogue` at the first line that is none.
    """
    for row in rows:
        if isinstance(row, BadRow):
            raise BadDialogue(str(row))
        line, dialogue = row
        turns = dialogue.get("turns")
        if not isinstance(turns, list):
            raise BadDialogue(f"line {line}: turns is {turns!r}, expected a list")
        context = Context(currency=currency)
        for number, turn in enumerate(turns):
            text, shown = _turn(turn, line, number, currency)
            predicted, context = _read(reader, text, replace(context, shown=shown))
            yield {"id": dialogue.get("id"), "turn": number, **predicted}


def _turn(turn: object, line: int, number: int, currency: str) -> tuple[str, tuple[Shown, ...]]:
    try:
        if not isinstance(turn, dict):
            raise TypeError
        shown = tuple(Shown(str(s["id"]), str(s["title"]), to_minor(s["price"], currency)) for s in turn["shown"])
        return str(turn["user"]), shown
    except (TypeError, KeyError, ValueError) as error:
        raise BadDialogue(f"line {line}: turn {number} is {str(turn)[:120]!r}, expected user and shown") from error


def _read(reader: Reader, text: str, context: Context) -> tuple[dict[str, Any], Context]:
    started = time.perf_counter()
    frame = reader.read(text, context).frame
    need = apply(context.need, frame, context.shown)
    ms = round((time.perf_counter() - started) * 1000, 3)
    predicted = {"frame": frame_to_json(frame, context.currency), "state": need_to_json(need, context.currency), "ms": ms}
    return predicted, context.after(frame, need)
