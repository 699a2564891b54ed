"""The widget's loader in Chromium, on a shop's strict page of another origin, with a stand-in for the panel."""

from __future__ import annotations

import html
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, PlainTextResponse
from playwright.sync_api import Browser, Frame, Page, expect

from assistant.web.widget import files
from assistant.web.widget.files import WidgetFiles
from assistant.web.widget.routes import mount_widget
from tests.browser.serving import serving

pytestmark = pytest.mark.browser

LAUNCHER = "button[aria-haspopup=dialog]"
PANEL = """<!doctype html><html lang="{{ language }}"><head><title>Panel</title></head><body>
<script type="application/json" id="setup">{{ setup|tojson }}</script><textarea></textarea>
<script type="module" src="{{ base }}/panel.js"></script></body></html>"""
# Tells what it heard, and says what a test has it say.
PANEL_SCRIPT = """
const { origin } = JSON.parse(document.getElementById('setup').textContent);
window.heard = [];
window.tell = (message) => parent.postMessage(message, origin);
addEventListener('message', ({ data, source, origin: from }) => {
  if (source !== parent || from !== origin) return;
  window.heard.push(data);
  if (data.type === 'opened') document.querySelector('textarea').focus();
});
addEventListener('keydown', ({ key }) => key === 'Escape' && tell({ shelfwise: 1, type: 'close', refocus: true }));
tell({ shelfwise: 1, type: 'ready' });
"""
PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Boots</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css">
<script nonce="{nonce}">
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective + event.blockedURI));
{script}</script>
{tags}</head><body><h1>Boots</h1><p><button id="before">Buy</button></p><iframe src="/frame"></iframe></body></html>"""
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src data:; frame-src 'self' {assistant}; "
    "base-uri 'none'; require-trusted-types-for 'script'"
)


@dataclass
class Shop:
    """The shop's page, at `url`, and what is on it; change it before it is opened."""

    url: str = ""
    assistant: str = ""
    lang: str = "en"
    script: str = ""
    css: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    tags: int = 1


def shop_site(shop: Shop) -> FastAPI:
    app = FastAPI(openapi_url=None)

    @app.get("/page.css")
    def css() -> PlainTextResponse:
        return PlainTextResponse(shop.css, media_type="text/css")

    @app.get("/frame")
    def frame() -> HTMLResponse:
        return HTMLResponse("<!doctype html>")

    @app.get("/{path:path}")
    def page(path: str) -> HTMLResponse:
        nonce = secrets.token_urlsafe(12)
        attributes = " ".join(f'{name}="{html.escape(value)}"' for name, value in shop.attributes.items())
        tag = f'<script nonce="{nonce}" src="{shop.assistant}/widget.js" async {attributes}></script>'
        body = PAGE.format(nonce=nonce, lang=shop.lang, script=shop.script, tags=tag * shop.tags)
        return HTMLResponse(body, headers={"content-security-policy": POLICY.format(nonce=nonce, assistant=shop.assistant)})

    return app


@pytest.fixture(scope="module")
def widget(tmp_path_factory: pytest.TempPathFactory) -> WidgetFiles:
    """The real loader and its texts, with a stand-in for the panel."""
    folder = tmp_path_factory.mktemp("widget")
    shutil.copy(files.HERE / "loader.js", folder)
    shutil.copytree(files.HERE / "locales", folder / "locales")
    (folder / "panel.html").write_text(PANEL)
    (folder / "panel.js").write_text(PANEL_SCRIPT)
    (folder / "panel.css").touch()
    return WidgetFiles(folder)


@pytest.fixture(scope="module")
def served(widget: WidgetFiles) -> Iterator[Shop]:
    shop = Shop()
    with serving(shop_site(shop)) as site:
        shop.url = site.replace("127.0.0.1", "localhost")
        app = FastAPI(openapi_url=None)
        mount_widget(app, widget, {"shop": "Shop"}, [shop.url])
        with serving(app) as shop.assistant:
            yield shop


@pytest.fixture
def shop(served: Shop) -> Shop:
    plain = Shop()
    served.lang, served.script, served.css, served.tags = plain.lang, plain.script, plain.css, plain.tags
    served.attributes = {}
    return served


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    context.set_default_timeout(5_000)
    yield context.new_page()
    context.close()


def load(page: Page, shop: Shop, path: str = "/boots") -> None:
    page.goto(shop.url + path)
    page.wait_for_function("() => !!window.Shelfwise?.destroy")


