"""What a shopper says of an answer: of the assistant's answers alone, once each, and there again after a reload."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.web.api.limits import Allowance
from tests.fakes_api import ApiShopWorld, api_world

MIA = "key-of-mia-0123456789"
Conversation = tuple[str, str]


@pytest.fixture
def world(tmp_path: Path) -> ApiShopWorld:
    return api_world(tmp_path)


@pytest.fixture
def mine(world) -> Conversation:
    conversation = world.open()
    world.say(conversation, "hiking boots", message_id="m1")
    return conversation


def judge(world: ApiShopWorld, conversation: Conversation, key: str | None = None, **body: object):
    path = f"/v1/conversations/{conversation[0]}/feedback"
    return world.call("POST", path, conversation[1] if key is None else key, json=body)


def take_back(world: ApiShopWorld, conversation: Conversation, message_id: str):
    return world.call("DELETE", f"/v1/conversations/{conversation[0]}/feedback/{message_id}", conversation[1])


def told(world: ApiShopWorld, conversation: Conversation, key: str = "") -> list[str | None]:
    thread = world.call("GET", f"/v1/conversations/{conversation[0]}", key or conversation[1]).json()
    return [message.get("feedback") for message in thread["messages"]]


def test_an_answer_is_judged_and_a_reload_shows_it(world, mine) -> None:
    assert told(world, mine) == [None, None]
    answer = judge(world, mine, message_id="m1.answer", value="not_helpful", note=" Those are leather.\0 ")
    said = {"message_id": "m1.answer", "value": "not_helpful", "note": "Those are leather."}
    assert (answer.status_code, answer.json()) == (200, said)
    assert told(world, mine) == [None, "not_helpful"] == told(world, mine, MIA)
    (kept,) = world.served.feedback.recent(10)
    assert (kept.conversation_id, kept.note, kept.time) == (mine[0], "Those are leather.", world.clock.now)


def test_the_last_word_counts_and_can_be_taken_back(world, mine) -> None:
    judge(world, mine, message_id="m1.answer", value="not_helpful", note="no")
    assert judge(world, mine, message_id="m1.answer", value="helpful").json()["note"] == ""
    assert told(world, mine) == [None, "helpful"]
    for _ in range(2):
        gone = take_back(world, mine, "m1.answer")
        assert (gone.status_code, gone.content) == (204, b"")
    assert told(world, mine) == [None, None] and world.served.feedback.recent(10) == ()


def test_words_about_answers_change_nothing_else(world, mine) -> None:
    before = world.served.shop.conversation(mine[0])
    judge(world, mine, message_id="m1.answer", value="helpful")
    assert world.served.shop.conversation(mine[0]) == before


@pytest.mark.parametrize("unknown", ["m2.answer", "nobody", "m1.answer "])
def test_an_unknown_answer_is_not_judged(world, mine, unknown) -> None:
    answer = judge(world, mine, message_id=unknown, value="helpful")
    assert answer.status_code == 404 and answer.json()["code"] == "not_found"
    other = world.open()
    assert judge(world, other, message_id="m1.answer", value="helpful").status_code == 404
    assert take_back(world, mine, unknown).status_code == 204


def test_only_the_assistants_answers_are_judged(world, mine) -> None:
    path = f"/v1/agent/conversations/{mine[0]}"
    world.call("POST", f"/v1/conversations/{mine[0]}/handoff", mine[1])
    world.call("POST", f"{path}/accept", MIA)
    world.call("POST", f"{path}/messages", MIA, json={"text": "I am here.", "message_id": "a1"})
    messages = world.served.shop.conversation(mine[0]).messages
    others = [message for message in messages if message.role != "assistant" and message.id]
    assert {message.role for message in others} >= {"shopper", "agent"}
    for message in others:
        answer = judge(world, mine, message_id=message.id, value="helpful")
        wrong = {"field": "message_id", "value": f"'{message.id}'", "expected": "expected an answer of the assistant"}
        assert (answer.status_code, answer.json()["errors"]) == (422, [wrong])
    assert judge(world, mine, message_id="m1.answer", value="helpful").status_code == 200, "also while a person is there"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"message_id": "m1.answer"}, "value"),
        ({"message_id": "m1.answer", "value": "great"}, "value"),
        ({"message_id": "m1.answer", "value": None}, "value"),
        ({"message_id": "", "value": "helpful"}, "message_id"),
        ({"value": "helpful"}, "message_id"),
        ({"message_id": "m1.answer", "value": "helpful", "note": "n" * 501}, "note"),
        ({"message_id": "m1.answer", "value": "helpful", "note": None}, "note"),
        ({"message_id": "m1.answer", "value": "helpful", "stars": 5}, "stars"),
    ],
)
def test_what_is_wrong_is_named(world, mine, body, field) -> None:
    answer = judge(world, mine, **body)
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == field
    assert judge(world, mine, message_id="m1.answer", value="helpful", note="n" * 500).status_code == 200


def test_an_agent_does_not_judge_for_the_shopper(world, mine) -> None:
    assert judge(world, mine, MIA, message_id="m1.answer", value="helpful").status_code == 401
    assert world.served.feedback.recent(10) == ()


def test_too_many_words_are_refused_and_take_no_messages_away(tmp_path: Path) -> None:
    world = api_world(tmp_path, allowed=Allowance(messages=2))
    mine = world.open()
    world.say(mine, "hello", message_id="m1")
    statuses = [judge(world, mine, message_id="m1.answer", value="helpful").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = take_back(world, mine, "m1.answer")
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
    assert world.say(mine, "hello")[-1].name == "done"
