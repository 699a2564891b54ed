"""A shopper in Chromium and a person of the shop in one thread: the real assistant, desk and page over a small shop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from assistant.chat_models import Request
from assistant.handoff.desk import Desk
from assistant.handoff.log import HandoverLog
from assistant.turn import Assistant
from assistant.types import Message
from assistant.web.server import build_app
from tests.browser.chromium import ARGUMENTS, chromium_path
from tests.browser.serving import serving
from tests.fakes import NOW, ScriptedChatModel, small_shop

pytestmark = pytest.mark.browser

ASK = "waterproof hiking boots under $120"


class AgentSide:
    """Mia, who works at the shop, and the one conversation that she looks after."""

    name = "Mia"

    def __init__(self, shop: Assistant, shopper: Page) -> None:
        assert shop.services.reception is not None
        log = HandoverLog(shop.conversations._engine, lambda: NOW)
        self._desk = Desk(shop.conversations, log, shop.services.reception, shop.services.catalog.get_many)
        self._shopper = shopper

    @property
    def conversation_id(self) -> str:
        return self._shopper.evaluate("JSON.parse(sessionStorage.getItem('shop')).conversation")

    def accept(self) -> None:
        self._desk.accept(self.conversation_id, self.name)

    def say(self, text: str, product_ids: Sequence[str] = ()) -> None:
        self._desk.say(self.conversation_id, self.name, text, product_ids=product_ids)

    def release(self) -> None:
        self._desk.release(self.conversation_id, self.name)

    def resolve(self) -> None:
        self._desk.resolve(self.conversation_id, self.name)


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium_path()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


OpenPage = Callable[[str], Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens an address in a browser context of its own: another browser, as far as the page can tell."""
    contexts = []

    def open_at(url: str) -> Page:
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 900}))
        page = contexts[-1].new_page()
        page.set_default_timeout(15_000)
        page.goto(url)
        page.wait_for_selector(".shop[data-ready]")
        return page

    yield open_at
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    return small_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def address(shop: Assistant) -> Iterator[str]:
    with serving(build_app(shop, cards_of=shop.cards, images=None, ready=dict)) as url:
        yield url


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


def messages(shop: Assistant, agent: AgentSide) -> tuple[Message, ...]:
    return shop.conversation(agent.conversation_id).messages


def on_page(page: Page) -> list[tuple[str, str]]:
    """(role, text) of every message that stands on the page."""
    found = page.eval_on_selector_all(
        ".thread .message", "all => all.map(one => [one.dataset.role, one.querySelector('.text')?.textContent ?? ''])"
    )
    return [(role, text) for role, text in found]


def assert_shown_as_saved(page: Page, shop: Assistant, agent: AgentSide) -> None:
    """Nothing lost, nothing twice, nothing out of order."""
    assert on_page(page) == [(message.role, message.text) for message in messages(shop, agent)]


def test_asked_for_accepted_served_and_given_back(shop: Assistant, address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    agent = AgentSide(shop, page)
    ask(page, ASK)
    page.get_by_role("button", name="Talk to a person").click()
    settled(page)
    banner(page, "You're waiting for a person from the shop.")
    ask(page, "show me kettles")
    expect(page.locator(".shelf .card")).to_have_count(3)  # the assistant still answers
    assert messages(shop, agent)[-1].role == "assistant"

    agent.accept()
    banner(page, "You're talking with Mia.")
    expect(page.locator(".message.notice")).to_contain_text("Mia from the shop has joined")
    answers = page.locator(".message.assistant").count()
    for text in ("Is the steel one loud?", "show me tents", "add the first one to my cart"):
        ask(page, text)
    agent.say("It hums a little. The glass one is quieter:", ["kettle-2"])
    expect(page.locator(".message.agent")).to_contain_text("It hums a little.")
    expect(page.locator(".message.agent .sent-card")).to_contain_text(["Glass Kettle"])
    expect(page.locator(".shelf .card")).to_have_count(1)
    expect(page.locator(".message.assistant")).to_have_count(answers)
    assert [message.role for message in messages(shop, agent)][-5:] == ["notice", *["shopper"] * 3, "agent"]
    assert shop.conversation(agent.conversation_id).cart == ()

    agent.release()
    banner(page, "")
    ask(page, "show me tents")
    expect(page.locator(".shelf .card")).to_have_count(1)
    expect(page.locator(".message.assistant")).to_have_count(answers + 1)
    assert_shown_as_saved(page, shop, agent)


def test_a_second_hand_over_after_the_first_is_settled(shop: Assistant, address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    agent = AgentSide(shop, page)
    for _ in range(2):
        ask(page, "Can I talk to a person?")
        banner(page, "You're waiting for a person from the shop.")
        agent.accept()
        banner(page, "You're talking with Mia.")
        agent.say("How can I help?")
        ask(page, "It is about a kettle")
        agent.resolve()
        banner(page, "This is settled. If anything is left, just write.")
        ask(page, "show me kettles")
        banner(page, "")
        assert messages(shop, agent)[-1].role == "assistant"  # and not another hand-over
    assert_shown_as_saved(page, shop, agent)


def test_a_reload_and_another_browser_show_all_of_it(shop: Assistant, address: str, open_page: OpenPage) -> None:
    page = open_page(address)
    agent = AgentSide(shop, page)
    ask(page, ASK)
    ask(page, "Talk to a person")
    agent.accept()
    agent.say("Have a look at this one", ["boot-2"])
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
    agent.say("Glad to hear that")
    for tab in (page, other):
        expect(tab.locator(".message.agent")).to_have_count(2)
        assert_shown_as_saved(tab, shop, agent)


def test_who_joins_stops_the_answer_that_is_being_written(tmp_path: Path, open_page: OpenPage) -> None:
    model = SlowChatModel("[A] grips on wet rock. [B] is lighter. [C] keeps warm.", pieces=30)
    shop = small_shop(tmp_path, model=model)
    app = build_app(shop, cards_of=shop.cards, images=None, ready=dict)
    with serving(app, before_end=model.go_on.set) as url:
        page = open_page(url)
        agent = AgentSide(shop, page)
        ask(page, "Talk to a person")
        page.get_by_label("Your message").fill(ASK)
        page.keyboard.press("Enter")
        expect(page.locator(".message.assistant .text").last).not_to_be_empty()
        assert page.get_attribute(".shop", "data-phase") == "busy"
        agent.accept()
        banner(page, "You're talking with Mia.")  # already while the answer is being written
        model.go_on.set()
        settled(page)
        agent.say("I can take it from here")
        expect(page.locator(".message.agent")).to_have_count(1)
        assert [role for role, _ in on_page(page)] == ["shopper", "assistant", "shopper", "notice", "agent"]
        assert_shown_as_saved(page, shop, agent)
        expect(page.locator(".card")).to_have_count(0)  # what was being shown with it is taken back, too
