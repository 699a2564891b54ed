"""A shopper in Chromium and a person of the shop in one thread: the real assistant, desk and page over a small shop."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from assistant.chat_models import Request
from assistant.turn import Assistant
from assistant.types import Message
from assistant.web.server import build_app
from tests.browser.agents import KEYS, AgentSide, console_of, log_in
from tests.browser.serving import serving
from tests.fakes import ScriptedChatModel, small_shop

pytestmark = pytest.mark.browser

ASK = "waterproof hiking boots under $120"


class SlowChatModel(ScriptedChatModel):
    """Says its first sentence, and the others once it may `go_on`."""

    def __init__(self, reply: str, pieces: int) -> None:
        super().__init__([reply], pieces)
        self.go_on = threading.Event()

    def stream(self, request: Request) -> Iterator[str]:
        for number, piece in enumerate(super().stream(request)):
            if number:
                self.go_on.wait(20)
            yield piece


OpenPage = Callable[[str], Page]
OpenDesk = Callable[..., AgentSide]


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[[], BrowserContext]]:
    """A browser context of its own: another browser, as far as the pages can tell."""
    contexts = []

    def make() -> BrowserContext:
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 900}))
        contexts[-1].set_default_timeout(15_000)
        return contexts[-1]

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(new_context: Callable[[], BrowserContext]) -> OpenPage:
    """Opens the shop at an address, as a shopper."""

    def open_at(url: str) -> Page:
        page = new_context().new_page()
        page.goto(url)
        page.wait_for_selector(".shop[data-ready]")
        return page

    return open_at


@pytest.fixture
def open_desk(new_context: Callable[[], BrowserContext]) -> OpenDesk:
    """Logs in at the console of the shop at an address."""

    def open_at(url: str, name: str = "Mia") -> AgentSide:
        page = new_context().new_page()
        page.goto(f"{url}/agent/login")
        log_in(page, KEYS[name])
        return AgentSide(page, name)

    return open_at


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return small_shop(tmp_path_factory.mktemp("shop"))


def app_of(shop: Assistant) -> FastAPI:
    """Shopper's page and agents' console of one shop."""
    return build_app(shop, cards_of=shop.cards, images=None, ready=dict, parts=[console_of(shop)])


@pytest.fixture(scope="module")
def address(shop: Assistant) -> Iterator[str]:
    with serving(app_of(shop)) as url:
        yield url


def conversation_of(page: Page) -> str:
    return page.evaluate("JSON.parse(sessionStorage.getItem('shop')).conversation")


def ask(page: Page, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.keyboard.press("Enter")
    expect(page.locator(".message.shopper").last).to_contain_text(text)
    settled(page)


def settled(page: Page) -> None:
    """Waits until the turn is over and everything on the page is known to be saved."""
    page.wait_for_selector(".shop:not([data-phase=busy])")
    page.wait_for_function("!document.querySelector('.thread [data-unsaved]')")


def banner(page: Page, text: str) -> None:
    expect(page.locator("[data-banner-text]")).to_have_text(text)


def messages(shop: Assistant, page: Page) -> tuple[Message, ...]:
    return shop.conversation(conversation_of(page)).messages


def on_page(page: Page) -> list[tuple[str, str]]:
    """(role, text) of every message that stands on the page."""
    found = page.eval_on_selector_all(
        ".thread .message", "all => all.map(one => [one.dataset.role, one.querySelector('.text')?.textContent ?? ''])"
    )
    return [(role, text) for role, text in found]


def assert_shown_as_saved(page: Page, shop: Assistant) -> None:
    """Nothing lost, nothing twice, nothing out of order."""
    saved = messages(shop, page)
    expect(page.locator(".thread .message")).to_have_count(len(saved))
    assert on_page(page) == [(message.role, message.text) for message in saved]


def at_the_same_time(*pages: Page) -> None:
    """Holds what each of the pages asks to have changed next, and lets all of it go once they all have asked."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.post_data_json["fn_name"] != "act" or len(held) == len(pages):
            return route.continue_()
        held.append(route)
        if len(held) == len(pages):
            for each in held:
                each.continue_()

    for page in pages:
        page.route("**/component_server/**", hold)


