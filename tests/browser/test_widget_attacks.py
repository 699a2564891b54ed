"""Pages of others around the widget: a frame, a window and an opener that forge its messages, and pages that frame it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from demo.storefront.pages import build_storefront
from tests.browser.chromium import AS_SHIPPED
from tests.browser.serving import serving
from tests.browser.shopper_side import HOOK, ShopperSide
from tests.browser.widget_world import WidgetWorld, widget_world

pytestmark = pytest.mark.browser
# A page that the test answers in a server's place has no address, and might not ask anything of this machine otherwise.
NO_ADDRESSES = f"{AS_SHIPPED[-1]},LocalNetworkAccessChecks"
BROWSER_ARGUMENTS = (*AS_SHIPPED, NO_ADDRESSES)
# What a forger says to everybody it can reach from a window: as the panel to the page, and as the page to the panel.
FORGE = """
const detail = { product_id: 'boot-2', variant_id: '', quantity: 1, title: 'forged', price: 0, currency: 'USD' };
const shopper = { id: 'mia', hash: 'forged' };
const forged = [
  { type: 'ready' }, { type: 'unread', count: 99 }, { type: 'close' }, { type: 'event', name: 'addtocart', detail, call: 1 },
  { type: 'event', name: 'handoff', detail: { status: 'human', agent: 'forged' } }, { type: '__proto__' },
  { type: 'constructor' }, { type: 'setup', page: { title: 'forged' }, shopper, hook: true, open: true }, { type: 'opened' },
  { type: 'closed' }, { type: 'say', text: 'forged' }, { type: 'page', page: { product_id: 'forged' } },
  { type: 'answer', call: 1, ok: false, problem: 'forged' },
];
function tell(target) {
  const reached = [target];
  for (const one of reached) {
    for (const message of forged) one.postMessage({ shelfwise: 1, ...message }, '*');
    for (let place = 0; place < one.length; place += 1) if (one[place] !== window) reached.push(one[place]);
  }
  return reached.length;
}
"""
PAGE = "<!doctype html><title>Elsewhere</title><link rel=icon href='data:,'><body>{body}<script>{forge}{script}</script>"


class Elsewhere:
    """A site of somebody else; `pages` are its pages by path, each a body and a script."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, str]] = {}
        self.app = FastAPI(openapi_url=None)
        self.app.add_api_route("/{path:path}", self._page, response_class=HTMLResponse)

    def _page(self, path: str) -> str:
        body, script = self.pages[path]
        return PAGE.format(body=body, forge=FORGE, script=script)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WidgetWorld]:
    with widget_world(tmp_path_factory.mktemp("widget")) as world:
        yield world


@pytest.fixture(scope="module")
def elsewhere() -> Elsewhere:
    return Elsewhere()


