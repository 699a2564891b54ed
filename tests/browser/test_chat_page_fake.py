"""The chat page in Chromium, against the scripted shop."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.identity import is_signed, signed
from assistant.types import Message
from assistant.web.server import build_app
from tests.browser.serving import serving
from tests.fakes_shop import CATALOGUE, NOW, FakeShop

pytestmark = pytest.mark.browser
SECRET = "the shop's own"

DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9" fill="teal"/></svg>'
EVIL = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>${window.hacked=1}{{value}}\'"`'
ASK = "waterproof hiking boots under $120, nothing leather"

OpenPage = Callable[..., Page]


def served(shop: FakeShop, images: Path, *, port: int = 0, **limits: int) -> AbstractContextManager[str]:
    vouched = partial(is_signed, SECRET)
    app = build_app(
        shop, cards_of=shop.cards_of, images=images, ready=dict, examples=(ASK, "hello"), vouched=vouched, **limits
    )
    return serving(app, port, shop.let_go.set)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    for product in CATALOGUE:
        (folder / f"{product.id}.svg").write_text(DRAWING)
    return folder


@pytest.fixture(scope="module")
def shop() -> FakeShop:
    evil = replace(CATALOGUE[1], title=EVIL, brand=EVIL, description=EVIL, image_url="javascript:window.hacked=1")
    return FakeShop((CATALOGUE[0], evil, *CATALOGUE[2:]), delay=0.005)


@pytest.fixture(scope="module")
def address(shop: FakeShop, images: Path) -> Iterator[str]:
    with served(shop, images) as url:
        yield url


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[OpenPage]:
    contexts = []

    def open_at(width: int = 1280, height: int = 800) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto(address)
        page.wait_for_selector(".shop[data-ready]")
        return page

    yield open_at
    for context in contexts:
        context.close()


def ask(page: Page, text: str, *, wait: bool = True) -> None:
    page.fill("textarea", text)
    page.keyboard.press("Enter")
    if wait:
        idle(page)


def idle(page: Page) -> None:
    page.wait_for_selector(".shop:not([data-phase=busy])")


def test_ask_cards_cart(open_page: OpenPage, shop: FakeShop) -> None:
    page = open_page()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome to Shelfwise Outdoor.")
    page.get_by_role("button", name=ASK).click()
    expect(page.locator(".card")).to_have_count(8)
    expect(page.locator(".card .position").first).to_contain_text("1")
    expect(page.locator(".message.assistant .text")).to_contain_text("keep the water out")
    expect(page.locator(".suggestion")).to_have_count(3)
    page.get_by_role("button", name="Add to cart: Fellbrook Ridge Mid").click()
    expect(page.locator("[data-cart-count]")).to_have_text("1")
    assert shop.pressed[-1].product_id == "p1"
    assert shop.pressed[-1].variant_id == "p1-40"  # 39 is sold out
    page.get_by_role("button", name="Cart, 1 item").click()
    drawer = page.get_by_role("dialog", name="Your cart")
    expect(drawer.locator(".cart-total strong")).to_have_text("$89.00")
    drawer.get_by_role("button", name="Remove Fellbrook Ridge Mid").click()
    expect(drawer).to_contain_text("Your cart is empty.")
    expect(page.locator("[data-cart-count]")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    assert page.evaluate("document.activeElement.dataset.key") == "bar:cart"


def test_chips_take_wishes_away(open_page: OpenPage, shop: FakeShop) -> None:
    page = open_page()
    ask(page, ASK)
    page.get_by_role("button", name="Take away: no leather").click()
    expect(page.locator(".need .chip")).to_have_text([re.compile("waterproof"), re.compile("under \\$120")])
    button = shop.pressed[-1]
    assert (button.kind, button.slot, button.value) == ("drop_need", "exclude", "leather")


def test_reload_keeps_the_thread_and_other_tabs_have_their_own(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, ASK)
    ask(page, "the second one, add it to my cart")
    page.reload()
    expect(page.locator(".message.shopper")).to_have_count(2)
    expect(page.locator(".card")).to_have_count(8)
    expect(page.locator("[data-cart-count]")).to_have_text("1")
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector(".shop[data-ready]")
    expect(other.locator(".message")).to_have_count(0)
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".welcome")).to_be_visible()
    page.reload()
    page.wait_for_selector(".shop[data-ready]")
    expect(page.locator(".message")).to_have_count(0)


def test_nothing_written_by_others_runs(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, EVIL)
    ask(page, ASK)
    ask(page, "the second one, add it to my cart")
    page.locator(".card-title").nth(1).click()
    expect(page.locator("[data-details] h2")).to_have_text(EVIL)
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator(".message.shopper .text").first).to_have_text(EVIL)
    page.wait_for_timeout(200)
    assert page.evaluate("window.hacked") is None
    assert page.locator(".card img[src^=javascript]").count() == 0


def test_keyboard(open_page: OpenPage, shop: FakeShop) -> None:
    page = open_page()
    page.focus("textarea")
    page.keyboard.type("hello")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("there")
    page.keyboard.press("Enter")
    idle(page)
    assert shop.said[-1] == "hello\nthere"
    ask(page, ASK)
    page.locator(".card-title").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Fellbrook Ridge Mid")).to_be_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.key") == "card:title:p1"
    page.wait_for_timeout(200)
    assert (shop.pressed[-1].kind, shop.pressed[-1].product_id) == ("click", "p1")
    reached = set()
    page.focus("body")
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.action || document.activeElement.tagName"))
    assert {"TEXTAREA", "cart", "new", "drop_need", "cart_add", "more_like_this", "not_for_me", "suggest"} <= reached


def test_failures_can_be_retried(open_page: OpenPage, shop: FakeShop) -> None:
    page = open_page()
    for words, shown in (("please fail", "could not answer"), ("please explode", "Something went wrong")):
        ask(page, words)
        expect(page.get_by_role("alert")).to_contain_text(shown)
        said = len(shop.said)
        page.get_by_role("button", name="Try again").click()
        idle(page)
        assert shop.said[said:] == [words]
        assert len(set(shop.message_ids[-2:])) == 1  # the same message, sent again
        expect(page.locator(".message.shopper", has_text=words)).to_have_count(1)
    ask(page, "hello")
    expect(page.locator(".problem")).to_have_count(0)
    expect(page.locator(".message.assistant .text").last).to_contain_text("Hello!")


def test_stopping_and_going_on(open_page: OpenPage) -> None:
    page = open_page()
    ask(page, "hang", wait=False)
    page.get_by_role("button", name="Stop the answer").click()
    expect(page.locator(".message.assistant .text")).to_have_text("Stopped.")
    ask(page, "hang", wait=False)
    page.wait_for_timeout(200)
    ask(page, "hello")  # does not wait for the turn that hangs
    expect(page.locator(".message.assistant .text").last).to_contain_text("Hello!")


def test_posing(open_page: OpenPage, shop: FakeShop) -> None:
    page = open_page()
    page.get_by_label("Shopping as").select_option("u1")
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome back, Mia.")
    ask(page, "hello")
    assert shop.opened[-1] == "u1"


def test_waiting_for_a_person_and_no_longer(open_page: OpenPage, shop: FakeShop) -> None:
    page = open_page()
    page.get_by_role("button", name="Talk to a person").click()
    banner = page.locator("[data-banner]")
    expect(banner).to_contain_text("You're waiting for a person")
    expect(page.get_by_role("button", name="Talk to a person")).to_be_hidden()
    ask(page, "hello")
    expect(page.locator(".message.assistant .text").last).to_contain_text("Hello!")  # the bot still answers
    banner.get_by_role("button", name="I no longer need a person").click()
    expect(page.locator("[data-banner-text]")).to_have_text("")
    expect(page.get_by_role("button", name="Talk to a person")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "composer-text"
    assert shop.said[-3:] == ["Talk to a person", "hello", "I no longer need a person"]


def conversation_of(page: Page) -> str:
    return page.evaluate("JSON.parse(sessionStorage.getItem('shop')).conversation")


def thread_of(page: Page) -> list[tuple[str, str]]:
    """(who, text) of each message as it stands on the page."""
    return page.eval_on_selector_all(
        ".thread .message", "all => all.map(one => [one.dataset.role, one.querySelector('.text')?.textContent ?? ''])"
    )


def saved_in(shop: FakeShop, page: Page) -> list[list[str]]:
    return [[message.role, message.text] for message in shop.conversation(conversation_of(page)).messages]


def test_a_person_writes_and_sends_products(open_page: OpenPage, shop: FakeShop) -> None:
    page = open_page()
    ask(page, ASK)
    ask(page, "I want a person")
    conversation_id = conversation_of(page)
    shop.join(conversation_id, "Mia <b>")
    expect(page.locator("[data-banner]")).to_contain_text("You're talking with Mia <b>.")
    expect(page.locator(".message.notice")).to_have_text(["Mia <b> has joined."])
    page.focus("textarea")
    shop.agent_says(conversation_id, "Mia <b>", "Have a look at these", ("p5", "p2"))
    agent = page.locator(".message.agent")
    expect(agent.locator(".speaker")).to_contain_text("Mia <b>")
    expect(agent.locator(".sent-card")).to_have_count(2)
    expect(page.locator(".shelf .card")).to_have_count(2)
    assert page.evaluate("document.activeElement.id") == "composer-text"  # the focus stays where it was
    ask(page, "thank you")
    expect(page.locator(".message.shopper")).to_have_count(3)
    expect(page.locator(".message.assistant")).to_have_count(2)  # nothing new of the assistant, and no empty bubble
    agent.get_by_role("button", name="Fellbrook Summit").click()
    expect(page.get_by_role("dialog", name="Fellbrook Summit")).to_be_visible()
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector(".shop[data-ready]")
    expect(page.locator(".message.agent .sent-card")).to_have_count(2)
    assert thread_of(page) == saved_in(shop, page)
    shop.leave(conversation_id, "Mia <b>", "resolved")
    expect(page.locator("[data-banner]")).to_contain_text("This is settled.")
    ask(page, "hello")
    expect(page.locator("[data-banner-text]")).to_have_text("")
    assert page.evaluate("window.hacked") is None


def test_a_person_who_joins_cuts_the_answer_off(open_page: OpenPage, shop: FakeShop) -> None:
    page = open_page()
    ask(page, "hello")
    shop.delay = 0.2
    try:
        ask(page, ASK, wait=False)
        expect(page.locator(".message.assistant .text").last).to_contain_text("These keep")
        shop.join(conversation_of(page), "Mia")
        shop.agent_says(conversation_of(page), "Mia", "I am here now")
        idle(page)
        expect(page.locator(".message.agent")).to_have_count(1)
        expect(page.locator(".message.assistant")).to_have_count(1)
        assert thread_of(page) == saved_in(shop, page)
    finally:
        shop.delay = 0.005


def test_what_is_written_meanwhile_stands_where_it_is_saved(open_page: OpenPage, shop: FakeShop) -> None:
    page = open_page()
    ask(page, "I want a person")
    shop.delay = 0.1
    try:
        ask(page, ASK, wait=False)
        expect(page.locator(".message.assistant .text").last).to_contain_text("These keep")
        shop.add(conversation_of(page), Message("notice", "It takes longer than usual.", NOW))
        expect(page.locator(".message.notice")).to_have_count(1)  # while the answer still streams
        assert page.get_attribute(".shop", "data-phase") == "busy"
        idle(page)
    finally:
        shop.delay = 0.005
    page.wait_for_function("!document.querySelector('[data-unsaved]')")
    assert thread_of(page) == saved_in(shop, page)
    assert [role for role, _ in thread_of(page)][-3:] == ["shopper", "notice", "assistant"]


def test_two_tabs_of_one_conversation(open_page: OpenPage, shop: FakeShop) -> None:
    page = open_page()
    ask(page, "I want a person")
    kept = page.evaluate("sessionStorage.getItem('shop')")
    other = page.context.new_page()
    other.goto(page.url)
    other.evaluate("kept => sessionStorage.setItem('shop', kept)", kept)
    other.reload()
    other.wait_for_selector(".shop[data-ready]")
    expect(other.locator(".message")).to_have_count(2)
    ask(page, ASK)
    ask(other, "hello")
    shop.join(conversation_of(page), "Mia")
    shop.agent_says(conversation_of(page), "Mia", "Hello to both")
    for tab in (page, other):
        expect(tab.locator(".message.agent")).to_have_count(1)
        assert thread_of(tab) == saved_in(shop, tab)
        expect(tab.locator(".shelf .card")).to_have_count(8)


def test_unread_messages_stand_in_the_title(open_page: OpenPage, shop: FakeShop) -> None:
    page = open_page()
    ask(page, "I want a person")
    page.evaluate(
        "Object.defineProperty(document, 'hidden', { configurable: true, get: () => window.away ?? false });"
        "window.away = true"
    )
    shop.join(conversation_of(page), "Mia")
    shop.agent_says(conversation_of(page), "Mia", "Are you there?")
    expect(page).to_have_title("(1) Shelfwise Outdoor", timeout=15_000)
    page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page).to_have_title("Shelfwise Outdoor")


def test_a_message_that_got_lost_is_sent_again_once(browser: Browser, images: Path) -> None:
    shop = FakeShop()
    with served(shop, images) as url:
        context = browser.new_context()
        page = context.new_page()
        page.goto(url)
        page.wait_for_selector(".shop[data-ready]")
        ask(page, "hello")
    ask(page, "are you there", wait=False)
    with served(shop, images, port=int(url.rsplit(":", 1)[1])):
        page.wait_for_selector(".problem", timeout=20_000)
        expect(page.get_by_role("alert")).to_contain_text("This did not reach the shop.", timeout=20_000)
        expect(page.locator(".message.unsent")).to_have_count(1)
        page.get_by_role("button", name="Try again").click()
        idle(page)
        expect(page.locator(".message.unsent")).to_have_count(0)
        page.wait_for_function("!document.querySelector('[data-unsaved]')")
        assert thread_of(page) == saved_in(shop, page)
        assert [text for role, text in thread_of(page) if role == "shopper"] == ["hello", "are you there"]
        context.close()


def test_an_answer_that_got_lost_is_asked_for_again(open_page: OpenPage, shop: FakeShop) -> None:
    page = open_page()
    ask(page, "hello")
    shop.add(conversation_of(page), Message("shopper", "hello again", NOW, id="m2"))  # and then the server went away
    page.evaluate(
        """() => sessionStorage.setItem('shop', JSON.stringify({
            ...JSON.parse(sessionStorage.getItem('shop')),
            unfinished: { call: { kind: 'say', text: 'hello again', message: 'm2' }, said: 'hello again', look: 'shopper' },
        }))"""
    )
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("The answer to this got lost on the way.")
    page.get_by_role("button", name="Try again").click()
    idle(page)
    page.wait_for_function("!document.querySelector('[data-unsaved]')")
    assert [role for role, _ in thread_of(page)] == ["shopper", "assistant"] * 2
    assert thread_of(page) == saved_in(shop, page)
    page.wait_for_function("JSON.parse(sessionStorage.getItem('shop')).unfinished === null")  # nothing to ask for again


@pytest.mark.parametrize("width", [390, 820, 1280])
def test_no_sideways_scrolling(open_page: OpenPage, width: int) -> None:
    page = open_page(width, 844)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ask(page, ASK)
    ask(page, "a" * 400)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for part in (".shop", ".bar", ".floor", ".feed", ".talk", ".desk"):
        assert page.eval_on_selector(part, "part => part.scrollWidth - part.clientWidth") <= 1, part
    expect(page.locator(".composer")).to_be_in_viewport()
    expect(page.locator(".card").first).to_be_in_viewport()


def test_cards_stay_while_text_streams(open_page: OpenPage, shop: FakeShop) -> None:
    page = open_page()
    shop.delay = 0.03
    try:
        ask(page, ASK, wait=False)
        page.wait_for_selector(".card")
        page.evaluate("document.querySelector('.card').dataset.mark = 'same'")
        assert page.get_attribute(".shop", "data-phase") == "busy"  # the cards came before the prose ended
        idle(page)
    finally:
        shop.delay = 0.005
    assert page.get_attribute(".card", "data-mark") == "same"


def test_no_request_leaves_the_origin(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    refused: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    page.goto(address)
    page.wait_for_selector(".shop[data-ready]")
    ask(page, ASK)
    page.wait_for_timeout(500)
    context.close()
    assert len(asked) > 5
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert refused == []


def test_lost_server_is_said_and_found_again(browser: Browser, images: Path) -> None:
    shop = FakeShop()
    with served(shop, images) as url:
        context = browser.new_context()
        page = context.new_page()
        page.goto(url)
        page.wait_for_selector(".shop[data-ready]")
        ask(page, ASK)
    page.evaluate("window.dispatchEvent(new Event('offline'))")
    expect(page.locator("[data-banner]")).to_contain_text("cannot be reached")
    page.fill("textarea", "half a thought")
    with served(shop, images, port=int(url.rsplit(":", 1)[1])):
        expect(page.locator("[data-banner]")).to_be_hidden(timeout=15_000)
        expect(page.locator(".card")).to_have_count(8)
        expect(page.locator("textarea")).to_have_value("half a thought")
        context.close()


def test_a_full_queue_is_said(browser: Browser, images: Path) -> None:
    shop = FakeShop()
    with served(shop, images, concurrency=1, queue_size=1) as url:
        contexts = [browser.new_context() for _ in range(3)]
        pages = [context.new_page() for context in contexts]
        for page in pages:
            page.goto(url)
            page.wait_for_selector(".shop[data-ready]")
            ask(page, "hang", wait=False)
            page.wait_for_timeout(300)
        expect(pages[2].get_by_role("alert")).to_contain_text("Try again")
        shop.let_go.set()
        pages[2].get_by_role("button", name="Try again").click()
        idle(pages[2])
        expect(pages[2].get_by_role("alert")).to_have_count(0)
        for context in contexts:
            context.close()


def test_a_signed_in_shopper_comes_by_a_link_that_leaves_no_trace(open_page: OpenPage, shop: FakeShop, address: str) -> None:
    page = open_page()
    ask(page, "hello")
    for who, word, expected in (("77", signed(SECRET, "77"), "77"), ("78", signed("guessed", "78"), None)):
        page.goto(f"{address}/?shopper={who}&hash={word}")
        page.wait_for_selector(".shop[data-ready]")
        assert page.url == f"{address}/"
        expect(page.locator(".message")).to_have_count(0)  # nobody goes on with another's conversation
        ask(page, "hello")
        assert shop.opened[-1] == expected
    page.reload()
    page.wait_for_selector(".shop[data-ready]")
    expect(page.locator(".message.shopper")).to_have_count(1)
