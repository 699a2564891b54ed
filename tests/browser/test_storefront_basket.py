"""The storefront in Chromium: its basket, and its word with the assistant, of which a stand-in is on another site."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from demo.storefront.pages import build_storefront
from tests.browser.serving import serving

pytestmark = pytest.mark.browser

EVIL = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\'"'
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9" fill="teal"/></svg>'
BOOT = {
    "id": "boot",
    "title": "Ridge Boot",
    "category": ["Shoes", "Hiking boots"],
    "price": 89.5,
    "currency": "USD",
    "availability": "in_stock",
    "image_url": "/images/boot.svg",
    "variants": [
        {"id": "b8", "options": {"size": "8"}, "price": 89.5, "availability": "in_stock", "stock": 3},
        {"id": "b9", "options": {"size": "9"}, "price": 91, "availability": "in_stock", "stock": 5},
        {"id": "b10", "options": {"size": "10"}, "price": 91, "availability": "out_of_stock", "stock": 0},
    ],
}
MUG = {"id": "mug", "title": "Mug", "category": ["Kitchen"], "price": 10.1, "currency": "USD", "availability": "in_stock"}
# A launcher in a shadow root, a frame, and the calls of the API, as a page sees them.
WIDGET = """
(() => {
  const tag = document.currentScript;
  const heard = { calls: [], handlers: {}, product: tag.dataset.product || '', cart: tag.dataset.cart };
  const assistant = {
    on: (name, handler) => { heard.handlers[name] = handler; },
    open: () => heard.calls.push('open'),
    send: (text) => heard.calls.push(text),
    push: (use) => queueMicrotask(() => use(assistant)),
  };
  window.heard = heard;
  const start = () => {
    const host = document.createElement('div');
    const root = host.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('button { position: fixed; right: 20px; bottom: 20px; background: var(--shelfwise-accent); }');
    root.adoptedStyleSheets = [sheet];
    const launcher = Object.assign(document.createElement('button'), { textContent: 'Assistant' });
    const frame = Object.assign(document.createElement('iframe'), { title: 'Panel' });
    frame.src = new URL('/widget/panel', tag.src);
    root.append(launcher, frame);
    document.body.append(host);
    const early = window.Shelfwise || [];
    window.Shelfwise = assistant;
    early.forEach(assistant.push);
  };
  if (document.readyState === 'loading') addEventListener('DOMContentLoaded', start);
  else start();
})();
"""
WATCH = """
window.refused = [];
document.addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective));
"""

Open = Callable[..., Page]


def fake_assistant() -> FastAPI:
    app = FastAPI()

    @app.get("/widget.js")
    def widget() -> Response:
        return Response(WIDGET, media_type="text/javascript")

    @app.get("/widget/panel")
    def panel() -> HTMLResponse:
        return HTMLResponse("<!doctype html><title>Panel</title><p>Hello from the panel</p>")

    return app


@pytest.fixture(scope="module")
def assistant() -> Iterator[str]:
    with serving(fake_assistant()) as url:
        yield url


@pytest.fixture(scope="module")
def address(assistant: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The storefront: by this name it is another site than the assistant, not only another origin."""
    images = tmp_path_factory.mktemp("images")
    (images / "boot.svg").write_text(DRAWING)
    evil = MUG | {"id": "evil", "title": EVIL, "description": EVIL, "brand": EVIL, "category": [EVIL]}
    app = build_storefront([BOOT, MUG, evil], shop_name="Fernhill Store", assistant=assistant, images=images)
    with serving(app) as url:
        yield url.replace("127.0.0.1", "localhost")


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(WATCH)
    yield context
    context.close()


@pytest.fixture
def trouble(context: BrowserContext) -> Iterator[list[str]]:
    """What the console tells of: nothing, at the end of every test that does not clear it."""
    told: list[str] = []
    context.on("console", lambda message: told.append(message.text) if message.type in ("error", "warning") else None)
    context.on("weberror", lambda error: told.append(str(error.error)))
    yield told
    assert told == []


@pytest.fixture
def opened(context: BrowserContext, address: str, trouble: list[str]) -> Iterator[Open]:
    pages: list[Page] = []

    def open_at(path: str) -> Page:
        page = context.new_page()
        pages.append(page)
        page.goto(address + path)
        return page

    yield open_at
    for page in pages:
        assert page.evaluate("refused") == []
        assert page.evaluate("window.hacked") is None


