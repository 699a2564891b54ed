"""Text stays text: a catalogue, shoppers, agents and pages full of attacks, through the real API into real pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, Route, expect

from retrieval.products import BadProduct, parse_product, to_row
from tests.browser.chromium import AS_SHIPPED
from tests.browser.hostile_world import (
    EVERYTHING,
    Watch,
    filled,
    harm,
    hostile_product,
    hostile_shop,
    panel_harm,
    product_id,
    squeezed,
    variant_id,
)
from tests.browser.payloads import PAYLOADS, PICTURES, WITH_NULL
from tests.browser.shopper_side import HOOK, ShopperSide
from tests.browser.widget_world import ShopPage, WidgetWorld, widget_world

pytestmark = pytest.mark.browser

BROWSER_ARGUMENTS = AS_SHIPPED
LONGEST_MESSAGE = 1900
ALLOWED = next(payload for payload in PAYLOADS if payload.startswith(f"https://{PICTURES}/"))
SELECTORS = {
    "shop": "h1",
    "query": "[data-need] .query",
    "wishes": "[data-need] .chip",
    "author": ".message.agent .speaker",
    "sent": ".sent .card-title",
    "lines": "dialog[data-cart] .line-title",
    "options": "dialog[data-cart] .line-text .soft",
}
# Opens every card of the newest shelf, and tells what its details say.
DETAILS = """
() => [...[...document.querySelectorAll('.shelf')].at(-1).querySelectorAll('.card')].map((card) => {
  card.querySelector('.card-title').click();
  const dialog = document.querySelector('dialog[data-details]');
  const texts = (selector) => [...dialog.querySelectorAll(selector)].map((each) => each.textContent);
  const told = {
    card: [card.querySelector('.card-title').textContent, card.querySelector('.brand').textContent],
    facts: texts('h2, .brand, .description'),
    attributes: texts('dt, dd'),
    choice: [...texts('.choice-name'), texts('option')[0]],
    link: dialog.querySelector('a')?.getAttribute('href') ?? '',
    picture: dialog.querySelector('img')?.getAttribute('src') ?? '',
  };
  dialog.close();
  return told;
})
"""
# The shop's own cart, which has another word against it each time.
REFUSING = """
(window.Shelfwise ||= []).push((assistant) => {
  assistant.on('addtocart', () => { throw new Error(window.refusals.shift()); });
});
"""
# Presses "Try again" until the shop has nothing more against it, and tells what it had.
TRY_AGAIN = """
async () => {
  const told = [];
  for (;;) {
    const problem = document.querySelector('.message.problem');
    told.push(problem.querySelector('.text').textContent);
    problem.querySelector('button').click();
    for (let frames = 0; !document.querySelector('.message.problem'); frames += 1) {
      if (frames > 200) return told;
      await new Promise(requestAnimationFrame);
    }
    if (document.querySelector('.message.problem .text').textContent === 'Error') return told;
  }
}
"""
# Loads the widget once for each payload, which stands in another attribute each time. They are set when the tag is in the
# page: of a tag with "<script" in an attribute a browser takes no nonce, in case somebody else's text has run into it.
TAGS = """
const { nonce } = document.currentScript;
const rules = trustedTypes.createPolicy('shop', { createScriptURL: (address) => address });
const names = ['locale', 'position', 'theme', 'product', 'cart', 'shopper', 'hash'];
window.loadEach = async (payloads) => {
  const { src } = document.querySelector('script[src]');
  let loaded = 0;
  for (let first = 0; first < payloads.length; first += 1) {
    window.Shelfwise.destroy();
    window.told.length = 0;
    const script = Object.assign(document.createElement('script'), { nonce, src: rules.createScriptURL(src) });
    document.body.append(script);
    names.forEach((name, place) => { script.dataset[name] = payloads[(first + place) % payloads.length]; });
    await new Promise((resolve) => { script.onload = resolve; });
    if (first % 6 === 0) await opened(script);
    script.remove();
    loaded += document.documentElement.lastChild.shadowRoot.querySelectorAll('button').length;
  }
  return loaded;
};
async function opened(script) {
  await new Promise((resolve) => {
    window.Shelfwise.on('ready', resolve);
    window.Shelfwise.open();
    const frame = document.documentElement.lastChild.shadowRoot.querySelector('iframe');
    if (script.dataset.locale.length > 35) frame.addEventListener('load', resolve);
  });
}
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WidgetWorld]:
    folder = tmp_path_factory.mktemp("hostile")
    with widget_world(folder, hostile_shop(folder)) as world:
        yield world


