"""Each check of the data-quality report, on products that have the fault and on some that only look like it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from retrieval.quality.checks import CHECKS
from retrieval.types import Product, Variant
from tests.fakes_retrieval import product

BY_NAME = {check.name: check for check in CHECKS}
GOOD = product(
    description="A light boot for wet days in the hills, with a sole that grips on rock and dries by morning.",
    image_url="https://shop.example/a.jpg",
    url="https://shop.example/a",
    stock=4,
    attributes={"color": "black"},
)


def good(number: int = 1, **changes: object) -> Product:
    return replace(GOOD, id=f"p{number}", **changes)


def found(check: str, *products: Product) -> dict[str, str]:
    """The notes of a check by product id."""
    return {hit.product.id: hit.note for hit in BY_NAME[check].find(products)}


@pytest.mark.parametrize(
    ("check", "faulty", "fine"),
    [
        ("missing-price", {"price": None}, {"price": 0}),
        ("missing-price", {"price": None}, {"price": None, "variants": (Variant("v", price=5),)}),
        ("missing-image", {"image_url": ""}, {}),
        ("missing-category", {"category": ()}, {}),
        ("missing-brand", {"brand": ""}, {}),
        ("missing-properties", {"attributes": {}}, {"attributes": {}, "options": {"size": ("8",)}}),
        ("unknown-stock", {"stock": None}, {"stock": None, "variants": (Variant("v", stock=2),)}),
        ("not-for-sale", {"availability": "discontinued"}, {"price": None}),
        ("not-for-sale", {"stock": 0}, {}),
        ("contradicting-stock", {"stock": 0}, {"stock": 0, "availability": "out_of_stock"}),
        ("contradicting-stock", {"availability": "out_of_stock"}, {"availability": "preorder", "stock": 0}),
        ("pointless-list-price", {"list_price": 9_899}, {"list_price": 9_900}),
        ("placeholder-price", {"price": 0}, {"price": 99}),
        ("placeholder-price", {"price": 1}, {}),
        ("placeholder-price", {"price": 999_999}, {"price": 999_900 - 1}),
        ("thin-description", {"description": ""}, {}),
        ("thin-description", {"description": "Trail Mid Hiking Boots, the hiking boots by Alpine."}, {}),
        ("markup", {"description": "<p class='x'>Light</p> and warm"}, {"description": "5 < 6, 7 > 3, AT&T, R&D; a <3 b"}),
        ("markup", {"attributes": {"care": "wash&nbsp;warm"}}, {}),
        ("markup", {"title": "Mill &#8211; grinder"}, {}),
        ("broken-characters", {"title": "CafÃ© table"}, {"title": "Café table, Ärmel, Â la"}),
        ("broken-characters", {"description": "It\u00e2\u20ac\u2122s light"}, {"description": "It’s light"}),
        ("shouting-title", {"title": "WATERPROOF HIKING BOOTS"}, {"title": "USB-C HDMI 4K"}),
        ("shouting-title", {"title": "WATERPROOF Hiking BOOTS NOW"}, {"title": "KYOCERA printer FS-9130DN"}),
        ("long-title", {"title": "x" * 151}, {"title": "x" * 150}),
        ("broken-link", {"url": "shop.example/a"}, {"url": "/products/a"}),
        ("broken-link", {"image_url": "https://shop.example/a b.jpg"}, {"image_url": "https://shöp.example:8080/ä.jpg"}),
        ("broken-link", {"image_url": "file:///a.jpg"}, {"image_url": "//cdn.example/a.jpg"}),
        ("broken-link", {"url": "https://"}, {"url": "http://localhost/a"}),
    ],
)
def test_a_fault_is_found_and_what_is_fine_is_not(check: str, faulty: dict[str, object], fine: dict[str, object]) -> None:
    assert list(found(check, good(1, **faulty), good(2, **fine))) == ["p1"]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_good_product_has_no_fault(check) -> None:
    # Two of them in different words, so that neither is a twin nor alone in its category.
    other = good(2, title="Fell Low Walking Shoes in Grey Suede", image_url="https://shop.example/b.jpg")
    assert list(check.find([GOOD, other])) == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_an_empty_catalogue_has_no_fault(check) -> None:
    assert list(check.find([])) == []


def test_a_small_price_is_a_placeholder_only_where_others_cost_far_more() -> None:
    cheap = good(1, price=99)
    assert found("placeholder-price", cheap, good(2, price=2_000), good(3, price=3_000)) == {"p1": "$0.99"}
    assert found("placeholder-price", cheap, good(2, price=300), good(3, price=400)) == {}


def test_a_slipped_decimal_point_stands_out_of_its_category() -> None:
    usual = [good(n, price=2_000 + 100 * n) for n in range(10)]
    notes = found("outlying-price", *usual, good(50, price=250_000))
    assert list(notes) == ["p50"]
    assert notes["p50"] == "$2,500.00, 100 times above the category's median $25.00"
    assert list(found("outlying-price", *usual, good(50, price=200))) == ["p50"]


def test_prices_that_vary_much_have_no_outliers() -> None:
    spread = [good(n, price=100 * 3**n) for n in range(9)]
    assert found("outlying-price", *spread) == {}


def test_too_few_prices_say_nothing_about_one_of_them() -> None:
    assert found("outlying-price", good(1, price=100), good(2, price=100), good(3, price=900_000)) == {}


def test_a_small_category_is_compared_with_the_one_above() -> None:
    boots = [good(n, price=5_000, category=("Shoes", f"Kind {n}")) for n in range(9)]
    assert list(found("outlying-price", *boots, good(50, price=500_000, category=("Shoes", "Kind 1")))) == ["p50"]


def test_the_rarer_currency_is_the_fault() -> None:
    assert found("other-currency", good(1), good(2), good(3, currency="EUR")) == {"p3": "EUR, while most are in USD"}


def test_titles_alike_but_for_capitals_and_spaces_are_the_same() -> None:
    products = good(1), good(2, title="trail  mid hiking BOOTS"), good(3, title="Fell Shoes")
    assert found("same-title", *products) == {"p1": "as p2: trail mid hiking BOOTS", "p2": "as p1: Trail Mid Hiking Boots"}
    assert found("like-title", *products) == {}


def test_titles_of_the_same_words_are_nearly_the_same() -> None:
    products = good(1), good(2, title="Hiking Boot, Trail Mid"), good(3, title="Trail Mid Hiking Shoes")
    assert list(found("like-title", *products)) == ["p1", "p2"]
    assert found("same-title", *products) == {}


def test_products_that_differ_in_a_word_and_cost_the_same_look_like_variants() -> None:
    black, navy = good(1, title="Trail Mid Boots, Black"), good(2, title="Trail Mid Boots, Navy")
    assert list(found("unmerged-variants", black, navy)) == ["p1", "p2"]
    assert found("unmerged-variants", black, replace(navy, price=1)) == {}
    assert found("unmerged-variants", black, replace(navy, brand="Other")) == {}
    assert found("unmerged-variants", black, replace(black, id="p3")) == {}, "twins are told elsewhere"
    assert found("unmerged-variants", black, good(2, title="Black Trail Mid Boots")) == {}


def test_an_image_that_unlike_products_share_is_no_picture() -> None:
    shared = [good(n, title=f"Thing {n}", category=(f"Kind {n % 2}",)) for n in range(5)]
    assert len(found("shared-image", *shared)) == 5
    assert found("shared-image", *shared[:4]) == {}
    assert found("shared-image", *(replace(one, category=("Kind",)) for one in shared)) == {}
    assert len(found("shared-image", *(replace(one, category=()) for one in shared))) == 5


def test_a_product_alone_in_its_category_is_lonely() -> None:
    products = good(1), good(2), good(3, category=("Shoes", "Hiking bots")), good(4, category=())
    assert found("lonely-category", *products) == {"p3": "Shoes › Hiking bots"}


@pytest.mark.parametrize(
    ("check", "usual", "rarer"),
    [
        ("attribute-spellings", {"attributes": {"color": "red"}}, {"attributes": {"Colour": "red"}}),
        ("attribute-spellings", {"attributes": {"shoe size": "8"}}, {"options": {"Shoe_Size": ("8",)}}),
        ("value-spellings", {"attributes": {"fit": "Card slots"}}, {"attributes": {"fit": "card slot"}}),
        ("value-spellings", {"attributes": {"volt": "110-240"}}, {"attributes": {"volt": "110 - 240"}}),
        ("value-spellings", {"attributes": {"tags": ("Gray", "x")}}, {"options": {"tags": ("grey",)}}),
        ("brand-spellings", {"brand": "TracFone"}, {"brand": "TRACFONE"}),
        ("category-spellings", {"category": ("Shoes", "T-Shirts")}, {"category": ("Shoes", "T Shirts")}),
    ],
)
def test_the_rarer_of_two_spellings_is_the_fault(check: str, usual: dict[str, object], rarer: dict[str, object]) -> None:
    notes = found(check, good(1, **usual), good(2, **rarer), good(3, **usual))
    assert list(notes) == ["p2"]
    assert "mostly" in notes["p2"]


@pytest.mark.parametrize(
    ("check", "one", "other"),
    [
        ("attribute-spellings", {"attributes": {"fit": "straight"}}, {"attributes": {"fits": "phones"}}),
        ("value-spellings", {"attributes": {"size": "1.5"}}, {"attributes": {"size": "15"}}),
        ("value-spellings", {"attributes": {"size": ".5"}}, {"attributes": {"size": "5"}}),
        ("value-spellings", {"attributes": {"color": "red"}}, {"attributes": {"trim": "Red"}}),
        ("category-spellings", {"category": ("Women", "Shoes")}, {"category": ("Kids", "shoes")}),
        ("brand-spellings", {"brand": "&"}, {"brand": "+"}),
    ],
)
def test_names_that_differ_in_more_than_spelling_are_different(
    check: str, one: dict[str, object], other: dict[str, object]
) -> None:
    assert found(check, good(1, **one), good(2, **other)) == {}