def test_asked_for_accepted_served_and_given_back(
    shop: Assistant, address: str, open_page: OpenPage, open_desk: OpenDesk
) -> None:
    page, mia = open_page(address), open_desk(address)
    ask(page, ASK)
    page.get_by_role("button", name="Talk to a person").click()
    settled(page)
    banner(page, "You're waiting for a person from the shop.")
    ask(page, "show me kettles")
    expect(page.locator(".shelf .card")).to_have_count(3)  # the assistant still answers
    assert messages(shop, page)[-1].role == "assistant"

    mia.accept(conversation_of(page))
    banner(page, "You're talking with Mia.")
    expect(page.locator(".message.notice")).to_contain_text("Mia from the shop has joined")
    answers = page.locator(".message.assistant").count()
    for text in ("Is the steel one loud?", "show me tents", "add the first one to my cart"):
        ask(page, text)
    expect(mia.page.locator(".line.shopper .text").last).to_have_text("add the first one to my cart")
    mia.say("It hums a little. The glass one is quieter:", ["Glass Kettle"])
    expect(page.locator(".message.agent")).to_contain_text("It hums a little.")
    expect(page.locator(".message.agent .sent-card")).to_contain_text(["Glass Kettle"])
    expect(page.locator(".shelf .card")).to_have_count(1)
    expect(page.locator(".message.assistant")).to_have_count(answers)
    assert [message.role for message in messages(shop, page)][-5:] == ["notice", *["shopper"] * 3, "agent"]
    assert shop.conversation(conversation_of(page)).cart == ()

    mia.release()
    banner(page, "")
    ask(page, "show me tents")
    expect(page.locator(".shelf .card")).to_have_count(1)
    expect(page.locator(".message.assistant")).to_have_count(answers + 1)
    assert_shown_as_saved(page, shop)


def test_a_second_hand_over_after_the_first_is_settled(
    shop: Assistant, address: str, open_page: OpenPage, open_desk: OpenDesk
) -> None:
    page, mia = open_page(address), open_desk(address)
    for _ in range(2):
        ask(page, "Can I talk to a person?")
        banner(page, "You're waiting for a person from the shop.")
        mia.accept(conversation_of(page))
        banner(page, "You're talking with Mia.")
        mia.say("How can I help?")
        ask(page, "It is about a kettle")
        mia.resolve()
        banner(page, "This is settled. If anything is left, just write.")
        ask(page, "show me kettles")
        banner(page, "")
        assert messages(shop, page)[-1].role == "assistant"  # and not another hand-over
    assert_shown_as_saved(page, shop)


def test_a_reload_and_another_browser_show_all_of_it(
    shop: Assistant, address: str, open_page: OpenPage, open_desk: OpenDesk
) -> None:
    page, mia = open_page(address), open_desk(address)
    ask(page, ASK)
    ask(page, "Talk to a person")
    mia.accept(conversation_of(page))
    mia.say("Have a look at this one", ["Moor Light Hiking Boots"])
    expect(page.locator(".message.agent .sent-card")).to_have_count(1)
    page.reload()
    page.wait_for_selector(".shop[data-ready]")
    other = open_page(address)
    other.evaluate("kept => sessionStorage.setItem('shop', kept)", page.evaluate("sessionStorage.getItem('shop')"))
    other.reload()
    for tab in (page, other):
        banner(tab, "You're talking with Mia.")
        expect(tab.locator(".message.agent .speaker")).to_contain_text("Mia")
        expect(tab.locator(".message.agent .sent-card")).to_have_count(1)
        expect(tab.locator(".message.notice")).to_have_count(1)
        expect(tab.locator(".shelf .card")).to_have_count(1)
    ask(other, "I like it")
    mia.page.reload()  # the console, too, knows after a reload where the agent was
    mia.page.wait_for_selector(".console[data-ready]")
    expect(mia.page.locator(".line.shopper .text").last).to_have_text("I like it")
    mia.say("Glad to hear that")
    for tab in (page, other):
        expect(tab.locator(".message.agent")).to_have_count(2)
        assert_shown_as_saved(tab, shop)