@pytest.fixture
def world(served: WidgetWorld) -> Iterator[WidgetWorld]:
    """The shop's page as it is without settings, before each test and after it."""
    yield served
    served.shop_page.attributes.clear()
    served.shop_page.script = ShopPage().script


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1280, "height": 900})
    made.set_default_timeout(10_000)
    yield made
    made.close()


@pytest.fixture
def watch(context: BrowserContext, world: WidgetWorld) -> Iterator[Watch]:
    """All that happens in the browser; nothing of it may be out of the ordinary, in no test."""
    watch = Watch(context, world.assistant_url, world.page_url)
    yield watch
    assert watch.trouble == []


@pytest.fixture
def shopper(context: BrowserContext, watch: Watch, world: WidgetWorld) -> Iterator[ShopperSide]:
    """Somebody with the panel open, in which nothing has done any harm when the test is over, nor in the shop's page."""
    shopper = ShopperSide(context.new_page(), world)
    shopper.goto()
    shopper.open()
    yield shopper
    unharmed(shopper)


def unharmed(shopper: ShopperSide) -> None:
    assert panel_harm(panel_frame(shopper.page)) == []
    assert host_harm(shopper.page) == []


def host_harm(page: Page) -> list[str]:
    """What an attack has left in the shop's page, which has three scripts and the panel's frame."""
    return harm(page.main_frame, {"script": 3, "iframe": 1, "link": 1, "meta": 2, "form": 0})


def panel_frame(page: Page) -> Frame:
    return next(frame for frame in page.frames if "/widget/panel" in frame.url)


def restored(shopper: ShopperSide) -> None:
    """The conversation with all payloads in all places, as a reload shows it."""
    shopper.ask("hiking boots")
    shopper.world.shop.conversations.change(shopper.conversation(), filled)
    shopper.page.reload()
    expect(shopper.messages("agent")).to_have_count(len(PAYLOADS))
    shopper.rests()


def chunks(texts: Sequence[str], longest: int) -> Iterator[str]:
    """The texts, as many of them together as may be."""
    chunk = ""
    for text in texts:
        if chunk and len(chunk) + len(text) >= longest:
            yield chunk
            chunk = ""
        chunk = f"{chunk} {text}".strip()
    yield chunk


# ---- The panel ---------------------------------------------------------------------------------------------------------


def test_there_are_sixty_and_a_catalogue_takes_each_but_nulls() -> None:
    assert len(set(PAYLOADS)) == 60
    for number in range(60):
        product = hostile_product(number)
        assert parse_product(to_row(product)) == product
    with pytest.raises(BadProduct, match="characters that no text may hold"):
        parse_product({"id": "null", "title": WITH_NULL})


def test_a_thread_with_all_of_it_is_shown_as_it_is_written(shopper: ShopperSide, watch: Watch) -> None:
    restored(shopper)
    saved = shopper.saved()
    assert shopper.thread() == saved and [text for _, text in saved].count(PAYLOADS[0]) == 4
    texts = {name: shopper.panel.locator(selector).all_text_contents() for name, selector in SELECTORS.items()}
    assert texts["shop"] == [EVERYTHING]
    assert texts["query"] == [EVERYTHING]
    assert [text.removesuffix(": ")[1:] for text in texts["author"]] == list(PAYLOADS)
    assert texts["sent"] == list(PAYLOADS)
    assert texts["lines"] == list(PAYLOADS)
    assert texts["options"] == list(PAYLOADS)
    wishes = texts["wishes"]
    assert len(wishes) == 4 * len(PAYLOADS) and wishes[: len(PAYLOADS)] == list(PAYLOADS)
    for wish, payload in zip(wishes, PAYLOADS * 4, strict=True):
        assert payload in wish
    assert shopper.page.evaluate("document.title") == "The shop"
    assert squeezed(panel_frame(shopper.page).title()).endswith(squeezed(EVERYTHING))
    details_show_it_as_it_is_written_and_lead_nowhere_else(shopper, watch)


