from __future__ import annotations

import pytest

from assistant.handoff.mood import sentiment


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("you are all liars and thieves", "angry"),
        ("This is ridiculous. I want it sorted.", "angry"),
        ("WHERE IS MY BROKEN LAMP REPLACEMENT", "angry"),
        ("thanks for nothing!!! still not working!!!", "angry"),
        ("I'm a bit disappointed, the lid is cracked", "unhappy"),
        ("thank you, but it still does not work", "unhappy"),
        ("I love it, thank you so much", "pleased"),
        ("a tent for four people", "neutral"),
        ("do you ship to Norway?", "neutral"),
        ("", "neutral"),
    ],
)
def test_the_mood_of_one_message(text: str, mood: str) -> None:
    assert sentiment([text]) == mood


def test_what_was_said_last_counts_most() -> None:
    assert sentiment(["this is ridiculous", "that is what I meant, thanks, great"]) == "pleased"
    assert sentiment(["lovely, thanks", "the lamp is broken"]) == "unhappy"
    assert sentiment(["the lamp is broken", "order 4471"]) == "unhappy"


def test_anger_lasts_longer_than_what_is_milder() -> None:
    assert sentiment(["this is ridiculous", "the lamp is broken"]) == "angry"
    assert sentiment(["this is ridiculous", "hm", "ok", "the lamp is broken"]) == "unhappy"


def test_nothing_said_is_neutral() -> None:
    assert sentiment([]) == "neutral"
