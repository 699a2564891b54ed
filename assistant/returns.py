"""What may go back, and until when: the shop's terms as data, next to the page that tells them to people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assistant.data_files import read_toml
from assistant.orders import Order, OrderLine, Reason
from retrieval.types import Product

FILE = "returns.toml"
Refusal = Literal["", "not_delivered", "cancelled", "gone_back", "too_late", "used", "never", "not_ordered"]


class BadTerms(ValueError):
    """The file of return terms cannot be read; the text names the file, the field, the value and what was expected."""


@dataclass(frozen=True, slots=True)
class Season:
    """What is ordered from one day to another of a year may go back until a day after them. Days are (month, day)."""

    ordered_from: tuple[int, int]
    ordered_until: tuple[int, int]
    returned_until: tuple[int, int]


@dataclass(frozen=True, slots=True)
class ReturnTerms:
    """A shop's terms. Days count from delivery; categories are names at any level of a product's, in any case.

    `unused_only` comes back unopened and unused alone, `never` not at all unless it is faulty. `drop_off_days` is how
    long a label is good for, 0 where that is not limited; `refund_days` how long a refund takes, 0 where nothing is said.
    """

    days: int
    faulty_days: int
    unused_only: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    seasons: tuple[Season, ...] = ()
    drop_off_days: int = 0
    refund_days: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a line may go back: `refusal` is empty if so. `until` is the last day for it, where there is one.

    With `if_unused` it may only if the shopper has neither opened nor used it.
    """

    refusal: Refusal = ""
    until: date | None = None
    days: int = 0
    if_unused: bool = False

    @property
    def is_allowed(self) -> bool:
        """Whether it may go back."""
        return not self.refusal


def may_return(
    order: Order,
    line: OrderLine,
    product: Product | None,
    today: date,
    terms: ReturnTerms,
    reason: Reason = "",
    *,
    used: bool = False,
) -> Verdict:
    """Whether a line of an order may go back on `today`. `product` is None where the shop no longer has it.

    `reason` is the shopper's; what is faulty or not what was ordered may come back used, within its own days.
    """
    if line not in order.lines:
        return Verdict("not_ordered")
    if order.status in ("returned", "refunded"):
        return Verdict("gone_back")
    if order.status != "delivered" or not order.delivered_at:
        return Verdict("cancelled" if order.status == "cancelled" else "not_delivered")
    days = terms.faulty_days if reason else terms.days
    until = max([_day(order.delivered_at) + timedelta(days=days), *_extended(order, terms)])
    if today > until:
        return Verdict("too_late", until, days)
    categories = {name.casefold() for name in product.category} if product is not None else set()
    if reason or not categories & (terms.unused_only | terms.never):
        return Verdict("", until, days)
    if categories & terms.never:
        return Verdict("never", until, days)
    return Verdict("used" if used else "", until, days, if_unused=True)


def read_terms(policies: Path) -> ReturnTerms | None:
    """The terms in `returns.toml` of the policies folder, None where there is none. Raises `BadTerms`."""
    path = policies / FILE
    if not path.is_file():
        return None
    read = read_toml(path, _File, BadTerms)
    return ReturnTerms(
        days=read.days,
        faulty_days=read.days if read.faulty_days is None else read.faulty_days,
        unused_only=frozenset(name.casefold() for name in read.unused_only),
        never=frozenset(name.casefold() for name in read.never),
        seasons=tuple(
            Season(_month_day(season.ordered_from), _month_day(season.ordered_until), _month_day(season.returned_until))
            for season in read.season
        ),
        drop_off_days=read.drop_off_days,
        refund_days=read.refund_days,
    )


def _day(time: str) -> date:
    return datetime.fromisoformat(time).date()


def _extended(order: Order, terms: ReturnTerms) -> list[date]:
    """The last days that seasons give to an order; a season may end, and its last day be, in the year after it began."""
    placed, found = _day(order.created_at), []
    for season in terms.seasons:
        for year in (placed.year - 1, placed.year):
            start = date(year, *season.ordered_from)
            end = _on_or_after(start, season.ordered_until)
            if start <= placed <= end:
                found.append(_on_or_after(end, season.returned_until))
    return found


def _on_or_after(start: date, month_day: tuple[int, int]) -> date:
    this_year = date(start.year, *month_day)
    return this_year if this_year >= start else date(start.year + 1, *month_day)


def _month_day(written: str) -> tuple[int, int]:
    month, day = written.split("-")
    return int(month), int(day)


def _checked(written: str) -> str:
    try:
        # A year without February 29, which is no last day in most years.
        date(2001, *_month_day(written))
    except ValueError as error:
        raise ValueError("expected a day of the year as month-day, such as 11-15") from error
    return written


_MonthDay = Annotated[str, AfterValidator(_checked)]
_Days = Annotated[int, Field(ge=0, le=3650, strict=True)]


class _Season(BaseModel):
    model_config = ConfigDict(extra="forbid")
    ordered_from: _MonthDay
    ordered_until: _MonthDay
    returned_until: _MonthDay


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    days: _Days
    faulty_days: _Days | None = None
    unused_only: list[str] = []
    never: list[str] = []
    season: list[_Season] = []
    drop_off_days: _Days = 0
    refund_days: _Days = 0
