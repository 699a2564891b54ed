"""A shopper's calls: what they are answered, in which order, and that nobody else's token opens anything."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from assistant.identity import signed
from tests.fakes_api import SECRET, ApiShopWorld, api_world, events_of, every, kinds, texts

BOOTS = "Waterproof hiking boots under $120, nothing leather"


@pytest.fixture
def world(tmp_path: Path) -> ApiShopWorld:
    return api_world(tmp_path)


def path(conversation: tuple[str, str], rest: str = "") -> str:
    return f"/v1/conversations/{conversation[0]}{rest}"


def test_cards_come_before_prose_and_done_comes_last(world) -> None:
    events = world.say(world.open(), BOOTS, message_id="m1")
    assert kinds(events) == ["products", "text", "need", "suggestions", "status", "done"]
    assert len({each.id for each in events}) == len(events)
    card = events[0].data["cards"][0]
    assert card["position"] == 1 and card["product"]["price"] <= 120 and card["product"]["currency"] == "USD"
    (need,) = every(events, "need")
    assert need["price_max"] == 120 and need["exclude"] == ["leather"] and "brand" not in need
    done = events[-1].data
    assert (done["message_id"], done["answer_id"]) == ("m1", "m1.answer") and done["timings"]["total"] > 0


def test_cart_comes_between_text_and_need(world) -> None:
    conversation = world.open()
    world.say(conversation, BOOTS)
    answer = world.call(
        "POST", path(conversation, "/actions"), conversation[1], json={"kind": "cart_add", "product_id": "boot-2"}
    )
    events = events_of(answer.text)
    assert kinds(events) == ["text", "cart", "need", "suggestions", "status", "done"]
    (cart,) = every(events, "cart")
    line = {"product_id": "boot-2", "title": "Moor Light Hiking Boots", "options": {}, "is_undecided": False}
    assert cart == {"lines": [line | {"quantity": 1, "total": 89.0}], "total": 89.0, "currency": "USD"}


def test_a_line_of_the_cart_tells_its_options_and_whether_they_are_chosen_yet(world) -> None:
    conversation, lines = world.open(), []
    for variant in ("boot-1-9", ""):
        body = {"kind": "cart_add", "product_id": "boot-1", "variant_id": variant}
        events = events_of(world.call("POST", path(conversation, "/actions"), conversation[1], json=body).text)
        (cart,) = every(events, "cart")
        lines = [(line.get("variant_id"), line["options"], line["is_undecided"]) for line in cart["lines"]]
    assert lines == [("boot-1-9", {"size": "9"}, False), (None, {}, True)]


def test_the_same_press_or_message_counts_once(world) -> None:
    conversation = world.open()
    body = {"kind": "cart_add", "product_id": "boot-2", "message_id": "p1"}
    for _ in range(2):
        world.call("POST", path(conversation, "/actions"), conversation[1], json=body)
        world.say(conversation, "hello", message_id="m1")
    thread = world.call("GET", path(conversation), conversation[1]).json()
    assert thread["cart"]["lines"][0]["quantity"] == 1
    assert [message["id"] for message in thread["messages"]] == ["p1", "p1.answer", "m1", "m1.answer"]


def test_a_thread_is_told_whole(world) -> None:
    conversation = world.open()
    said = world.say(conversation, BOOTS)
    thread = world.call("GET", path(conversation), conversation[1]).json()
    assert [message["role"] for message in thread["messages"]] == ["shopper", "assistant"]
    assert thread["messages"][1]["text"] == texts(said)
    assert [card["product"] for card in thread["shelf"]] == [card["product"] for card in said[0].data["cards"]]
    assert thread["need"] == next(every(said, "need")) and thread["status"] == "bot" and "handover" not in thread
    assert said[-1].id.rsplit(".", 1)[0] == thread["last_event_id"]


def test_a_chip_is_taken_back(world) -> None:
    conversation = world.open()
    world.say(conversation, BOOTS)
    answer = world.call("DELETE", path(conversation, "/need/exclude/leather"), conversation[1])
    events = events_of(answer.text)
    assert kinds(events)[0] == "products" and "exclude" not in next(every(events, "need"))
    for _ in range(2):
        address = path(conversation, "/need/price_max?message_id=d1")
        events = events_of(world.call("DELETE", address, conversation[1]).text)
        assert "price_max" not in next(every(events, "need")) and events[-1].data["message_id"] == "d1"
    ids = [message["id"] for message in world.call("GET", path(conversation), conversation[1]).json()["messages"]]
    assert ids[-2:] == ["d1", "d1.answer"] and ids.count("d1") == 1
    wrong = world.call("DELETE", path(conversation, "/need/colour/red"), conversation[1])
    assert wrong.status_code == 422 and wrong.json()["errors"][0]["field"] == "slot"


def test_a_person_is_asked_for_and_no_longer_waited_for(world) -> None:
    conversation = world.open()
    pending = world.call("POST", path(conversation, "/handoff"), conversation[1]).json()
    assert pending["status"] == "pending" and pending["messages"][-1]["role"] == "notice"
    assert world.call("POST", path(conversation, "/handoff"), conversation[1]).json() == pending
    back = world.call("DELETE", path(conversation, "/handoff"), conversation[1]).json()
    assert back["status"] == "bot" and len(back["messages"]) == 2


def test_what_is_on_the_page_is_what_this_means(world) -> None:
    conversation = world.open(page={"product_id": "ear-1", "url": "https://shop.example/ear-1"})
    answer = texts(world.say(conversation, "how long does the battery last on this one?"))
    assert "thirty hours" in answer
    elsewhere = world.open(page={"product_id": "no such product"})
    assert world.served.shop.conversation(elsewhere[0]).shown == ()


def test_only_the_shops_word_opens_a_shoppers_own_account(world) -> None:
    mine = world.open(shopper={"id": "mia", "hash": signed(SECRET, "mia")})
    assert world.served.shop.conversation(mine[0]).shopper_id == "mia"
    refused = world.call("POST", "/v1/conversations", json={"shopper": {"id": "mia", "hash": signed(SECRET, "jonas")}})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_signed")
    guest = world.open()
    assert world.served.shop.conversation(guest[0]).shopper_id.startswith("guest-")


@pytest.mark.parametrize(("told", "kept"), [("zh-CN", "zh_CN"), ("en_US", "en_US"), (None, "")])
def test_the_shoppers_locale_is_kept(world, told, kept) -> None:
    mine = world.open(**({"locale": told} if told else {}))
    assert world.served.shop.conversation(mine[0]).locale == kept


def test_tokens_are_long_random_and_not_kept(world, tmp_path) -> None:
    (first, token), (second, other) = world.open(), world.open()
    assert first != second and token != other and len(token) >= 43
    assert not any(token.encode() in file.read_bytes() for file in tmp_path.glob("shop.db*"))


CALLS = [
    ("POST", "/messages", {"text": "hello"}),
    ("POST", "/actions", {"kind": "click", "product_id": "boot-1"}),
    ("GET", "", None),
    ("GET", "/stream", None),
    ("DELETE", "/need/query/x", None),
    ("POST", "/handoff", None),
    ("DELETE", "/handoff", None),
    ("POST", "/feedback", {"message_id": "m1.answer", "value": "helpful"}),
    ("DELETE", "/feedback/m1.answer", None),
]


@pytest.mark.parametrize(("method", "rest", "body"), CALLS)
def test_no_other_token_opens_a_conversation(world, method, rest, body) -> None:
    mine, other = world.open(), world.open()
    for token in ("", other[1], mine[1][:-1], "ct_", "Ünï"):
        answer = world.call(method, path(mine, rest), json=body, headers={"Authorization": f"Bearer {token}".encode()})
        assert answer.status_code == 401 and answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == "Bearer"
    unknown = world.call(method, path(("unknown", ""), rest), mine[1], json=body)
    assert unknown.status_code == 401, "an unknown conversation is not told from another's"
    assert world.served.shop.conversation(mine[0]).messages == ()


def test_an_agent_reads_a_thread_but_does_not_speak_for_the_shopper(world) -> None:
    mine, key = world.open(), "key-of-mia-0123456789"
    world.call("POST", path(mine, "/handoff"), mine[1])
    assert world.call("GET", path(mine), key).json()["handover"]["reason_code"] == "asked_for_human"
    assert world.call("POST", path(mine, "/messages"), key, json={"text": "hello"}).status_code == 401


HOSTILE = '</script><img src=x onerror=alert(1)>\r\n\r\nevent: done\ndata: {"a":1}\u2028\u0000'


def test_hostile_text_stays_a_value(world) -> None:
    conversation = world.open()
    answer = world.call("POST", path(conversation, "/messages"), conversation[1], json={"text": HOSTILE})
    assert answer.headers["content-type"].startswith("text/event-stream") and "<" not in answer.text
    assert [each.name for each in events_of(answer.text)].count("done") == 1
    thread = world.call("GET", path(conversation), conversation[1])
    assert thread.headers["content-type"] == "application/json"
    assert thread.json()["messages"][0]["text"] == HOSTILE.replace("\0", "").strip()


def test_a_long_message_is_taken_and_a_longer_one_refused(world) -> None:
    conversation = world.open()
    assert kinds(world.say(conversation, "boots " * 833 + "ab"))[-1] == "done"
    answer = world.call("POST", path(conversation, "/messages"), conversation[1], json={"text": "b" * 5001})
    problem = answer.json()
    assert answer.status_code == 422 and problem["errors"][0]["field"] == "text" and "5000" in problem["detail"]
    assert len(answer.text) < 1000


def test_half_a_letter_is_left_out(world) -> None:
    conversation = world.open()
    body = b'{"text": "boots \\ud83d"}'
    headers = {"Content-Type": "application/json"}
    answer = world.call("POST", path(conversation, "/messages"), conversation[1], content=body, headers=headers)
    assert answer.status_code == 200
    assert world.served.shop.conversation(conversation[0]).messages[0].text == "boots"


def test_two_tabs_end_up_with_the_same_thread(world) -> None:
    conversation = world.open()

    async def both() -> None:
        async with world.client() as client:
            headers = {"Authorization": f"Bearer {conversation[1]}"}
            url = path(conversation, "/messages")
            sent = (client.post(url, json={"text": text}, headers=headers) for text in ("hello", BOOTS))
            for answer in await asyncio.gather(*sent):
                names = [each.name for each in events_of(answer.text)]
                assert answer.status_code == 200 and names[-1] == "done"

    asyncio.run(both())
    roles = [message.role for message in world.served.shop.conversation(conversation[0]).messages]
    assert roles.count("shopper") == 2 and roles.count("assistant") in (1, 2)