def panel_of(page: Page) -> Frame:
    """The panel's frame, once it has been told how things are."""
    page.wait_for_function(
        "() => [...document.documentElement.children].some((host) => host.shadowRoot?.querySelector('iframe')?.src)"
    )
    handle = page.locator("dialog iframe").element_handle()
    frame = handle.content_frame()
    assert frame is not None
    frame.wait_for_function("() => window.heard?.some(({ type }) => type === 'setup')")
    return frame


def tell(frame: Frame, message: dict[str, Any]) -> None:
    frame.evaluate("(message) => tell({ shelfwise: 1, ...message })", message)


def heard(frame: Frame, kind: str) -> dict[str, Any]:
    """The latest message of a kind."""
    frame.wait_for_function("(kind) => heard.some(({ type }) => type === kind)", arg=kind)
    latest: dict[str, Any] = frame.evaluate("(kind) => heard.findLast(({ type }) => type === kind)", kind)
    return latest


def is_open(page: Page) -> bool:
    return bool(page.locator(LAUNCHER).get_attribute("aria-expanded") == "true")


def focus_is_on_launcher(page: Page) -> None:
    expect(page.locator(LAUNCHER)).to_be_focused()


def test_what_every_page_of_the_shop_loads_takes_2_kilobytes_at_most(widget: WidgetFiles) -> None:
    assert len(widget.loader.packed) <= 2048


def test_the_keyboard_opens_it_the_focus_goes_in_and_comes_back(page: Page, shop: Shop) -> None:
    load(page, shop)
    launcher = page.locator(LAUNCHER)
    expect(launcher).to_have_attribute("aria-expanded", "false")
    expect(launcher).to_have_accessible_name("Shopping assistant")
    launcher.focus()
    page.keyboard.press("Enter")
    expect(launcher).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("dialog", name="Shopping assistant")).to_be_visible()
    panel = panel_of(page)
    panel.wait_for_function("() => document.activeElement.matches('textarea') && document.hasFocus()")
    page.keyboard.press("Escape")
    expect(launcher).to_have_attribute("aria-expanded", "false")
    expect(page.locator("dialog")).to_be_hidden()
    focus_is_on_launcher(page)
    panel.wait_for_function("() => heard.at(-1).open === false")
    assert page.evaluate("violations") == []


def test_escape_on_the_launcher_closes_it_and_a_press_does_too(page: Page, shop: Shop) -> None:
    load(page, shop)
    launcher = page.locator(LAUNCHER)
    launcher.click()
    panel_of(page).wait_for_function("() => document.hasFocus()")
    launcher.focus()
    page.keyboard.press("Escape")
    expect(launcher).to_have_attribute("aria-expanded", "false")
    launcher.click()
    expect(launcher).to_have_attribute("aria-expanded", "true")
    launcher.click()
    expect(launcher).to_have_attribute("aria-expanded", "false")
    focus_is_on_launcher(page)


def test_unread_messages_are_counted_on_the_launcher_and_said(page: Page, shop: Shop) -> None:
    load(page, shop)
    page.locator(LAUNCHER).click()
    panel = panel_of(page)
    page.locator(LAUNCHER).click()
    tell(panel, {"type": "unread", "count": 3})
    expect(page.get_by_role("status")).to_have_text("New messages: 3")
    expect(page.locator(LAUNCHER)).to_have_accessible_name("Shopping assistant New messages: 3")
    page.locator(LAUNCHER).click()  # they are to be read now
    expect(page.get_by_role("status")).to_have_text("")
    page.locator(LAUNCHER).click()
    tell(panel, {"type": "unread", "count": 0})
    expect(page.locator(LAUNCHER)).to_have_accessible_name("Shopping assistant")


def test_the_page_s_code_may_come_before_the_loader_and_after_it(page: Page, shop: Shop) -> None:
    shop.script = """(window.Shelfwise ||= []).push(() => { throw new Error('the page\\'s own'); });
    Shelfwise.push((assistant) => { assistant.on('open', () => { window.opened = true; }); assistant.send('hello'); });"""
    load(page, shop)
    panel = panel_of(page)
    assert heard(panel, "say")["text"] == "hello"
    order = panel.evaluate("heard.map(({ type }) => type)")
    assert order.index("setup") < order.index("opened") < order.index("say")
    page.wait_for_function("() => window.opened")
    page.evaluate("Shelfwise.push((assistant) => { assistant.close(); })")
    expect(page.locator(LAUNCHER)).to_have_attribute("aria-expanded", "false")
    page.evaluate("Shelfwise.open()")
    expect(page.locator(LAUNCHER)).to_have_attribute("aria-expanded", "true")


