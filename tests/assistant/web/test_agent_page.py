from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient
from starlette.routing import Mount

from assistant.types import Message
from assistant.web.agent_login import COOKIE, MOST_TRIES, SESSION_SECONDS, AgentLogin, Tries
from assistant.web.agent_page import AgentHandlers, build_agent_page, mount_agent_page
from assistant.web.agent_views import REASONS, AgentRenderer, preview_of
from assistant.web.fields import BadCall
from assistant.web.server import SafeHeaders, within_event_loop
from retrieval.types import Product
from tests.fakes_agent_desk import START, FakeDesk

KEYS = {"Mia": "mia-key-0123456789", "Tom": "tom-key-0123456789"}
EVIL = '<img src=x onerror="window.hacked=1">{{ 7*7 }}'


class Clock:
    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def handlers(desk: FakeDesk) -> AgentHandlers:
    return AgentHandlers(desk, AgentRenderer("USD"))


@pytest.fixture
def client(desk: FakeDesk, clock: Clock) -> Iterator[TestClient]:
    def build() -> FastAPI:
        app = FastAPI(openapi_url=None)
        app.add_middleware(SafeHeaders)
        login = AgentLogin(KEYS, clock)
        mount_agent_page(app, build_agent_page(desk, login), login, desk.name)
        app.mount("/", PlainTextResponse("the shop"))  # as the chat page is: it takes all that is left
        return app

    with TestClient(within_event_loop(build), follow_redirects=False) as client:
        yield client


def log_in(client: TestClient, name: str = "Mia") -> None:
    assert client.post("/agent/login", data={"key": KEYS[name]}).status_code == 303


def call(client: TestClient, function: str, **data: object) -> dict:
    """Calls a function of the console as its script does."""
    answer = ask(client, function, **data)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ask(client: TestClient, function: str, **data: object):
    body = {"session_hash": "abc", "component_id": component_of(client), "fn_name": function, "data": data}
    return client.post("/agent/gradio_api/component_server", json=body)


def component_of(client: TestClient) -> int:
    answer = client.get("/agent/config")
    if answer.status_code != 200:
        return 1
    return next(each["id"] for each in answer.json()["components"] if each["props"].get("elem_id") == "agent-page")


# ---- who gets in -------------------------------------------------------------------------------------------------------


def test_nothing_under_agent_answers_without_a_cookie(client: TestClient, desk: FakeDesk) -> None:
    desk.add("c1", "my secret words")
    paths = {f"/agent{route.path}" for route in gradio_routes(client)}
    assert {"/agent/config", "/agent/gradio_api/queue/join", "/agent/gradio_api/component_server"} <= paths
    for path in sorted(re.sub(r"\{[^}]*\}", "x", path) for path in paths):
        for method in ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS"):
            if path in ("/agent/login", "/agent/login/", "/agent/logout"):
                continue  # these are tested below
            answer = client.request(method, path)
            refused = answer.status_code == 401 or (answer.status_code == 303 and answer.headers["location"] == "login")
            assert refused, (method, path, answer.status_code)
            assert answer.text in ("", '{"error":"not logged in"}')
    assert ask(client, "news").status_code == 401
    assert ask(client, "act", kind="accept", id="c1").status_code == 401
    assert desk.kept["c1"].status == "pending"


def gradio_routes(client: TestClient) -> list:
    """All that the console's Gradio application answers."""
    mount = next(route for route in client.app.routes if isinstance(route, Mount) and route.path == "/agent")
    routers = [route.original_router for route in mount.routes if hasattr(route, "original_router")]
    return [route for holder in (mount, *routers) for route in holder.routes if hasattr(route, "path")]


def test_console_leads_to_the_login_and_back(client: TestClient) -> None:
    assert client.get("/agent").headers["location"] == "agent/"
    assert client.get("/agent/").headers["location"] == "login"
    page = client.get("/agent/login")
    assert page.status_code == 200 and "Shelfwise Outdoor" in page.text
    assert page.headers["x-content-type-options"] == "nosniff"
    answer = client.post("/agent/login", data={"key": f" {KEYS['Mia']} "})
    assert (answer.status_code, answer.headers["location"]) == (303, "./")
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=strict", "path=/agent", f"max-age={SESSION_SECONDS}"))
    assert "secure" not in cookie and KEYS["Mia"] not in cookie
    console = client.get("/agent/")
    assert console.status_code == 200 and "Agent desk" in console.text
    assert (
        console.headers["x-frame-options"] == "DENY" and "connect-src 'self'" in console.headers["content-security-policy"]
    )
    assert client.get("/agent/login").headers["location"] == "./"


def test_the_rest_of_the_shop_is_open(client: TestClient) -> None:
    assert client.get("/").text == client.get("/agents").text == "the shop"


