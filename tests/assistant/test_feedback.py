"""What shoppers say of answers: kept once an answer, counted, and listed with what had been asked."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest
from rich.console import Console

from assistant.feedback import FeedbackStore
from assistant.feedback_report import FeedbackReport, report
from assistant.types import Conversation, Message
from retrieval.sql import open_engine

TIME = "2026-02-02T02:40:00+00:00"
CONVERSATIONS = {
    "c1": Conversation(
        "c1",
        "mia",
        messages=(
            Message("shopper", "a kettle", TIME, id="m1"),
            Message("shopper", "and a tent", TIME, id="m2"),
            Message("assistant", "Two kettles.", TIME, id="m1.answer"),
            Message("assistant", "One tent.", TIME, id="m2.answer"),
        ),
    )
}


class Clock:
    """A second later whenever it is asked."""

    time = 1_770_000_000.0

    def __call__(self) -> float:
        self.time += 1
        return self.time


@pytest.fixture
def store() -> FeedbackStore:
    return FeedbackStore(open_engine("sqlite://"), Clock())


def reported(store: FeedbackStore, limit: int = 10, **more: object) -> FeedbackReport:
    return report(store, CONVERSATIONS.__getitem__, limit=limit, **more)


def shown(told: FeedbackReport) -> str:
    console = Console(width=200, file=io.StringIO())
    console.print(told.as_text())
    return console.file.getvalue()


def test_the_last_word_counts(store) -> None:
    store.put("c1", "m1.answer", "not_helpful", "too dear")
    store.put("c2", "m1.answer", "not_helpful")
    store.put("c1", "m1.answer", "helpful")
    assert store.of("c1") == {"m1.answer": "helpful"} and store.of("c2") == {"m1.answer": "not_helpful"}
    assert store.counts() == {"helpful": 1, "not_helpful": 1}
    newest = store.recent(10)[0]
    assert (newest.conversation_id, newest.note, newest.time) == ("c1", "", 1_770_000_003.0)


def test_a_word_is_taken_back(store) -> None:
    store.put("c1", "m1.answer", "helpful")
    store.put("c1", "m2.answer", "helpful")
    for _ in range(2):
        store.take_back("c1", "m1.answer")
    assert store.of("c1") == {"m2.answer": "helpful"}
    assert store.of("unknown") == {} and FeedbackStore(open_engine("sqlite://"), Clock()).counts() == {
        "helpful": 0,
        "not_helpful": 0,
    }


def test_the_newest_come_first(store) -> None:
    for number, value in enumerate(("helpful", "not_helpful", "helpful", "not_helpful")):
        store.put("c1", f"m{number}.answer", value)
    assert [each.message_id for each in store.recent(3)] == ["m3.answer", "m2.answer", "m1.answer"]
    assert [each.message_id for each in store.recent(3, "helpful")] == ["m2.answer", "m0.answer"]


def test_many_at_once_leave_one_word_each(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    stores = [FeedbackStore(open_engine(url), Clock()) for _ in range(4)]

    def judge(store: FeedbackStore) -> None:
        for number in range(10):
            store.put("c1", f"m{number}.answer", "helpful" if number % 2 else "not_helpful")

    threads = [threading.Thread(target=judge, args=(store,)) for store in stores]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert stores[0].counts() == {"helpful": 5, "not_helpful": 5}


def test_an_answer_is_told_with_what_it_answered(store) -> None:
    store.put("c1", "m1.answer", "helpful")
    store.put("c1", "m2.answer", "not_helpful", "no tent for four")
    told = reported(store).as_json()
    assert (told["helpful"], told["not_helpful"], told["share_helpful"]) == (1, 1, 0.5)
    assert told["answers"][0] == {
        "time": "2026-02-02T02:40:02+00:00",
        "value": "not_helpful",
        "question": "and a tent",
        "answer": "One tent.",
        "note": "no tent for four",
        "conversation_id": "c1",
        "message_id": "m2.answer",
    }
    assert [each["question"] for each in told["answers"]] == ["and a tent", "a kettle"]


def test_the_share_is_of_all_and_the_list_of_those_asked_for(store) -> None:
    for number in range(3):
        store.put("c1", f"m{number}.answer", "helpful")
    store.put("c1", "m9.answer", "not_helpful")
    told = reported(store, limit=1, value="helpful")
    assert told.share_helpful == 0.75 and [each.feedback.value for each in told.answers] == ["helpful"]


def test_words_outlive_their_conversation(store) -> None:
    store.put("gone", "m1.answer", "not_helpful", "why?")
    (judged,) = reported(store).answers
    assert (judged.question, judged.answer, judged.feedback.note) == ("", "", "why?")


def test_it_reads_well_in_a_terminal(store) -> None:
    assert shown(reported(store)) == "No shopper has said yet whether an answer was helpful.\n"
    store.put("c1", "m1.answer", "not_helpful", "too [bold]dear\x1b[2J\n\r\x07for me")
    lines = shown(reported(store)).splitlines()
    assert lines[0] == "Called helpful: 0; not helpful: 1. Share of helpful ones: 0.0%." and lines[2].endswith(
        "  not helpful"
    )
    assert lines[3:] == ["  asked: a kettle", "  answered: Two kettles.", "  note: too [bold]dear[2J for me"]
