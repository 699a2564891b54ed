"""What a data-quality report is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from retrieval.types import Product

Severity = Literal["serious", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("serious", "warning", "note")
"""The gravest first: what keeps products from being sold or misleads, what makes the assistant worse, what to know."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A product that a check finds fault with, and what exactly it found."""

    product: Product
    note: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One question to the catalogue. `find` yields each product concerned once, in the order of the catalogue."""

    name: str
    title: str
    severity: Severity
    why: str
    advice: str
    find: Callable[[Sequence[Product]], Iterator[Hit]]


@dataclass(frozen=True, slots=True)
class Example:
    """A product shown under a finding."""

    product_id: str
    title: str
    note: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: how many products (`share` of all, 0-1), some of them, why it matters and what to do."""

    check: str
    title: str
    severity: Severity
    count: int
    share: float
    examples: tuple[Example, ...]
    why: str
    advice: str


@dataclass(frozen=True, slots=True)
class QualityReport:
    """All findings, the gravest first, and the titles of the checks that found nothing.

    `sound` counts the products that no serious finding and no warning concerns.
    """

    products: int
    sound: int
    findings: tuple[Finding, ...]
    passed: tuple[str, ...]

    def of_severity(self, severity: Severity) -> tuple[Finding, ...]:
        """The findings of one severity, the most frequent first."""
        return tuple(finding for finding in self.findings if finding.severity == severity)
