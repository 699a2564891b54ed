"""The report on the long tail and on fairness for people, on the terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ranking.fairness import Interval, Section
from ranking.report import Exposure, Report

_ROWS = 12


def as_text(report: Report) -> RenderableType:
    """Returns the report for a terminal. Names of the catalogue are shown as they are, never read as markup."""
    fairness = report["fairness"]
    parts: list[RenderableType] = [_figures(report["exposure"]), Text(), _band_table(report["exposure"])]
    for section in (*fairness["by_product"], *fairness["by_shopper"]):
        parts += [Text(), _group_table(section)]
        if len(section["groups"]) > _ROWS:
            parts.append(Text(f"… and {len(section['groups']) - _ROWS:,} smaller groups.", style="dim"))
        parts.append(Text(section["sentence"]))
    return Group(*parts, Text(), Text(fairness["sentence"], style="bold"))


def _figures(exposure: Exposure) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    told = f"{exposure['shoppers']:,} shoppers, the first {exposure['k']} places, {exposure['products']:,} products"
    table.add_row(Text("Long tail", style="bold"), Text(told))
    rows = [
        ("Hit rate", _share(exposure["hit_rate"])),
        ("NDCG", _share(exposure["ndcg"])),
        ("Hit rate in the tail", _share(exposure["tail_hit_rate"])),
        ("Share of products shown", f"{100 * exposure['coverage']:.1f}%"),
        ("Inequality (Gini)", "–" if exposure["gini"] is None else f"{exposure['gini']:.3f}"),
    ]
    if exposure["cost"] is not None:
        kept = exposure["cost"]["ndcg_kept"]
        rows.append(("NDCG kept under control", "–" if kept is None else f"{100 * kept:.1f}%"))
    for name, value in rows:
        table.add_row(Text(name), Text(value))
    return table


def _band_table(exposure: Exposure) -> Table:
    table = _table("Popularity", "products", "of catalogue", "of interactions", "of places shown")
    for name, band in exposure["bands"].items():
        shares = (band["catalogue_share"], band["interaction_share"], band["exposure_share"])
        table.add_row(Text(name.replace("_", " ")), f"{band['products']:,}", *(f"{100 * share:.1f}%" for share in shares))
    return table


def _group_table(section: Section) -> Table:
    table = _table(section["grouping"].capitalize(), "held out", "hit rate", "NDCG", "shown per bought")
    for row in section["groups"][:_ROWS]:
        even = row.get("exposure_by_interactions")
        ratio = f"{even:.2f}" if isinstance(even, float) and row.get("exposure_judged") else "–"
        table.add_row(Text(row["group"]), f"{row['n']:,}", _share(row["hit_rate"]), _share(row["ndcg"]), ratio)
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first, overflow="fold", max_width=40)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _share(interval: Interval | None) -> str:
    if interval is None:
        return "–"
    return f"{100 * interval['mean']:.1f}% ({100 * interval['low']:.1f}–{100 * interval['high']:.1f})"
