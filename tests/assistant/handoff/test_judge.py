from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from assistant.handoff import judge
from assistant.handoff.judge import JudgeUnavailable, RuleJudge, TrainedJudge
from assistant.handoff.labelled import TURNS, LabelledTurn, read_support_questions, read_turns, score
from assistant.handoff.signs import all_signs, asks_for_person, is_settled, signs, wants_no_person
from assistant.handoff.train_judge import compare, train
from assistant.reading.text import read
from tests.fakes_retrieval import FakeEmbedder


@pytest.fixture(scope="module")
def turns() -> list[LabelledTurn]:
    return read_turns(TURNS)


def test_rules_alone_find_what_is_said_in_so_many_words() -> None:
    assert RuleJudge().chances("my card was charged twice") == {"payment": 1.0}
    assert RuleJudge().chances("a red dress, please") == {}


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("put me through to a manager", True),
        ("I spoke to Ann before, now give me a person", True),
        ("reprsentative please", True),
        ("I don't need an agent", False),
        ("are you a real person?", False),
        ("a tent for six persons", False),
    ],
)
def test_whether_a_person_is_asked_for(text: str, asks: bool) -> None:
    assert asks_for_person(read(text)) is asks


def test_what_is_settled_or_refused_is_known() -> None:
    assert is_settled(read("the card works now, thanks"))
    assert not is_settled(read("the card does not work, is it sorted now"))
    assert wants_no_person(read("no need for a human"))
    assert not wants_no_person(read("no bot, give me a human please"))


def test_every_sign_has_a_name_of_its_own(turns: list[LabelledTurn]) -> None:
    assert len(set(all_signs())) == len(all_signs())
    for turn in turns:
        assert set(signs(read(turn.situation.text))) <= set(all_signs())


def test_a_judge_that_was_trained_and_saved_judges_the_same(tmp_path: Path, turns: list[LabelledTurn]) -> None:
    embedder = FakeEmbedder()
    train(tmp_path, turns, embedder, None, {})
    trained = TrainedJudge(embedder, tmp_path)
    assert max(trained.chances("my card was charged twice").items(), key=lambda one: one[1])[0] == "payment"
    assert sum(trained.chances("show me lamps").values()) < 0.5
    assert json.loads((tmp_path / "card.json").read_text())["trained_on"]["support_questions"] == 0


def test_signs_add_to_what_the_words_say(turns: list[LabelledTurn]) -> None:
    found = compare(turns[::3], FakeEmbedder(), None)
    assert {"rules", "vector", "signs", "both"} <= set(found)
    assert found["both"].f1 > found["vector"].f1


def test_weights_of_another_embedder_are_refused(tmp_path: Path, turns: list[LabelledTurn]) -> None:
    train(tmp_path, turns[::4], FakeEmbedder(), None, {})
    with pytest.raises(JudgeUnavailable, match="for the embedder 'fake-bag-of-words'.*expected 'another'"):
        TrainedJudge(FakeEmbedder("another"), tmp_path)


def test_weights_for_other_signs_are_refused(tmp_path: Path, turns: list[LabelledTurn]) -> None:
    train(tmp_path, turns[::4], FakeEmbedder(), None, {})
    card = json.loads((tmp_path / "card.json").read_text())
    (tmp_path / "card.json").write_text(json.dumps(card | {"signs": card["signs"][::-1]}))
    with pytest.raises(JudgeUnavailable, match="and its signs"):
        TrainedJudge(FakeEmbedder(), tmp_path)


def test_weights_that_are_missing_or_broken_are_told(tmp_path: Path) -> None:
    with pytest.raises(JudgeUnavailable, match="no weights in"):
        TrainedJudge(FakeEmbedder(), tmp_path)
    (tmp_path / "card.json").write_text("{}")
    (tmp_path / "judge.safetensors").write_bytes(b"broken")
    with pytest.raises(JudgeUnavailable, match="are broken"):
        TrainedJudge(FakeEmbedder(), tmp_path)


def test_only_reason_codes_are_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'rage'"):
        judge.save(tmp_path, ["rage"], np.zeros((1, 2), np.float32), np.zeros(1, np.float32), {})


def test_a_line_that_is_no_labelled_turn_is_named(tmp_path: Path) -> None:
    (tmp_path / "turns.jsonl").write_text('{"text": "hi"}\n')
    with pytest.raises(ValueError, match="line 1: expected a labelled turn"):
        read_turns(tmp_path / "turns.jsonl")


def test_support_questions_are_labelled_by_their_intent(tmp_path: Path) -> None:
    rows = ["utterance,intent", "an agent now,contact_human_agent", "at what hours,contact_customer_service"]
    rows += ["card refused,payment_issue", "about a refund,get_refund", "send me the bill,get_invoice"]
    (tmp_path / "intents.csv").write_text("\n".join(rows))
    assert read_support_questions(tmp_path / "intents.csv") == [
        ("an agent now", "asked_for_human"),
        ("at what hours", None),
        ("card refused", "payment"),
        ("send me the bill", None),
    ]


def test_the_score_counts_hand_overs_and_their_reasons() -> None:
    found = score(["payment", "payment", None, "safety"], ["payment", "safety", "payment", None])
    assert (found.precision, found.recall, found.reasons_right) == pytest.approx((2 / 3, 2 / 3, 1 / 2))
    assert found.by_reason == {"payment": 0.5, "safety": 0.0}
