"""Everything that is wrong is told as problem details; pages of other origins and flooders are kept out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from assistant.web.api.build import mount_api
from assistant.web.api.door import Door
from assistant.web.api.limits import Allowance, Window, home_of
from assistant.web.api.origins import read_origins
from tests.fakes_api import SHOP_KEY, ApiShopWorld, Clock, api_world

PAGE = "https://shop.example"


@pytest.fixture
def world(tmp_path: Path) -> ApiShopWorld:
    return api_world(tmp_path, origins=[PAGE])


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code), answer.text
    assert body["type"] == "about:blank" and body["title"] and body["detail"]
    return body


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/v1/nothing", b"", 404, "not_found"),
        ("PUT", "/v1/conversations", b"", 405, "method_not_allowed"),
        ("POST", "/v1/conversations", b"{", 400, "bad_json"),
        ("POST", "/v1/conversations", b"[" * 60_000, 400, "bad_request"),
        ("POST", "/v1/conversations", b"\xff{}", 400, "bad_request"),
        ("POST", "/v1/conversations", b'"text"', 422, "invalid"),
        ("POST", "/v1/conversations", b'{"locale": 7}', 422, "invalid"),
        ("POST", "/v1/conversations", b'{"shopper": {"id": "mia"}}', 422, "invalid"),
        ("POST", "/v1/conversations", b'{"lcale": "\\ud800"}', 422, "invalid"),
        ("POST", "/v1/conversations", b" " * 64_001, 413, "too_large"),
        ("POST", "/v1/events", b" " * 1_000_001, 413, "too_large"),
    ],
)
def test_errors_are_problem_details(world, method, path, body, status, code) -> None:
    problem(world.call(method, path, SHOP_KEY, content=body, headers=JSON), status, code)


def test_what_is_wrong_is_named(world) -> None:
    body = {"locale": "x" * 1000, "shopper": {"id": "mia"}, "colour": "red"}
    answer = world.call("POST", "/v1/conversations", json=body)
    errors = {each["field"]: each for each in problem(answer, 422, "invalid")["errors"]}
    assert set(errors) == {"locale", "shopper.hash", "colour"}
    assert errors["shopper.hash"] == {"field": "shopper.hash", "value": "missing", "expected": "expected a value"}
    assert len(errors["locale"]["value"]) == 80 and "35" in errors["locale"]["expected"]
    long = world.call("POST", "/v1/conversations", json={"x" * 30_000: "y" * 30_000})
    assert problem(long, 422, "invalid")["errors"][0]["field"] == "x" * 79 + "…" and len(long.text) < 1_000


def test_no_answer_is_taken_for_a_page(world) -> None:
    for answer in (world.call("POST", "/v1/conversations", json={}), world.call("POST", "/v1/events", content=b"{}")):
        assert answer.headers["x-content-type-options"] == "nosniff" and answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_a_body_of_another_type_is_refused(world) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/jsonp"):
        answer = world.call("POST", "/v1/conversations", content=b"{}", headers={"Content-Type": kind})
        problem(answer, 415, "not_json")


def test_a_body_without_an_end_is_cut_off(world) -> None:
    async def endless() -> Any:
        for _ in range(10_000):
            yield b" " * 1000

    async def called() -> Any:
        async with world.client() as client:
            return await client.post("/v1/conversations", content=endless(), headers=JSON)

    problem(asyncio.run(called()), 413, "too_large")


def test_a_body_that_comes_too_slowly_is_not_waited_for(world) -> None:
    sent: list[Any] = []

    async def never() -> Any:
        await asyncio.Event().wait()

    async def keep(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/events", "headers": [], "client": ("192.0.2.1", 1)}
    door = Door(world.api.app, world.served.limits, body_seconds=0.01)
    asyncio.run(door(scope, never, keep))
    assert sent[0]["status"] == 408


class Away:
    """Events whose database is away, or whose code is wrong."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def add(self, events: object) -> int:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (OperationalError("select password", {}, Exception("/srv/shop.db is locked")), 503, "unavailable"),
        (RuntimeError("password=hunter2"), 500, "internal"),
    ],
)
def test_errors_of_ours_tell_nothing_of_the_inside(tmp_path, error, status, code) -> None:
    world = api_world(tmp_path, origins=[PAGE])
    object.__setattr__(world.served, "events", Away(error))
    body = {"event_id": "1", "time": "2026-02-02T02:00:00Z", "shopper_id": "mia", "type": "view"}
    answer = world.call("POST", "/v1/events", SHOP_KEY, json=body, headers={"Origin": PAGE})
    problem(answer, status, code)
    assert "password" not in answer.text and "shop.db" not in answer.text
    assert answer.headers["access-control-allow-origin"] == PAGE, "the page can read what went wrong"


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [
        (PAGE, True),
        ("https://shop.example.evil.example", False),
        ("http://shop.example", False),
        ("https://shop.example:8443", False),
        ("https://SHOP.example", False),
        ("null", False),
    ],
)
def test_only_pages_of_the_shop_may_call(world, origin, is_allowed) -> None:
    asks = {"Access-Control-Request-Method": "DELETE", "Access-Control-Request-Headers": "authorization,last-event-id"}
    preflight = world.call("OPTIONS", "/v1/conversations/x/handoff", headers={"Origin": origin, **asks})
    answer = world.call("POST", "/v1/conversations", json={}, headers={"Origin": origin})
    assert (preflight.status_code == 200) is is_allowed
    for each in (preflight, answer):
        assert each.headers.get("access-control-allow-origin") == (origin if is_allowed else None)
        assert "access-control-allow-credentials" not in each.headers and "set-cookie" not in each.headers


