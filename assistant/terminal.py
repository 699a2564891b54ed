"""What commands print: progress on standard error, results on standard output, as text or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from assistant.doctor import Finding

if TYPE_CHECKING:  # only their types are needed here, and they load numpy and scipy, or SQLAlchemy
    from assistant.handoff.outbox import Delivery
    from ranking.model_sets import ModelSet

_SHOWN_REASONS = 20
_MARKS = {"ok": "[green]✓[/green]", "note": "[yellow]![/yellow]", "wrong": "[red]✗[/red]"}

output = Console(highlight=False, soft_wrap=True)
progress_output = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """A line for a person, beside the results."""
    progress_output.print(text, markup=False)


@contextmanager
def progress(title: str, unit: str = "") -> Iterator[Callable[[int], None]]:
    """Shows how far a long step is; the function given takes how many are done so far."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f} {task.fields[unit]}"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=progress_output) as bar:
        task = bar.add_task(title, total=None, unit=unit)
        yield lambda done: bar.update(task, completed=done)


@contextmanager
def progress_of(title: str) -> Iterator[Callable[[int, int], None]]:
    """The same where the total is known: the function given takes how many of how many are done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=progress_output) as bar:
        # Nothing is shown of a step that turns out to have nothing to do.
        task = bar.add_task(title, total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)


@contextmanager
def steps() -> Iterator[Callable[[str, int, int], None]]:
    """The same for steps one after another: the function given takes a step in words, and how much of how much is done.

    Each step leaves a line: one of unknown length (0 of 0) when it begins, any other with its last words.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=progress_output, transient=True) as bar:
        task = bar.add_task("", total=None, visible=False)

        def tell(step: str, done: int, total: int) -> None:
            bar.update(task, description=step, completed=done, total=total, visible=done < total)
            if done >= total:
                bar.console.print(step, markup=False)

        yield tell


def print_json(value: object) -> None:
    """One line of JSON."""
    output.print(json.dumps(value, ensure_ascii=False), markup=False)


def print_counts(
    counts: Mapping[str, Any], rejected: Sequence[object], rejected_count: int, as_json: bool, failure: str = ""
) -> None:
    """What a file did: its counts, then each bad row with its reason."""
    reasons = [str(bad) for bad in rejected]
    if as_json:
        print_json({**counts, "rejected": rejected_count, "reasons": reasons, "failure": failure or None})
        return
    told = ", ".join(f"{value:,} {name}" for name, value in counts.items() if name != "file")
    output.print(f"{counts['file']}: {told}, {rejected_count:,} rejected", markup=False)
    for reason in reasons[:_SHOWN_REASONS]:
        output.print(f"  {reason}", markup=False)
    if rejected_count > _SHOWN_REASONS:
        output.print(f"  … and {rejected_count - _SHOWN_REASONS:,} more; --json tells them", markup=False)


def print_values(values: Mapping[str, Any], as_json: bool) -> None:
    """Names and values, as a table or JSON."""
    if as_json:
        print_json(values)
        return
    table = Table(show_header=False, box=None)
    for name, value in values.items():
        table.add_row(name.replace("_", " "), f"{value:,.4g}" if isinstance(value, float) else str(value))
    output.print(table)


def print_training(metrics: Mapping[str, Any], as_json: bool) -> None:
    """What a training measured: a row a model and a column a figure, and the rest as names and values."""
    if as_json:
        print_json(metrics)
        return
    columns = [name.removeprefix("popularity_") for name in metrics if name.startswith("popularity_")]
    told = [name for name in columns if not name.endswith(("_low", "_high"))]
    table = Table("", *(name.replace("_", " ") for name in told), box=None)
    models = [name.removesuffix("_hr@10") for name in metrics if f"{name.removesuffix('_hr@10')}_gini@10" in metrics]
    for model in models:
        mark = "[green]✓[/green] " if model == metrics.get("model") else "  "
        table.add_row(mark + model.replace("_", " "), *(_with_bounds(metrics, f"{model}_{name}") for name in told))
    if models:
        output.print(table)
    figures = {f"{model}_{name}" for model in models for name in columns}
    print_values({name: value for name, value in metrics.items() if name not in figures}, as_json)


def _with_bounds(metrics: Mapping[str, Any], name: str) -> str:
    value, low, high = metrics.get(name), metrics.get(f"{name}_low"), metrics.get(f"{name}_high")
    if value is None:
        return "–"
    return f"{value:.4f}" if low is None else f"{value:.4f} ({low:.4f}–{high:.4f})"


def print_model_sets(sets: Iterable[ModelSet]) -> None:
    """A line a set, the current one marked."""
    table = Table("", "set", "trained", "model", "NDCG@10", "coverage@10", "interests", box=None)
    for one in sets:
        model = str(one.metrics.get("model", "item_graph"))
        figures = [one.metrics.get(f"{model}_{name}") for name in ("ndcg@10", "coverage@10")]
        told = [f"{value:.4f}" if isinstance(value, float) else "–" for value in figures]
        trained = datetime.fromtimestamp(one.trained_at).astimezone().strftime("%Y-%m-%d %H:%M")
        mark = "[green]✓[/green]" if one.is_current else ""
        interests, epsilon = one.metrics.get("interests"), one.metrics.get("epsilon")
        counted = f"{interests:,}" if isinstance(interests, int) else "–"
        name = model.replace("_", " ") + (f", ε = {epsilon:.2g}" if isinstance(epsilon, float) else "")
        table.add_row(mark, one.name, trained, name, *told, counted)
    output.print(table)


def print_deliveries(deliveries: Iterable[Delivery], counts: Mapping[str, Mapping[Any, int]]) -> None:
    """How many each target has in each state, then a line for each delivery."""
    if not counts:
        output.print("Nothing was to be told so far.")
    for target, states in counts.items():
        output.print(f"{target}: " + ", ".join(f"{count:,} {state}" for state, count in states.items()), markup=False)
    table = Table("id", "state", "target", "event", "since", "attempts", "last error", box=None)
    for one in deliveries:
        since = datetime.fromtimestamp(one.queued_at).astimezone().strftime("%Y-%m-%d %H:%M")
        table.add_row(str(one.id), one.state, one.target, one.event, since, str(one.attempts), escape(one.error))
    if table.row_count:
        output.print(table)


def print_findings(findings: Iterable[Finding]) -> None:
    """What `doctor` found, with what to do about it."""
    for finding in findings:
        output.print(f"{_MARKS[finding.verdict]} [bold]{finding.what}[/bold]: ", end="")
        output.print(finding.found, markup=False)
        if finding.advice:
            output.print(f"    → {finding.advice}", markup=False)


def write_json(out: Path, value: object) -> None:
    """One JSON value, indented. Raises `OSError` where `out` can't be written."""
    out.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    say(f"→ {out}")


def write_jsonl(out: Path, rows: Iterable[Mapping[str, Any]], unit: str) -> None:
    """Writes rows as they come, with progress. Raises `OSError` where `out` can't be written."""
    count = 0
    with out.open("w", encoding="utf-8") as file, progress(f"Writing {out.name}", unit) as advance:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
            advance(count)
    say(f"{count} {unit} → {out}")