def in_chat(page: Page, name: str, **item: Any) -> str:
    """What the hook makes of a press in the chat: empty, or its word for the shopper."""
    page.wait_for_function("!!window.heard?.handlers.addtocart")
    script = """async ([name, item]) => {
      try { await heard.handlers[name](item); } catch (error) { return error.message; }
      return '';
    }"""
    return page.evaluate(script, [name, item])


def test_a_product_goes_into_the_basket_and_stays_there(opened: Open) -> None:
    page = opened("/products/boot")
    page.get_by_label("Size").select_option("9")
    expect(page.locator("[data-price]")).to_have_text("$91.00")
    page.get_by_label("Quantity").fill("2")
    page.get_by_role("button", name="Add to basket").click()
    expect(page.locator("[data-said]")).to_have_text("In your basket: Ridge Boot")
    expect(page.locator("[data-count]")).to_have_text("2")
    page.reload()
    expect(page.locator("[data-count]")).to_have_text("2")
    page.get_by_role("link", name="Basket").click()
    line = page.locator(".line")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("Ridge Boot")
    expect(line.locator("[data-options]")).to_have_text("9")
    expect(page.locator("[data-total]")).to_have_text("$182.00")
    page.reload()
    expect(page.locator("[data-total]")).to_have_text("$182.00")
    assert page.context.cookies() == []


def test_more_than_there_is_is_refused_in_words(opened: Open) -> None:
    page = opened("/products/boot")
    add = page.get_by_role("button", name="Add to basket")
    page.get_by_label("Quantity").fill("3")
    add.click()
    expect(page.locator("[data-count]")).to_have_text("3")
    add.click()
    expect(page.get_by_role("alert")).to_have_text("We have only 3 of these.")
    expect(page.locator("[data-count]")).to_have_text("3")
    page.get_by_label("Size").select_option("10")
    expect(page.locator("[data-stock]")).to_have_text("Sold out")
    expect(add).to_be_disabled()


def test_lines_are_changed_and_removed_by_keyboard(opened: Open) -> None:
    page = opened("/products/mug")
    in_chat(page, "addtocart", product_id="mug", variant_id=None, quantity=1)
    in_chat(page, "addtocart", product_id="boot", variant_id="b8", quantity=1)
    page.get_by_role("link", name="Basket").click()
    expect(page.locator("[data-total]")).to_have_text("$99.60")
    quantity = page.get_by_label("Quantity of Mug")
    quantity.fill("3")
    quantity.press("Enter")
    expect(page.locator("[data-total]")).to_have_text("$119.80")
    expect(quantity).to_be_focused()
    page.get_by_role("button", name="Remove Mug").press("Enter")
    expect(page.locator(".line")).to_have_count(1)
    expect(page.get_by_role("button", name="Remove Ridge Boot")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("There is nothing in it yet.")).to_be_visible()
    expect(page.get_by_role("heading", name="Your basket")).to_be_focused()
    expect(page.locator("[data-count]")).to_be_hidden()


def test_what_the_chat_adds_and_removes_is_in_the_shops_basket_at_once(opened: Open) -> None:
    page = opened("/basket")
    assert in_chat(page, "addtocart", product_id="boot", variant_id="b9", quantity=2, title=EVIL, price=0.01) == ""
    expect(page.locator("[data-count]")).to_have_text("2")
    expect(page.locator("[data-said]")).to_have_text("In your basket: Ridge Boot")
    expect(page.locator("[data-total]")).to_have_text("$182.00")
    assert in_chat(page, "removefromcart", product_id="boot", variant_id="b9", quantity=1) == ""
    expect(page.locator("[data-total]")).to_have_text("$91.00")
    assert in_chat(page, "removefromcart", product_id="boot", variant_id="b9") == ""
    expect(page.get_by_text("There is nothing in it yet.")).to_be_visible()


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ({"product_id": "boot", "variant_id": "b10", "quantity": 1}, "This is sold out just now."),
        ({"product_id": "boot", "variant_id": None, "quantity": 1}, "Please choose size on its page first."),
        ({"product_id": "none", "variant_id": None, "quantity": 1}, "We don't sell this any more."),
    ],
)
def test_the_chat_hears_why_something_cannot_be_bought(opened: Open, item: dict[str, Any], told: str) -> None:
    page = opened("/")
    assert in_chat(page, "addtocart", **item) == told
    expect(page.locator("[data-count]")).to_be_hidden()


def test_another_tab_hears_of_it(opened: Open) -> None:
    first, second = opened("/basket"), opened("/products/mug")
    expect(first.get_by_text("There is nothing in it yet.")).to_be_visible()
    second.get_by_role("button", name="Add to basket").click()
    expect(first.locator("[data-count]")).to_have_text("1")
    expect(first.locator("[data-total]")).to_have_text("$10.10")