def details_show_it_as_it_is_written_and_lead_nowhere_else(shopper: ShopperSide, watch: Watch) -> None:
    told = panel_frame(shopper.page).evaluate(DETAILS)
    assert len(told) == len(PAYLOADS)
    for payload, details in zip(PAYLOADS, told, strict=True):
        assert details["card"] == [payload, payload]
        assert details["facts"] == [payload] * 3
        assert details["attributes"] == [payload.replace("_", " "), payload, "material", f"{payload}, nylon"]
        assert details["choice"] == [payload, payload]
    assert {details["link"] for details in told} == {details["picture"] for details in told} == {"", ALLOWED}
    with shopper.page.expect_request(f"https://{PICTURES}/**"):
        shopper.panel.locator(".shelf .card-title", has_text=ALLOWED).first.click()
    expect(shopper.panel.locator("dialog[data-details] img")).to_be_visible()
    assert {picture.partition("/x.png")[0] for picture in watch.pictures} == {f"https://{PICTURES}"}


def test_what_shoppers_type_stays_what_they_typed(shopper: ShopperSide) -> None:
    for text in chunks([*PAYLOADS, WITH_NULL.replace("\x00", "")], LONGEST_MESSAGE):
        shopper.ask(text)
        assert shopper.messages("shopper").locator(".text").last.text_content() == text
    shopper.assert_shown_as_saved()
    shopper.page.reload()
    shopper.rests()
    expect(shopper.messages("shopper").first).to_be_visible()
    shopper.assert_shown_as_saved()


def test_nulls_in_what_is_said_are_taken_out_and_nothing_comes_of_it(shopper: ShopperSide) -> None:
    shopper.page.evaluate("words => window.Shelfwise.send(words)", WITH_NULL)
    expect(shopper.messages("assistant")).to_have_count(1)
    shopper.rests()
    shopper.page.reload()
    expect(shopper.messages("shopper").locator(".text")).to_have_text(WITH_NULL.replace("\x00", ""))


def test_what_comes_while_one_looks_is_text_too(shopper: ShopperSide) -> None:
    shopper.ask("hiking boots")
    conversation, desk = shopper.conversation(), shopper.world.api.served.desk
    desk.request(conversation, "asked_for_human", "shopper")
    desk.accept(conversation, EVERYTHING)
    expect(shopper.panel.locator("[data-banner-text]")).to_contain_text(EVERYTHING)
    for number, payload in enumerate(PAYLOADS):
        desk.say(conversation, EVERYTHING, payload, product_ids=[product_id(number)])
    expect(shopper.messages("agent")).to_have_count(len(PAYLOADS))
    assert shopper.messages("agent").locator(".text").all_text_contents() == list(PAYLOADS)
    assert shopper.panel.locator(".sent .card-title").all_text_contents() == list(PAYLOADS)
    assert [each["author"] for each in shopper.told("message") if each["role"] == "agent"] == [EVERYTHING] * len(PAYLOADS)


def test_a_server_that_was_led_astray_can_only_send_text(shopper: ShopperSide) -> None:
    """Reasons, what does not fit, replies to choose from, problems: whatever is in them."""
    shopper.page.route("**/messages", lambda route: led_astray(route, "suggestions", "products"))
    shopper.ask("hiking boots")
    assert shopper.panel.locator("[data-suggestions] button").all_text_contents() == list(PAYLOADS)
    first = shopper.cards().first
    for payload, text in zip(PAYLOADS, first.locator(".violates").all_text_contents(), strict=True):
        assert text.endswith(payload)
    assert first.locator(".reasons li").all_text_contents() == list(PAYLOADS[:2])
    shopper.page.unroute("**/messages")
    shopper.page.route("**/messages", lambda route: led_astray(route, "error"))
    shopper.write("and a kettle")
    problem = shopper.panel.locator(".message.problem .text")
    expect(problem).to_be_visible()
    assert problem.text_content() == EVERYTHING


