"""The widget's panel in Chromium on a page of the shop, against the real API over a small shop and a real desk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Route, expect

from assistant.identity import signed
from tests.browser.agents import KEYS, AgentSide, log_in
from tests.browser.chromium import AS_SHIPPED
from tests.browser.shopper_side import HOOK, ShopperSide, cut_off_after, is_turn, is_turn_url
from tests.browser.test_two_browsers import SlowChatModel
from tests.browser.widget_world import ShopPage, WidgetWorld, widget_world
from tests.fakes import small_shop
from tests.fakes_api import SECRET

pytestmark = pytest.mark.browser

BROWSER_ARGUMENTS = AS_SHIPPED
API = "**/v1/**"
ASK = "waterproof hiking boots under $120"
SLOW = "[A] grips on wet rock. [B] is lighter. [C] keeps warm."
OpenShop = Callable[..., ShopperSide]
OpenDesk = Callable[[], AgentSide]
NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WidgetWorld]:
    with widget_world(tmp_path_factory.mktemp("widget")) as world:
        yield world


@pytest.fixture
def world(served: WidgetWorld) -> Iterator[WidgetWorld]:
    """The shop's page as it is without settings, before each test and after it."""
    yield served
    served.shop_page.attributes.clear()
    served.shop_page.script = ShopPage().script


@pytest.fixture
def new_context(browser: Browser) -> Iterator[NewContext]:
    """A browser context of its own: another browser, as far as the pages can tell."""
    contexts = []

    def make(**more: object) -> BrowserContext:
        contexts.append(browser.new_context(**more))
        contexts[-1].set_default_timeout(5_000)
        return contexts[-1]

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def open_shop(new_context: NewContext, world: WidgetWorld) -> OpenShop:
    """A shopper on the shop's page with the panel open; in a context of their own unless one is given."""

    def open_at(path: str = "/", context: BrowserContext | None = None) -> ShopperSide:
        shopper = ShopperSide((context or new_context()).new_page(), world)
        shopper.goto(path)
        shopper.open()
        return shopper

    return open_at


@pytest.fixture
def open_desk(new_context: NewContext, world: WidgetWorld) -> OpenDesk:
    """Mia, logged in at the console of the shop."""

    def open_at() -> AgentSide:
        page = new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.goto(f"{world.assistant_url}/agent/login")
        log_in(page, KEYS["Mia"])
        return AgentSide(page, "Mia")

    return open_at


def test_a_question_is_answered_with_cards_need_and_replies(open_shop: OpenShop) -> None:
    shopper = open_shop()
    expect(shopper.panel.get_by_role("button", name="A kettle")).to_be_visible()  # something to begin with
    shopper.ask(ASK)
    expect(shopper.cards()).to_have_count(7)
    expect(shopper.messages("assistant")).to_have_attribute("aria-busy", "false")
    expect(shopper.panel.locator(".dots")).to_have_count(0)
    expect(shopper.panel.locator("[data-need]")).to_contain_text("under $120")
    expect(shopper.panel.locator("[data-suggestions] button").first).to_be_visible()
    shopper.assert_shown_as_saved()
    assert [each["role"] for each in shopper.told("message")] == ["shopper", "assistant"]
    assert [len(each["products"]) for each in shopper.told("products")] == [7]
    assert shopper.told("violation") == []


def test_cards_come_before_prose_and_a_stopped_answer_stays_as_it_is(tmp_path: Path, new_context: NewContext) -> None:
    model = SlowChatModel(SLOW, pieces=30)
    with widget_world(tmp_path, shop=small_shop(tmp_path, model=model)) as world:
        shopper = ShopperSide(new_context().new_page(), world)
        shopper.goto()
        shopper.open()
        shopper.write(ASK)
        expect(shopper.cards()).to_have_count(7)
        answer = shopper.messages("assistant")
        expect(answer).to_have_attribute("aria-busy", "true")
        expect(answer.locator(".text")).not_to_be_empty()
        so_far = answer.locator(".text").inner_text()
        shopper.press("Stop the answer")
        shopper.rests()
        model.go_on.set()
        expect(shopper.panel.locator(".message:not([data-saved])")).to_have_count(0)
        assert answer.locator(".text").inner_text() == so_far
        assert answer.get_attribute("aria-busy") == "false"


