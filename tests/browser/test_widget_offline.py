"""The widget's panel where the shop can't be reached, has no room, or has forgotten: nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Response, Route, expect

from tests.browser.chromium import ARGUMENTS, AS_SHIPPED, chromium_path
from tests.browser.shopper_side import HOOK, ShopperSide, cut_off_after, is_turn_url
from tests.browser.widget_world import WidgetWorld, widget_world

pytestmark = pytest.mark.browser

BROWSER_ARGUMENTS = AS_SHIPPED
OFFLINE = "No connection right now. What you write is kept and sent as soon as it’s back."
API = "**/v1/**"
TWO = ("show me kettles", "show me tents")
OpenShop = Callable[..., ShopperSide]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WidgetWorld]:
    with widget_world(tmp_path_factory.mktemp("widget"), has_agents=False) as served:
        yield served


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context()
    made.set_default_timeout(5_000)
    yield made
    made.close()


def open_at(world: WidgetWorld, context: BrowserContext) -> ShopperSide:
    shopper = ShopperSide(context.new_page(), world)
    shopper.goto()
    shopper.open()
    return shopper


@pytest.fixture
def shopper(world: WidgetWorld, context: BrowserContext) -> ShopperSide:
    return open_at(world, context)


def lose(route: Route) -> None:
    route.abort("internetdisconnected")


def back_online(shopper: ShopperSide) -> None:
    """The network is there again, and the browser says so."""
    shopper.page.unroute(API)
    shopper.panel.locator("body").evaluate("() => dispatchEvent(new Event('online'))")


def waiting(shopper: ShopperSide) -> list[str]:
    return shopper.panel.locator(".waiting-to-send .text").all_inner_texts()


def answers(shopper: ShopperSide, count: int) -> None:
    """Waits until so many answers are there, and the panel rests."""
    expect(shopper.messages("assistant")).to_have_count(count)
    shopper.rests()
    shopper.assert_shown_as_saved()


def posted(shopper: ShopperSide) -> list[str]:
    """The texts that reach the shop from now on, in order."""
    texts: list[str] = []

    def note(answer: Response) -> None:
        if answer.request.method == "POST" and answer.url.endswith("/messages"):
            texts.append(answer.request.post_data_json["text"])

    shopper.page.on("response", note)
    return texts


def test_what_is_said_offline_is_sent_in_order_once_the_network_is_back(shopper: ShopperSide) -> None:
    shopper.ask("hello")
    shopper.page.route(API, lose)
    for text in TWO:
        shopper.write(text)
        expect(shopper.panel.locator(".waiting-to-send").last).to_contain_text(text)
    shopper.banner(OFFLINE)
    assert waiting(shopper) == list(TWO)
    sent = posted(shopper)
    back_online(shopper)
    answers(shopper, 3)
    shopper.banner("")
    assert sent == list(TWO)
    assert [text for role, text in shopper.saved() if role == "shopper"] == ["hello", *TWO]


def test_what_was_put_into_the_cart_offline_reaches_the_shops_own_once(world: WidgetWorld, context: BrowserContext) -> None:
    world.shop_page.script = HOOK
    shopper = open_at(world, context)
    world.shop_page.script = ""
    shopper.ask("show me kettles")
    shopper.page.route(API, lambda route: lose(route) if is_turn_url(route.request.url) else route.continue_())
    shopper.press("Add to cart: Steel Kettle")
    shopper.banner(OFFLINE)
    with shopper.page.expect_response(lambda answer: answer.url.endswith("/stream")):
        shopper.close()
        shopper.open()
    expect(shopper.body).to_have_attribute("data-status", "bot")
    assert shopper.told("addtocart") == []
    back_online(shopper)
    shopper.waits_told("addtocart", [["kettle-1", "", 1, 39]])
    expect(shopper.messages("assistant")).to_have_count(2)
    shopper.rests()
    shopper.waits_told("addtocart", [["kettle-1", "", 1, 39]])


def test_the_first_word_waits_for_the_network_too_and_survives_a_reload(shopper: ShopperSide) -> None:
    shopper.page.route(API, lose)
    for text in TWO:
        shopper.write(text)
    expect(shopper.panel.locator(".waiting-to-send")).to_have_count(2)
    shopper.goto("/other")
    expect(shopper.panel.locator(".waiting-to-send")).to_have_count(2)
    back_online(shopper)
    answers(shopper, 2)
    shopper.banner("")
    expect(shopper.cards()).to_have_count(4)


def test_an_answer_that_was_cut_off_is_completed_by_the_stream(shopper: ShopperSide) -> None:
    sent = posted(shopper)
    shopper.page.route(is_turn_url, lambda route: cut_off_after(route, "text"))
    shopper.write("show me kettles")
    answers(shopper, 1)
    expect(shopper.cards()).to_have_count(3)
    expect(shopper.panel.locator(".message.shopper")).to_have_count(1)
    assert sent == ["show me kettles"]


def test_an_answer_that_was_lost_before_its_first_word_comes_after_all(shopper: ShopperSide) -> None:
    lost = []

    def lose_first(route: Route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.fetch())  # the shop has heard it, but nothing comes back
        return lose(route)

    shopper.page.route(is_turn_url, lose_first)
    shopper.write("show me kettles")
    answers(shopper, 1)
    assert [role for role, _ in shopper.saved()] == ["shopper", "assistant"]


def test_who_comes_back_after_the_answer_was_lost_finds_it(shopper: ShopperSide) -> None:
    shopper.ask("hello")
    shopper.page.route(
        API, lambda route: cut_off_after(route, "products") if is_turn_url(route.request.url) else lose(route)
    )
    with shopper.page.expect_response(lambda answer: is_turn_url(answer.url)):
        shopper.write("show me kettles")
    shopper.page.unroute(API)
    shopper.goto("/other")
    answers(shopper, 2)
    expect(shopper.cards()).to_have_count(3)


def test_a_server_that_starts_again_is_waited_for(tmp_path: Path, context: BrowserContext) -> None:
    with widget_world(tmp_path, has_agents=False) as world:
        shopper = open_at(world, context)
        shopper.ask("show me kettles")
        port = int(world.assistant_url.rpartition(":")[2])
        page_port = int(world.page_url.rpartition(":")[2])
    shopper.write("show me tents")
    shopper.banner(OFFLINE)
    with widget_world(tmp_path, port=port, page_port=page_port, has_agents=False) as world:
        shopper.world = world
        shopper.panel.locator("body").evaluate("() => dispatchEvent(new Event('online'))")
        answers(shopper, 2)
        shopper.banner("")


def test_a_conversation_that_the_shop_has_forgotten_begins_anew(world: WidgetWorld, shopper: ShopperSide) -> None:
    shopper.ask("show me kettles")
    before = shopper.conversation()
    forget(shopper)
    shopper.write("show me tents")
    expect(shopper.messages("assistant").last).to_contain_text("Trail Tent")
    expect(shopper.messages("notice")).to_have_text("The earlier conversation has ended, so this is a new one.")
    expect(shopper.messages("shopper")).to_have_count(1)
    assert shopper.conversation() != before
    assert [role for role, _ in shopper.saved()] == ["shopper", "assistant"]
    forget(shopper)
    shopper.goto("/other")
    expect(shopper.panel.get_by_role("button", name="A kettle")).to_be_visible()
    assert shopper.kept() == {}


def forget(shopper: ShopperSide) -> None:
    """The shop knows the token no longer."""
    refusal = {"status": 401, "code": "unauthorized", "detail": "", "title": "Unauthorized", "type": "about:blank"}
    path = f"**/v1/conversations/{shopper.conversation()}**"
    shopper.page.route(path, lambda route: route.fulfill(status=401, json=refusal))
    shopper.page.route(f"{path}/*", lambda route: route.fulfill(status=401, json=refusal))


@pytest.mark.parametrize("status", [429, 503])
def test_a_shop_that_has_no_room_is_waited_for(shopper: ShopperSide, status: int) -> None:
    refused = []

    def refuse_first(route: Route) -> None:
        if refused:
            return route.continue_()
        refused.append(route)
        return route.fulfill(status=status, headers={"Retry-After": "1"}, json={"code": "busy"})

    shopper.page.route(is_turn_url, refuse_first)
    shopper.write("show me kettles")
    shopper.banner("Many people are asking right now. Yours is sent in 1 second.")
    answers(shopper, 1)
    shopper.banner("")


def test_what_went_wrong_is_tried_again_under_the_same_id(shopper: ShopperSide) -> None:
    ids = []

    def fail_first(route: Route) -> None:
        ids.append(route.request.post_data_json["message_id"])
        if len(ids) > 1:
            return route.continue_()
        return route.fulfill(status=500, json={"code": "internal"})

    shopper.page.route(is_turn_url, fail_first)
    shopper.write("show me kettles")
    alert = shopper.panel.get_by_role("alert")
    expect(alert).to_contain_text("Something went wrong on our side. Nothing of yours is lost.")
    alert.get_by_role("button", name="Try again").click()
    answers(shopper, 1)
    expect(alert).to_have_count(0)
    assert len(set(ids)) == 1 and len(ids) == 2


def test_what_a_closed_tab_left_unsent_is_sent_by_the_next(world: WidgetWorld, context: BrowserContext) -> None:
    first = open_at(world, context)
    first.ask("hello")
    first.page.route(API, lose)
    first.write("show me kettles")
    expect(first.panel.locator(".waiting-to-send")).to_have_count(1)
    conversation = first.conversation()
    age = """() => { for (const [key, value] of Object.entries(localStorage)) {
      const old = () => JSON.stringify({ ...JSON.parse(value), touched: Date.now() - 200_000 });
      if (key.includes(' tab ')) localStorage.setItem(key, old());
    } }"""
    first.panel.locator("body").evaluate(age)
    first.page.close()
    second = open_at(world, context)
    answers(second, 2)
    assert second.conversation() == conversation


def test_a_panel_that_nobody_looks_at_holds_no_stream(world: WidgetWorld, shopper: ShopperSide) -> None:
    shopper.ask("show me kettles")
    streams(world, shopper, 1)
    shopper.close()
    streams(world, shopper, 0)
    shopper.open()
    streams(world, shopper, 1)


def streams(world: WidgetWorld, shopper: ShopperSide, count: int) -> None:
    """Waits until so many streams are open."""
    for _ in range(100):
        if len(world.api.served.streams) == count:
            return
        shopper.page.wait_for_timeout(50)
    assert len(world.api.served.streams) == count


def test_where_storage_is_blocked_the_panel_remembers_until_the_page_goes(world: WidgetWorld, browser: Browser) -> None:
    # With Playwright's own choice of features a frame of another site has no storage here.
    chromium = browser.browser_type.launch(executable_path=chromium_path(), args=list(ARGUMENTS))
    try:
        shopper = open_at(world, chromium.new_context())
        for text in TWO:
            shopper.ask(text)
        shopper.close()
        shopper.open()
        expect(shopper.messages("assistant")).to_have_count(2)
        expect(shopper.cards()).to_have_count(4)
    finally:
        chromium.close()
