"""The agent console in Chromium, against a desk in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, Route, expect

from assistant.web.agent_login import AgentLogin
from assistant.web.agent_page import build_agent_page, mount_agent_page
from assistant.web.server import SafeHeaders, within_event_loop
from tests.browser.agents import KEYS, case, log_in
from tests.browser.serving import serving
from tests.fakes_agent_desk import FakeDesk

pytestmark = pytest.mark.browser

EVIL = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>${window.hacked=1}{{value}}\'"`'
OpenConsole = Callable[..., Page]


@contextmanager
def served(desk: FakeDesk, *, port: int = 0) -> Iterator[str]:
    def build() -> FastAPI:
        app = FastAPI(openapi_url=None)
        app.add_middleware(SafeHeaders)
        login = AgentLogin(KEYS, desk.now)
        return mount_agent_page(app, build_agent_page(desk, login), login, desk.name)

    with serving(within_event_loop(build), port) as url:
        yield url


@pytest.fixture(scope="module")
def shared_desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture(scope="module")
def address(shared_desk: FakeDesk) -> Iterator[str]:
    with served(shared_desk) as url:
        yield url


@pytest.fixture
def desk(shared_desk: FakeDesk) -> FakeDesk:
    """The desk of the server, as it was in the beginning, with two who wait."""
    shared_desk.__init__()
    shared_desk.add("c1", "where is my money", "THIS IS THE THIRD TIME. The boots leaked!", shopper="u1")
    shared_desk.clock += 60
    shared_desk.add("c2", "can I talk to someone please", reason="asked_for_human", shopper="guest-abcd")
    return shared_desk


@pytest.fixture
def open_console(browser: Browser, address: str) -> Iterator[OpenConsole]:
    contexts = []

    def open_as(name: str = "Mia", path: str = "/agent/", **size: int) -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 800} | size)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(address + path)
        log_in(page, KEYS[name])
        return page

    yield open_as
    for context in contexts:
        context.close()


def accepted(page: Page, conversation_id: str = "c1") -> None:
    case(page, conversation_id).locator("button").click()
    page.get_by_role("button", name=re.compile("^Accept")).click()
    expect(page.locator(".console")).to_have_attribute("data-state", "yours")


def said(desk: FakeDesk, conversation_id: str = "c1") -> list[str]:
    return [message.text for message in desk.kept[conversation_id].messages if message.role == "agent"]


def test_a_day_with_the_keyboard(open_console: OpenConsole, desk: FakeDesk) -> None:
    page = open_console()
    expect(page).to_have_title("(2) Agent desk – Shelfwise Outdoor")
    expect(page.get_by_role("region", name="Waiting 2").locator(".case-name")).to_have_text(["Ada Berg", "Guest abcd"])
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Berg")
    expect(page.locator("[data-brief]")).to_contain_text("Offer a replacement or the money back")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your reply")).to_be_focused()
    expect(page).to_have_title("(1) Agent desk – Shelfwise Outdoor")
    page.keyboard.type("I am sorry, Ada. j k / ?")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".line.agent .text")).to_have_text("I am sorry, Ada. j k / ?")
    expect(page.get_by_label("Your reply")).to_have_value("")
    page.keyboard.press("Escape")
    page.keyboard.press("j")  # after those that the agent has come those who wait
    expect(page.get_by_role("heading", level=1)).to_have_text("Guest abcd")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    assert said(desk) == ["I am sorry, Ada. j k / ?"]
    assert desk.kept["c2"].status == "pending"


def test_products_and_a_sentence_go_as_one_message(open_console: OpenConsole, desk: FakeDesk) -> None:
    page = open_console()
    accepted(page)
    page.get_by_label("Your reply").fill("These two are lighter.")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("norrland")
    page.get_by_role("button", name="Put into the reply: Norrland Moss Low").click()
    page.get_by_label("Search products").press("Enter")  # the first that was found
    expect(page.locator(".tray-title")).to_have_text(["Norrland Moss Low", "Norrland Trail Runner"])
    page.get_by_label("Search products").press("Enter")  # is in the reply already, and stays there
    again = page.get_by_role("button", name="Put into the reply: Norrland Moss Low")
    expect(again).to_have_text("Added")
    again.click()
    expect(page.locator(".tray-title")).to_have_text(["Norrland Trail Runner"])
    again.click()
    expect(page.locator(".tray-title")).to_have_text(["Norrland Trail Runner", "Norrland Moss Low"])
    page.get_by_label("Your reply").press("Control+Enter")
    expect(page.locator(".line.agent .row-title")).to_have_text(["Norrland Trail Runner", "Norrland Moss Low"])
    expect(page.locator(".tray-item")).to_have_count(0)
    message = desk.kept["c1"].messages[-1]
    assert (message.text, message.product_ids, message.author) == ("These two are lighter.", ("p2", "p6"), "Mia")


def test_suggested_and_canned_replies_may_be_edited(open_console: OpenConsole, desk: FakeDesk) -> None:
    page = open_console()
    accepted(page)
    expect(page.locator("[data-hint-text]")).to_contain_text("new pair? (+ 1 product)")
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.get_by_label("Your reply")).to_have_value(desk.suggested.text)
    expect(page.locator(".tray-title")).to_have_text(["Fellbrook Ridge Mid"])
    page.get_by_role("button", name="Take out of the reply: Fellbrook Ridge Mid").click()
    page.get_by_label("Your reply").fill("")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.keyboard.type("greet")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your reply")).to_have_value("Hello Ada, thank you for waiting. I have read what you wrote.")
    assert said(desk) == []


def test_news_come_by_themselves_and_move_nothing(open_console: OpenConsole, desk: FakeDesk) -> None:
    page = open_console()
    accepted(page)
    box = page.get_by_label("Your reply")
    box.fill("half a sentence")
    before = box.bounding_box()
    desk.hear("c1", "and one more thing")
    expect(page.locator(".line.shopper .text").last).to_have_text("and one more thing")
    desk.add("c3", "I was charged twice", reason="payment")
    expect(page).to_have_title("(2) Agent desk – Shelfwise Outdoor")
    assert box.bounding_box() == before
    expect(box).to_have_value("half a sentence")
    expect(box).to_be_focused()
    expect(page.get_by_role("log", name="Messages")).to_have_attribute("aria-live", "polite")


def test_scrolled_up_stays_where_it_is(open_console: OpenConsole, desk: FakeDesk) -> None:
    for number in range(40):
        desk.hear("c1", f"message {number}")
    page = open_console()
    accepted(page)
    scroll = page.locator("[data-scroll]")
    scroll.evaluate("(area) => { area.scrollTop = 0; }")
    page.wait_for_timeout(100)
    desk.hear("c1", "the newest")
    page.get_by_role("button", name="New messages").click()
    expect(page.get_by_text("the newest", exact=True).last).to_be_in_viewport()
    expect(page.get_by_role("button", name="New messages")).to_be_hidden()


def test_who_reads_at_the_end_stays_there(open_console: OpenConsole, desk: FakeDesk) -> None:
    for number in range(30):
        desk.hear("c1", f"message {number}, and some more words so that it takes two lines where the window is narrow")
    page = open_console(width=1440, height=900)
    accepted(page)
    page.get_by_label("Your reply").fill("one\n\ntwo")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".line.agent")).to_be_in_viewport(ratio=1)
    expect(page.locator("[data-hint]")).to_have_attribute("data-empty", "")  # what was suggested is answered
    page.set_viewport_size({"width": 900, "height": 900})
    expect(page.locator(".line.agent")).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 900, "height": 700})
    expect(page.locator(".line.agent")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="New messages")).to_be_hidden()


def test_unread_ones_are_marked(open_console: OpenConsole, desk: FakeDesk) -> None:
    page = open_console()
    accepted(page)
    accepted(page, "c2")
    desk.hear("c1", "hello?")
    expect(case(page, "c1")).to_have_attribute("data-unread", "")
    case(page, "c1").locator("button").click()
    expect(case(page, "c1")).not_to_have_attribute("data-unread", "")
    desk.hear("c1", "are you there?")
    expect(page.locator(".line.shopper .text").last).to_have_text("are you there?")
    case(page, "c2").locator("button").click()  # what was read while it was open is no news afterwards
    expect(page.get_by_role("heading", level=1)).to_have_text("Guest abcd")
    page.wait_for_timeout(2500)
    expect(case(page, "c1")).not_to_have_attribute("data-unread", "")


def test_the_slower_of_two_is_told_kindly(open_console: OpenConsole, desk: FakeDesk) -> None:
    page = open_console()
    case(page, "c1").locator("button").click()
    expect(page.locator(".line")).to_have_count(3)
    page.route("**/component_server/**", hold_news)  # so that the page does not know before it asks
    desk.accept("c1", "Tom")
    page.get_by_role("button", name=re.compile("^Accept")).click()
    expect(page.get_by_role("alert")).to_have_text("Tom has taken this one.")
    expect(page.locator(".console")).to_have_attribute("data-state", "others")
    expect(page.get_by_label("Your reply")).to_be_hidden()


def hold_news(route: Route) -> None:
    if route.request.post_data_json["fn_name"] == "news":
        route.abort()
    else:
        route.continue_()


def test_drafts_survive_everything(open_console: OpenConsole, desk: FakeDesk) -> None:
    page = open_console()
    accepted(page)
    accepted(page, "c2")
    page.get_by_label("Your reply").fill("for the guest")
    case(page, "c1").locator("button").click()
    expect(page.get_by_label("Your reply")).to_have_value("")
    page.get_by_label("Your reply").fill("for Ada")
    page.reload()
    page.wait_for_selector(".console[data-ready]")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Berg")  # the address names the conversation
    expect(page.get_by_label("Your reply")).to_have_value("for Ada")
    desk.transfer("c1", "Mia")
    expect(page.locator(".console")).to_have_attribute("data-state", "waiting")
    expect(case(page, "c1").locator(".case-draft")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Accept")).click()
    expect(page.get_by_label("Your reply")).to_have_value("for Ada")
    case(page, "c2").locator("button").click()
    expect(page.get_by_label("Your reply")).to_have_value("for the guest")


def test_a_lost_answer_doubles_nothing(open_console: OpenConsole, desk: FakeDesk) -> None:
    page = open_console()
    accepted(page)

    def lose(route: Route) -> None:
        if route.request.post_data_json["fn_name"] != "say":
            return route.continue_()
        route.fetch()
        route.abort()

    page.route("**/component_server/**", lose)
    page.get_by_label("Your reply").fill("only once")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("Not sent")
    expect(page.locator(".line.agent .text")).to_have_text("only once")  # the news show that it did arrive
    expect(page.get_by_label("Your reply")).to_have_value("")
    assert said(desk) == ["only once"]


def test_a_lost_server_loses_no_word(browser: Browser) -> None:
    desk = FakeDesk()
    desk.add("c1", "hello")
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(20_000)
    with served(desk) as url:
        page.goto(f"{url}/agent/")
        log_in(page, KEYS["Mia"])
        accepted(page)
    page.get_by_label("Your reply").fill("kept all the same")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("Your words are kept")
    expect(page.locator("[data-lost]")).to_be_visible()
    with served(desk, port=int(url.rsplit(":", 1)[1])):
        expect(page.locator("[data-lost]")).to_be_hidden(timeout=20_000)
        page.get_by_role("button", name=re.compile("^Send")).click()
        expect(page.locator(".line.agent .text")).to_have_text("kept all the same")
        assert said(desk) == ["kept all the same"]
        context.close()


def test_an_ended_session_leads_to_the_login_and_back(open_console: OpenConsole, desk: FakeDesk) -> None:
    page = open_console()
    accepted(page)
    page.get_by_label("Your reply").fill("not lost")
    page.context.clear_cookies()
    page.wait_for_url("**/agent/login#c1")
    log_in(page, KEYS["Mia"])
    expect(page.get_by_label("Your reply")).to_have_value("not lost")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/agent/login")
    page.go_back()
    expect(page.get_by_label("Your key")).to_be_visible()


def test_two_tabs_of_one_agent(open_console: OpenConsole, desk: FakeDesk) -> None:
    page = open_console()
    accepted(page)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(".console")).to_have_attribute("data-state", "yours")
    page.bring_to_front()
    page.get_by_role("switch", name="Taking conversations").click()
    page.get_by_label("Your reply").fill("from the first tab")
    page.keyboard.press("Control+Enter")
    other.bring_to_front()
    expect(other.locator(".line.agent .text")).to_have_text("from the first tab")
    expect(other.get_by_role("switch", name="Away")).to_have_attribute("aria-checked", "false")
    assert desk.is_away("Mia")


@pytest.mark.parametrize(
    ("button", "status"), [("Back to assistant", "bot"), ("Transfer", "pending"), ("Resolve", "resolved")]
)
def test_giving_away(open_console: OpenConsole, desk: FakeDesk, button: str, status: str) -> None:
    page = open_console()
    accepted(page)
    page.get_by_role("button", name=button).click()
    expect(page.get_by_label("Your reply")).to_be_hidden()
    assert desk.kept["c1"].status == status


def test_nothing_that_others_wrote_runs(open_console: OpenConsole, desk: FakeDesk) -> None:
    desk.add("c3", EVIL, reason="payment")
    desk.answer("c3", EVIL, ("p1",))
    page = open_console(path="/agent/#c3")
    expect(page.locator(".line.shopper .text")).to_have_text(EVIL)
    expect(case(page, "c3").locator(".case-text")).to_have_text(EVIL)
    accepted(page, "c3")
    page.get_by_label("Your reply").fill(EVIL)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".line.agent .text")).to_have_text(EVIL)
    assert page.evaluate("window.hacked") is None


def test_nothing_leaves_the_origin_and_unchanged_threads_are_not_sent(open_console: OpenConsole, desk: FakeDesk) -> None:
    page = open_console()
    accepted(page)
    page.wait_for_timeout(2500)
    asked, answers, refused = [], [], []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda response: answers.append(response) if "component_server" in response.url else None)
    page.wait_for_timeout(4500)
    origin = page.url.split("/agent")[0]
    assert asked and all(url.startswith(origin) for url in asked) and refused == []
    bodies = [json.loads(answer.text()) for answer in answers]
    assert len(bodies) in (2, 3) and all(body["queue"] is None and body["thread"] is None for body in bodies)


def test_narrow_has_the_side_as_a_drawer(open_console: OpenConsole, desk: FakeDesk) -> None:
    page = open_console(width=900, height=800)
    accepted(page)
    side = page.get_by_role("complementary", name="The shopper's screen and products")
    expect(side).to_be_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_label("Search products")).to_be_focused()
    page.keyboard.press("Escape")
    expect(side).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
