"""Text stays text on the other pages too: the chat page, the agents' console, the storefront, the panel as it is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from assistant.web.widget.files import WidgetFiles
from demo.storefront.pages import build_storefront
from retrieval.products import to_row
from tests.browser.agents import KEYS, log_in
from tests.browser.hostile_world import (
    EVERYTHING,
    Watch,
    filled,
    harm,
    hostile_product,
    hostile_shop,
    product_id,
    squeezed,
    variant_id,
)
from tests.browser.payloads import PAYLOADS
from tests.browser.serving import serving
from tests.browser.widget_world import WidgetWorld, widget_world

pytestmark = pytest.mark.browser
SOME = 6  # every sixth page is opened in a window, the others are read as a browser reads them
# The pages of the panel that a server would send for these shops' names, as a browser reads them.
READ_PANELS = """
(pages) => pages.map((page) => {
  const read = new DOMParser().parseFromString(page, 'text/html');
  const setup = JSON.parse(read.getElementById('setup').textContent);
  const scripts = read.querySelectorAll('script').length;
  const odd = read.querySelectorAll('[data-xss], img, iframe, style, base, form:not([data-composer])').length;
  return [read.title.split(' · ').slice(1).join(' · '), read.querySelector('h1').textContent, setup.shop, scripts, odd];
})
"""
# Every piece of text that a page shows, also in what is not open yet.
TEXTS = """
() => {
  const found = [];
  const roots = [document];
  for (const root of roots) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    while (walker.nextNode()) {
      const { currentNode: node } = walker;
      if (node.localName === 'template') roots.push(node.content);
      else if (node.nodeType === Node.TEXT_NODE) found.push(node.data.trim());
    }
  }
  return found;
}
"""
# The storefront's pages of products, as a browser reads them.
READ_PRODUCTS = r"""
(pages) => pages.map((page) => {
  const read = new DOMParser().parseFromString(page, 'text/html');
  const texts = (selector) => [...read.querySelectorAll(selector)].map((each) => each.textContent);
  const odd = [...read.querySelectorAll('*')].flatMap(({ attributes }) => [...attributes])
    .filter(({ name, value }) => name === 'data-xss' || name.startsWith('on') || /^\W*(java|vb)script/i.test(value) &&
      ['href', 'src', 'action'].includes(name));
  const pieces = JSON.parse(read.querySelector('form.buy').dataset.pieces);
  const [heading] = texts('h1');
  const scripts = read.querySelectorAll('script, iframe, style, base, object').length;
  return [heading, texts('dd'), Object.entries(pieces[0].options)[0], read.querySelector('form.buy').dataset.productId,
    scripts, odd.length];
})
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WidgetWorld]:
    folder = tmp_path_factory.mktemp("hostile")
    with widget_world(folder, hostile_shop(folder)) as world:
        yield world


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 900})
    made.set_default_timeout(10_000)
    yield made
    made.close()


@pytest.fixture
def watch(context: BrowserContext, world: WidgetWorld) -> Iterator[Watch]:
    """All that happens in the browser; nothing of it may be out of the ordinary, in no test."""
    watch = Watch(context, world.assistant_url)
    yield watch
    assert watch.trouble == []


def prepared(world: WidgetWorld) -> str:
    """The id of a conversation with all of it, whose shopper waits for a person."""
    conversation = world.shop.open()
    world.shop.conversations.change(conversation.id, filled)
    world.api.served.desk.request(conversation.id, "asked_for_human", "shopper")
    return conversation.id


def test_the_chat_page(world: WidgetWorld, context: BrowserContext, watch: Watch) -> None:
    kept = json.dumps(json.dumps({"conversation": prepared(world)}))
    context.add_init_script(f"if (origin.startsWith('http') && window === top) sessionStorage.setItem('shop', {kept});")
    page = context.new_page()
    page.goto(world.assistant_url)
    expect(page.locator(".message.agent")).to_have_count(len(PAYLOADS))
    expect(page.locator(".shop .card")).to_have_count(len(PAYLOADS))
    assert page.locator(".message.agent .text").all_text_contents() == list(PAYLOADS)
    page.evaluate("document.querySelectorAll('.shop .card .card-title').forEach(title => title.click())")
    texts = page.evaluate(TEXTS)
    for payload in PAYLOADS:
        assert texts.count(payload) > 10, payload
    assert gradio_harm(page) == []


def gradio_harm(page: Page) -> list[str]:
    """What an attack has left on a page of Gradio's, which has scripts and styles of its own."""
    return harm(page.main_frame, {"style": 1000, "noscript": 1, "base": 1})