@pytest.fixture(scope="module")
def evil(elsewhere: Elsewhere) -> Iterator[str]:
    """The address of the site of somebody else."""
    with serving(elsewhere.app) as address:
        yield address


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context()
    made.set_default_timeout(5_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def lets_frames_in(route: Route) -> None:
    """The shop's page under a policy that lets it frame anybody, as most shops' do."""
    answer = route.fetch()
    policy = answer.headers["content-security-policy"].replace("frame-src ", "frame-src http: ")
    route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": policy})


def opened(page: Page, world: WidgetWorld) -> ShopperSide:
    """The shop's page with its own cart and the panel open."""
    world.shop_page.script = HOOK
    page.route(f"{world.page_url}/**", lets_frames_in)
    shopper = ShopperSide(page, world)
    shopper.goto()
    shopper.open()
    page.evaluate("window.told.length = 0")
    return shopper


def untouched(shopper: ShopperSide) -> None:
    """Nothing of what was forged has been believed, by the page or by the panel, and all of it works on."""
    shopper.ask("show me kettles")  # and what was said before it has been heard by now
    expect(shopper.cards()).to_have_count(3)
    assert [each["role"] for each in shopper.told("message")] == ["shopper", "assistant"]
    assert {name for name, _ in shopper.page.evaluate("window.told")} == {"message", "products"}
    expect(shopper.page.locator("p[role=status]")).to_have_text("")
    expect(shopper.launcher).to_have_attribute("aria-expanded", "true")
    expect(shopper.messages("shopper")).to_have_count(1)
    assert "forged" not in shopper.panel.locator("body").inner_text()
    assert shopper.world.shop.conversation(shopper.conversation()).shopper_id != "mia"


def test_a_frame_on_the_shops_page(page: Page, world: WidgetWorld, elsewhere: Elsewhere, evil: str) -> None:
    elsewhere.pages["banner"] = ("", "window.reached = tell(parent);")
    shopper = opened(page, world)
    page.evaluate(
        "src => document.body.append(Object.assign(document.createElement('iframe'), { src, name: 'banner' }))",
        f"{evil}/banner",
    )
    banner = page.frame_locator("iframe[name=banner]")
    expect(banner.locator("script")).to_have_count(1)
    assert next(frame for frame in page.frames if frame.name == "banner").evaluate("window.reached") >= 1
    page.locator("iframe[name=banner]").evaluate("frame => frame.remove()")
    untouched(shopper)


def test_a_window_that_the_shops_page_has_opened(page: Page, world: WidgetWorld, elsewhere: Elsewhere, evil: str) -> None:
    elsewhere.pages["window"] = ("", "window.reached = tell(opener);")
    shopper = opened(page, world)
    with page.expect_popup() as popup:
        page.evaluate("address => { window.open(address); }", f"{evil}/window")
    popup.value.wait_for_function("window.reached >= 1")
    popup.value.close()
    untouched(shopper)


def test_a_page_that_has_opened_the_shop(page: Page, world: WidgetWorld, elsewhere: Elsewhere, evil: str) -> None:
    elsewhere.pages["opener"] = ("", f"window.shop = window.open('{world.page_url}');")
    world.shop_page.script = HOOK
    page.context.set_default_timeout(5_000)
    with page.expect_popup() as popup:
        page.goto(f"{evil}/opener")
    shopper = ShopperSide(popup.value, world)
    shopper.open()
    popup.value.evaluate("window.told.length = 0")
    assert page.evaluate("tell(window.shop)") >= 1
    untouched(shopper)


def test_a_script_of_the_page_that_is_not_the_loader(page: Page, world: WidgetWorld) -> None:
    """The panel hears the page, which is the shop's own; the page hears nobody but the panel."""
    shopper = opened(page, world)
    script = """(origin) => {
      for (const type of ['close', 'unread', 'event']) {
        const data = { shelfwise: 1, type, count: 9, name: 'addtocart' };
        dispatchEvent(new MessageEvent('message', { data, origin, source: window }));
      }
    }"""
    page.evaluate(script, world.assistant_url)
    untouched(shopper)


@pytest.mark.parametrize("framed", ["panel", "panel of its own", "shop", "storefront"])
def test_who_frames_it_sees_nothing_of_it(
    page: Page, world: WidgetWorld, elsewhere: Elsewhere, evil: str, framed: str
) -> None:
    """Nobody can lay the panel, or a shop's page with it, under buttons of their own."""
    product = {"id": "mug", "title": "Mug", "price": 10, "currency": "USD"}
    with serving(build_storefront([product], shop_name="Shop", assistant=world.assistant_url, images=None)) as storefront:
        address = {
            "panel": f"{world.assistant_url}/widget/panel?origin={world.page_url}",
            "panel of its own": f"{world.assistant_url}/widget/panel?origin={evil}",
            "shop": world.page_url,
            "storefront": storefront,
        }[framed]
        elsewhere.pages["thief"] = (f"<iframe src='{address}'></iframe>", "")
        page.goto(f"{evil}/thief")
        frame = page.frames[1]
        if framed == "shop":  # which does not mind, but its panel does: it asks about every page around it
            page.frame_locator("iframe").locator("button[aria-expanded]").click()
            expect(page.frame_locator("iframe").locator("dialog iframe")).to_be_visible()
            frame = frame.child_frames[0]
        frame.wait_for_load_state()
        shown = frame.evaluate("document.body.innerText")
        assert ("can't be shown here" in shown) is (framed == "panel of its own")
        assert frame.evaluate("document.querySelectorAll('form, textarea, button[data-action], main').length") == 0


def test_a_page_that_is_not_allowed_keeps_a_button_that_works(
    page: Page, world: WidgetWorld, elsewhere: Elsewhere, evil: str
) -> None:
    elsewhere.pages["copy"] = (f"<script src='{world.assistant_url}/widget.js' async></script>", "")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{evil}/copy")
    launcher = page.locator("button[aria-expanded]")
    launcher.click()
    refusal = page.frame_locator("iframe").locator("body")
    expect(refusal).to_have_text(
        f"The assistant can't be shown here: {evil} is not among the origins that SHELFWISE_ORIGINS allows."
    )
    expect(launcher).to_have_attribute("aria-expanded", "true")
    launcher.click()
    expect(page.locator("iframe")).to_be_hidden()
    page.evaluate("window.Shelfwise.send('anybody there?')")
    expect(page.locator("iframe")).to_be_visible()
    page.evaluate("window.Shelfwise.destroy()")
    expect(launcher).to_have_count(0)
    assert errors == []


def test_the_servers_answers_to_it_are_for_nobody_else(context: BrowserContext, world: WidgetWorld, evil: str) -> None:
    """The calls behind the panel let no other site's scripts read what they answer."""
    for origin in (evil, "null", f"{world.page_url}.evil.example"):
        answer = context.request.post(f"{world.assistant_url}/v1/conversations", headers={"origin": origin}, data={})
        assert "access-control-allow-origin" not in answer.headers
