"""The shop's calls, and what a shopper's page may tell of itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.web.api.told import product_row
from tests.fakes import small_catalogue
from tests.fakes_api import SHOP_KEY, ApiShopWorld, api_world


@pytest.fixture
def world(tmp_path: Path) -> ApiShopWorld:
    return api_world(tmp_path)


def event(number: int = 1, **more: object) -> dict[str, object]:
    plain = {"event_id": f"e{number}", "time": "2026-02-02T02:00:00Z", "type": "view", "product_id": "boot-1"}
    return plain | more


def send(world: ApiShopWorld, key: str, *events: dict[str, object]) -> tuple[int, dict]:
    answer = world.call("POST", "/v1/events", key, json={"events": list(events)})
    return answer.status_code, answer.json()


def test_the_shop_tells_of_events_once(world) -> None:
    bought = event(1, shopper_id="mia", type="purchase", price=99.0, quantity=1)
    assert send(world, SHOP_KEY, bought, event(2, shopper_id="mia")) == (200, {"added": 2, "repeated": 0})
    assert send(world, SHOP_KEY, bought) == (200, {"added": 0, "repeated": 1})
    alone = world.call("POST", "/v1/events", SHOP_KEY, json=event(3, shopper_id="mia"))
    assert alone.json() == {"added": 1, "repeated": 0}
    history = world.served.events.history("mia")
    assert {each.type for each in history} == {"purchase", "view"}
    assert next(each for each in history if each.type == "purchase").price == 9900


def test_a_wrong_event_is_named_and_none_is_taken(world) -> None:
    status, problem = send(world, SHOP_KEY, event(1, shopper_id="mia"), event(2, shopper_id="mia", type="stolen"))
    assert status == 422 and problem["errors"][0]["field"] == "events.1.type" and "'stolen'" in problem["detail"]
    assert send(world, SHOP_KEY, event())[1]["errors"][0]["field"] == "events.0.shopper_id"
    assert world.served.events.count() == 0


def test_a_page_tells_of_its_own_shopper_alone(world) -> None:
    (mine, token), (other, _) = world.open(), world.open()
    assert send(world, token, event(1), event(2, conversation_id=mine)) == (200, {"added": 2, "repeated": 0})
    shopper = world.served.shop.conversation(mine).shopper_id
    assert {each.conversation_id for each in world.served.events.history(shopper)} == {mine}
    for wrong in (
        event(3, shopper_id="mia"),
        event(3, conversation_id=other),
        event(3, type="purchase"),
        event(3, time="2027-01-01T00:00:00Z"),
        event(3, time="2020-01-01T00:00:00Z"),
    ):
        assert send(world, token, wrong)[0] == 422
    assert world.served.events.count() == 2


def test_a_product_page_that_is_looked_at_is_told_as_a_script_writes_it(world) -> None:
    (mine, token) = world.open(page={"product_id": "boot-1", "url": "https://shop.example/boot-1", "title": "Boots"})
    view = {"event_id": "9b2c4f1e-0d5a", "time": "2026-02-02T02:40:00.123Z", "type": "view", "product_id": "boot-1"}
    answer = world.call("POST", "/v1/events", token, json=view | {"source": "page"})
    assert (answer.status_code, answer.json()) == (200, {"added": 1, "repeated": 0})
    conversation = world.served.shop.conversation(mine)
    (event,) = world.served.events.history(conversation.shopper_id)
    assert (event.type, event.product_id, event.source, event.conversation_id) == ("view", "boot-1", "page", mine)
    assert conversation.focus == "boot-1"


def test_a_page_cannot_take_the_place_of_the_shops_events(world) -> None:
    _, token = world.open()
    send(world, token, event(7))
    assert send(world, token, event(7))[1] == {"added": 0, "repeated": 1}
    assert send(world, SHOP_KEY, event(7, shopper_id="mia", type="purchase"))[1]["added"] == 1


@pytest.mark.parametrize("key", ["", "ct_nobody", "wrong"])
def test_nobody_else_tells_of_events(world, key) -> None:
    assert send(world, key, event(1, shopper_id="mia"))[0] == 401


def test_there_are_at_most_500_and_at_least_one(world) -> None:
    many = [event(number, shopper_id="mia") for number in range(501)]
    assert send(world, SHOP_KEY, *many)[0] == 422 and send(world, SHOP_KEY)[0] == 422
    assert send(world, SHOP_KEY, *many[1:])[1]["added"] == 500


def test_a_product_is_told_as_the_catalogue_has_it(world) -> None:
    answer = world.call("GET", "/v1/products/boot-1", SHOP_KEY).json()
    assert (answer["price"], answer["list_price"]) == (99.0, 129.0) and answer["variants"][0]["options"] == {"size": "8"}
    for unknown in ("none", "a/b", "%00", "x" * 100):
        assert world.call("GET", f"/v1/products/{unknown}", SHOP_KEY).status_code == 404
    assert world.call("GET", "/v1/products/boot-1", world.open()[1]).status_code == 401


def test_addresses_that_run_code_are_left_out() -> None:
    product = replace(small_catalogue()[0], url="javascript:alert(1)", image_url="data:text/html,<script>")
    assert not {"url", "image_url"} & product_row(product).keys()
    good = replace(product, url="https://shop.example/b", image_url="/images/b.svg")
    assert (product_row(good)["url"], product_row(good)["image_url"]) == ("https://shop.example/b", "/images/b.svg")


def test_search_obeys_what_the_words_say(world) -> None:
    answer = world.call("POST", "/v1/search", SHOP_KEY, json={"query": "hiking boots under $70, no leather", "limit": 3})
    found = answer.json()
    assert found["need"]["price_max"] == 70 and 0 < len(found["results"]) <= 3
    assert all(each["product"]["price"] <= 70 for each in found["results"])
    assert world.call("POST", "/v1/search", SHOP_KEY, json={"query": "kettle"}).json()["results"]
    for wrong in ({"query": " "}, {"query": "x", "limit": 0}, {"query": "x", "limit": 101}, {"query": "x", "more": 1}):
        assert world.call("POST", "/v1/search", SHOP_KEY, json=wrong).status_code == 422


def test_without_a_shop_key_nobody_is_the_shop(tmp_path: Path) -> None:
    world = api_world(tmp_path, shop_key="")
    assert world.call("POST", "/v1/search", headers={"Authorization": "Bearer "}, json={"query": "x"}).status_code == 401
