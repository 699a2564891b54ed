"""Runs the checks over a catalogue and writes down what they found."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from retrieval.quality.checks import CHECKS
from retrieval.quality.types import SEVERITIES, Check, Example, Finding, Hit, QualityReport
from retrieval.types import Product

EXAMPLES = 5


def examine(products: Sequence[Product], checks: Sequence[Check] = CHECKS, examples: int = EXAMPLES) -> QualityReport:
    """Returns what `checks` find in `products`, with up to `examples` of each. Raises `ValueError` for fewer than 0."""
    if examples < 0:
        raise ValueError(f"examples is {examples}; expected 0 or more")
    findings: list[Finding] = []
    passed: list[str] = []
    faulty: set[str] = set()
    for check in checks:
        hits = list(check.find(products))
        if not hits:
            passed.append(check.title)
            continue
        findings.append(_finding(check, hits, len(products), examples))
        if check.severity != "note":
            faulty.update(hit.product.id for hit in hits)
    findings.sort(key=lambda finding: (SEVERITIES.index(finding.severity), -finding.count))
    return QualityReport(len(products), len(products) - len(faulty), tuple(findings), tuple(passed))


def _finding(check: Check, hits: Sequence[Hit], products: int, examples: int) -> Finding:
    # Of something that all products lack no product is an example.
    shown = [] if len(hits) == products and not any(hit.note for hit in hits) else _various(hits, examples)
    return Finding(
        check.name,
        check.title,
        check.severity,
        len(hits),
        round(len(hits) / products, 4),
        tuple(Example(hit.product.id, hit.product.title, hit.note) for hit in shown),
        check.why,
        check.advice,
    )


def _various(hits: Sequence[Hit], count: int) -> list[Hit]:
    """Returns `count` of the hits: the first of each different note before the second of any."""
    first: dict[str, Hit] = {}
    for hit in hits:
        first.setdefault(hit.note, hit)
    chosen = list(first.values())[:count]
    ids = {hit.product.id for hit in chosen}
    return [*chosen, *itertools.islice((hit for hit in hits if hit.product.id not in ids), count - len(chosen))]


def to_json(report: QualityReport) -> dict[str, Any]:
    """Returns the report as plain lists and dicts; `share` is 0-1."""
    return asdict(report)