def test_a_reload_and_another_page_show_all_of_it(open_shop: OpenShop) -> None:
    shopper = open_shop()
    shopper.ask(ASK)
    shopper.ask("add the second one to my cart")
    shopper.box.fill("and then I")
    for path in ("/", "/other"):
        shopper.goto(path)
        expect(shopper.cards()).to_have_count(7)
        shopper.assert_shown_as_saved()
        expect(shopper.panel.locator("[data-need]")).to_contain_text("under $120")
        expect(shopper.panel.locator("[data-cart-count]")).to_contain_text("1")
        expect(shopper.box).to_have_value("and then I")
        assert shopper.told("message") == []  # nothing of it is news


def test_tabs_of_the_shop_share_the_conversation(open_shop: OpenShop, new_context: NewContext) -> None:
    context = new_context()
    first = open_shop(context=context)
    first.ask("show me kettles")
    second = open_shop(context=context)
    expect(second.cards()).to_have_count(3)
    second.ask("show me tents")
    first.page.bring_to_front()
    expect(first.messages("shopper")).to_have_count(2)
    expect(first.cards()).to_have_count(4)  # the kettles, and below them the tent
    for tab in (first, second):
        tab.assert_shown_as_saved()
    second.press("New conversation")
    expect(second.panel.locator(".message")).to_have_count(0)
    second.ask("show me headphones")
    expect(first.messages("shopper")).to_have_text(re.compile("headphones"))
    first.assert_shown_as_saved()


def test_a_conversation_that_another_tab_began_in_this_moment_is_joined(
    open_shop: OpenShop, new_context: NewContext
) -> None:
    context = new_context()
    first, second = open_shop(context=context), open_shop(context=context)
    unheard = "() => addEventListener('storage', (event) => event.stopImmediatePropagation(), true)"
    first.panel.locator("body").evaluate(unheard)
    second.ask("show me kettles")
    first.ask("show me tents")
    expect(first.messages("shopper")).to_have_text([re.compile("kettles"), re.compile("tents")])
    first.assert_shown_as_saved()
    assert first.conversation() == second.conversation()


def test_who_begins_anew_while_the_old_one_is_loading_does_not_get_it_back(open_shop: OpenShop) -> None:
    shopper = open_shop()
    shopper.ask("show me kettles")
    held: list[Route] = []
    shopper.page.route(f"**/v1/conversations/{shopper.conversation()}", lambda route: held.append(route))
    shopper.goto("/other")
    expect(shopper.body).to_have_attribute("data-phase", "restoring")
    shopper.press("New conversation")
    with shopper.page.expect_response(held[0].request.url):
        held[0].continue_()
    shopper.ask("show me tents")
    expect(shopper.messages("shopper")).to_have_text(re.compile("tents"))
    shopper.assert_shown_as_saved()


def test_the_colours_that_the_page_has_in_the_dark_come_with_the_dark(open_shop: OpenShop) -> None:
    shopper = open_shop()
    shopper.page.evaluate(
        """() => { const sheet = new CSSStyleSheet();
        sheet.replaceSync('@media (prefers-color-scheme: dark) { :root { --shelfwise-accent: #ff8800 } }');
        document.adoptedStyleSheets = [sheet]; }"""
    )
    shopper.page.emulate_media(color_scheme="dark")
    expect(shopper.panel.locator("html")).to_have_attribute("style", re.compile("--accent: #ff8800"))
    expect(shopper.panel.locator("html")).to_have_attribute("data-scheme", "dark")


def test_what_the_page_sends_is_cut_to_what_fits(open_shop: OpenShop) -> None:
    shopper = open_shop()
    with shopper.page.expect_request(is_turn) as asked:
        shopper.page.evaluate(
            "() => { ['', '  ', 'kettle ' + '😀'.repeat(1e5)].forEach(Shelfwise.send); Shelfwise.send(); }"
        )
    assert asked.value.post_data_json["text"] == "kettle " + "😀" * 2496 + "\ufffd"
    shopper.rests()
    expect(shopper.messages("shopper")).to_have_count(1)


