"""The look of the widget's panel in Chromium: colours, cards, dialogs, texts, targets, and what axe-core says of it all."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from assistant.web.cards import AVAILABILITY_LABELS
from assistant.web.widget.files import HERE
from tests.browser.axe import violations
from tests.browser.panel_stage import NEED, cards, cart, open_panel, product, staged

pytestmark = pytest.mark.browser

PAYLOADS = (
    "<img src=x onerror=window.hacked=1>",
    "<script>window.hacked=1</script>",
    "</script><script>window.hacked=1</script>",
    '"><svg onload=window.hacked=1>',
    "<iframe srcdoc='<script>parent.hacked=1</script>'>",
    "<a href=javascript:window.hacked=1>x</a>",
    "<style>*{display:none}</style>",
    "<!--<p>",
    "</textarea></title><p>",
    "&lt;b&gt;&amp;#x3C;b&#x3E;",
    "<math><mi xlink:href='javascript:window.hacked=1'>",
    "<template><p>",
    "{{window.hacked=1}}",
    "${window.hacked=1}",
    "{title} {label} {count} {__proto__}",
    "' onmouseover='window.hacked=1",
    '" style="position:fixed;inset:0',
    "<form action=javascript:window.hacked=1><button>",
    "\u202e<b>evil</b>\u0000",
    "<body onload=window.hacked=1><base href=//evil.example>",
)
ADDRESSES = (
    "javascript:window.hacked=1",
    "JaVaScRiPt://x.example/%0awindow.hacked=1",
    " javascript:window.hacked=1",
    "data:text/html,<script>window.hacked=1</script>",
    "data:image/svg+xml,<svg onload=window.hacked=1>",
    "vbscript:x",
    "blob:http://x.example/1",
    "file:///etc/passwd",
    "//evil.example/x",
    "\\\\evil.example\\x",
    "http:evil.example",
    "http://",
    "https://a b.example/",
    "/v1/conversations",
    "/images/../v1/conversations",
    "/images/%2e%2e/v1/conversations",
    "/images/..\\x",
    "images/x.png",
    "x",
    "",
)

# A thread with an answer and its shelf, what is looked for, suggestions and a cart. `stage` is panel_stage.js.
FILL = """([cards, need, cart]) => {
  document.body.removeAttribute('data-empty');
  stage.message('shopper', 'waterproof hiking boots under $120, nothing leather');
  stage.feedback(stage.message('assistant', 'These six keep your feet dry and stay under $120.'));
  stage.put('shelf', cards);
  stage.showNeed(need, 'USD', stage.on);
  stage.showSuggestions(['Is the first one true to size?', 'Anything cheaper?'], stage.on);
  stage.showCart(cart, stage.on);
}"""
STATES = {
    "empty": "() => {}",
    "thread": "() => {}",
    "details": "() => stage.openDetails(given[0][0], stage.on)",
    "cart": "() => stage.find('cart').showModal()",
    "cart-empty": """() => {
      stage.showCart({lines: [], total: 0, currency: 'USD'}, stage.on);
      stage.find('cart').showModal();
    }""",
    "shops-cart": """() => {
      stage.showCart(given[2], stage.on, 'https://shop.example/cart');
      stage.find('cart').showModal();
    }""",
    "waiting": """() => {
      stage.banner('pending', 'A person will be with you in about 4 minutes.', "Don't wait for a person");
      stage.message('assistant waiting', '');
      document.body.dataset.phase = 'busy';
    }""",
    "human": """() => {
      stage.banner('human', 'Maya is with you.');
      stage.message('notice', 'Maya has joined.');
      const said = stage.message('agent', 'These two would also fit:', 'Maya');
      said.append(stage.makeSent([given[0][0].product, given[0][3].product], stage.on));
      stage.find('newer').hidden = false;
    }""",
    "problem": """() => {
      stage.message('pressed', 'Add to cart: Trail Mid');
      stage.message('shopper unsent', 'Is it warm enough for snow?');
      stage.message('shopper waiting-to-send', 'And for rain?');
      stage.message('problem', 'That did not get through.');
      stage.put('shelf', []);
      document.body.dataset.phase = 'failed';
    }""",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with staged(tmp_path_factory.mktemp("widget")) as address:
        yield address


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 400, "height": 680})
    yield context
    context.close()


@pytest.fixture
def panel(context: BrowserContext, address: str) -> Page:
    return open_panel(context.new_page(), address)


def show(page: Page, state: str) -> None:
    given = [cards(), dict(NEED), cart()]
    page.evaluate("(given) => { window.given = given }", given)
    if state != "empty":
        page.evaluate(FILL, given)
    page.evaluate(STATES[state])


def every_state(page: Page, address: str, **settings: str) -> Iterator[str]:
    for state in STATES:
        open_panel(page, address, **settings)
        show(page, state)
        yield state


# ---- Colours ----

GROUNDS = ("ground", "surface", "sunken", "said", "warm", "warn-soft", "bad-soft")
TEXTS = {
    "ink": GROUNDS,
    "ink-soft": ("ground", "surface", "sunken", "said", "warm"),
    "accent-ink": ("ground", "surface", "sunken", "said"),
    "on-accent": ("accent",),
    "warn": ("ground", "surface", "warn-soft"),
    "bad": ("ground", "surface", "said", "bad-soft"),
    "sale": ("ground", "surface"),
}
CONTROLS = {
    "accent": ("ground", "surface", "sunken"),
    "accent-ink": ("ground", "surface", "sunken", "said"),  # the ring of the focus
    "line-strong": ("ground", "surface", "sunken"),
    "star": ("ground", "surface"),
}
EXTREMES = ("#ffff00", "#ffffff", "#000000", "#777777", "#767676", "#808080", "#7f7f7f", "#00ff00", "#0000ff", "#ff0000")


def luminance(colour: str) -> float:
    """Relative luminance by WCAG's own words."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def schemes(page: Page, pairs: list[tuple[str | None, str | None]], *, dark: bool) -> list[dict[str, str]]:
    found: list[dict[str, str]] = page.evaluate(
        "([pairs, isDark]) => pairs.map(([accent, ground]) => stage.scheme({accent, ground}, isDark))", [pairs, dark]
    )
    return found


