"""What can be learned from shoppers' feedback: which answers were called helpful or not, and what had been asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from assistant import thread
from assistant.feedback import Feedback, FeedbackStore, FeedbackValue
from assistant.times import rfc3339
from assistant.types import Conversation

_WORDS = {"helpful": "helpful", "not_helpful": "not helpful"}


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer, what it answered, and what the shopper said of it. Texts are empty where the conversation is gone."""

    feedback: Feedback
    question: str
    answer: str

    def as_json(self) -> dict[str, Any]:
        """It as one row; `time` is RFC 3339."""
        said = self.feedback
        return {
            "time": rfc3339(said.time),
            "value": said.value,
            "question": self.question,
            "answer": self.answer,
            "note": said.note,
            "conversation_id": said.conversation_id,
            "message_id": said.message_id,
        }

    def as_text(self) -> Text:
        """It for a terminal, a line each for what was asked, answered and said of it."""
        when = datetime.fromtimestamp(self.feedback.time).astimezone().strftime("%Y-%m-%d %H:%M")
        told = Text.assemble("\n", when, "  ", (_WORDS[self.feedback.value], "bold"))
        for name, text in (("asked", self.question), ("answered", self.answer), ("note", self.feedback.note)):
            if text:
                told.append(f"\n  {name}: {_one_line(text)}")
        return told


@dataclass(frozen=True, slots=True)
class FeedbackReport:
    """How many answers are called helpful and not helpful, and the latest of them, newest first."""

    helpful: int
    not_helpful: int
    answers: tuple[Judged, ...]

    @property
    def share_helpful(self) -> float | None:
        """The share of the judged answers that are called helpful, 0-1; None without any."""
        judged = self.helpful + self.not_helpful
        return self.helpful / judged if judged else None

    def as_json(self) -> dict[str, Any]:
        """All of it, for a dashboard."""
        counts = {"helpful": self.helpful, "not_helpful": self.not_helpful, "share_helpful": self.share_helpful}
        return counts | {"answers": [judged.as_json() for judged in self.answers]}

    def as_text(self) -> RenderableType:
        """All of it, for a terminal."""
        share = self.share_helpful
        if share is None:
            return Text("No shopper has said yet whether an answer was helpful.")
        head = f"Called helpful: {self.helpful:,}; not helpful: {self.not_helpful:,}. Share of helpful ones: {share:.1%}."
        return Group(Text(head), *(judged.as_text() for judged in self.answers))


def report(
    feedback: FeedbackStore,
    conversation: Callable[[str], Conversation],
    *,
    limit: int,
    value: FeedbackValue | None = None,
) -> FeedbackReport:
    """The report with the latest answers, at most `limit`; only those called `value`, where one is given.

    `conversation` loads one by its id and raises `KeyError` where there is none.
    """
    counts = feedback.counts()
    answers = tuple(_judged(said, conversation) for said in feedback.recent(limit, value))
    return FeedbackReport(counts["helpful"], counts["not_helpful"], answers)


def _judged(said: Feedback, conversation: Callable[[str], Conversation]) -> Judged:
    try:
        messages = conversation(said.conversation_id).messages
    except KeyError:
        messages = ()
    question = next((each.text for each in messages if each.id and thread.answer_id(each.id) == said.message_id), "")
    return Judged(said, question, next((each.text for each in messages if each.id == said.message_id), ""))


def _one_line(text: str) -> str:
    """A shopper's words in one line, without what a terminal would obey."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
