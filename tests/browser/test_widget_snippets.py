"""Every snippet of docs/widget.md is run as it stands there, in Chromium, against the widget's own script."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from playwright.sync_api import Browser, Page, expect

from assistant.identity import signed
from retrieval.feeds.base import ReadOptions
from retrieval.feeds.formats import read_feed
from retrieval.feeds.rows import BadRow
from tests.browser.snippets import react, shopify, woocommerce
from tests.browser.snippets.guide import ROOT, names, snippet
from tests.browser.snippets.programs import program
from tests.browser.snippets.site import LAUNCHER, Site, loaded, open_panel, panel_on, shop_site, shown_panel

pytestmark = pytest.mark.browser
SECRET = "0123456789abcdef0123456789abcdef"
SAMPLES = ROOT / "tests" / "retrieval" / "feeds" / "samples"
HOSTILE = "'\"><script>window.hacked=1</script>&quot;"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that must not complain: errors fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(10_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with shop_site(tmp_path) as made:
        yield made


def imported(sample: str) -> dict[str, list[str]]:
    """The ids of the variants by the product's id, as the catalogue import gives them."""
    rows: list[Any] = [row for row in read_feed(SAMPLES / sample, options=ReadOptions("EUR")) if not isinstance(row, BadRow)]
    return {row["id"]: [variant["id"] for variant in row.get("variants", [])] for _, row in rows}


def test_one_line_is_all_it_takes(page: Page, site: Site) -> None:
    site.body = snippet("The one line", "html", server=site.assistant)
    panel = open_panel(page, site, "/shoes")
    told = panel.setup["page"]
    assert (told["url"], told["title"], told.get("product_id")) == (f"{site.url}/shoes", "A shop", None)
    assert not (panel.setup.get("shopper") or panel.setup.get("cart") or panel.setup["hook"])


def test_colours_reach_the_conversation(page: Page, site: Site) -> None:
    site.body = f"<style>{snippet('Colours', 'css')}</style>" + snippet("The one line", "html", server=site.assistant)
    panel = open_panel(page, site)
    assert panel.setup["colours"] == {"accent": "#0b6e4f", "ground": "#fffdf8", "radius": "12px"}
    expect(page.locator(LAUNCHER)).to_have_css("z-index", "2147483000")


def test_what_the_page_can_call_and_hear(page: Page, site: Site) -> None:
    script = snippet("JavaScript", "html")
    site.body = f'<button id="ask">Sizes</button>{script}' + snippet("The one line", "html", server=site.assistant)
    page.goto(site.url)
    loaded(page)
    events = names("JavaScript", "event")
    assert set(names("JavaScript", "call")) <= set(page.evaluate("Object.keys(window.Shelfwise)"))
    page.evaluate("(names) => names.forEach((name) => Shelfwise.on(name, () => (window.told ||= []).push(name)))", events)
    panel = panel_on(page)
    page.get_by_role("button", name="Sizes").click()
    assert panel.wait_for("say")["text"] == "Which size do I need?"
    for name in ("message", "products", "addtocart", "removefromcart"):
        panel.tell(name)
    with page.expect_console_message() as said:
        panel.tell("handoff", status="pending")
    assert said.value.text == "The conversation is with: pending"
    page.evaluate("Shelfwise.close()")
    page.wait_for_function("window.told.includes('close')")
    assert set(page.evaluate("window.told")) == set(events)


def test_every_setting_of_the_table(page: Page, site: Site) -> None:
    given = {"locale": "zh", "position": "left", "theme": "dark", "product": "boot-7", "cart": "/basket"}
    given |= {"shopper": "7", "hash": "ab12", "open": ""}
    assert {f"data-{name}" for name in given} == set(names("Settings", "attribute"))
    attributes = " ".join(f'data-{name}="{value}"' for name, value in given.items())
    site.body = snippet("The one line", "html", server=site.assistant).replace(" async", f" async {attributes}")
    page.goto(site.url)
    panel = shown_panel(page)  # without a click
    assert panel.frame.evaluate("document.documentElement.lang") == "zh"
    assert (page.locator(LAUNCHER).bounding_box() or {})["x"] < 100
    assert (panel.setup["theme"], panel.setup["cart"]) == ("dark", "/basket")
    assert panel.setup["page"]["product_id"] == "boot-7"
    assert panel.setup["shopper"] == {"id": "7", "hash": "ab12"}