def test_events_reach_all_handlers_until_they_are_taken_off(page: Page, shop: Shop) -> None:
    shop.script = """window.told = [];
    (window.Shelfwise ||= []).push((assistant) => {
      assistant.on('products', () => { throw new Error('not today'); });
      window.off = assistant.on('products', (detail) => told.push(detail));
      for (const name of ['ready', 'open', 'close']) assistant.on(name, () => told.push(name));
    });"""
    load(page, shop)
    page.locator(LAUNCHER).click()
    panel = panel_of(page)
    tell(panel, {"type": "event", "name": "products", "detail": {"products": [{"id": "a"}]}})
    page.wait_for_function("() => told.length === 3")
    assert page.evaluate("told") == ["open", "ready", {"products": [{"id": "a"}]}]
    page.evaluate("off()")
    tell(panel, {"type": "event", "name": "products", "detail": {}})
    tell(panel, {"type": "close"})
    page.wait_for_function("() => told.at(-1) === 'close'")
    assert page.evaluate("told.length") == 4


def test_the_panel_hears_what_the_page_s_hook_made_of_it(page: Page, shop: Shop) -> None:
    load(page, shop)
    page.locator(LAUNCHER).click()
    panel = panel_of(page)
    assert heard(panel, "setup")["hook"] is False
    page.evaluate(
        """() => { window.carts = []; window.off = Shelfwise.on('addtocart', async (item) => {
          await new Promise((resolve) => requestAnimationFrame(resolve));
          if (item.quantity > 2) throw new Error('Only 2 are left.');
          carts.push(item.product_id); }); }"""
    )
    panel.wait_for_function("() => heard.at(-1).hook === true")
    item = {"product_id": "boots", "quantity": 1}
    tell(panel, {"type": "event", "name": "addtocart", "detail": item, "call": 7})
    panel.wait_for_function("() => heard.at(-1).call === 7")
    answer = heard(panel, "answer")
    assert (answer["ok"], page.evaluate("carts")) == (True, ["boots"])
    tell(panel, {"type": "event", "name": "addtocart", "detail": {**item, "quantity": 3}, "call": 8})
    panel.wait_for_function("() => heard.at(-1).call === 8")
    answer = heard(panel, "answer")
    assert (answer["ok"], answer["problem"]) == (False, "Only 2 are left.")
    page.evaluate("off()")
    panel.wait_for_function("() => heard.at(-1).hook === false")


def test_it_goes_without_a_trace_and_can_be_loaded_again(page: Page, shop: Shop) -> None:
    load(page, shop)
    before = page.evaluate("document.documentElement.children.length")
    page.locator(LAUNCHER).click()
    panel_of(page)
    page.evaluate("() => { window.late = []; Shelfwise.on('message', (detail) => late.push(detail)); Shelfwise.destroy(); }")
    late = {"shelfwise": 1, "type": "event", "name": "message", "detail": "late"}
    late_message = "([data, origin]) => dispatchEvent(new MessageEvent('message', { data, origin }))"
    page.evaluate(late_message, [late, shop.assistant])
    assert page.evaluate("late") == []
    assert page.evaluate("document.documentElement.children.length") == before - 1
    assert page.evaluate("'Shelfwise' in window") is False
    page.reload()
    expect(page.locator(LAUNCHER)).to_have_attribute("aria-expanded", "false")


def test_a_second_tag_does_nothing(page: Page, shop: Shop) -> None:
    shop.tags = 2
    load(page, shop)
    page.wait_for_load_state()
    expect(page.locator(LAUNCHER)).to_have_count(1)


def test_the_panel_is_told_of_the_page_and_the_shopper(page: Page, shop: Shop) -> None:
    shop.css = ":root { --shelfwise-accent: rebeccapurple; --shelfwise-radius: 4px }"
    shop.attributes = {
        "data-product": "boots", "data-cart": "/cart", "data-shopper": "s1", "data-hash": "abc", "data-theme": "dark",
    }  # fmt: skip
    load(page, shop)
    page.locator(LAUNCHER).click()
    setup = heard(panel_of(page), "setup")
    assert setup["page"] == {"product_id": "boots", "url": f"{shop.url}/boots", "title": "Boots"}
    assert setup["shopper"] == {"id": "s1", "hash": "abc"}
    assert (setup["cart"], setup["theme"]) == ("/cart", "dark")
    assert setup["colours"] == {"accent": "rebeccapurple", "ground": "", "radius": "4px"}
    page.evaluate("Shelfwise.page({ product_id: 'socks' })")
    panel_of(page).wait_for_function("() => heard.at(-1).page.product_id === 'socks'")