def test_a_person_is_asked_for_joins_writes_while_the_panel_is_closed_and_leaves(
    open_shop: OpenShop, open_desk: OpenDesk
) -> None:
    shopper, mia = open_shop(), open_desk()
    shopper.press("Talk to a person")
    shopper.banner("You’re waiting for a person from the shop.")
    shopper.press("Stop waiting")
    shopper.banner("")
    shopper.press("Talk to a person")
    shopper.ask("show me kettles")
    expect(shopper.cards()).to_have_count(3)  # the assistant still answers
    mia.accept(shopper.conversation())
    shopper.banner("You’re talking with Mia.")
    expect(shopper.box).to_have_attribute("placeholder", "Write to Mia")
    answers = shopper.messages("assistant").count()
    shopper.ask("Is the steel one loud?")
    expect(shopper.panel.locator(".dots")).to_have_count(0)
    shopper.close()
    mia.say("It hums a little.")
    mia.say("The glass one is quieter:", ["Glass Kettle"])
    expect(shopper.launcher).to_have_attribute("aria-label", re.compile("2$"))
    shopper.launcher.click()
    expect(shopper.messages("agent")).to_have_count(2)
    expect(shopper.messages("agent").first.locator(".speaker")).to_contain_text("Mia")
    expect(shopper.panel.get_by_text("Glass Kettle").last).to_be_visible()
    expect(shopper.messages("assistant")).to_have_count(answers)
    mia.resolve()
    shopper.banner("This is settled. If anything is left, just write.")
    shopper.ask("show me tents")
    shopper.banner("")
    expect(shopper.messages("assistant")).to_have_count(answers + 1)
    shopper.assert_shown_as_saved()
    states = [each["status"] for each in shopper.told("handoff")]
    assert states == ["pending", "bot", "pending", "human", "resolved", "bot"]
    shopper.close()
    expect(shopper.launcher).not_to_have_attribute("aria-label", re.compile(r"\d"))  # all is read


def test_what_is_to_be_chosen_yet_is_told_once_it_is_chosen(world: WidgetWorld, open_shop: OpenShop) -> None:
    world.shop_page.script = HOOK
    shopper = open_shop()
    shopper.ask("waterproof hiking boots under $120")
    shopper.ask("add the ridge mid boots to my cart")
    expect(shopper.panel.locator("[data-cart-count]")).to_contain_text("1")
    shopper.rests()
    assert shopper.told("addtocart") == []
    expect(shopper.panel.locator(".line .soft")).to_have_text("Still to be chosen: tell the assistant which")
    shopper.ask("size 9")
    expect(shopper.panel.locator(".line .soft")).to_have_text("9")
    shopper.waits_told("addtocart", [["boot-1", "boot-1-9", 1, 99]])
    assert shopper.told("removefromcart") == []


def test_what_comes_into_the_cart_is_told_to_the_shop(world: WidgetWorld, open_shop: OpenShop) -> None:
    world.shop_page.script = HOOK
    shopper = open_shop()
    shopper.ask("show me kettles")
    shopper.press("Add to cart: Steel Kettle")
    steel = ["kettle-1", "", 1, 39]
    shopper.waits_told("addtocart", [steel])
    shopper.rests()
    shopper.ask("add two of the glass kettle")
    glass = shopper.told("addtocart")[1:]
    assert glass == [["kettle-2", "", glass[0][2], 29]]
    shopper.panel.locator("[data-action=cart]").click()
    shopper.panel.get_by_role("button", name="Remove Steel Kettle").click()
    shopper.waits_told("removefromcart", [steel])
    shopper.goto("/other")
    expect(shopper.cards()).to_have_count(3)
    shopper.ask("show me tents")
    assert shopper.told("addtocart", "removefromcart") == []


def test_what_the_shop_refuses_is_told_in_its_own_words(world: WidgetWorld, open_shop: OpenShop) -> None:
    world.shop_page.script = HOOK + "window.refusal = 'Only three of these to a customer.';"
    shopper = open_shop()
    shopper.ask("show me kettles")
    shopper.press("Add to cart: Steel Kettle")
    alert = shopper.panel.get_by_role("alert")
    expect(alert).to_contain_text("Only three of these to a customer.")
    shopper.page.evaluate("delete window.refusal")
    alert.get_by_role("button", name="Try again").click()
    shopper.waits_told("addtocart", [["kettle-1", "", 1, 39]] * 2)
    expect(alert).to_have_count(0)


