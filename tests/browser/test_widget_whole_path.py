"""The widget as shoppers meet it: on the demo's storefront, on another site than the assistant, from open to a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, expect

from assistant.turn import Assistant
from assistant.web.api.build import mount_api
from assistant.web.api.follow import Streams
from assistant.web.api.turns import Turns
from assistant.web.server import build_app
from assistant.web.widget.files import WidgetFiles
from assistant.web.widget.routes import mount_widget
from demo.storefront.pages import build_storefront
from retrieval.products import to_row
from tests.browser.agents import KEYS, AgentSide, console_of, log_in
from tests.browser.axe import violations
from tests.browser.chromium import AS_SHIPPED
from tests.browser.hostile_world import Watch
from tests.browser.serving import serving
from tests.browser.shopper_side import ShopperSide
from tests.browser.widget_world import ShopPage, WidgetWorld
from tests.fakes import small_catalogue
from tests.fakes_api import api_world

pytestmark = pytest.mark.browser

BROWSER_ARGUMENTS = AS_SHIPPED
ASK = "waterproof hiking boots under $120"
NewContext = Callable[..., BrowserContext]
WIDE, PHONE = (1280, 900), (390, 844)
# What has the focus, within frames of this page's own and shadow roots as well.
FOCUSED = """
() => {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  return focused;
}
"""


@contextmanager
def storefront_world(folder: Path) -> Iterator[WidgetWorld]:
    """The demo's storefront at localhost with the small shop's products; assistant, desk and console at 127.0.0.1."""
    world, site = api_world(folder, streams=Streams(), turns=Turns(4, 32)), FastAPI(openapi_url=None)
    shop = cast(Assistant, world.served.shop)
    with serving(site) as address:
        page_url = address.replace("127.0.0.1", "localhost")
        setup = {"shop": shop.name, "currency": shop.currency, "examples": ["Boots under $120", "A kettle"]}
        parts = [
            lambda app: mount_api(app, world.api),
            lambda app: mount_widget(app, WidgetFiles(), setup, [page_url]),
            console_of(shop),
        ]
        with serving(build_app(shop, cards_of=shop.cards, images=None, ready=dict, parts=parts)) as assistant_url:
            rows = [to_row(product) for product in small_catalogue()]
            site.mount("/", build_storefront(rows, shop_name=shop.name, assistant=assistant_url, images=None))
            yield WidgetWorld(world, assistant_url, page_url, ShopPage())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WidgetWorld]:
    with storefront_world(tmp_path_factory.mktemp("storefront")) as world:
        yield world


@pytest.fixture
def new_context(browser: Browser, world: WidgetWorld) -> Iterator[NewContext]:
    """A browser of somebody's own, in which nothing may go wrong: no error, nothing refused, nothing asked elsewhere."""
    contexts, watches = [], []

    def make(size: tuple[int, int], **more: object) -> BrowserContext:
        contexts.append(browser.new_context(viewport={"width": size[0], "height": size[1]}, **more))
        contexts[-1].set_default_timeout(10_000)
        watches.append(Watch(contexts[-1], world.assistant_url, world.page_url))
        return contexts[-1]

    yield make
    refused = [frame.evaluate("window.refused") for made in contexts for page in made.pages for frame in page.frames]
    for context in contexts:
        context.close()
    assert [watch.trouble for watch in watches if watch.trouble] == []
    assert [each for each in refused if each] == []


@pytest.fixture
def mia(new_context: NewContext, world: WidgetWorld) -> AgentSide:
    """An agent at the console."""
    page = new_context(WIDE).new_page()
    page.goto(f"{world.assistant_url}/agent/login")
    log_in(page, KEYS["Mia"])
    return AgentSide(page, "Mia")


def tab_to(page: Page, selector: str, key: str = "Tab", most: int = 80) -> None:
    """Goes on by keyboard alone until what has the focus, in the page or in the panel, is such an element."""
    for _ in range(most):
        page.keyboard.press(key)
        for frame in page.frames:
            if frame.evaluate(f"selector => ({FOCUSED})()?.matches(selector) ?? false", selector):
                return
    pytest.fail(f"{selector} can't be reached by keyboard")