@pytest.mark.parametrize("by", ["nonce", "origin"])
def test_the_policy_is_enough(page: Page, site: Site, by: str) -> None:
    tag = snippet("The one line", "html", server=site.assistant)
    policy = snippet("Content-Security-Policy", server=site.assistant).strip()
    if by == "nonce":
        policy = policy.replace(f"'nonce-RANDOM' {site.assistant}", "'nonce-Zm9v'")
        tag = tag.replace("<script ", '<script nonce="Zm9v" ')
    else:
        policy = policy.replace("'nonce-RANDOM' ", "")
    site.body, site.policy = tag, f"default-src 'none'; img-src data:; {policy}; require-trusted-types-for 'script'"
    broken: list[str] = []
    page.on("console", lambda message: broken.append(message.text) if message.type == "error" else None)
    panel = open_panel(page, site)
    assert panel.setup["hook"] is False
    expect(page.locator(LAUNCHER)).to_have_css("position", "fixed")  # its styles have come
    assert broken == []


def test_plain_html(page: Page, tmp_path: Path) -> None:
    added: list[dict[str, Any]] = []

    def mount(app: FastAPI) -> None:
        @app.post("/cart/add")
        def add(body: dict[str, Any]) -> JSONResponse:
            added.append(body)
            return JSONResponse({}, 409 if body["variant"] == "gone" else 200)

    with shop_site(tmp_path, mount) as site:
        site.body = snippet("Plain HTML", "html", server=site.assistant)
        panel = open_panel(page, site)
        assert panel.setup["page"]["product_id"] == "boot-1"
        assert (panel.setup["cart"], panel.setup["hook"]) == ("/cart", True)
        assert panel.ask("addtocart", product_id="boot-1", variant_id="boot-1-42", quantity=2) == (True, "")
        assert panel.ask("addtocart", product_id="boot-1", variant_id="gone") == (
            False,
            "We could not add this to your cart. Please try again.",
        )
    assert added[0] == {"product": "boot-1", "variant": "boot-1-42", "quantity": 2}


# ---- signed-in shoppers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shopper", ["42", "mia@shop.example", "雨"])
def test_hash_in_python(shopper: str) -> None:
    script = snippet("Signed-in shoppers", "python") + "\nimport sys; sys.stdout.write(shopper_hash(sys.argv[1]))"
    assert run([sys.executable, "-c", script, shopper]) == signed(SECRET, shopper)


def test_hash_in_node(tmp_path: Path) -> None:
    script = tmp_path / "hash.mjs"
    script.write_text(snippet("Signed-in shoppers", "js") + "\nprocess.stdout.write(shopperHash(process.argv[2]));", "utf-8")
    assert run([program("node", "nodejs"), str(script), "雨"]) == signed(SECRET, "雨")


def run(command: list[str]) -> str:
    environment = {**os.environ, "SHELFWISE_SHOPPER_SECRET": SECRET, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=True).stdout


# ---- Shopify -------------------------------------------------------------------------------------------------------------


def theme(site: Site, secret: str = "") -> str:
    template = snippet("Shopify", "liquid", server=site.assistant)
    assert "assign secret = ''" in template
    return template.replace("assign secret = ''", f"assign secret = '{secret}'")


def test_shopify_pages(page: Page, site: Site) -> None:
    site.body = shopify.render(theme(site))
    panel = open_panel(page, site)
    assert panel.setup["page"].get("product_id") is None
    assert (panel.setup["cart"], panel.setup.get("shopper"), panel.setup["hook"]) == ("/fr/cart", None, True)
    assert "zh-CN" in panel.frame.url


def test_shopify_product_and_customer(page: Page, site: Site) -> None:
    site.body = shopify.render(theme(site, SECRET), handle="linen-shirt", customer_id=7_001_002_003)
    assert SECRET not in site.body
    panel = open_panel(page, site)
    assert panel.setup["page"]["product_id"] == "linen-shirt" and "linen-shirt" in imported("shopify.csv")
    assert panel.setup["shopper"] == {"id": "7001002003", "hash": signed(SECRET, "7001002003")}


def test_shopify_signs_nobody_without_a_secret_or_a_customer(site: Site) -> None:
    assert "data-hash" not in shopify.render(theme(site), customer_id=7)
    assert "data-hash" not in shopify.render(theme(site, SECRET))


def test_shopify_escapes_what_it_writes(page: Page, site: Site) -> None:
    site.body = shopify.render(theme(site), handle=HOSTILE)
    panel = open_panel(page, site)
    assert panel.setup["page"]["product_id"] == HOSTILE
    assert page.evaluate("window.hacked") is None