def test_a_turn_that_a_reload_cut_off_is_told_to_the_shop_once(world: WidgetWorld, open_shop: OpenShop) -> None:
    world.shop_page.script = HOOK
    shopper = open_shop()
    shopper.ask("show me kettles")
    shopper.page.route(API, lambda route: cut_off_after(route, "text") if is_turn_url(route.request.url) else route.abort())
    with shopper.page.expect_response(lambda answer: is_turn(answer.request)):
        shopper.press("Add to cart: Steel Kettle")
    assert shopper.told("addtocart") == []
    shopper.page.unroute(API)
    shopper.goto("/other")
    shopper.waits_told("addtocart", [["kettle-1", "", 1, 39]])
    shopper.rests()
    assert [role for role, _ in shopper.thread()] == [role for role, _ in shopper.saved()]
    shopper.goto("/third")
    expect(shopper.panel.locator("[data-cart-count]")).to_contain_text("1")
    shopper.ask("show me tents")
    assert shopper.told("addtocart") == []


def test_the_product_on_the_page_is_this_one(world: WidgetWorld, open_shop: OpenShop) -> None:
    world.shop_page.attributes["data-product"] = "boot-3"
    shopper = open_shop()
    shopper.ask("How much is this one?")
    expect(shopper.messages("assistant").last).to_contain_text("74")
    world.shop_page.attributes["data-product"] = "kettle-2"
    shopper.goto("/other")
    expect(shopper.messages("assistant")).to_have_count(1)
    with shopper.page.expect_request(is_turn) as asked:
        shopper.ask("How much is this one?")
    assert asked.value.post_data_json["page"]["product_id"] == "kettle-2"
    with shopper.page.expect_request(is_turn) as asked:
        shopper.ask("Is it in stock?")
    assert "page" not in asked.value.post_data_json  # the shop knows by now


def test_a_wish_is_taken_away(open_shop: OpenShop) -> None:
    shopper = open_shop()
    shopper.ask(ASK)
    shopper.panel.get_by_role("button", name="Take away: under $120").click()
    expect(shopper.panel.locator("[data-need]")).not_to_contain_text("under $120")
    shopper.rests()
    shopper.panel.locator("[data-unsaved]").first.wait_for(state="detached")
    assert [role for role, _ in shopper.thread()] == [role for role, _ in shopper.saved()]


def test_feedback_stays_after_a_reload_and_can_be_taken_back(open_shop: OpenShop) -> None:
    shopper = open_shop()
    shopper.ask("show me kettles")
    not_helpful = shopper.panel.get_by_role("button", name="Not helpful")
    with shopper.page.expect_response("**/feedback"):
        not_helpful.click()
    expect(not_helpful).to_have_attribute("aria-pressed", "true")
    shopper.goto("/other")
    expect(not_helpful).to_have_attribute("aria-pressed", "true")
    with shopper.page.expect_response("**/feedback/*"):
        not_helpful.click()
    shopper.goto()
    expect(not_helpful).to_have_attribute("aria-pressed", "false")


def test_details_that_are_opened_are_a_click_of_the_shopper(world: WidgetWorld, open_shop: OpenShop) -> None:
    shopper = open_shop()
    shopper.ask("show me kettles")
    with shopper.page.expect_response(lambda answer: is_turn(answer.request)) as seen:
        shopper.panel.get_by_role("button", name="Glass Kettle", exact=True).click()
    seen.value.finished()
    shopper_id = world.shop.conversation(shopper.conversation()).shopper_id
    clicked = [event.product_id for event in world.shop.services.events.history(shopper_id) if event.type == "click"]
    assert clicked == ["kettle-2"]
    expect(shopper.panel.get_by_role("dialog")).to_be_visible()
    shopper.page.keyboard.press("Escape")  # the dialog first
    expect(shopper.panel.get_by_role("dialog")).to_be_hidden()
    shopper.page.keyboard.press("Escape")
    expect(shopper.page.locator("iframe")).to_be_hidden()


def test_enter_sends_and_begins_a_line_and_picks_a_word_of_an_input_method(open_shop: OpenShop) -> None:
    shopper = open_shop()
    shopper.box.fill("kettles")
    shopper.box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True, "cancelable": True})
    shopper.box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True, "cancelable": True})
    shopper.box.press("Shift+Enter")
    expect(shopper.box).to_have_value("kettles\n")
    expect(shopper.messages("shopper")).to_have_count(0)
    shopper.box.press("Enter")
    expect(shopper.messages("shopper")).to_have_text(re.compile("kettles$"))
    expect(shopper.box).to_have_value("")


