from __future__ import annotations

import pytest

from assistant.converse import Script
from bench.turn import Begin, Say, Wait, compared, of_assistant, play, timed_turn
from tests.fakes_shop import FakeShop


def test_a_turn_is_timed_in_the_order_in_which_a_shopper_sees_it() -> None:
    shop = FakeShop(delay=0.002)
    wait = timed_turn(shop, shop.open().id, "boots")
    assert wait.first_card is not None and wait.first_text is not None and wait.second_text is not None
    assert 0 < wait.first_card < wait.first_text < wait.second_text < wait.whole
    assert wait.second_text - wait.first_text >= 2
    assert wait.fallback is None


def test_a_turn_without_cards_has_no_first_card() -> None:
    shop = FakeShop()
    assert timed_turn(shop, shop.open().id, "hello").first_card is None


def test_a_side_plays_a_script_in_a_conversation_of_its_own() -> None:
    shop = FakeShop()
    begin = of_assistant(shop)
    begin(Script("a", ("boots",), "u1"))("boots")
    begin(Script("b", ("hello",)))("hello")
    assert shop.opened == ["u1", None]
    assert shop.said == ["boots", "hello"]


def test_sides_take_turns_and_the_order_rotates() -> None:
    heard: list[str] = []

    def side(name: str) -> Begin:
        def begin(_: Script) -> Say:
            def say(text: str) -> Wait:
                heard.append(f"{name} {text}")
                return Wait(None, None, None, 1.0)

            return say

        return begin

    told: list[str] = []
    sides = {name: side(name) for name in "xyz"}
    played = play([Script("a", ("1", "2")), Script("b", ("3",))], sides, told.append)
    assert heard == ["x 1", "y 1", "z 1", "y 2", "z 2", "x 2", "z 3", "x 3", "y 3"]
    assert {name: len(waits) for name, waits in played.items()} == {"x": 3, "y": 3, "z": 3}
    assert told == ["  conversation 1 of 2", "  conversation 2 of 2"]


def test_ratios_are_over_the_turns_with_cards_on_both_sides() -> None:
    ours = [Wait(10, 12, 50, 100), Wait(None, 1, None, 2, "prose: late"), Wait(30, 32, 70, 300)]
    naive = [Wait(2000, 2000, None, 2000), Wait(9, 9, None, 9), Wait(4000, 4000, None, 4000)]
    line = compared("llm", {"llm": ours, "naive": naive})
    # p50 of naive with cards 3000, of the first card 20, of the whole turns with cards 200.
    assert line["ratio"] == 150
    assert line["whole_turn_ratio"] == 15
    assert (line["turns"], line["turns_with_cards"], line["fallbacks"]) == (3, 2, 1)
    assert line["first_card_ms_p50"] == 20
    assert line["first_text_ms_p50"] == 12
    assert line["second_text_ms_p50"] == 60
    assert line["turn_ms_p50"] == 100
    assert line["naive_answer_ms_p50"] == 3000


def test_no_cards_at_all_is_no_measurement() -> None:
    with pytest.raises(ValueError, match="values is empty"):
        compared("llm", {"llm": [Wait(None, 1, None, 2)], "naive": [Wait(9, 9, None, 9)]})