def test_the_agents_console(world: WidgetWorld, context: BrowserContext, watch: Watch) -> None:
    conversation = prepared(world)
    page = context.new_page()
    page.goto(f"{world.assistant_url}/agent/login#{conversation}")
    log_in(page, KEYS["Mia"])
    expect(page.locator(".line.agent")).to_have_count(len(PAYLOADS))
    expect(page.locator("[data-screen] .row").first).to_be_visible()
    for role in ("shopper", "agent"):
        assert page.locator(f".line.{role} .text").all_text_contents() == list(PAYLOADS)
    page.get_by_label("Search products").fill("hiking boots")
    expect(page.locator("[data-results] .row").first).to_be_visible()
    texts = page.evaluate(TEXTS)
    for payload in PAYLOADS:
        assert texts.count(payload) > 4, payload
    assert gradio_harm(page) == []


def test_the_demos_storefront(world: WidgetWorld, context: BrowserContext) -> None:
    rows = [to_row(hostile_product(number)) | {"category": [PAYLOADS[number]] * 2} for number in range(len(PAYLOADS))]
    app = build_storefront(rows, shop_name=EVERYTHING, assistant=world.assistant_url, images=None, asks=PAYLOADS)
    with serving(app) as address:
        watch = Watch(context, address, world.assistant_url)
        page = context.new_page()
        for path in ("/", "/?page=2", "/?page=3", "/how-this-page-is-made"):
            page.goto(address + path)
            assert storefront_harm(page) == []
        page.goto(address)
        texts = page.evaluate(TEXTS)
        assert [payload for payload in PAYLOADS if texts.count(payload) < 2] == []
        addresses = [f"{address}/products/{quote(product_id(number), safe='')}" for number in range(len(PAYLOADS))]
        read = context.new_page().evaluate(READ_PRODUCTS, [context.request.get(each).text() for each in addresses])
        for number, (payload, told) in enumerate(zip(PAYLOADS, read, strict=True)):
            facts = [payload, f"{payload}, nylon"]
            assert told == [payload, facts, [payload, payload], product_id(number), 2, 0]
        for number in range(0, len(PAYLOADS), SOME):
            page.goto(addresses[number])
            assert page.locator("h1").text_content() == PAYLOADS[number]
            # A browser takes no nonce of a tag with this in an attribute: there is no assistant on such a page.
            is_without = "<script" in product_id(number).lower() or "<style" in product_id(number).lower()
            refused = [each for each in storefront_harm(page) if not (is_without and "/widget.js" in each)]
            assert refused == []
        lines = [{"product_id": product_id(n), "variant_id": variant_id(n), "quantity": 1} for n in range(len(PAYLOADS))]
        page.evaluate("lines => localStorage.setItem('basket', JSON.stringify(lines))", lines)
        page.goto(f"{address}/basket")
        expect(page.locator(".line")).to_have_count(len(PAYLOADS))
        for place in ("title", "options"):
            assert page.locator(f".line [data-{place}]").all_text_contents() == list(PAYLOADS)
        assert storefront_harm(page) == []
        assert [each for each in watch.trouble if "/widget.js' violates" not in each] == []


def storefront_harm(page: Page) -> list[str]:
    """What an attack has left on the storefront, which has two scripts, an icon and a style sheet."""
    return harm(page.main_frame, {"script": 2, "link": 2, "iframe": 1, "meta": 2, "noscript": 1})


# ---- The panel's page as it is sent ------------------------------------------------------------------------------------


def test_no_shops_name_ends_its_place_in_the_panels_page(context: BrowserContext) -> None:
    files = WidgetFiles()
    setup = {"currency": "USD", "examples": list(PAYLOADS), "origin": "https://shop.example"}
    pages = [files.panel("en", {**setup, "shop": payload}).body.decode() for payload in PAYLOADS]
    read = context.new_page().evaluate(READ_PANELS, pages)
    for payload, (title, heading, shop, scripts, odd) in zip(PAYLOADS, read, strict=True):
        assert squeezed(title) == squeezed(payload)
        assert (heading, shop, scripts, odd) == (payload, payload, 3, 0)


def test_an_address_of_the_panel_can_say_nothing_that_counts(
    world: WidgetWorld, context: BrowserContext, watch: Watch
) -> None:
    page = context.new_page()
    for number, payload in enumerate(PAYLOADS):
        address = f"{world.assistant_url}/widget/panel?origin={quote(payload)}&locale={quote(payload)}"
        answer = context.request.get(address)
        assert answer.status in (403, 422)
        assert answer.headers["content-type"].startswith(("text/plain", "application/problem+json", "application/json"))
        assert answer.headers["x-content-type-options"] == "nosniff"
        own = f"{world.assistant_url}/widget/panel?origin={quote(world.page_url)}&locale={quote(payload[:35])}"
        assert '<html lang="en">' in context.request.get(own).text()
        if not number % SOME:
            page.goto(address)
            assert harm(page.main_frame, {}) == []
    watch.trouble[:] = [each for each in watch.trouble if "status of 4" not in each]
