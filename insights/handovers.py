"""What hand-overs say of the shop: how often a person is needed and why, how long shoppers wait, what was missing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

MOST_EXAMPLES = 3
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class HandedOver:
    """One hand-over. Times are seconds since 1970, None where it has not come to that; so is `ending`, how it ended.

    `requested_by` is "agent" where one joined unasked: then nobody had called for a person, and nobody waited.
    """

    conversation_id: str
    reason: str
    requested_at: float
    accepted_at: float | None = None
    ended_at: float | None = None
    ending: str | None = None
    requested_by: str = "shopper"


@dataclass(frozen=True, slots=True)
class Missed:
    """One turn in which the assistant could not do what was asked: the trouble, and the shopper's words."""

    trouble: str
    asked: str


@dataclass(frozen=True, slots=True)
class Spread:
    """How a duration is spread, in seconds; None where nothing was measured."""

    count: int
    median: float | None
    p90: float | None

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        """The spread of some durations."""
        if not seconds:
            return cls(0, None, None)
        median, p90 = np.quantile(seconds, (0.5, 0.9))
        return cls(len(seconds), float(median), float(p90))


@dataclass(frozen=True, slots=True)
class Gap:
    """One kind of trouble: how many turns had it, and what was asked most often in them."""

    trouble: str
    turns: int
    examples: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class HandoverReport:
    """The hand-overs of a stretch of time. `rate` is the share of conversations that had one, 0-1; None without any.

    `unasked` are those where an agent joined by themselves; `reasons` and `waiting`, from the request until a person
    joined, are of the others. `handling` is from then to the end, `open` still wait or are with a person.
    """

    conversations: int
    handed_over: int
    unasked: int
    rate: float | None
    reasons: tuple[tuple[str, int], ...]
    waiting: Spread
    handling: Spread
    endings: tuple[tuple[str, int], ...]
    open: int
    gaps: tuple[Gap, ...]

    def as_json(self) -> dict[str, Any]:
        """All of it, for a dashboard."""
        return asdict(self)

    def as_text(self) -> RenderableType:
        """All of it, for a terminal."""
        rate = "–" if self.rate is None else f"{self.rate:.1%}"
        head = f"{self.handed_over:,} hand-overs in {self.conversations:,} conversations; {rate} of them had one."
        head += f" In {self.unasked:,} an agent joined unasked." if self.unasked else ""
        times = f"Waiting {_told(self.waiting)}; handling {_told(self.handling)}; {self.open} still open."
        endings = ", ".join(f"{count:,} {ending}" for ending, count in self.endings)
        parts: list[RenderableType] = [Text(head), Text(times)]
        parts += [Text(f"Ended: {endings}.")] if endings else []
        if self.reasons:
            parts += [Text(), _table("Why", ("reason", "hand-overs"), [(r, f"{n:,}") for r, n in self.reasons])]
        if self.gaps:
            rows = [
                (gap.trouble, f"{gap.turns:,}", "\n".join(_example(*each) for each in gap.examples)) for gap in self.gaps
            ]
            parts += [Text(), _table("What the assistant could not do", ("trouble", "turns", "for example"), rows)]
        return Group(*parts)


def report(conversations: int, handed_over: Iterable[HandedOver], missed: Iterable[Missed]) -> HandoverReport:
    """The report on `conversations` and the hand-overs among them."""
    episodes = list(handed_over)
    with_one = len({episode.conversation_id for episode in episodes})
    asked_for = [episode for episode in episodes if episode.requested_by != "agent"]
    waited = [each.accepted_at - each.requested_at for each in asked_for if each.accepted_at is not None]
    handled = [
        each.ended_at - each.accepted_at for each in episodes if each.accepted_at is not None and each.ended_at is not None
    ]
    return HandoverReport(
        conversations=conversations,
        handed_over=len(episodes),
        unasked=len(episodes) - len(asked_for),
        rate=with_one / conversations if conversations else None,
        reasons=tuple(Counter(episode.reason for episode in asked_for).most_common()),
        waiting=Spread.of(waited),
        handling=Spread.of(handled),
        endings=tuple(Counter(episode.ending for episode in episodes if episode.ending).most_common()),
        open=sum(episode.ending is None for episode in episodes),
        gaps=_gaps(missed),
    )


def _gaps(missed: Iterable[Missed]) -> tuple[Gap, ...]:
    """The troubles, most frequent first; of what was asked in the same words the first spelling stands for all."""
    turns: Counter[str] = Counter()
    asked: dict[str, Counter[str]] = {}
    spelling: dict[str, str] = {}
    for each in missed:
        turns[each.trouble] += 1
        key = " ".join(_WORD.findall(each.asked.lower()))
        spelling.setdefault(key, each.asked)
        asked.setdefault(each.trouble, Counter())[key] += 1
    return tuple(
        Gap(trouble, count, tuple((spelling[key], times) for key, times in asked[trouble].most_common(MOST_EXAMPLES)))
        for trouble, count in turns.most_common()
    )


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="right" if column in ("hand-overs", "turns") else "left")
    for row in rows:
        # As plain text: what shoppers wrote may hold what rich takes for markup.
        table.add_row(*map(Text, row))
    return table


def _example(asked: str, times: int) -> str:
    return f"“{asked}”" + (f" ({times:,}×)" if times > 1 else "")


def _told(spread: Spread) -> str:
    if spread.median is None or spread.p90 is None:
        return "not measured yet"
    return f"{duration(spread.median)} at the median, {duration(spread.p90)} at the 90th percentile"


def duration(seconds: float) -> str:
    """Seconds as people say them: "45 s", "12 min", "3.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