@pytest.mark.parametrize("dark", [False, True])
def test_whatever_colours_the_shop_gives_all_can_be_read(panel: Page, dark: bool) -> None:
    seeded = random.Random(8)
    pairs: list[tuple[str | None, str | None]] = [(one, other) for one in EXTREMES for other in EXTREMES]
    pairs += [(f"#{seeded.randrange(1 << 24):06x}", f"#{seeded.randrange(1 << 24):06x}") for _ in range(200)]
    for (accent, ground), colours in zip(pairs, schemes(panel, pairs, dark=dark), strict=True):
        for needed, sides in ((4.5, TEXTS), (3.0, CONTROLS)):
            for name, grounds in sides.items():
                for under in grounds:
                    ratio = contrast(colours[name], colours[under])
                    assert ratio >= needed, (
                        f"{accent} on {ground}: {name} {colours[name]} on {under} {colours[under]}: {ratio}"
                    )


def test_the_shops_colours_are_kept_where_they_can_be(panel: Page) -> None:
    light, night, grey = schemes(panel, [("#1a4fd6", "#fffdf5"), ("#1a4fd6", "#101418"), ("#ffe14d", "#ffffff")], dark=False)
    assert (light["accent"], light["ground"], light["on-accent"]) == ("#1a4fd6", "#fffdf5", "#ffffff")
    assert night["ground"] == "#101418", "a shop whose pages are dark has a dark panel in any theme"
    assert luminance(grey["accent"]) < luminance("#ffe14d"), "yellow on white is darkened"
    (dark,) = schemes(panel, [("#1a4fd6", "#fffdf5")], dark=True)
    assert luminance(dark["ground"]) < 0.05, "a light ground is not for a dark scheme"


def test_what_is_no_colour_leaves_the_projects_own(panel: Page) -> None:
    wrong = ("nonsense", "", None, "transparent", "rgb(0 0 0 / 50%)", "var(--x)", "red, blue), url(x", "#12345")
    *found, own = schemes(panel, [*((colour, colour) for colour in wrong), (None, None)], dark=False)
    for colour, colours in zip(wrong, found, strict=True):
        assert colours == own, colour


def test_any_css_colour_will_do(panel: Page) -> None:
    same = {"tomato": "#ff6347", "#abc": "#aabbcc", "rgb(1 2 3)": "#010203", "hsl(0 100% 25%)": "#800000"}
    for colour, as_hex in same.items():
        one, other = schemes(panel, [(colour, colour), (as_hex, as_hex)], dark=False)
        assert one == other, colour