@pytest.mark.parametrize(
    ("origin", "asked", "status", "code"),
    [
        ("https://<i>.example", {}, 403, "origin_not_allowed"),
        ("https://evil.example", {"Access-Control-Request-Method": "PUT"}, 403, "origin_not_allowed"),
        (PAGE, {"Access-Control-Request-Method": "PUT"}, 400, "preflight_refused"),
        (PAGE, {"Access-Control-Request-Headers": "x-secret"}, 400, "preflight_refused"),
        (PAGE, {"Access-Control-Request-Private-Network": "true"}, 400, "preflight_refused"),
    ],
)
def test_a_refused_page_is_told_why(world, origin, asked, status, code) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST", **asked}
    refused = world.call("OPTIONS", "/v1/conversations", headers=headers)
    body = problem(refused, status, code)
    assert (origin in body["detail"]) is (status == 403) and "Origin" in refused.headers["vary"]
    assert refused.headers.get("access-control-allow-origin") == (None if status == 403 else PAGE)
    assert "x-secret" not in refused.headers["access-control-allow-headers"]
    assert refused.headers["access-control-allow-methods"] == "GET, POST, DELETE"
    assert "access-control-allow-private-network" not in refused.headers


@pytest.mark.parametrize(
    "wrong",
    ["*", "https://*.shop.example", "shop.example", f"{PAGE}/", "null", "ftp://a", "https://Shop.example", "https://a:x"],
)
def test_what_is_no_origin_is_no_setting(wrong) -> None:
    with pytest.raises(ValueError, match="expected one such as https://shop.example"):
        read_origins(f"{PAGE}, {wrong}")


def test_origins_are_read_from_a_list() -> None:
    assert read_origins(f" {PAGE},http://127.0.0.1:8001 ,") == (PAGE, "http://127.0.0.1:8001") and read_origins("") == ()


def test_floods_are_told_when_to_come_again(tmp_path: Path) -> None:
    world = api_world(tmp_path, allowed=Allowance(calls=8, opened=2, messages=2, agent=100, shop=1))
    first, _ = world.open(), world.open()
    refused = world.call("POST", "/v1/conversations", json={})
    problem(refused, 429, "too_many")
    assert int(refused.headers["retry-after"]) == 90, "two within any minute: the first two leave the window half way"
    for _ in range(2):
        world.say(first, "hello")
    path = f"/v1/conversations/{first[0]}/messages"
    problem(world.call("POST", path, first[1], json={"text": "hello"}), 429, "too_many")
    world.call("POST", "/v1/search", SHOP_KEY, json={"query": "x"})
    problem(world.call("POST", "/v1/search", SHOP_KEY, json={"query": "x"}), 429, "too_many")
    assert "calls from this address" in problem(world.call("GET", "/v1/nothing"), 429, "too_many")["detail"]
    assert world.call("GET", "/v1/nothing", address="192.0.2.9").status_code == 404
    world.clock.now += 120
    assert world.say(first, "hello")


def test_a_window_slides() -> None:
    clock = Clock(0.0)
    window = Window(4, clock, seconds=60)
    assert [window.take("a") for _ in range(4)] == [0, 0, 0, 0]
    assert window.take("a") == 75 and window.take("b") == 0
    clock.now = 74
    assert window.take("a") == pytest.approx(1)
    clock.now = 75
    assert window.take("a") == 0 and window.take("a") == pytest.approx(15)
    clock.now = 500
    assert [window.take("a") for _ in range(4)] == [0, 0, 0, 0]


@pytest.mark.parametrize("most", [1, 2, 7])
def test_who_waits_as_long_as_told_is_let_in(most: int) -> None:
    clock = Clock(0.0)
    window = Window(most, clock)
    let_in = []
    while clock.now < 600:
        wait = window.take("a")
        if not wait:
            let_in.append(clock.now)
        clock.now += wait + 1e-6
    # Never more than the double within a minute, and about so many in the long run.
    assert len(let_in) <= 12 * most and len(let_in) >= 5 * most


def test_windows_take_no_more_room_than_they_may() -> None:
    window = Window(1, Clock(), most_keys=100)
    for number in range(1000):
        window.take(str(number))
    assert len(window) == 100 and window.take("999") > 0 and window.take("0") == 0


def test_a_home_has_one_address() -> None:
    assert home_of("2001:db8:1:2::1") == home_of("2001:db8:1:2:ffff::9") != home_of("2001:db8:1:3::1")
    assert home_of("192.0.2.1") != home_of("192.0.2.2") and home_of("testclient") == "testclient"


def test_the_api_stands_beside_the_page(world) -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    mount_api(app, world.api)

    @app.get("/{rest:path}")
    def page(rest: str) -> str:
        return f"the page at {rest}"

    with TestClient(app) as client:
        assert client.get("/v1").status_code == client.get("/v1/nothing").status_code == 404
        assert client.get("/v1x").json() == "the page at v1x"
        schema = client.get("/openapi.json").json()
        docs = client.get("/docs").text
        assert client.get("/openapi.json").json() == schema
    assert len(schema["paths"]) == 19 and {path[:4] for path in schema["paths"]} == {"/v1/"}
    assert all(f"</span> {path}</code>" in docs for path in schema["paths"]) and "<script" not in docs
    post = schema["paths"]["/v1/conversations"]["post"]
    assert post["responses"]["4XX"]["content"].keys() == {"application/problem+json"} and "422" not in post["responses"]
    say = schema["paths"]["/v1/conversations/{conversation_id}/messages"]["post"]
    assert say["security"] == [{"conversation token": []}] and "text/event-stream" in say["responses"]["200"]["content"]
    assert schema["components"]["schemas"]["NewMessage"]["examples"]
