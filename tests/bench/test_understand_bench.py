from __future__ import annotations

from dataclasses import dataclass, field

from assistant.converse import Script
from assistant.types import Frame, Reading
from assistant.understand import Context
from bench.understand import compared
from tests.fakes_shop import FakeShop


@dataclass
class Listener:
    """A reader that keeps what it is given."""

    fallback: str | None = None
    heard: list[tuple[str, Context]] = field(default_factory=list)

    def read(self, text: str, context: Context) -> Reading:
        self.heard.append((text, context))
        return Reading(Frame("search"), fallback=self.fallback)


def test_both_readers_read_each_message_in_its_conversation() -> None:
    rules, by_model = Listener(), Listener(fallback="llm: timeout")
    line = compared(rules, by_model, FakeShop(), [Script("a", ("boots", "cheaper")), Script("b", ("hello",))])
    assert rules.heard == by_model.heard
    assert [text for text, _ in rules.heard] == ["boots", "cheaper", "hello"]
    # What the first message brought to the screen is known to the second, and not to another conversation.
    assert [bool(context.shown) for _, context in rules.heard] == [False, True, False]
    assert rules.heard[1][1].need.query == "hiking boots"
    assert (line["turns"], line["llm_fell_back"]) == (3, 3)
    assert line["ratio"] > 0
