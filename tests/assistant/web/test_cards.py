from dataclasses import replace
from html.parser import HTMLParser

import pytest

from assistant.types import Card, CartLine, CartView
from assistant.web.cards import Renderer, cart_count, percent_saved, safe_image, safe_link, stock_label
from retrieval.types import Need, Product, Variant

EVIL = "</h3><script>alert(1)</script>\" onmouseover='alert(2)' x=`${alert(3)}`{{7*7}}"
PRODUCT = Product("p1", "Ridge boot", price=8900, list_price=11900, rating=4.25, rating_count=1312, stock=3)


class Markup(HTMLParser):
    """Collects the tags, attribute names and texts of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def render() -> Renderer:
    return Renderer("USD")


def evil_product() -> Product:
    return Product(
        EVIL,
        EVIL,
        price=100,
        description=EVIL,
        brand=EVIL,
        attributes={EVIL: EVIL, "colour": (EVIL, "blue")},
        options={EVIL: (EVIL,)},
        variants=(Variant(EVIL, {EVIL: EVIL}), Variant("v2", {EVIL: "b"}, price=200)),
        image_url="javascript:alert(4)",
        url="javascript:alert(5)",
    )


@pytest.mark.parametrize("part", ["shelf", "cart", "need"])
def test_everything_is_escaped(render: Renderer, part: str) -> None:
    product = evil_product()
    html = {
        "shelf": lambda: render.shelf((Card(1, product, (EVIL,), (EVIL,)),)),
        "cart": lambda: render.cart(CartView(((CartLine(EVIL, 2, EVIL), product, 200),), 200, "USD")),
        "need": lambda: render.need(Need(EVIL, (EVIL,), (EVIL,), (EVIL,), (EVIL,))),
    }[part]()
    markup = Markup(html)
    assert "script" not in markup.tags
    assert not [name for name, _ in markup.attributes if name.startswith("on")]
    assert not [value for name, value in markup.attributes if name in ("src", "href") and "javascript" in (value or "")]
    assert EVIL in markup.text


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:image/svg+xml,<svg onload=alert(1)>",
        "vbscript:x",
        "//elsewhere.example/x.png",
        "/other/x.png",
        "/images/../secret",
        "/images\\x",
        "images/x.png",
        "http://",
        "http://[",
        "",
    ],
)
def test_bad_addresses_are_dropped(address: str) -> None:
    assert safe_image(address) == ""
    assert safe_link(address) == ""


@pytest.mark.parametrize("address", ["https://cdn.example/a.jpg?x=1&y='", "http://shop.example/a.png"])
def test_web_addresses_pass(address: str) -> None:
    assert safe_image(address) == address
    assert safe_link(address) == address


def test_own_images_pass_and_bad_ones_leave_the_drawing(render: Renderer) -> None:
    own = replace(PRODUCT, image_url="/images/p1.svg")
    assert ("src", "/images/p1.svg") in Markup(render.shelf((Card(1, own),))).attributes
    bad = render.shelf((Card(1, replace(PRODUCT, image_url="data:x")),))
    assert "img" not in Markup(bad).tags
    assert "no-picture" in bad


def test_card_says_what_it_should(render: Renderer) -> None:
    text = Markup(render.shelf((Card(2, PRODUCT, ("a", "b", "c", "d"), ("has leather",)),))).text
    for words in ("$89.00", "$119.00", "25%", "Rated 4.2 out of 5 by 1312 shoppers", "Only 3 left", "has leather"):
        assert words in text
    assert "d" not in [line.strip() for line in text.split("\n")]  # three reasons at most


def test_sold_out_cannot_be_added(render: Renderer) -> None:
    gone = Markup(render.shelf((Card(1, replace(PRODUCT, availability="out_of_stock")),)))
    assert ("disabled", None) in gone.attributes
    assert "Out of stock" in gone.text
    assert ("disabled", None) not in Markup(render.shelf((Card(1, PRODUCT),))).attributes


def test_first_variant_that_can_be_bought_is_chosen(render: Renderer) -> None:
    sizes = (Variant("a", {"size": "39"}, stock=0), Variant("b", {"size": "40"}), Variant("c", {"size": "41"}))
    html = render.shelf((Card(1, replace(PRODUCT, variants=sizes, options={"size": ("39", "40", "41")})),))
    assert '<option value="a" disabled>39 — sold out' in html
    assert '<option value="b" selected>40' in html


def test_chips_name_slot_and_value(render: Renderer) -> None:
    need = Need("boots", ("waterproof",), ("leather",), ("Acme",), ("Nope",), 5000, 12050, 4.5, "price_asc")
    assert [(chip.slot, chip.value, chip.label) for chip in render.chips(need)] == [
        ("include", "waterproof", "waterproof"),
        ("exclude", "leather", "no leather"),
        ("brand", "Acme", "Acme"),
        ("brand_exclude", "Nope", "not Nope"),
        ("price_min", "", "over $50"),
        ("price_max", "", "under $120.50"),
        ("rating_min", "", "4.5 stars and up"),
        ("sort", "", "cheapest first"),
    ]
    assert render.need(Need()).strip() == ""


@pytest.mark.parametrize(
    ("currency", "locale", "long", "short"),
    [
        ("USD", "en_US", "$1,200.00", "$1,200"),
        ("EUR", "de-DE", "1.200,00\xa0€", "1.200\xa0€"),
        ("JPY", "en_US", "¥120,000", "¥120,000"),
    ],
)
def test_money_follows_currency_and_locale(currency: str, locale: str, long: str, short: str) -> None:
    render = Renderer(currency, locale)
    assert render.money(120_000) == long
    assert render.short_money(120_000) == short


@pytest.mark.parametrize(
    ("price", "list_price", "saved"), [(8900, 11900, 25), (100, 100, 0), (200, 100, 0), (None, 100, 0), (100, None, 0)]
)
def test_percent_saved(price: int | None, list_price: int | None, saved: int) -> None:
    assert percent_saved(price, list_price) == saved


def test_stock_labels() -> None:
    assert stock_label(PRODUCT) == "Only 3 left"
    assert stock_label(replace(PRODUCT, stock=6)) == "In stock"
    assert stock_label(replace(PRODUCT, stock=None)) == "In stock"
    assert stock_label(replace(PRODUCT, stock=0)) == "Out of stock"
    assert stock_label(replace(PRODUCT, availability="preorder", stock=None)) == "Pre-order"


def test_no_cards_and_empty_cart_say_so(render: Renderer) -> None:
    assert "Nothing in the shop fits" in render.shelf(())
    assert "Your cart is empty" in render.cart(CartView((), 0, "USD"))


def test_cart_counts_quantities() -> None:
    assert cart_count(CartView(((CartLine("p1", 2), PRODUCT, 17800), (CartLine("p2", 1), PRODUCT, 8900)), 0, "USD")) == 3