def test_a_panel_that_was_loaded_closed_opens_with_a_whole_message_box(open_shop: OpenShop) -> None:
    shopper = open_shop()
    height = shopper.box.evaluate("(box) => box.offsetHeight")
    shopper.close()
    shopper.goto("/kettle-2")  # who has used it before gets it loaded, out of sight
    expect(shopper.body).to_have_count(1)
    shopper.launcher.click()
    expect(shopper.box).to_be_focused()
    expect(shopper.box).to_have_css("height", f"{height}px")
    shopper.box.fill("one\ntwo\nthree")
    shopper.close()
    shopper.goto("/")
    expect(shopper.body).to_have_count(1)
    shopper.launcher.click()
    expect(shopper.box).to_have_css("height", f"{height + 48}px")  # three lines of a draft


def test_who_asks_for_a_person_sees_what_comes_of_it(open_shop: OpenShop) -> None:
    shopper = open_shop()
    shopper.ask(ASK)
    shopper.press("Talk to a person")
    expect(shopper.messages("notice")).to_be_in_viewport(ratio=0.9)
    shopper.page.set_viewport_size({"width": 1280, "height": 700})  # the view is of another size: nothing jumps back
    expect(shopper.messages("notice")).to_be_in_viewport(ratio=0.5)


def test_only_the_shops_page_is_heard(open_shop: OpenShop) -> None:
    shopper = open_shop()
    say, page = {"shelfwise": 1, "type": "say", "text": "forged"}, shopper.world.page_url
    forged = "([data, origin, isParents]) => dispatchEvent(new MessageEvent('message', " + (
        "{ data, origin, source: isParents ? parent : window }))"
    )
    for message in ([say, "https://evil.example", True], [say, page, False], [{**say, "shelfwise": 2}, page, True]):
        shopper.panel.locator("body").evaluate(f"(body, told) => ({forged})(told)", message)
    shopper.page.evaluate("window.Shelfwise.send('show me kettles')")
    expect(shopper.messages("shopper")).to_have_text(re.compile("show me kettles"))


def test_a_signed_in_shopper_is_known_and_a_forged_one_is_a_guest(world: WidgetWorld, open_shop: OpenShop) -> None:
    world.shop_page.attributes |= {"data-shopper": "mia", "data-hash": signed(SECRET, "mia")}
    shopper = open_shop()
    shopper.ask("show me kettles")
    assert world.shop.conversation(shopper.conversation()).shopper_id == "mia"
    world.shop_page.attributes["data-hash"] = "0" * 64
    forged = open_shop(context=shopper.page.context)
    warned = []
    forged.page.on("console", lambda message: warned.append(message.type))
    expect(forged.messages("shopper")).to_have_count(0)  # nor are they shown what mia said in this browser
    forged.ask("show me tents")
    conversation = forged.panel.locator("body").evaluate(
        "() => JSON.parse(Object.entries(localStorage).find(([key]) => key.includes('0000') && !key.includes(' tab '))[1])"
    )["conversation"]
    assert world.shop.conversation(conversation).shopper_id != "mia"
    assert "warning" in warned


def test_who_reads_further_up_is_told_until_they_have_read_it(open_shop: OpenShop, open_desk: OpenDesk) -> None:
    shopper, mia = open_shop(), open_desk()
    shopper.ask(ASK)
    shopper.press("Talk to a person")
    mia.accept(shopper.conversation())
    shopper.banner("You’re talking with Mia.")
    feed = shopper.panel.locator("[data-feed]")
    feed.evaluate("feed => feed.scrollTo(0, 0)")
    mia.say("This takes a while to tell. " * 40)
    newer = shopper.panel.locator("[data-newer]")
    expect(newer).to_be_visible()
    assert feed.evaluate("feed => feed.scrollTop") == 0
    newer.click()
    expect(newer).to_be_hidden()


def test_text_never_becomes_markup(open_shop: OpenShop) -> None:
    shopper = open_shop()
    evil = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
    shopper.ask(evil)
    expect(shopper.messages("shopper").locator(".text")).to_have_text(evil)
    assert shopper.panel.locator("body").evaluate("() => window.hacked") is None
