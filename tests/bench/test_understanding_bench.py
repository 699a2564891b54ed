from __future__ import annotations

from assistant.reading.context import Context
from assistant.reading.encoder.targets import Annotated
from assistant.types import Frame, Reading, Shown
from bench.understanding import dialogues_at_hand, sample, side_by_side
from retrieval.types import Need

_BOOTS = (Shown("p1", "Orlen Boots", 5000), Shown("p2", "Breva Boots", 7000))
_TURNS = (
    Annotated("boots under 80", Context(), Frame("search", query="boots", price_max=8000)),
    Annotated("the second, in black", Context(shown=_BOOTS), Frame("refine", include=("black",), refs=(2,))),
)


class Fixed:
    """Reads messages as it was told to, and remembers the contexts."""

    def __init__(self, *frames: Frame) -> None:
        self._frames = list(frames)
        self.contexts: list[Context] = []

    def read(self, text: str, context: Context) -> Reading:
        self.contexts.append(context)
        return Reading(self._frames[len(self.contexts) - 1])


def test_each_reader_follows_its_own_readings_and_is_scored_by_the_turn() -> None:
    right = Fixed(*(turn.frame for turn in _TURNS))
    wrong = Fixed(Frame("search", query="boots"), Frame("refine", include=("black",), refs=(1,)))
    one, other = side_by_side({"right": right, "wrong": wrong}, "two turns", [("d1", _TURNS)])
    assert (one["reader"], one["frame_exact"], one["state_exact"], one["ratio"]) == ("right", 1.0, 1.0, 1.0)
    assert (other["turns"], other["act_accuracy"], other["number_accuracy"], other["refs_accuracy"]) == (2, 1.0, 0.0, 0.0)
    assert other["ratio"] > 0 and other["ratio_is"] == "wrong p50 / right p50"
    assert [context.need for context in wrong.contexts] == [Need(), Need(query="boots")]
    assert [context.shown for context in wrong.contexts] == [(), _BOOTS]


def test_the_sample_for_the_slow_reader_comes_from_all_over() -> None:
    dialogues = [(str(number), _TURNS) for number in range(10)]
    assert [name for name, _ in sample(dialogues, 5)] == ["2", "6"]
    assert sample(dialogues, 100) == dialogues


def test_a_set_that_is_not_there_is_named(tmp_path) -> None:
    sets, skipped = dialogues_at_hand(tmp_path)
    assert sets["held_back"] and "SHELFWISE_DATA" in str(skipped[0]["skipped"])
