from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from assistant.handoff.hours import OpeningHours

LONDON = "Europe/London"
SHOP = OpeningHours.parse("Mo-Fr 09:00-18:00; Sa 10:00-14:00", LONDON, ["2026-12-25"])


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(LONDON)).timestamp()


@pytest.mark.parametrize(
    ("when", "is_open"),
    [
        ("2026-11-23T08:59", False),  # a Monday
        ("2026-11-23T09:00", True),
        ("2026-11-23T17:59", True),
        ("2026-11-23T18:00", False),
        ("2026-11-28T13:00", True),
        ("2026-11-29T12:00", False),
        ("2026-12-25T12:00", False),
    ],
)
def test_whether_somebody_is_there(when: str, is_open: bool) -> None:
    assert SHOP.is_open(at(when)) is is_open


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("2026-11-23T10:00", "we are here until 18:00"),
        ("2026-11-23T08:00", "we are back today at 09:00"),
        ("2026-11-23T19:00", "we are back tomorrow at 09:00"),
        ("2026-11-28T15:00", "we are back on Monday at 09:00"),
        ("2026-12-24T19:00", "we are back on Saturday at 10:00"),
    ],
)
def test_what_the_shopper_is_told(when: str, said: str) -> None:
    assert SHOP.describe(at(when), "en_GB") == said


def test_hours_are_written_as_the_locale_does() -> None:
    assert SHOP.describe(at("2026-11-23T10:00"), "en_US") == "we are here until 6:00 PM"


def test_a_day_may_have_a_break() -> None:
    split = OpeningHours.parse("Mo,We 09:00-12:30,13:30-18:00", LONDON)
    assert split.describe(at("2026-11-23T10:00"), "en_GB").endswith("until 12:30")
    assert split.describe(at("2026-11-23T13:00"), "en_GB").endswith("today at 13:30")
    assert split.describe(at("2026-11-23T19:00"), "en_GB").endswith("on Wednesday at 09:00")


def test_hours_stay_by_the_clock_on_the_wall_when_it_is_changed() -> None:
    # The clocks go forward on 29 March 2026 and back on 25 October 2026.
    daily = OpeningHours.parse("Mo-Su 09:00-18:00", LONDON)
    for evening in ("2026-03-28T20:00", "2026-10-24T20:00"):
        opening = daily.next_opening(at(evening))
        assert opening is not None and (opening.hour, opening.minute) == (9, 0)
    spring = daily.next_opening(at("2026-03-28T20:00"))
    autumn = daily.next_opening(at("2026-10-24T20:00"))
    assert spring is not None and spring.timestamp() - at("2026-03-28T20:00") == 12 * 3600
    assert autumn is not None and autumn.timestamp() - at("2026-10-24T20:00") == 14 * 3600


def test_a_shop_elsewhere_opens_by_its_own_clock() -> None:
    tokyo = OpeningHours.parse("Mo-Fr 09:00-18:00", "Asia/Tokyo")
    assert tokyo.is_open(at("2026-11-23T01:00"))
    assert not tokyo.is_open(at("2026-11-23T10:00"))


def test_a_night_goes_on_into_the_next_day() -> None:
    bar = OpeningHours.parse("Fr-Sa 20:00-02:00", LONDON)
    assert bar.is_open(at("2026-11-28T01:59"))
    assert not bar.is_open(at("2026-11-28T02:00"))
    assert bar.is_open(at("2026-11-29T01:00"))
    assert bar.describe(at("2026-11-27T23:00"), "en_GB") == "we are here until tomorrow at 02:00"


def test_days_go_over_the_end_of_the_week_and_a_later_rule_wins() -> None:
    weekend = OpeningHours.parse("Sa-Mo 10:00-12:00; Su off", LONDON)
    assert [weekend.is_open(at(f"2026-11-{day}T11:00")) for day in (28, 29, 30)] == [True, False, True]


def test_always_open_never_opens_again() -> None:
    always = OpeningHours.parse("24/7", LONDON)
    assert always.is_open(0) and always.next_opening(0) is None
    assert always.describe(0, "en_GB") == "we are here around the clock"


def test_hours_that_were_not_told_keep_nobody_away() -> None:
    untold = OpeningHours.parse("", LONDON)
    assert untold.is_open(0)
    assert (untold.describe(0, "en_GB"), untold.next_opening(0)) == ("", None)


def test_a_shop_that_is_never_open_says_nothing_of_when() -> None:
    never = OpeningHours.parse("Mo off", LONDON)
    assert not never.is_open(0) and never.next_opening(0) is None and never.describe(0, "en_GB") == ""


@pytest.mark.parametrize(
    ("text", "timezone", "holidays", "said"),
    [
        ("Mo-Fr 9-18", LONDON, [], r"opening_hours has the time '9-18' in 'Mo-Fr 9-18'; expected a form like 09:00-18:00"),
        ("Mon 09:00-18:00", LONDON, [], r"opening_hours has the days 'Mon'.*expected some of Mo, Tu"),
        ("whenever", LONDON, [], r"opening_hours has 'whenever'; expected a form like 'Mo-Fr"),
        ("Mo 25:00-26:00", LONDON, [], r"the time '25:00-26:00'"),
        ("", "Mars/Crater", [], r"timezone is 'Mars/Crater'; expected a name like 'Europe/London'"),
        ("", LONDON, ["25.12."], r"holidays has '25.12.'; expected a date like 2026-12-25"),
    ],
)
def test_what_can_not_be_read_is_told(text: str, timezone: str, holidays: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        OpeningHours.parse(text, timezone, holidays)
