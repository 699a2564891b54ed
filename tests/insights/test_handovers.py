import io
import json

import pytest
from rich.console import Console

from insights.handovers import Gap, HandedOver, Missed, Spread, duration, report

EPISODES = (
    HandedOver("c1", "payment", 0.0, 60.0, 360.0, "resolved"),
    HandedOver("c1", "payment", 1000.0, 1180.0, 1300.0, "released"),
    HandedOver("c2", "asked_for_human", 0.0, None, 30.0, "withdrawn"),
    HandedOver("c3", "asked_for_human", 0.0),
    HandedOver("c4", "payment", 0.0, 120.0),
)
MISSED = (
    Missed("no_result", "Do you sell a canoe?"),
    Missed("no_result", "do you sell a canoe"),
    Missed("no_result", "a [red]kayak[/red]"),
    Missed("policy_unknown", "Do you price match?"),
)


def test_rate_reasons_and_times_are_counted_by_hand() -> None:
    told = report(10, EPISODES, MISSED)
    assert told.handed_over == 5
    assert told.rate == pytest.approx(4 / 10)  # a conversation that had two counts once
    assert told.reasons == (("payment", 3), ("asked_for_human", 2))
    assert told.waiting == Spread(3, 120.0, pytest.approx(168.0))  # 60, 120 and 180
    assert told.handling == Spread(2, pytest.approx(210.0), pytest.approx(282.0))  # 300 and 120
    assert dict(told.endings) == {"resolved": 1, "released": 1, "withdrawn": 1}
    assert told.open == 2


def test_who_joins_unasked_says_nothing_of_why_a_person_is_needed_nor_of_waiting() -> None:
    unasked = HandedOver("c5", "low_confidence", 50.0, 50.0, 80.0, "released", "agent")
    told, without = report(10, (*EPISODES, unasked), ()), report(10, EPISODES, ())
    assert (told.reasons, told.waiting) == (without.reasons, without.waiting)
    assert (told.handed_over, told.unasked, told.rate) == (6, 1, pytest.approx(5 / 10))
    assert told.handling.count == without.handling.count + 1
    assert "1 an agent joined unasked" in printed(told) and "unasked" not in printed(without)


def test_what_was_asked_in_the_same_words_is_counted_together() -> None:
    assert report(1, (), MISSED).gaps == (
        Gap("no_result", 3, (("Do you sell a canoe?", 2), ("a [red]kayak[/red]", 1))),
        Gap("policy_unknown", 1, (("Do you price match?", 1),)),
    )


def test_a_shop_where_nothing_happened_has_no_rate() -> None:
    told = report(0, (), ())
    assert told.rate is None and told.waiting == Spread(0, None, None) and told.gaps == ()
    assert "not measured yet" in printed(told)


def test_it_can_be_printed_and_read_by_machines() -> None:
    told = report(10, EPISODES, MISSED)
    text = printed(told)
    assert "40.0%" in text and "payment" in text and "“Do you sell a canoe?” (2×)" in text
    assert "a [red]kayak[/red]" in text  # a shopper's words are no markup
    assert json.loads(json.dumps(told.as_json()))["gaps"][1]["trouble"] == "policy_unknown"


@pytest.mark.parametrize(("seconds", "said"), [(45, "45 s"), (600, "10 min"), (12_600, "3.5 h")])
def test_durations_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def printed(told) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(told.as_text())
    return console.export_text()