def test_the_key_says_who_it_is(client: TestClient, desk: FakeDesk) -> None:
    desk.add("c1", "hello")
    log_in(client, "Tom")
    assert call(client, "news")["agent"] == "Tom"
    call(client, "act", kind="accept", id="c1")
    assert desk.kept["c1"].handover.agent == "Tom"


def test_over_https_the_cookie_is_secure(client: TestClient) -> None:
    client.base_url = "https://testserver"
    assert "Secure" in client.post("/agent/login", data={"key": KEYS["Mia"]}).headers["set-cookie"]


def test_logging_out(client: TestClient) -> None:
    log_in(client)
    assert client.get("/agent/config").status_code == 200
    assert client.post("/agent/logout").headers["location"] == "login"
    assert client.get("/agent/config").status_code == 401


@pytest.mark.parametrize("key", ["", "mia", KEYS["Mia"] + "x", KEYS["Mia"].upper(), "\u00e9\ud83d\ude00", "x" * 9000])
def test_wrong_keys(client: TestClient, key: str) -> None:
    answer = client.post("/agent/login", content=f"key={key}".encode("utf-8", "replace"))
    assert answer.status_code == 403 and "not known" in answer.text
    assert "set-cookie" not in answer.headers


def test_only_so_many_tries(client: TestClient, clock: Clock) -> None:
    for _ in range(MOST_TRIES):
        assert client.post("/agent/login", data={"key": "guess"}).status_code == 403
    assert client.post("/agent/login", data={"key": KEYS["Mia"]}).status_code == 429
    clock.time += 301
    log_in(client)


def test_tries_are_counted_for_each_address_and_forgotten(clock: Clock) -> None:
    tries = Tries(clock, most=2, seconds=60)
    tries.failed("a")
    clock.time += 40
    tries.failed("a")
    assert tries.are_over("a") and not tries.are_over("b")
    clock.time += 30
    assert not tries.are_over("a")


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "http://evil"}, {"origin": "null"}],
)
def test_other_pages_can_do_nothing(client: TestClient, desk: FakeDesk, headers: dict[str, str]) -> None:
    desk.add("c1", "hello")
    assert client.post("/agent/login", data={"key": KEYS["Mia"]}, headers=headers).status_code == 403
    log_in(client)
    client.headers.update(headers)
    assert ask(client, "act", kind="accept", id="c1").status_code == 403
    assert desk.kept["c1"].status == "pending"
    client.post("/agent/logout")
    assert client.get("/agent/config").status_code == 200


def test_own_page_by_origin(client: TestClient) -> None:
    headers = {"origin": "http://testserver"}
    assert client.post("/agent/login", data={"key": KEYS["Mia"]}, headers=headers).status_code == 303


def test_sessions_end_and_cannot_be_forged(clock: Clock) -> None:
    login = AgentLogin(KEYS, clock)
    session = login.session("Mia")
    assert login.agent_of(session) == "Mia"
    name, expires, signature = session.split(".")
    tom = AgentLogin(KEYS, clock).session("Tom").split(".")[0]
    for forged in (
        f"{tom}.{expires}.{signature}",
        f"{name}.{int(expires) + 1}.{signature}",
        f"{name}.{expires}.{'0' * 64}",
        f"{name}.{expires}.",
        f"{name}.soon.{signature}",
        "a.b",
        "",
        "\u00e9.1.\u00e9",
    ):
        assert login.agent_of(forged) is None, forged
    assert AgentLogin({"Mia": "another key"}, clock).agent_of(session) is None  # a changed key ends its sessions
    assert AgentLogin({"Tom": KEYS["Mia"]}, clock).agent_of(session) is None
    assert AgentLogin(KEYS, clock).agent_of(session) == "Mia"  # another process of the same shop
    clock.time += SESSION_SECONDS
    assert login.agent_of(session) is None


@pytest.mark.parametrize("agents", [{"Mia": ""}, {" ": "key"}, {"Mia": "same", "Tom": "same"}])
def test_bad_agents_are_refused(agents: dict[str, str], clock: Clock) -> None:
    with pytest.raises(ValueError, match="agents has"):
        AgentLogin(agents, clock)


def test_an_unknown_cookie_is_no_agent(client: TestClient) -> None:
    client.cookies.set(COOKIE, "TWlh.99999999999.0000", path="/agent")
    assert client.get("/agent/config").status_code == 401


def test_a_bad_call_is_refused(client: TestClient) -> None:
    log_in(client)
    refused = ask(client, "act", kind="delete", id="c1")
    assert refused.status_code == 400 and "kind is 'delete', expected one of" in refused.text


# ---- what it shows -----------------------------------------------------------------------------------------------------