def led_astray(route: Route, *names: str) -> None:
    """Puts payloads into the events of these names; an error comes in the place of the end."""
    evil = {"suggestions": {"texts": PAYLOADS}, "error": {"message": EVERYTHING, "retryable": True}}
    answer = route.fetch()
    blocks = []
    for block in answer.text().replace("event: done", "event: error" if "error" in names else "event: done").split("\n\n"):
        name = block.partition("event: ")[2].partition("\n")[0]
        if name in names:
            head, _, data = block.partition("data: ")
            told = evil.get(name) or reasoned(json.loads(data))
            block = f"{head}data: {json.dumps(told)}"
        blocks.append(block)
    route.fulfill(status=200, headers={"content-type": "text/event-stream"}, body="\n\n".join(blocks))


def reasoned(products: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    return {"cards": [card | {"reasons": PAYLOADS, "violates": PAYLOADS} for card in products["cards"]]}


def test_what_the_shops_own_cart_says_is_text(world: WidgetWorld, context: BrowserContext, watch: Watch) -> None:
    world.shop_page.script = REFUSING
    shopper = ShopperSide(context.new_page(), world)
    shopper.goto()
    shopper.open()
    shopper.ask("hiking boots")
    shopper.page.evaluate("refusals => { window.refusals = refusals; }", [*PAYLOADS, EVERYTHING])
    shopper.panel.locator("[data-adds]").first.click()
    expect(shopper.panel.locator(".message.problem")).to_have_count(1)
    assert panel_frame(shopper.page).evaluate(TRY_AGAIN) == [*PAYLOADS, EVERYTHING]
    watch.trouble[:] = [each for each in watch.trouble if not each.startswith("console: Error")]  # the hook's own
    unharmed(shopper)


def test_carts_by_odd_names_reach_the_shop(world: WidgetWorld, context: BrowserContext, watch: Watch) -> None:
    world.shop_page.script = HOOK
    shopper = ShopperSide(context.new_page(), world)
    shopper.goto()
    shopper.open()
    restored(shopper)
    shopper.panel.get_by_role("button", name="Cart").first.click()
    for name in ("__proto__", "constructor"):
        number = PAYLOADS.index(name)
        line = shopper.panel.locator("dialog[data-cart] .line", has=shopper.panel.get_by_text(name, exact=True)).first
        line.get_by_role("button", name="One more").click()
        shopper.rests()
        expect(line).to_contain_text("2")
        assert [name, variant_id(number)] in [told[:2] for told in shopper.told("addtocart")]
    unharmed(shopper)


# ---- The shop's page and what it tells the panel -----------------------------------------------------------------------


def test_the_pages_title_product_and_colours(shopper: ShopperSide) -> None:
    script = """async (payloads) => {
      for (const payload of payloads) {
        document.title = payload;
        history.replaceState(null, '', `/?${encodeURIComponent(payload)}#${payload}`);
        for (const name of ['accent', 'ground', 'radius', 'offset-x', 'z-index']) {
          document.documentElement.style.setProperty(`--shelfwise-${name}`, payload);
        }
        window.Shelfwise.page({ product_id: payload });
        await new Promise(requestAnimationFrame);
      }
    }"""
    shopper.page.evaluate(script, list(PAYLOADS))
    shopper.ask("hiking boots")
    style = panel_frame(shopper.page).evaluate("document.documentElement.getAttribute('style')")
    assert "url(" not in style and "expression" not in style


def test_the_script_tags_own_attributes(world: WidgetWorld, context: BrowserContext, watch: Watch) -> None:
    world.shop_page.script = TAGS
    page = context.new_page()
    page.goto(world.page_url)
    page.wait_for_function("window.Shelfwise && !Array.isArray(window.Shelfwise)")
    assert page.evaluate("payloads => window.loadEach(payloads)", list(PAYLOADS)) == len(PAYLOADS)
    # A page may well give the launcher a style that asks for a picture, and its own policy refuses that.
    found = host_harm(page)
    assert [each for each in found if not each.startswith("img-src ")] == []
    # A locale that is none is refused, in words that no page may frame.
    expected = ("'img-src", "img-src ", "status of 422", "frame-ancestors 'self'")
    watch.trouble[:] = [each for each in watch.trouble if not any(words in each for words in expected)]