def test_contrast_is_that_of_wcag(panel: Page) -> None:
    assert panel.evaluate("stage.contrast([0, 0, 0], [255, 255, 255])") == 21
    assert round(panel.evaluate("stage.contrast([119, 119, 119], [255, 255, 255])"), 2) == 4.48


def test_the_scheme_follows_the_system_unless_told(panel: Page) -> None:
    root = panel.locator("html")
    panel.emulate_media(color_scheme="dark")
    expect(root).to_have_attribute("data-scheme", "light")
    panel.evaluate("stage.paint({colours: {radius: '4px'}})")
    expect(root).to_have_attribute("data-scheme", "dark")
    panel.emulate_media(color_scheme="light")
    expect(root).to_have_attribute("data-scheme", "light")
    assert panel.evaluate("document.documentElement.style.getPropertyValue('--radius')") == "4px"
    panel.evaluate("stage.paint({colours: {radius: 'url(x)'}, theme: 'dark'})")
    assert panel.evaluate("document.documentElement.style.getPropertyValue('--radius')") == ""


@pytest.mark.parametrize(("accent", "ground"), [("#ffff00", "#ffffff"), ("#777777", "#777777"), ("#000000", "#000000")])
def test_difficult_colours_pass_axe(panel: Page, accent: str, ground: str) -> None:
    panel.evaluate("(colours) => stage.paint({colours, theme: 'light'})", {"accent": accent, "ground": ground})
    show(panel, "human")
    assert violations(panel) == []


# ---- Accessibility ----


@pytest.mark.parametrize(("theme", "locale"), [("light", "en"), ("dark", "zh")])
def test_axe_finds_nothing_in_any_state(context: BrowserContext, address: str, theme: str, locale: str) -> None:
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")  # so that nothing is half faded in while it is looked at
    for state in every_state(page, address, theme=theme, locale=locale):
        assert violations(page) == [], state


def test_axe_can_find_something(panel: Page) -> None:
    panel.evaluate("document.body.append(document.createElement('button'))")
    assert "button-name" in [found["id"] for found in violations(panel)]


TARGETS = """() => {
  const root = document.querySelector('dialog[open]') ?? document.body;
  const targets = [...root.querySelectorAll('button, select, textarea, a[href]')].filter((each) => each.checkVisibility());
  return targets.map((each) => [each.outerHTML.slice(0, 90), each.getBoundingClientRect()])
    .filter(([, box]) => box.width < 43.99 || box.height < 43.99).map(([html, box]) => [html, box.width, box.height]);
}"""
OVERFLOWING = """() => ['html', '.feed', 'dialog[open] .sheet-body'].flatMap((name) => [...document.querySelectorAll(name)])
  .filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.className || each.tagName)"""
CUT = """() => [...document.querySelectorAll('.bar, .composer, .actions, .sheet-foot, .line')].filter((each) => {
  const box = each.getBoundingClientRect();
  return each.checkVisibility() && !each.closest('.strip') && (box.left < 0 || box.right > innerWidth);
}).map((each) => each.className)"""