def test_queue_rows(desk: FakeDesk, handlers: AgentHandlers) -> None:
    desk.add("c1", "first words", "my   boots\nleaked", shopper="u1")
    desk.clock += 60
    desk.add("c2", "I was charged twice", reason="payment", shopper="guest-abcd1234")
    desk.add("c3", "hm", reason=None)
    desk.accept("c2", "Tom")
    desk.clock += 30
    rows = handlers.news("Mia", {})["queue"]
    assert [(row["id"], row["place"], row["shopper"]) for row in rows] == [
        ("c1", "waiting", "Ada Berg"),
        ("c2", "others", "Guest 1234"),
    ]
    assert rows[0]["reason"] == "Complaint" and rows[0]["urgent"] and rows[0]["preview"] == "my boots leaked"
    assert rows[0]["since"] == START and rows[1]["since"] == START + 60
    assert handlers.news("Tom", {})["queue"][1]["place"] == "yours"


def test_answered_shoppers_do_not_wait(desk: FakeDesk, handlers: AgentHandlers) -> None:
    desk.add("c1", "hello")
    desk.accept("c1", "Mia")
    desk.say("c1", "Mia", "Hi!")
    assert handlers.news("Mia", {})["queue"][0]["since"] is None
    desk.clock += 9
    desk.hear("c1", "one more thing")
    desk.clock += 9
    desk.hear("c1", "are you there?")
    assert handlers.news("Mia", {})["queue"][0]["since"] == START + 9  # since the first that nobody answered


def test_an_unchanged_queue_is_not_sent_again(desk: FakeDesk, handlers: AgentHandlers) -> None:
    desk.add("c1", "hello")
    first = handlers.news("Mia", {})
    desk.clock += 5
    again = handlers.news("Mia", {"queue": first["digest"]})
    assert again["queue"] is None and again["digest"] == first["digest"] and again["now"] == START + 5
    desk.hear("c1", "hello?")
    assert handlers.news("Mia", {"queue": first["digest"]})["queue"][0]["preview"] == "hello?"


def test_only_news_of_the_thread_are_sent(desk: FakeDesk, handlers: AgentHandlers) -> None:
    desk.add("c1", "hello")
    thread = handlers.news("Mia", {"id": "c1"})["thread"]
    assert [line["role"] for line in thread["lines"]] == ["shopper", "notice"]
    assert (thread["status"], thread["reason"], thread["start"]) == ("pending", "Complaint", 0)
    have = {"id": "c1", "version": thread["version"], "count": 2}
    assert handlers.news("Mia", have)["thread"] is None
    desk.accept("c1", "Tom")
    news = handlers.news("Mia", have)["thread"]
    assert [line["text"] for line in news["lines"]] == ["Tom has joined."]
    assert (news["start"], news["status"], news["agent"]) == (2, "human", "Tom")


def test_a_conversation_that_is_gone(handlers: AgentHandlers) -> None:
    assert handlers.news("Mia", {"id": "nowhere"})["thread"] == {"id": "nowhere", "gone": True}


def test_cards_have_todays_prices(desk: FakeDesk, handlers: AgentHandlers) -> None:
    desk.add("c1", "boots?")
    desk.answer("c1", "These.", ("p2", "p99"))
    desk.catalogue["p2"] = Product("p2", EVIL, price=6500, stock=1)
    thread = handlers.news("Mia", {"id": "c1"})["thread"]
    cards = thread["lines"][-1]["cards"]
    assert "$65.00" in cards and "Only 1 left" in cards and cards.count('class="row"') == 1
    assert "<img src=x" not in cards and "&lt;img src=x" in cards
    assert "they saw $74.50" in thread["screen"] and "$130.00" in thread["screen"]  # two of it in the cart
    assert "no leather" in thread["screen"] and "hiking boots" in thread["screen"]


def test_a_product_that_left_the_shop(desk: FakeDesk, handlers: AgentHandlers) -> None:
    desk.add("c1", "boots?")
    del desk.catalogue["p1"]
    assert "no longer sold" in handlers.news("Mia", {"id": "c1"})["thread"]["screen"]


def test_brief_suggestion_and_canned_answers(desk: FakeDesk, handlers: AgentHandlers) -> None:
    desk.add("c1", EVIL, shopper="u1")
    brief = handlers.brief("Mia", {"id": "c1"})
    assert "Wants a refund" in brief["html"] and "Angry" in brief["html"] and "too heavy" in brief["html"]
    assert "<img" not in brief["html"]
    assert brief["canned"][0]["text"].startswith("Hello Ada, thank you")
    suggested = handlers.suggest("Mia", {"id": "c1"})
    assert suggested["text"].startswith("I am sorry")
    assert suggested["products"] == [{"id": "p1", "title": "Fellbrook Ridge Mid", "price": "$89.00"}]


