"""The stream of a conversation: nothing lost and nothing told twice, however often it is cut off."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assistant.web.api.follow import MOST_OF_ONE, Streams
from assistant.web.api.problems import Problem
from assistant.web.api.sse import Place, read_place
from tests.fakes_api import SHOP_KEY, ApiShopWorld, Sent, api_world, events_of, every, kinds

MIA = "key-of-mia-0123456789"


@pytest.fixture
def world(tmp_path: Path) -> ApiShopWorld:
    return api_world(tmp_path)


def streamed(world: ApiShopWorld, conversation: tuple[str, str], last: str = "", key: str = "") -> list[Sent]:
    """What a stream tells until it is closed because nothing more comes in."""
    headers = {"Last-Event-ID": last} if last else {}
    url = f"/v1/conversations/{conversation[0]}/stream"
    answer = world.call("GET", url, key or conversation[1], headers=headers)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store, no-transform"
    return events_of(answer.text)


def ids_of(events: list[Sent]) -> list[str]:
    return [message["id"] for message in every(events, "message")]


def test_a_stream_without_a_place_begins_now(world) -> None:
    conversation = world.open()
    world.say(conversation, "hello")
    events = streamed(world, conversation)
    assert [(each.name, each.data) for each in events] == [("status", {"status": "bot"})]
    assert world.clock.pauses == 600 and len(world.served.streams) == 0


def test_a_stream_goes_on_from_its_place_wherever_it_was_cut(world) -> None:
    conversation = world.open()
    for number in range(3):
        world.say(conversation, "waterproof boots", message_id=f"m{number}")
    every_id = [id for number in range(3) for id in (f"m{number}", f"m{number}.answer")]
    whole = streamed(world, conversation, "0.0")
    assert ids_of(whole) == every_id
    assert kinds(whole) == ["message", "products", "cart", "need", "status"]
    for cut in range(1, len(whole)):
        rest = streamed(world, conversation, whole[cut - 1].id)
        assert ids_of(whole[:cut]) + ids_of(rest) == every_id
        assert {each.name for each in rest} >= {"products", "cart", "need", "status"}
    assert streamed(world, conversation, whole[-1].id) == []


def test_a_turn_that_was_cut_off_is_told_by_the_stream(world) -> None:
    conversation = world.open()
    first = world.say(conversation, "waterproof boots", message_id="m1")
    assert ids_of(streamed(world, conversation, first[1].id)) == ["m1", "m1.answer"]
    assert streamed(world, conversation, first[-1].id) == []


def test_what_others_wrote_during_a_turn_is_not_lost(world) -> None:
    conversation, shop = world.open(), world.served.shop
    turn = world.say(conversation, "hello", message_id="m1")
    world.served.desk.request(conversation[0], "asked_for_human", "shopper")
    assert len(ids_of(streamed(world, conversation, turn[-1].id))) == 1
    world.served.desk.accept(conversation[0], "Mia")
    known = len(shop.conversation(conversation[0]).messages)
    turn = world.say(conversation, "are you there?", message_id="m2")
    assert turn[-1].id.startswith(f"{shop.conversation(conversation[0]).version}.{known + 1}.")


def test_a_persons_words_reach_the_shopper_who_waits(world) -> None:
    conversation = world.open()
    world.call("POST", f"/v1/conversations/{conversation[0]}/handoff", conversation[1])
    place = world.call("GET", f"/v1/conversations/{conversation[0]}", conversation[1]).json()["last_event_id"]
    agent = f"/v1/agent/conversations/{conversation[0]}"
    world.call("POST", f"{agent}/accept", MIA)
    world.call("POST", f"{agent}/messages", MIA, json={"text": "Hello!", "product_ids": ["boot-2"]})
    events = streamed(world, conversation, place)
    notice, words = every(events, "message")
    assert (notice["role"], words["role"], words["author"], words["text"]) == ("notice", "agent", "Mia", "Hello!")
    assert events[-1].data == {"status": "human", "agent": "Mia"}
    assert next(every(events, "products"))["cards"][0]["product"]["id"] == "boot-2"
    product = world.call("GET", "/v1/products/boot-2", SHOP_KEY).json()
    assert words["products"] == [product] and notice["products"] == []
    thread = world.call("GET", f"/v1/conversations/{conversation[0]}", conversation[1]).json()
    assert [message["products"] for message in thread["messages"]] == [[], [], [product]]
    turn = world.say(conversation, "which size do I need?")
    assert kinds(turn) == ["need", "status", "done"] and turn[1].data["status"] == "human"


def test_news_come_while_a_stream_is_open_and_signs_of_life_between(world) -> None:
    conversation = world.open()
    heard: list[bytes] = []

    async def listen() -> None:
        beats = 0
        async for line in world.served.streams.follow(world.served.shop, conversation[0], None):
            heard.append(line)
            beats += line.startswith(b":")
            if beats == 2:
                beats = 3
                await asyncio.to_thread(world.served.desk.request, conversation[0], "complaint", "shopper")

    asyncio.run(listen())
    assert heard[0] == b"retry: 2000\n\n" and heard.count(b": still here\n\n") > 20
    assert kinds(events_of(b"".join(heard).decode())) == ["status", "message", "products", "cart", "need", "status"]


@pytest.mark.parametrize("wrong", ["x", "1", "1.2.3.4", "-1.0", "9" * 30 + ".1", "١.٢", "1.1\n"])
def test_a_wrong_place_is_refused(wrong) -> None:
    with pytest.raises(Problem, match="expected the id of an event") as caught:
        read_place(wrong)
    assert caught.value.status == 400


def test_a_place_after_the_end_is_as_good_as_the_end(world) -> None:
    conversation = world.open()
    world.say(conversation, "hello")
    assert ids_of(streamed(world, conversation, "99.99")) == []
    assert read_place("7.3.12") == Place(7, 3)


def test_streams_are_no_more_than_so_many(world) -> None:
    streams, ids = Streams(most=MOST_OF_ONE + 1), (world.open()[0], world.open()[0])

    async def crowd() -> None:
        shop, one, other = world.served.shop, *ids
        opened = [streams.follow(shop, one, None) for _ in range(MOST_OF_ONE)]
        for each in opened:
            await anext(each)
        with pytest.raises(Problem, match="close one"):
            streams.check_room(one)
        streams.check_room(other)
        opened.append(streams.follow(shop, other, None))
        await anext(opened[-1])
        with pytest.raises(Problem, match="too many streams are open"):
            streams.check_room("a third")
        for each in opened:
            await each.aclose()
        assert len(streams) == 0
        streams.check_room(one)

    asyncio.run(crowd())