def test_shopify_cart(page: Page, tmp_path: Path) -> None:
    cart = shopify.Cart()
    with shop_site(tmp_path, cart.mount) as site:
        site.body = '<a id="cart-icon-bubble">0 in cart</a>' + shopify.render(theme(site))
        panel = open_panel(page, site)
        # What the import calls each product and variant is what the theme finds.
        for product, variants in imported("shopify.csv").items():
            for variant in variants or [""]:
                assert panel.ask("addtocart", product_id=product, variant_id=variant) == (True, "")
        assert cart.held == {4101: 1, 4102: 1, 4103: 1, 4201: 1, 4301: 1}
        expect(page.locator("#cart-icon-bubble")).to_have_text("5 in cart")
        assert panel.ask("removefromcart", product_id="linen-shirt", variant_id="linen-shirt/M/Blue") == (True, "")
        assert cart.held[4103] == 0
        expect(page.locator("#cart-icon-bubble")).to_have_text("4 in cart")


def test_shopify_cart_refuses(page: Page, tmp_path: Path) -> None:
    cart = shopify.Cart(sold_out=4101)
    with shop_site(tmp_path, cart.mount) as site:
        site.body = shopify.render(theme(site))
        panel = open_panel(page, site)
        sold_out = panel.ask("addtocart", product_id="linen-shirt", variant_id="LS-S-W")
        assert sold_out == (False, "Linen shirt - S is already sold out.")
        unclear = panel.ask("addtocart", product_id="linen-shirt")
        assert unclear == (False, "Please choose this one on its own page.")
        unknown = panel.ask("addtocart", product_id="../../admin")
        assert unknown == (False, "The cart could not be reached. Please try again.")
        assert panel.ask("removefromcart", product_id="gift-card") == (True, "")  # not in there: nothing to do
    assert cart.held == {}


# ---- WooCommerce ---------------------------------------------------------------------------------------------------------


def plugin_in(folder: Path, site: Site) -> Path:
    path = folder / "shelfwise.php"
    path.write_text(snippet("WooCommerce", "php", server=site.assistant), "utf-8")
    return path


def test_woocommerce_pages(page: Page, site: Site, tmp_path: Path) -> None:
    site.body = woocommerce.footer(plugin_in(tmp_path, site), secret=SECRET)
    panel = open_panel(page, site)
    assert panel.setup["page"].get("product_id") is None
    assert (panel.setup["cart"], panel.setup.get("shopper"), panel.setup["hook"]) == ("/cart/", None, True)


def test_woocommerce_product_and_customer(page: Page, site: Site, tmp_path: Path) -> None:
    plugin = plugin_in(tmp_path, site)
    site.body = woocommerce.footer(plugin, product=101, user=7, secret=SECRET)
    assert SECRET not in site.body
    panel = open_panel(page, site)
    assert panel.setup["page"]["product_id"] == "101" and "101" in imported("woocommerce.csv")
    assert panel.setup["shopper"] == {"id": "7", "hash": signed(SECRET, "7")}
    assert "data-hash" not in woocommerce.footer(plugin, user=7)  # without a secret


def test_woocommerce_escapes_what_it_writes(page: Page, site: Site, tmp_path: Path) -> None:
    plugin = plugin_in(tmp_path, site)
    site.body = woocommerce.footer(plugin, cart=HOSTILE, rest=HOSTILE, secret=HOSTILE, user=7)
    panel = open_panel(page, site)
    assert panel.setup["cart"] == HOSTILE
    assert page.evaluate("window.hacked") is None


def test_woocommerce_cart(page: Page, tmp_path: Path) -> None:
    store = woocommerce.StoreApi()
    with shop_site(tmp_path, store.mount) as site:
        events = "<script>window.drawn = []; for (const name of ['wc-blocks_added_to_cart', 'wc-blocks_removed_from_cart'])"
        events += "document.body.addEventListener(name, () => window.drawn.push(name));</script>"
        site.body = events + woocommerce.footer(plugin_in(tmp_path, site))
        panel = open_panel(page, site)
        for product, variants in imported("woocommerce.csv").items():
            for variant in variants or [""]:
                assert panel.ask("addtocart", product_id=product, variant_id=variant, quantity=2) == (True, "")
        assert store.held == {102: 2, 103: 2, 104: 2, 105: 2}
        assert panel.ask("removefromcart", product_id="101", variant_id="102") == (True, "")
        assert panel.ask("removefromcart", product_id="104", quantity=2) == (True, "")
        assert panel.ask("removefromcart", product_id="999") == (True, "")
        assert store.held == {102: 1, 103: 2, 105: 2}
        assert page.evaluate("window.drawn") == ["wc-blocks_added_to_cart"] * 4 + ["wc-blocks_removed_from_cart"] * 2


def test_woocommerce_cart_refuses_in_plain_words(page: Page, tmp_path: Path) -> None:
    store = woocommerce.StoreApi(sold_out=103)
    with shop_site(tmp_path, store.mount) as site:
        site.body = woocommerce.footer(plugin_in(tmp_path, site))
        panel = open_panel(page, site)
        assert panel.ask("addtocart", product_id="101", variant_id="103") == (
            False,
            'You cannot add "Loop hoodie – Navy" to the cart.',
        )