def test_who_joins_stops_the_answer_that_is_being_written(tmp_path: Path, open_page: OpenPage, open_desk: OpenDesk) -> None:
    model = SlowChatModel("[A] grips on wet rock. [B] is lighter. [C] keeps warm.", pieces=30)
    shop = small_shop(tmp_path, model=model)
    with serving(app_of(shop), before_end=model.go_on.set) as url:
        page, mia = open_page(url), open_desk(url)
        ask(page, "Talk to a person")
        mia.open(conversation_of(page))
        page.get_by_label("Your message").fill(ASK)
        page.keyboard.press("Enter")
        expect(page.locator(".message.assistant .text").last).not_to_be_empty()
        assert page.get_attribute(".shop", "data-phase") == "busy"
        mia.accept(conversation_of(page))
        banner(page, "You're talking with Mia.")  # already while the answer is being written
        model.go_on.set()
        settled(page)
        mia.say("I can take it from here")
        expect(page.locator(".message.agent")).to_have_count(1)
        assert [role for role, _ in on_page(page)] == ["shopper", "assistant", "shopper", "notice", "agent"]
        assert_shown_as_saved(page, shop)
        expect(page.locator(".card")).to_have_count(0)  # what was being shown with it is taken back, too


def test_two_accept_at_once_and_the_one_who_wins_passes_it_on(
    shop: Assistant, address: str, open_page: OpenPage, open_desk: OpenDesk
) -> None:
    page = open_page(address)
    desks = [open_desk(address, name) for name in KEYS]
    ask(page, "I want to talk to a person")
    for desk in desks:
        desk.open(conversation_of(page))
        desk.sees("waiting")
    at_the_same_time(*(desk.page for desk in desks))
    for desk in desks:
        desk.press("Accept")
    for desk in desks:
        expect(desk.page.locator(".console")).to_have_attribute("data-state", re.compile("yours|others"))
    first, second = sorted(desks, key=lambda desk: desk.page.get_attribute(".console", "data-state") == "others")
    first.sees("yours")
    second.sees("others")
    expect(second.page.get_by_role("alert")).to_have_text(f"{first.name} has taken this one.")
    expect(second.page.get_by_label("Your reply")).to_be_hidden()
    banner(page, f"You're talking with {first.name}.")

    first.transfer()
    banner(page, "You're waiting for a person from the shop.")
    second.accept(conversation_of(page))
    banner(page, f"You're talking with {second.name}.")
    second.say("I know about kettles")
    first.sees("others")
    expect(first.page.locator(".line.agent .text")).to_have_text("I know about kettles")  # who passed it on may read along
    assert [message.author for message in messages(shop, page)][-4:] == [first.name, first.name, second.name, second.name]
    assert_shown_as_saved(page, shop)


def test_who_reads_further_up_is_told_until_they_have_read_it(
    address: str, open_page: OpenPage, open_desk: OpenDesk
) -> None:
    page, mia = open_page(address), open_desk(address)
    ask(page, ASK)
    ask(page, "Talk to a person")
    mia.accept(conversation_of(page))
    banner(page, "You're talking with Mia.")
    page.set_viewport_size({"width": 1280, "height": 320})  # lower than what comes
    talk = page.locator(".talk")
    talk.evaluate("talk => talk.scrollTo(0, 0)")
    mia.say("This takes a while to tell. " * 40)
    newer = page.get_by_role("button", name="New from Mia")
    expect(newer).to_be_visible()
    assert talk.evaluate("talk => talk.scrollTop") == 0
    talk.evaluate("talk => talk.scrollTo(0, talk.scrollHeight)")
    expect(newer).to_be_hidden()
