"""When the shop's people are there, in the usual short notation: `Mo-Fr 09:00-18:00; Sa 10:00-14:00`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_time

import prompts

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EXAMPLE = "expected a form like 'Mo-Fr 09:00-18:00; Sa 10:00-14:00' or '24/7'"
_RULE = re.compile(r"(?P<days>[A-Za-z][A-Za-z ,-]*?)\s+(?P<spans>\d.*|off|closed)", re.I)
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_WHOLE_DAY = 24 * 60
_LOOK_AHEAD = 370
"""Days that are looked at for the next opening: more than a year of holidays is no opening hours."""
_NEAR = 7

Span = tuple[int, int]
"""Minutes of the day, from and to; more than a whole day goes on into the next."""


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Opening hours in the shop's time zone. `week` has the spans of each day, Monday first; on `holidays` nobody is there.

    A week of None is one that was not told: then nobody is known to be away.
    """

    week: tuple[tuple[Span, ...], ...] | None
    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()

    @classmethod
    def parse(cls, text: str, timezone: str, holidays: Collection[str] = ()) -> OpeningHours:
        """Reads the notation; empty is not told. A later rule for a day replaces an earlier one; `off` closes it.

        `holidays` are dates as `2026-12-25`. Raises `ValueError` naming the field, the value and what was expected.
        """
        try:
            zone = ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"timezone is {timezone!r}; expected a name like 'Europe/London'") from None
        return cls(_week(text), zone, frozenset(_holiday(day) for day in holidays))

    def is_open(self, at: float) -> bool:
        """Whether somebody is there at `at`, seconds since 1970."""
        return self.week is None or self.closes(at) is not None

    def closes(self, at: float) -> datetime | None:
        """Until when somebody is there without a break, about a year ahead where that is always; None where nobody is."""
        now = self._local(at)
        return next((end for start, end in self._spans(now) if start <= now < end), None)

    def next_opening(self, at: float) -> datetime | None:
        """When somebody comes in next after `at`; None where that is never, not told, or somebody always is there."""
        now = self._local(at)
        return next((start for start, _ in self._spans(now) if start > now), None)

    def describe(self, at: float, locale: str) -> str:
        """When the shop closes or opens next, as a clause: `we open again tomorrow at 9:00`; empty where nobody knows."""
        end, start = self.closes(at), self.next_opening(at)
        now = self._local(at)
        if self.week is None or (end is None and start is None):
            return ""
        if end is not None and end - now > timedelta(days=_NEAR):
            return prompts.render("opening_hours", is_open=True, day="", time="")
        then = end or start
        assert then is not None
        return prompts.render(
            "opening_hours", is_open=end is not None, day=_day_told(now, then, end is not None), time=_clock(then, locale)
        )

    def _local(self, at: float) -> datetime:
        return datetime.fromtimestamp(at, self.zone)

    def _spans(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The times when somebody is there, from yesterday's on, those that touch joined."""
        joined: tuple[datetime, datetime] | None = None
        for start, end in self._days(now.date() - timedelta(days=1)):
            if joined is not None and start <= joined[1]:
                joined = (joined[0], max(joined[1], end))
                continue
            if joined is not None:
                yield joined
            joined = (start, end)
        if joined is not None:
            yield joined

    def _days(self, first: date) -> Iterator[tuple[datetime, datetime]]:
        for offset in range(_LOOK_AHEAD if self.week else 0):
            day = first + timedelta(days=offset)
            assert self.week is not None
            for start, end in () if day in self.holidays else self.week[day.weekday()]:
                yield self._moment(day, start), self._moment(day, end)

    def _moment(self, day: date, minutes: int) -> datetime:
        """The wall clock's time on that day; what "18:00" means does not shift with daylight saving."""
        later, rest = divmod(minutes, _WHOLE_DAY)
        return datetime.combine(day + timedelta(days=later), time(*divmod(rest, 60)), self.zone)


def _week(text: str) -> tuple[tuple[Span, ...], ...] | None:
    if not text.strip():
        return None
    if text.strip() == "24/7":
        return (((0, _WHOLE_DAY),),) * len(_DAYS)
    week: list[tuple[Span, ...]] = [()] * len(_DAYS)
    for rule in filter(None, (part.strip() for part in text.split(";"))):
        match = _RULE.fullmatch(rule)
        if match is None:
            raise ValueError(f"opening_hours has {rule!r}; {_EXAMPLE}")
        spans = () if match["spans"].lower() in ("off", "closed") else _parse_spans(match["spans"], rule)
        for day in _parse_days(match["days"], rule):
            week[day] = spans
    return tuple(week)


def _parse_days(text: str, rule: str) -> Iterator[int]:
    for part in text.split(","):
        ends = [name.strip().capitalize() for name in part.split("-")]
        if len(ends) > 2 or not set(ends) <= set(_DAYS):
            raise ValueError(f"opening_hours has the days {part.strip()!r} in {rule!r}; expected some of {', '.join(_DAYS)}")
        first, last = _DAYS.index(ends[0]), _DAYS.index(ends[-1])
        # "Sa-Mo" goes over the end of the week.
        yield from ((first + step) % len(_DAYS) for step in range((last - first) % len(_DAYS) + 1))


def _parse_spans(text: str, rule: str) -> tuple[Span, ...]:
    spans = []
    for part in text.split(","):
        match = _SPAN.fullmatch(part.strip())
        numbers = [int(group) for group in match.groups()] if match else []
        if not numbers or numbers[1] > 59 or numbers[3] > 59 or numbers[0] > 23 or numbers[2] * 60 + numbers[3] > _WHOLE_DAY:
            raise ValueError(f"opening_hours has the time {part.strip()!r} in {rule!r}; expected a form like 09:00-18:00")
        start, end = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
        spans.append((start, end if end > start else end + _WHOLE_DAY))
    return tuple(sorted(spans))


def _holiday(day: str) -> date:
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise ValueError(f"holidays has {day!r}; expected a date like 2026-12-25") from None


def _clock(at: datetime, locale: str) -> str:
    return str(format_time(at.time(), "short", locale=locale)).replace("\u202f", " ")


def _day_told(now: datetime, then: datetime, is_end: bool) -> str:
    """The day in words, empty where it goes without saying: today's closing."""
    ahead = (then.date() - now.date()).days
    if ahead == 0:
        return "" if is_end else "today"
    if ahead == 1:
        return "tomorrow"
    return f"on {_NAMES[then.weekday()]}" if ahead < _NEAR else f"on {format_date(then, 'EEEE, d MMMM', locale='en')}"