@pytest.mark.parametrize("kept", ["nonsense", "{}", '[{"product_id": 7}, null, {"product_id": "mug", "quantity": 1}]'])
def test_a_basket_that_somebody_spoilt_is_no_problem(opened: Open, kept: str) -> None:
    page = opened("/products/mug")
    page.evaluate("kept => localStorage.setItem('basket', kept)", kept)
    page.reload()
    page.get_by_role("button", name="Add to basket").click()
    expect(page.locator("[data-count]")).to_have_text("2" if kept.startswith("[") else "1")


def test_the_shop_out_of_reach_is_told(opened: Open, trouble: list[str]) -> None:
    page = opened("/products/mug")
    page.context.set_offline(True)
    page.get_by_role("button", name="Add to basket").click()
    expect(page.get_by_role("alert")).to_contain_text("We can’t reach the shop just now.")
    expect(page.locator("[data-count]")).to_be_hidden()
    page.context.set_offline(False)
    page.get_by_role("button", name="Add to basket").click()
    expect(page.locator("[data-count]")).to_have_text("1")
    expect(page.get_by_role("alert")).to_be_hidden()
    trouble[:] = [each for each in trouble if "ERR_INTERNET_DISCONNECTED" not in each]


def test_the_assistant_is_asked_about_the_product(opened: Open) -> None:
    page = opened("/products/boot")
    page.get_by_role("button", name="Ask about this").click()
    assert page.evaluate("heard.calls") == ["open", "What should I know about this one?"]
    assert page.evaluate("[heard.product, heard.cart]") == ["boot", "/basket"]


def test_the_first_page_offers_questions(opened: Open) -> None:
    page = opened("/")
    page.get_by_role("button", name="A quiet desk lamp for a small room").click()
    assert page.evaluate("heard.calls") == ["open", "A quiet desk lamp for a small room"]
    assert page.evaluate("heard.product") == ""


def test_the_widget_works_under_the_policy(opened: Open) -> None:
    page = opened("/")
    expect(page.frame_locator("iframe[title=Panel]").get_by_text("Hello from the panel")).to_be_visible()
    launcher = page.get_by_role("button", name="Assistant", exact=True)
    expect(launcher).to_have_css("background-color", "rgb(47, 107, 79)")


def test_the_policy_refuses_other_frames_and_markup_of_strings(opened: Open, trouble: list[str]) -> None:
    page = opened("/")
    page.evaluate("() => document.body.append(Object.assign(document.createElement('iframe'), { src: location.href }))")
    page.wait_for_function("refused.length > 0")
    assert page.evaluate("refused.splice(0)") == ["frame-src"]
    with pytest.raises(Error, match="TrustedHTML"):
        page.evaluate("document.body.innerHTML = '<b>bold</b>'")
    page.evaluate("refused.length = 0")
    trouble.clear()


@pytest.mark.parametrize("path", ["/", "/products/evil", "/basket"])
def test_text_of_products_stays_text(opened: Open, path: str) -> None:
    page = opened("/products/evil")
    page.get_by_role("button", name="Add to basket").click()
    expect(page.locator("[data-said]")).to_have_text(f"In your basket: {EVIL}")
    page = opened(path)
    expect(page.get_by_text(EVIL).first).to_be_visible()
    assert page.locator("main img[src=x], main script").count() == 0


def test_without_the_assistant_the_shop_works(opened: Open, trouble: list[str]) -> None:
    page = opened("/basket")
    page.context.route("**/widget.js", lambda route: route.abort())
    page.goto(page.url.replace("/basket", "/products/mug"))
    expect(page.get_by_role("button", name="Ask about this")).to_be_disabled()
    page.get_by_role("button", name="Add to basket").click()
    expect(page.locator("[data-count]")).to_have_text("1")
    trouble[:] = [each for each in trouble if "ERR_FAILED" not in each]


@pytest.mark.parametrize("path", ["/", "/?category=Shoes", "/products/boot", "/basket", "/how-this-page-is-made"])
def test_nothing_is_wider_than_the_screen(opened: Open, path: str) -> None:
    page = opened("/products/boot")
    in_chat(page, "addtocart", product_id="boot", variant_id="b9", quantity=2)
    page.goto(page.url.replace("/products/boot", path))
    expect(page.locator("[data-count]")).to_have_text("2")
    for width in (320, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