@pytest.mark.parametrize(
    ("attributes", "lang", "name"),
    [
        ({}, "en", "Shopping assistant"),
        ({}, "zh-CN", "购物助手"),
        ({"data-locale": "zh_TW"}, "en", "购物助手"),
        ({"data-locale": "ZH-CN"}, "en", "购物助手"),
        ({"data-locale": "xx-invalid-!!"}, "zh", "Shopping assistant"),
        ({}, "de", "Shopping assistant"),
        ({}, "", "Shopping assistant"),
    ],
)
def test_the_launcher_speaks_the_page_s_language(
    page: Page, shop: Shop, attributes: dict[str, str], lang: str, name: str
) -> None:
    shop.attributes, shop.lang = attributes, lang
    load(page, shop)
    expect(page.locator(LAUNCHER)).to_have_accessible_name(name)
    language = page.locator(LAUNCHER).evaluate("(button) => button.getRootNode().host.lang")
    assert language == ("en" if name.isascii() else "zh")  # which the page around it may not be in


@pytest.mark.parametrize(("attributes", "x"), [({}, 1280 - 30 - 56), ({"data-position": "left"}, 30)])
def test_it_stands_where_the_shop_wants_it(page: Page, shop: Shop, attributes: dict[str, str], x: int) -> None:
    shop.attributes = attributes
    shop.css = ":root { --shelfwise-offset-x: 30px; --shelfwise-offset-y: 44px; --shelfwise-z-index: 7 }"
    load(page, shop)
    assert page.locator(LAUNCHER).bounding_box() == {"x": x, "y": 800 - 44 - 56, "width": 56, "height": 56}
    expect(page.locator(LAUNCHER)).to_have_css("z-index", "7")


def test_on_a_page_that_is_zoomed_by_its_style_all_of_it_is_in_view(page: Page, shop: Shop) -> None:
    shop.css = "html { zoom: 1.5 }"
    load(page, shop)
    page.locator(LAUNCHER).click()
    panel_of(page)
    expect(page.locator("dialog")).to_be_in_viewport(ratio=1)


def test_a_wide_screen_shows_it_again_on_the_next_page_and_keeps_the_focus(page: Page, shop: Shop) -> None:
    load(page, shop)
    page.locator(LAUNCHER).click()
    panel_of(page)
    load(page, shop, "/socks")
    panel = panel_of(page)
    assert is_open(page)
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    assert panel.evaluate("heard.map(({ type }) => type)").count("opened") == 0
    assert heard(panel, "setup")["open"] is True


def test_on_a_phone_it_fills_the_screen_and_the_next_page_is_free(page: Page, shop: Shop) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    load(page, shop)
    page.locator(LAUNCHER).click()
    panel_of(page)
    assert page.locator("dialog").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert page.locator("dialog").evaluate("(dialog) => dialog.matches(':modal')")
    load(page, shop, "/socks")
    panel = panel_of(page)  # is loaded all the same: there may be news
    assert not is_open(page)
    tell(panel, {"type": "unread", "count": 1})
    expect(page.get_by_role("status")).to_have_text("New messages: 1")


def test_nothing_is_fetched_before_it_is_first_opened(page: Page, shop: Shop) -> None:
    load(page, shop)
    page.evaluate("new Promise((resolve) => requestIdleCallback(() => requestIdleCallback(resolve)))")
    expect(page.locator("dialog iframe")).to_have_count(0)


def test_it_may_be_open_from_the_start_until_the_shopper_closes_it(page: Page, shop: Shop) -> None:
    shop.attributes = {"data-open": ""}
    load(page, shop)
    assert is_open(page)
    page.locator(LAUNCHER).click()
    expect(page.locator(LAUNCHER)).to_have_attribute("aria-expanded", "false")
    load(page, shop)
    assert not is_open(page)