def open_by_keyboard(shopper: ShopperSide) -> None:
    tab_to(shopper.page, "button[aria-expanded]")
    shopper.page.keyboard.press("Enter")
    expect(shopper.body).to_have_count(1)
    expect(shopper.box).to_be_focused()


def accessible(page: Page) -> None:
    """Nothing that axe-core finds fault with, neither in the shop's page nor in the panel."""
    for frame in page.frames:
        assert violations(frame) == []


def fits(page: Page) -> None:
    """Nobody has to scroll sideways, neither in the shop's page nor in the panel."""
    for frame in page.frames:
        assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")


def added_by_keyboard(shopper: ShopperSide) -> None:
    """Goes back to a card and presses its button; the shop's own basket has it then."""
    tab_to(shopper.page, "[data-adds]:enabled", "Shift+Tab")
    shopper.page.keyboard.press("Enter")
    shopper.rests()
    expect(shopper.page.locator("[data-count]")).to_have_text("1")
    expect(shopper.panel.locator("[data-cart-count]")).to_contain_text("1")


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (PHONE, "dark")])
def test_from_the_launcher_to_a_person_and_back(
    new_context: NewContext, world: WidgetWorld, mia: AgentSide, size: tuple[int, int], scheme: str
) -> None:
    page = new_context(size, color_scheme=scheme).new_page()
    shopper = ShopperSide(page, world)
    shopper.goto("/products/boot-2")
    expect(shopper.launcher).to_be_visible()
    accessible(page)

    open_by_keyboard(shopper)
    page.keyboard.type(ASK)
    page.keyboard.press("Enter")
    expect(shopper.cards()).to_have_count(7)
    shopper.rests()
    accessible(page)
    added_by_keyboard(shopper)
    fits(page)

    page.reload()
    if size == PHONE:  # where the page is shown first
        expect(shopper.body).to_have_count(1)
        open_by_keyboard(shopper)
    expect(shopper.cards()).to_have_count(7)
    shopper.assert_shown_as_saved()
    expect(page.locator("[data-count]")).to_have_text("1")
    expect(shopper.panel.locator("[data-cart-count]")).to_contain_text("1")

    shopper.press("Talk to a person")
    mia.accept(shopper.conversation())
    shopper.banner("You’re talking with Mia.")
    mia.say("What about a kettle for the way?", products=["Travel Kettle"])
    expect(shopper.panel.locator(".sent .card-title")).to_have_text("Travel Kettle")
    shopper.write("Good idea, Mia")
    expect(mia.page.locator(".line.shopper .text").last).to_have_text("Good idea, Mia")
    accessible(page)
    mia.release()
    shopper.banner("")
    shopper.ask("show me tents")
    expect(shopper.panel.get_by_role("button", name="Trail Tent for Two", exact=True)).to_be_visible()
    shopper.assert_shown_as_saved()

    page.keyboard.press("Escape")
    expect(page.locator("iframe")).to_be_hidden()
    expect(shopper.launcher).to_be_focused()
    expect(shopper.launcher).to_have_attribute("aria-expanded", "false")


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "dark"), (PHONE, "light")])
def test_the_other_looks(new_context: NewContext, world: WidgetWorld, size: tuple[int, int], scheme: str) -> None:
    shopper = ShopperSide(new_context(size, color_scheme=scheme).new_page(), world)
    shopper.goto()
    shopper.open()
    shopper.ask(ASK)
    expect(shopper.cards()).to_have_count(7)
    accessible(shopper.page)
    fits(shopper.page)


@pytest.mark.parametrize("size", [WIDE, (640, 844)])
def test_at_twice_the_size(new_context: NewContext, world: WidgetWorld, size: tuple[int, int]) -> None:
    """As a browser shows a page that is zoomed to 200%: half the room, twice the pixels. 320 is what WCAG asks for."""
    halved = (size[0] // 2, size[1] // 2)
    shopper = ShopperSide(new_context(halved, device_scale_factor=2).new_page(), world)
    shopper.goto("/products/boot-1")
    fits(shopper.page)
    shopper.open()
    shopper.ask(ASK)
    expect(shopper.cards()).to_have_count(7)
    fits(shopper.page)
    expect(shopper.box).to_be_in_viewport()
    shopper.cards().first.get_by_role("button").first.click()
    fits(shopper.page)
    accessible(shopper.page)