# ---- React ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def component(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("react")
    (folder / "ShoppingAssistant.tsx").write_text(snippet("React", "tsx"), "utf-8")
    shutil.copy(react.HERE / "storefront.tsx", folder)
    return folder


@pytest.fixture(scope="module")
def bundle(component: Path) -> str:
    return react.bundled(component, "storefront.tsx").replace("</script", "<\\/script")


def storefront(site: Site, bundle: str) -> str:
    # Counts the tags that the component puts in.
    count = "new MutationObserver((seen) => { window.tags += seen.flatMap(({addedNodes}) => [...addedNodes])"
    count += ".filter(({src}) => src?.endsWith('/widget.js')).length; }).observe(document.body, {childList: true});"
    before = f"window.server = '{site.assistant}'; window.tags = 0; {count}"
    return f'<div id="root"></div><script>{before}</script><script>{bundle}</script>'


def test_react_types(component: Path) -> None:
    use = (
        "import { type CartItem, ShoppingAssistant } from './ShoppingAssistant';\n"
        "type Page = { product?: { id: string }; shopper?: { id: string; assistantHash: string } };\n"
        "type Add = (id: string, quantity: number) => Promise<void>;\n"
        "export const assistant = ({ product, shopper }: Page, addToCart: Add) => (\n"
        f"{snippet('React', 'tsx', 1)});\nexport type {{ CartItem }};\n"
    )
    (component / "use.tsx").write_text(use, "utf-8")
    assert react.type_errors(component, ["storefront.tsx", "use.tsx"]) == ""


def test_react_in_strict_mode(page: Page, site: Site, bundle: str) -> None:
    site.body = storefront(site, bundle)
    panel = open_panel(page, site)
    assert page.evaluate("window.tags") == 1  # though strict mode runs effects twice
    assert panel.setup["page"]["product_id"] == "boot-1"
    assert (panel.setup["cart"], panel.setup["hook"]) == ("/cart", True)
    page.evaluate("change({product: 'boot-2'})")
    panel.wait_for_product("boot-2")
    # The handler is the one of the last drawing.
    assert panel.ask("addtocart", product_id="sock-1", quantity=3) == (True, "")
    assert page.evaluate("window.added") == ["3 sock-1 on boot-2"]
    assert panel.ask("addtocart", product_id="sold-out") == (False, "Sold out.")
    page.evaluate("change({product: undefined})")
    panel.wait_for_product(None)


def test_react_comes_and_goes(page: Page, site: Site, bundle: str) -> None:
    site.body = storefront(site, bundle)
    launcher = page.locator(LAUNCHER)
    page.goto(site.url)
    expect(launcher).to_have_count(1)
    page.evaluate("change({isThere: false})")
    expect(launcher).to_have_count(0)
    assert page.evaluate("window.Shelfwise") is None
    page.evaluate("change({isThere: true, product: 'boot-3'})")
    expect(launcher).to_have_count(1)
    assert panel_on(page).setup["page"]["product_id"] == "boot-3"
    assert page.locator("script[src*='widget.js']").count() == 0


def test_react_leaves_and_returns_before_the_script_is_there(page: Page, site: Site, bundle: str) -> None:
    first: list[Any] = []
    page.route("**/widget.js", lambda route: route.continue_() if first else first.append(route))
    site.body = storefront(site, bundle)
    with page.expect_request("**/widget.js"):
        page.goto(site.url)
    page.evaluate("change({isThere: false})")
    page.evaluate("change({isThere: true, product: 'boot-4'})")
    first[0].continue_()
    # The first has come, was taken out again, and the second has come.
    page.wait_for_function("window.tags === 2 && Boolean(window.Shelfwise?.destroy)")
    assert panel_on(page).setup["page"]["product_id"] == "boot-4"
    expect(page.locator(LAUNCHER)).to_have_count(1)


def test_react_signs_in(page: Page, site: Site, bundle: str) -> None:
    site.body = storefront(site, bundle)
    panel = open_panel(page, site)
    assert panel.setup.get("shopper") is None
    page.evaluate("hash => { window.guest = window.Shelfwise; change({shopper: {id: '7', hash}}); }", signed(SECRET, "7"))
    page.wait_for_function("window.Shelfwise?.destroy && window.Shelfwise !== window.guest")
    panel = panel_on(page)
    assert panel.setup["shopper"] == {"id": "7", "hash": signed(SECRET, "7")}
    expect(page.locator(LAUNCHER)).to_have_count(1)
