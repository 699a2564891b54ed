"""A data-quality report for people: on the terminal, and as a page that stands by itself."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from retrieval.quality.types import SEVERITIES, Finding, QualityReport, Severity

HEADINGS: dict[Severity, str] = {"serious": "Serious", "warning": "Worth fixing", "note": "Good to know"}
_STYLES: dict[Severity, str] = {"serious": "bold red", "warning": "bold yellow", "note": "bold cyan"}


def as_text(report: QualityReport) -> RenderableType:
    """Returns the report for a terminal. Texts of the catalogue are shown as they are, never read as markup."""
    if not report.products:
        return Text("The catalogue is empty: there is nothing to report.")
    parts: list[RenderableType] = [_summary(report)]
    for severity in SEVERITIES:
        findings = report.of_severity(severity)
        if findings:
            parts += [Text(), Text(HEADINGS[severity], style=_STYLES[severity])]
            parts += [_finding(finding) for finding in findings]
    if report.passed:
        parts += [Text(), Text(f"Nothing found: {', '.join(report.passed)}.", style="green")]
    return Group(*parts)


def _summary(report: QualityReport) -> Text:
    share = percent(report.sound / report.products)
    counts = Text.assemble((f"{report.products:,}", "bold"), " products; ", (f"{report.sound:,}", "bold"))
    return counts.append(f" ({share}) have nothing serious and nothing worth fixing.")


def _finding(finding: Finding) -> RenderableType:
    title = Text.assemble("  ", (finding.title, "bold"), f": {finding.count:,} ({percent(finding.share)})")
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", max_width=36, overflow="fold")
    table.add_column(overflow="fold")
    for example in finding.examples:
        found = Text.assemble(example.title, (f" · {example.note}" if example.note else "", "italic"))
        table.add_row(Text(example.product_id), found)
    told: list[RenderableType] = [Text(finding.why), Text(f"→ {finding.advice}"), table]
    return Group(title, *(Padding(part, (0, 0, 0, 4), expand=False) for part in told))


def as_page(report: QualityReport, shop_name: str) -> str:
    """Returns the report as one HTML page: no script, nothing loaded from elsewhere, every text escaped."""
    grouped = [(severity, HEADINGS[severity], report.of_severity(severity)) for severity in SEVERITIES]
    return _environment().get_template("quality.html").render(report=report, grouped=grouped, shop_name=shop_name)


def percent(share: float) -> str:
    """Returns a share (0-1) in whole percent; what is neither none nor all is never rounded to it."""
    if 0 < share < 0.01:
        return "under 1%"
    return f"{min(round(share * 100), 99) if share < 1 else 100}%"


@cache
def _environment() -> Environment:
    loader = PackageLoader("retrieval", "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["percent"] = percent
    return environment
