"""The agents' calls: the queue, joining, writing, and that the slower of two is told who has it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.fakes_api import ApiShopWorld, api_world

MIA, TOM = "key-of-mia-0123456789", "key-of-tom-0123456789"
QUEUE = "/v1/agent/conversations"


@pytest.fixture
def world(tmp_path: Path) -> ApiShopWorld:
    return api_world(tmp_path)


@pytest.fixture
def waiting(world) -> str:
    conversation_id, token = world.open()
    assert world.call("POST", f"/v1/conversations/{conversation_id}/handoff", token).status_code == 200
    return conversation_id


def post(world: ApiShopWorld, conversation_id: str, what: str, key: str = MIA, **body: object) -> tuple[int, dict]:
    answer = world.call("POST", f"{QUEUE}/{conversation_id}/{what}", key, **({"json": body} if body else {}))
    return answer.status_code, answer.json()


def queue(world: ApiShopWorld, status: str = "") -> list[dict]:
    answer = world.call("GET", QUEUE, MIA, params={"status": status} if status else {})
    assert answer.status_code == 200
    return answer.json()["conversations"]


def test_a_conversation_goes_through_the_queue(world, waiting) -> None:
    (row,) = queue(world, "pending")
    assert row["conversation_id"] == waiting and row["reason_code"] == "asked_for_human" and "agent" not in row
    assert row["requested_at"].startswith("2026-02-02T")
    status, thread = post(world, waiting, "accept")
    assert (status, thread["status"], thread["agent"]) == (200, "human", "Mia")
    assert queue(world, "pending") == [] and queue(world, "human") == queue(world)
    status, thread = post(world, waiting, "messages", text="Hello!", message_id="a1")
    assert (thread["messages"][-1]["text"], thread["messages"][-1]["author"]) == ("Hello!", "Mia")
    assert len(post(world, waiting, "messages", text="Hello!", message_id="a1")[1]["messages"]) == len(thread["messages"])
    assert post(world, waiting, "transfer")[1]["status"] == "pending"
    assert post(world, waiting, "accept", TOM)[1]["agent"] == "Tom"
    assert post(world, waiting, "resolve", TOM)[1]["status"] == "resolved" and queue(world) == []
    assert world.seen.count("Tom") == 2


def test_an_agent_gives_back_to_the_assistant(world, waiting) -> None:
    post(world, waiting, "accept")
    assert post(world, waiting, "release")[1]["status"] == "bot"


def test_of_two_who_accept_at_once_one_wins(world, waiting) -> None:
    async def race() -> list[tuple[int, dict]]:
        async with world.client() as client:
            calls = (
                client.post(f"{QUEUE}/{waiting}/accept", headers={"Authorization": f"Bearer {key}"}) for key in (MIA, TOM)
            )
            return [(answer.status_code, answer.json()) for answer in await asyncio.gather(*calls)]

    (won, thread), (lost, problem) = sorted(asyncio.run(race()), key=lambda answer: answer[0])
    assert (won, lost) == (200, 409)
    assert (problem["code"], problem["agent"]) == ("taken", thread["agent"])


def test_nobody_acts_on_anothers_conversation(world, waiting) -> None:
    assert post(world, waiting, "messages", text="Hi") == (409, post(world, waiting, "release")[1])
    post(world, waiting, "accept", TOM)
    for what, body in (("messages", {"text": "Hi"}), ("release", {}), ("resolve", {}), ("transfer", {})):
        status, problem = post(world, waiting, what, **body)
        assert (status, problem["code"], problem["agent"]) == (409, "not_yours", "Tom")


def test_what_is_not_there_or_not_right(world, waiting) -> None:
    assert post(world, "unknown", "accept")[0] == 404
    quiet, _ = world.open()
    assert post(world, quiet, "accept")[1]["code"] == "not_waiting"
    post(world, waiting, "accept")
    assert "text is empty" in post(world, waiting, "messages", text=" ")[1]["detail"]
    status, problem = post(world, waiting, "messages", text="See", product_ids=["none"])
    assert status == 422 and "'none'" in problem["detail"]
    assert world.call("GET", QUEUE, MIA, params={"status": "bot"}).status_code == 422


@pytest.mark.parametrize("key", ["", "key-of-mia", "ct_1234", "key-of-the-shop-0123456789", "Ünï"])
def test_only_an_agents_key_opens_the_queue(world, waiting, key) -> None:
    answer = world.call("GET", QUEUE, headers={"Authorization": f"Bearer {key}".encode()})
    assert answer.status_code == 401 and answer.json()["code"] == "unauthorized" and world.seen == []


def test_who_tries_many_keys_is_not_listened_to(world) -> None:
    for number in range(10):
        assert world.call("GET", QUEUE, f"wrong-{number}").status_code == 401
    answer = world.call("GET", QUEUE, MIA)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "300")
    assert world.call("GET", QUEUE, MIA, address="192.0.2.2").status_code == 200
    world.clock.now += 301
    assert world.call("GET", QUEUE, MIA).status_code == 200