def test_every_target_is_44_pixels_and_nothing_sticks_out(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")
    for state in every_state(page, address):
        for width in (320, 390, 400):
            page.set_viewport_size({"width": width, "height": 640})
            for what in (TARGETS, OVERFLOWING, CUT):
                assert page.evaluate(what) == [], f"{state}, {width} px wide"


def test_right_to_left_nothing_sticks_out(panel: Page) -> None:
    panel.evaluate("document.documentElement.dir = 'rtl'")
    show(panel, "thread")
    assert panel.evaluate(OVERFLOWING) == []
    panel.get_by_role("button", name="More products").click()
    expect(panel.get_by_role("button", name="Earlier products")).to_have_attribute("aria-disabled", "false")
    assert panel.evaluate("document.querySelector('.strip').scrollLeft") < 0


def test_a_strip_is_walked_through_by_keyboard(panel: Page) -> None:
    panel.emulate_media(reduced_motion="reduce")  # it scrolls at once
    show(panel, "thread")
    panel.locator(".card-title").first.focus()
    walked = [panel.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent")]
    for _ in range(7):
        panel.keyboard.press("Tab")
        walked.append(panel.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.tagName"))
    title = "Trail Mid Waterproof Hiking Boots"
    actions = [f"{words}: {title}" for words in ("Add to cart", "More like this", "Not for me")]
    assert walked[:5] == [title, "SELECT", *actions]
    assert walked[7] == "Add to cart: Ridge Hiker"
    expect(panel.locator(":focus")).to_be_in_viewport(ratio=1)


def test_details_open_and_close_by_keyboard_and_the_focus_comes_back(panel: Page) -> None:
    show(panel, "thread")
    title = panel.locator(".card-title").first
    title.focus()
    panel.keyboard.press("Enter")
    dialog = panel.get_by_role("dialog", name="Trail Mid Waterproof Hiking Boots")
    expect(dialog.get_by_role("heading", name="Trail Mid Waterproof Hiking Boots")).to_be_focused()
    panel.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(title).to_be_focused()


def test_the_strip_is_turned_on_and_back(panel: Page) -> None:
    show(panel, "thread")
    back, on = panel.get_by_role("button", name="Earlier products"), panel.get_by_role("button", name="More products")
    expect(back).to_have_attribute("aria-disabled", "true")
    expect(on).to_have_attribute("aria-disabled", "false")
    on.click()
    expect(back).to_have_attribute("aria-disabled", "false")
    back.click()
    expect(back).to_have_attribute("aria-disabled", "true")


def test_the_next_card_peeks_and_one_card_has_nothing_to_turn(panel: Page) -> None:
    show(panel, "thread")
    second = panel.locator(".card").nth(1).bounding_box()
    assert second is not None
    assert second["x"] < 400 - 60 < second["x"] + second["width"]
    panel.evaluate("stage.find('thread').replaceChildren(); stage.put('shelf', given[0].slice(0, 1))")
    expect(panel.get_by_text("1 product", exact=True)).to_be_visible()
    expect(panel.get_by_role("button", name="More products")).to_be_hidden()


def test_motion_is_left_out_where_it_is_not_wanted(panel: Page) -> None:
    panel.emulate_media(reduced_motion="reduce")
    show(panel, "waiting")
    assert panel.evaluate("getComputedStyle(document.querySelector('.dots i')).animationName") == "none"
    assert panel.evaluate("getComputedStyle(document.querySelector('.strip')).scrollBehavior") == "auto"


def test_more_contrast_is_given_where_it_is_wanted(panel: Page) -> None:
    panel.emulate_media(contrast="more")
    show(panel, "thread")
    soft, ink = panel.evaluate("['.shelf-head', 'body'].map((name) => getComputedStyle(document.querySelector(name)).color)")
    assert soft == ink


def test_drawings_are_seen_where_colours_are_forced(panel: Page, address: str) -> None:
    panel.emulate_media(forced_colors="active")
    open_panel(panel, address)
    show(panel, "cart-empty")
    drawing = panel.evaluate("getComputedStyle(document.querySelector('.drawn')).backgroundColor")
    assert drawing == panel.evaluate("getComputedStyle(document.body).color")


# ---- What cards, details and cart show and do ----


def test_a_card_shows_what_is_known(panel: Page) -> None:
    show(panel, "thread")
    card = panel.locator(".card").first
    expect(card.locator(".position").first).to_have_text("1")
    expect(card.locator(".brand")).to_have_text("Fernhill")
    expect(card.locator(".price")).to_have_text(re.compile(r"\$99\.00\s+instead of \$129\.00\s+23% off"))
    expect(card.locator(".rating .only-read")).to_have_text("Rated 4.6 out of 5 by 1,284 shoppers")
    expect(card.locator(".stock")).to_have_text("Only 3 left")
    expect(card.locator(".reasons li")).to_have_text(["Waterproof, as you asked", "Under your $120"])
    expect(panel.locator(".card").nth(1).locator(".violates")).to_have_text("Does not fit: over $120")
    bare = panel.locator(".card").nth(3)
    expect(bare.locator(".price")).to_have_text("No price yet")
    expect(bare.get_by_role("button", name="Add to cart")).to_be_disabled()
    expect(panel.locator(".card").nth(2).get_by_role("button", name="Add to cart")).to_be_disabled()


STOCKS = (
    ("in_stock", None, "In stock"),
    ("in_stock", 5, "Only 5 left"),
    ("in_stock", 6, "In stock"),
    ("limited_stock", None, "Few left"),
    ("preorder", 3, "Pre-order"),
    ("backorder", 0, "Out of stock"),
    ("discontinued", None, "No longer sold"),
)


def test_the_stock_in_words(panel: Page) -> None:
    for availability, stock, label in STOCKS:
        row = product(availability=availability, stock=stock)
        assert panel.evaluate("(row) => stage.stock(row).textContent", row) == label


def test_what_is_saved_is_rounded_down(panel: Page) -> None:
    saved = "(row) => stage.price(row).querySelector('.saved')?.textContent ?? ''"
    prices = ((80, 100, "20% off"), (99, 129, "23% off"), (0.8, 1, "20% off"), (99.9, 100, ""), (100, 100, ""), (0, 5, ""))
    for price, before, told in prices:
        assert panel.evaluate(saved, product(price=price, list_price=before)) == told, (price, before)


def test_a_picture_that_does_not_come_leaves_the_drawing(panel: Page) -> None:
    show(panel, "thread")
    expect(panel.locator(".card").first.locator("img")).to_have_count(1)
    gone = panel.locator(".card").nth(2)
    gone.scroll_into_view_if_needed()
    expect(gone.locator("img")).to_have_count(0)
    expect(gone.locator(".picture")).to_be_visible()


def pressed(page: Page) -> list[Any]:
    found: list[Any] = page.evaluate("stage.pressed")
    return found


def test_the_chosen_variant_goes_along(panel: Page) -> None:
    show(panel, "thread")
    card = panel.locator(".card").first
    choice = card.get_by_role("combobox", name="size")
    assert choice.locator("option").all_text_contents() == ["41", "42 – $104.00", "43 – sold out"]
    choice.select_option("boot-1-42")
    card.get_by_role("button", name="Add to cart").click()
    card.get_by_role("button", name="Not for me").click()
    line = {"product_id": "boot-1", "variant_id": "boot-1-42", "title": "Trail Mid Waterproof Hiking Boots"}
    assert pressed(panel) == [["cart_add", line], ["not_for_me", line]]


def test_a_sold_out_first_variant_is_not_chosen(panel: Page) -> None:
    variants = [{"id": "a", "options": {"size": "1"}, "stock": 0}, {"id": "b", "options": {"size": "2"}}]
    panel.evaluate("(product) => stage.put('shelf', [{position: 1, product}])", product(variants=variants))
    expect(panel.get_by_role("combobox")).to_have_value("b")


def test_an_older_shelf_loses_its_numbers(panel: Page) -> None:
    show(panel, "thread")
    panel.evaluate("stage.retireShelf(document.querySelector('.shelf'))")
    expect(panel.locator(".card")).to_have_count(6)
    expect(panel.locator(".position")).to_have_count(0)


def test_what_is_added_says_so_for_a_moment(panel: Page) -> None:
    panel.clock.install()
    show(panel, "thread")
    panel.evaluate("stage.markAdded('boot-1')")
    add = panel.get_by_role("button", name="Add to cart: Trail Mid")
    expect(add).to_have_text("Added")
    panel.clock.run_for(3000)
    expect(add).to_have_text("Add to cart")


def test_details_tell_all_and_go_back_to_the_thread(panel: Page) -> None:
    show(panel, "details")
    dialog = panel.get_by_role("dialog")
    expect(dialog.locator(".description")).to_contain_text("Vegan upper")
    expect(dialog.locator("dt")).to_have_text(["material", "feature", "weight per pair"])
    expect(dialog.locator("dd")).to_have_text(["recycled polyester", "waterproof, vegan", "860 g"])
    dialog.get_by_role("button", name="Add to cart").click()
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="More like this").click()
    expect(dialog).to_be_hidden()
    assert [kind for kind, _ in pressed(panel)] == ["cart_add", "more_like_this"]


def test_the_shops_own_page_opens_in_its_place_and_others_beside_it(panel: Page, address: str) -> None:
    link = panel.get_by_role("link", name="See it in the shop")
    for url, target in ((f"{address}/boot", "_top"), ("https://elsewhere.example/boot", "_blank")):
        panel.evaluate("(product) => stage.openDetails({product}, stage.on)", product(url=url))
        expect(link).to_have_attribute("target", target)
        expect(link).to_have_attribute("rel", "noopener noreferrer")


def test_the_cart_is_counted_changed_and_paid(panel: Page) -> None:
    show(panel, "cart")
    expect(panel.locator("[data-cart-count]")).to_have_text("3 (3 items)")
    dialog = panel.get_by_role("dialog", name="Your cart")
    expect(dialog.locator(".total")).to_have_text("Total$222.50")
    dialog.get_by_role("button", name="One more of Merino").click()
    panel.evaluate("stage.showCart(given[2], stage.on)")
    expect(dialog.get_by_role("button", name="One more of Merino")).to_be_focused()
    dialog.get_by_role("button", name="Remove Merino").click()
    panel.evaluate("stage.showCart({...given[2], lines: given[2].lines.slice(0, 1)}, stage.on)")
    expect(dialog.get_by_role("heading", name="Your cart")).to_be_focused()
    dialog.get_by_role("button", name="Check out").click()
    assert [each[0] for each in pressed(panel)] == ["cart_add", "cart_remove", "checkout"]
    dialog.get_by_role("button", name="Close the cart").click()
    expect(dialog).to_be_hidden()


def test_with_a_cart_of_its_own_the_shop_is_paid_there(panel: Page) -> None:
    show(panel, "shops-cart")
    link = panel.get_by_role("link", name="Go to the shop’s cart")
    expect(link).to_have_attribute("href", "https://shop.example/cart")
    expect(link).to_have_attribute("target", "_top")
    panel.evaluate("stage.showCart(given[2], stage.on, 'javascript:window.hacked=1')")
    expect(panel.get_by_role("button", name="Check out")).to_be_visible()


def test_wishes_are_chips_that_take_them_away(panel: Page) -> None:
    show(panel, "thread")
    labels = panel.locator(".chip > span").all_text_contents()
    wanted = ["waterproof", "no leather", "Fernhill", "not Summit", "over $20.50", "under $120", "4 stars and up"]
    assert labels == [*wanted, "cheapest first"]
    panel.get_by_role("button", name="Take away: no leather").click()
    panel.get_by_role("button", name="Take away: under $120").click()
    assert pressed(panel) == [["drop", "exclude", "leather", "no leather"], ["drop", "price_max", "", "under $120"]]
    panel.evaluate("stage.showNeed({include: ['waterproof']}, 'USD', stage.on)")
    expect(panel.get_by_role("button", name="Take away: waterproof")).to_be_focused()
    panel.evaluate("stage.showNeed({}, 'USD', stage.on)")
    expect(panel.get_by_role("textbox")).to_be_focused()
    expect(panel.locator("[data-need]")).to_be_hidden()


def test_examples_and_suggestions_are_said(panel: Page) -> None:
    panel.get_by_role("button", name="What is your return policy?").click()
    panel.evaluate("stage.showSuggestions(['Anything cheaper?'], stage.on)")
    panel.get_by_role("button", name="Anything cheaper?").click()
    assert pressed(panel) == [["say", "What is your return policy?"], ["say", "Anything cheaper?"]]


# ---- Nothing becomes markup ----

SKELETON = """() => [...document.querySelectorAll('body :not(.turn)')]
  .map((each) => each.tagName + each.getAttributeNames().join()).join(' ')"""
VIEWS = """(words) => {
  document.body.removeAttribute('data-empty');
  stage.find('thread').replaceChildren();
  const product = {
    id: words, title: words, brand: words, description: words, currency: words, price: 5, rating: 4,
    attributes: {[words]: words, more: [words, words]}, options: {[words]: [words]},
    variants: [{id: `${words}1`, options: {[words]: words}}, {id: `${words}2`, options: {[words]: words}}],
  };
  const card = {position: 1, product, reasons: [words, words], violates: [words]};
  stage.put('shelf', [card]);
  stage.put('sent', [product]);
  stage.message('agent', words, words);
  const lines = [{product_id: words, variant_id: words, title: words, quantity: 1, total: 5}];
  stage.showCart({lines, total: 5, currency: 'USD'}, stage.on);
  const wishes = {include: [words], exclude: [words], brand: [words], brand_exclude: [words]};
  stage.showNeed({query: words, ...wishes}, 'USD', stage.on);
  stage.showSuggestions([words, words], stage.on);
  stage.showExamples([words], stage.on);
  stage.openDetails(card, stage.on);
  stage.markAdded(words);
}"""


@pytest.fixture
def heard(panel: Page) -> list[str]:
    told: list[str] = []
    panel.on("console", lambda message: told.append(message.text) if message.type in ("error", "warning") else None)
    panel.on("pageerror", lambda error: told.append(str(error)))
    return told


def test_text_never_becomes_markup(panel: Page, heard: list[str]) -> None:
    panel.evaluate(VIEWS, "plain")
    panel.evaluate(VIEWS, "plain")
    plain = panel.evaluate(SKELETON)
    for payload in PAYLOADS:
        panel.evaluate(VIEWS, payload)
        assert panel.evaluate(SKELETON) == plain, f"another element or attribute was made of {payload}"
        for place in ("#details-title", ".card .reasons li", ".card .brand", ".query", ".sent .card-title"):
            assert panel.locator(place).first.evaluate("(element) => element.textContent") == payload, place
    assert panel.evaluate("window.hacked") is None
    assert heard == []


def test_an_unsafe_address_is_not_used(panel: Page, heard: list[str]) -> None:
    for written in ADDRESSES:
        panel.evaluate("(product) => stage.put('shelf', [{position: 1, product}])", product(image_url=written, url=written))
        panel.evaluate("(product) => stage.openDetails({product}, stage.on)", product(image_url=written, url=written))
        assert panel.locator("img, a").count() == 0, written
    assert panel.evaluate("window.hacked") is None
    assert heard == []


def test_pictures_tell_no_other_server_where_they_are_shown(panel: Page) -> None:
    show(panel, "thread")
    image = panel.locator(".card img").first
    for name, value in (("referrerpolicy", "no-referrer"), ("alt", ""), ("loading", "lazy")):
        expect(image).to_have_attribute(name, value)


# ---- Texts ----


def panel_texts(language: str) -> dict[str, str]:
    texts: dict[str, str] = json.loads((HERE / "locales" / f"{language}.json").read_text("utf-8"))["panel"]
    return texts


def test_every_text_is_there_and_used() -> None:
    scripts = "\n".join(path.read_text("utf-8") for path in HERE.glob("*.js") if path.name != "loader.js")
    known = set(panel_texts("en"))
    used = set(re.findall(r"texts\.(\w+)", (HERE / "panel.html").read_text("utf-8")))
    known -= AVAILABILITY_LABELS.keys()  # asked for by the API's own words
    quoted = set(re.findall(r"'([a-z_]+)'", scripts)) | set(re.findall(r"text\('(\w+)'", scripts))
    beginnings = tuple(re.findall(r"text\(`(\w+)\$\{", scripts))
    plural = {key.rsplit("_", 1)[0] for key in known if key.endswith("_other")}
    plain = {key for key in known if not key.endswith(("_one", "_other"))} | plural
    missing = {key for key in set(re.findall(r"text\('(\w+)'", scripts)) | used if key not in plain}
    assert not missing, "used, but in no locale"
    endings = {f"{key}_of" for key in quoted}
    unused = {key for key in plain - used - quoted - endings if not key.startswith(beginnings)}
    assert not unused, "in the locales, but never used"


PLACE = re.compile(r"\{(\w+)\}")


def test_both_languages_say_the_same_things() -> None:
    english, chinese = panel_texts("en"), panel_texts("zh")
    assert english.keys() == chinese.keys()
    for key, words in english.items():
        assert set(PLACE.findall(words)) == set(PLACE.findall(chinese[key])), key
        assert chinese[key].strip() and words.strip(), key
        assert re.search(r"[\u4e00-\u9fff]", chinese[key]), f"{key} is not Chinese: {chinese[key]}"


@pytest.mark.parametrize(
    ("locale", "money", "products", "stars"),
    [("en", "$1,299.50", "1 product", "4.5 stars and up"), ("zh", "US$1,299.50", "1 件商品", "4.5 星及以上")],
)
def test_numbers_money_and_plurals_in_the_pages_language(
    panel: Page, address: str, locale: str, money: str, products: str, stars: str
) -> None:
    open_panel(panel, address, locale=locale)
    assert panel.evaluate("stage.money(1299.5, 'USD')") == money
    assert panel.evaluate("stage.text('products', {count: 1})") == products
    assert panel.evaluate("stage.text('need_rating_min', {count: 4.5})") == stars


def test_a_currency_that_is_none_is_shown_as_it_is(panel: Page) -> None:
    assert panel.evaluate("stage.money(5, 'a <b>')") == "5 a <b>"