def test_only_the_panel_is_heard(page: Page, shop: Shop) -> None:
    load(page, shop)
    page.locator(LAUNCHER).click()
    panel = panel_of(page)
    forged = {"shelfwise": 1, "type": "close"}
    page.evaluate("(forged) => postMessage(forged, '*')", forged)  # wrong source and origin
    page.frames[1].evaluate("(forged) => parent.postMessage(forged, '*')", forged)  # another frame of the page
    page.evaluate("(data) => dispatchEvent(new MessageEvent('message', { data, origin: location.origin }))", forged)
    page.evaluate(
        "([data, origin]) => dispatchEvent(new MessageEvent('message', { data, origin, source: frames[0] }))",
        [forged, shop.assistant],
    )
    page.evaluate(  # the panel's frame, where it has been led elsewhere
        """(data) => { const { shadowRoot } = document.documentElement.lastElementChild;
        const source = shadowRoot.querySelector('iframe').contentWindow;
        dispatchEvent(new MessageEvent('message', { data, origin: 'https://evil.example', source })); }""",
        forged,
    )
    for shape in (None, "close", {"type": "close"}, {"shelfwise": "1", "type": "close"}, {"shelfwise": 1, "type": "burn"}):
        panel.evaluate("(shape) => tell(shape)", shape)
    tell(panel, {"type": "unread", "count": 2})  # heard after all of these
    panel.wait_for_function("() => heard.filter(({ type }) => type === 'setup').length > 2")
    assert is_open(page)


def test_a_frame_that_was_led_elsewhere_is_told_nothing(page: Page, shop: Shop) -> None:
    shop.attributes = {"data-shopper": "s1", "data-hash": "abc"}
    load(page, shop)
    page.locator(LAUNCHER).click()
    panel_of(page)
    heard = page.evaluate(
        """async () => {
          const frame = document.documentElement.lastElementChild.shadowRoot.querySelector('iframe');
          await new Promise((resolve) => { frame.onload = resolve; frame.src = '/frame'; });
          const told = [];
          const isOver = new Promise((resolve) => {
            frame.contentWindow.onmessage = ({ data }) => { told.push(data); if (data === 'last') resolve(); };
          });
          Shelfwise.page({ product_id: 'socks' });
          await new Promise((resolve) => setTimeout(resolve));
          frame.contentWindow.postMessage('last', '*');
          await isOver;
          return told;
        }"""
    )
    assert heard == ["last"]


def test_no_style_comes_in_or_goes_out(page: Page, shop: Shop) -> None:
    styles = "[...document.querySelectorAll('h1, p, #before')].map((one) => JSON.stringify({...getComputedStyle(one)}))"
    load(page, shop)
    launcher = "(button) => ({ ...getComputedStyle(button) })"
    plain = page.locator(LAUNCHER).evaluate(launcher)
    without = page.evaluate("() => { Shelfwise.destroy(); return " + styles + "; }")
    load(page, shop)
    assert page.evaluate(styles) == without
    shop.css = (
        "* { all: unset !important; font-size: 40px !important } div { display: none !important; opacity: 0 !important }"
    )
    load(page, shop)
    page.wait_for_load_state()
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "40px"
    assert page.locator(LAUNCHER).evaluate(launcher) == plain


@pytest.mark.parametrize(
    ("accent", "is_white"),
    [("#1c6450", True), ("#ffd400", False), ("navy", True), ("#fff", False), ("oklch(0.9 0.1 100)", False)],
)
def test_the_icon_can_be_seen_on_the_accent(page: Page, shop: Shop, accent: str, is_white: bool) -> None:
    shop.css = f":root {{ --shelfwise-accent: {accent} }}"
    load(page, shop)
    page.wait_for_load_state()
    drawn = page.locator(LAUNCHER).evaluate(
        """(button) => { const context = document.createElement('canvas').getContext('2d');
        context.fillStyle = getComputedStyle(button, '::before').borderTopColor; context.fillRect(0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data]; }"""
    )
    assert drawn == ([255] * 4 if is_white else [0, 0, 0, 255])


def test_where_the_panel_can_t_come_the_launcher_still_opens_and_closes(page: Page, shop: Shop) -> None:
    page.route("**/widget/panel*", lambda route: route.abort())
    load(page, shop)
    page.locator(LAUNCHER).click()
    expect(page.locator("dialog")).to_be_visible()
    page.locator(LAUNCHER).click()
    expect(page.locator("dialog")).to_be_hidden()


def test_storage_may_be_forbidden(page: Page, shop: Shop) -> None:
    shop.script = "for (const kind of ['localStorage', 'sessionStorage']) Object.defineProperty(window, kind, { get() {"
    shop.script += " throw new DOMException('', 'SecurityError'); } });"
    load(page, shop)
    page.locator(LAUNCHER).click()
    panel_of(page)
    assert is_open(page)