def test_search(desk: FakeDesk, handlers: AgentHandlers) -> None:
    found = handlers.search("Mia", {"text": " glacier "})
    sizes = handlers.search("Mia", {"text": "ridge"})["html"]
    assert "<s>39" in sizes and "(sold out)" in sizes and "40" in sizes
    assert found["text"] == "glacier" and "Norrland Glacier" in found["html"] and 'data-action="attach"' in found["html"]
    assert "Nothing in the shop" in handlers.search("Mia", {"text": "zebra"})["html"]
    assert handlers.search("Mia", {"text": " "}) == {"text": "", "html": ""}


# ---- what it does ------------------------------------------------------------------------------------------------------


def test_two_accept_and_one_is_told_kindly(desk: FakeDesk, handlers: AgentHandlers) -> None:
    desk.add("c1", "hello")
    assert handlers.act("Tom", {"kind": "accept", "id": "c1"})["problem"] == ""
    answer = handlers.act("Mia", {"kind": "accept", "id": "c1"})
    assert answer["problem"] == "Tom has taken this one." and answer["thread"]["agent"] == "Tom"
    assert "don't have this" in handlers.say("Mia", {"id": "c1", "text": "hi"})["problem"]
    assert "no longer waits" in handlers.act("Mia", {"kind": "accept", "id": desk.add("c2", "x", reason=None).id})["problem"]
    assert "no longer kept" in handlers.act("Mia", {"kind": "accept", "id": "c9"})["problem"]


def test_say_once_however_often_it_is_sent(desk: FakeDesk, handlers: AgentHandlers) -> None:
    desk.add("c1", "hello")
    handlers.act("Mia", {"kind": "accept", "id": "c1"})
    said = {"id": "c1", "text": "Try these.", "products": ["p1", "p1", "p2"], "message": "m1"}
    assert handlers.say("Mia", said)["problem"] == ""
    handlers.say("Mia", said)
    agents = [message for message in desk.kept["c1"].messages if message.role == "agent"]
    assert [(each.text, each.product_ids, each.author) for each in agents] == [("Try these.", ("p1", "p2"), "Mia")]
    assert "could not be sent: text is empty" in handlers.say("Mia", {"id": "c1", "text": " "})["problem"]


@pytest.mark.parametrize(("kind", "status"), [("release", "bot"), ("resolve", "resolved"), ("transfer", "pending")])
def test_giving_away(desk: FakeDesk, handlers: AgentHandlers, kind: str, status: str) -> None:
    desk.add("c1", "hello")
    handlers.act("Mia", {"kind": "accept", "id": "c1"})
    assert handlers.act("Mia", {"kind": kind, "id": "c1"})["thread"]["status"] == status


def test_taking_one_that_does_not_wait(desk: FakeDesk, handlers: AgentHandlers) -> None:
    desk.add("c1", "hello", reason=None)
    assert handlers.act("Mia", {"kind": "take", "id": "c1"})["thread"]["agent"] == "Mia"


def test_being_away_holds_in_all_tabs_and_is_not_written_with_every_poll(desk: FakeDesk, handlers: AgentHandlers) -> None:
    handlers.news("Mia", {})
    handlers.news("Mia", {})
    assert desk.seen_times == [("Mia", START)]
    assert handlers.away("Mia", {"away": True})["away"] is True
    desk.clock += 20
    assert handlers.news("Mia", {})["away"] is True
    assert desk.seen_times[-1] == ("Mia", START + 20) and desk.away["Mia"] is True
    assert handlers.away("Mia", {"away": False})["away"] is False


@pytest.mark.parametrize(
    "data",
    [
        {"id": 1},
        {"id": "c1", "count": -1},
        {"id": "c1", "version": "2"},
        {"id": "c1", "count": True},
        {"id": "c1", "products": "p1"},
        {"id": "c1", "products": ["p"] * 9},
        {"id": "c1", "text": "x" * 5001},
        {"id": "c1", "kind": "delete"},
    ],
)
def test_what_the_script_never_sends(desk: FakeDesk, handlers: AgentHandlers, data: dict) -> None:
    desk.add("c1", "hello")
    with pytest.raises(BadCall):
        (handlers.act if "kind" in data else handlers.say)("Mia", data)


def test_every_reason_has_a_name(desk: FakeDesk) -> None:
    assert len(set(REASONS.values())) == 12
    empty = preview_of(desk.add("c1", reason=None), "Guest")
    assert (empty.text, empty.asked_at) == ("", None)
    assert preview_of(desk.add("c2", "x" * 500, reason=None), "Guest").text == "x" * 140
    assert Message("agent", "", "2026-01-01T00:00:00Z").product_ids == ()
