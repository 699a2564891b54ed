"""What tagging suggests, for the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from retrieval.tagging.tagger import FieldReport
from retrieval.tagging.types import Suggestion

SHOWN = 8
"""Suggestions shown of each field; JSON has all."""

_METHODS = {"head": "learned", "words": "words", "zero_shot": "nearest label"}


def as_text(reports: Sequence[FieldReport], suggestions: Sequence[Suggestion], threshold: float) -> RenderableType:
    """Returns a summary of each field, and its surest suggestions."""
    if not reports:
        return Text("Nothing to suggest: no field is both known of enough products and missing from others.")
    parts: list[RenderableType] = []
    for report in reports:
        own = sorted((s for s in suggestions if s.field == report.field), key=lambda s: (-s.guess.confidence, s.product_id))
        parts += [Text(report.field, style="bold"), Text(f"  {_summary(report, threshold)}"), _table(own)]
    return Group(*parts, Text("Suggestions help to find products; no card or answer states them.", style="dim"))


def _summary(report: FieldReport, threshold: float) -> str:
    how = f"nearest of {report.labels} labels"
    if report.accuracy is not None:
        how = f"{report.labels} labels learned from {report.labelled:,} products, right for {report.accuracy:.0%} unseen"
    work = f"{report.guessed:,} read now, {report.kept:,} unchanged"
    return f"{how}; lacking in {report.lacking:,} ({work}); {report.confident:,} suggestions of {threshold:g} or surer"


def _table(suggestions: Sequence[Suggestion]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right")
    for suggestion in suggestions[:SHOWN]:
        guess = suggestion.guess
        # Floored: what is not quite sure is never shown as certain.
        sure = f"{int(guess.confidence * 100)}%"
        table.add_row(f"  {sure}", Text(suggestion.product_id), Text(" › ".join(guess.value)), _METHODS[guess.method])
    if len(suggestions) > SHOWN:
        table.add_row("", Text(f"… and {len(suggestions) - SHOWN:,} more; --json tells them"))
    return table


def to_json(reports: Sequence[FieldReport], suggestions: Sequence[Suggestion], threshold: float) -> dict[str, Any]:
    """Returns everything as plain lists and dicts; `used` says whether a suggestion is sure enough."""
    rows = [
        {
            "product_id": suggestion.product_id,
            "field": suggestion.field,
            "value": list(suggestion.guess.value) if suggestion.field == "category" else suggestion.guess.value[0],
            "confidence": suggestion.guess.confidence,
            "method": suggestion.guess.method,
            "model": suggestion.model,
            "used": suggestion.guess.confidence >= threshold,
        }
        for suggestion in suggestions
    ]
    return {"threshold": threshold, "fields": [asdict(report) for report in reports], "suggestions": rows}
