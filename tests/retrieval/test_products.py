from __future__ import annotations

from decimal import Decimal

import pytest

from retrieval.money import format_money, to_decimal, to_minor, to_number
from retrieval.products import BadProduct, parse_product, to_row
from retrieval.types import Product, Variant

FULL = {
    "id": "b1",
    "title": "Trail Mid",
    "description": "A boot.",
    "category": ["Shoes", "Hiking boots"],
    "brand": "Alpine",
    "price": 99.9,
    "list_price": 129,
    "currency": "EUR",
    "availability": "limited_stock",
    "stock": 4,
    "attributes": {"material": "suede", "feature": ["waterproof", "light"]},
    "options": {"size": ["8", "9"]},
    "variants": [{"id": "b1-8", "options": {"size": "8"}, "price": 89.5, "availability": "out_of_stock", "stock": 0}],
    "rating": 4.5,
    "rating_count": 12,
    "image_url": "/b1.svg",
    "url": "/b1",
    "created_at": "2024-05-31T12:00:00Z",
}


def test_a_full_row_is_read_field_by_field() -> None:
    parsed = parse_product(FULL, "EUR")

    assert (parsed.price, parsed.list_price, parsed.currency) == (9990, 12900, "EUR")
    assert parsed.category == ("Shoes", "Hiking boots")
    assert parsed.attributes == {"material": "suede", "feature": ("waterproof", "light")}
    assert parsed.options == {"size": ("8", "9")}
    assert parsed.variants == (Variant("b1-8", {"size": "8"}, 8950, "out_of_stock", 0),)
    assert (parsed.availability, parsed.stock, parsed.rating, parsed.rating_count) == ("limited_stock", 4, 4.5, 12)


def test_a_product_goes_out_and_comes_back_the_same() -> None:
    parsed = parse_product(FULL)
    assert to_row(parsed) == {**FULL, "list_price": 129.0}
    assert parse_product(to_row(parsed)) == parsed


def test_a_row_needs_an_id_and_a_title_only() -> None:
    assert parse_product({"id": "a", "title": "T", "brand": None, "surplus": 1}) == Product("a", "T")


def test_a_row_without_currency_is_in_the_shops() -> None:
    assert parse_product({"id": "a", "title": "T", "price": 500}, "JPY").price == 500


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"id": None}, "id: None is missing"),
        ({"id": 7}, "id: 7 is not text"),
        ({"id": ""}, "id: '' is not 1 to 100 characters long"),
        ({"title": "  "}, "title: '  ' is empty"),
        ({"price": "12,50"}, "price: '12,50' is not a number >= 0"),
        ({"price": -1}, "price: -1 is not a number >= 0"),
        ({"price": float("nan")}, "price: nan is not a number >= 0"),
        ({"price": True}, "price: True is not a number >= 0"),
        ({"price": 1e300}, "price: 1e+300 is larger than any price"),
        ({"list_price": "x"}, "list_price: 'x' is not a number >= 0"),
        ({"currency": "usd"}, "currency: 'usd' is not an ISO 4217 code such as USD"),
        ({"stock": 1.5}, "stock: 1.5 is not a whole number >= 0"),
        ({"rating": 6}, "rating: 6 is not a number from 0 to 5"),
        ({"rating_count": -2}, "rating_count: -2 is not a whole number >= 0"),
        ({"category": "Shoes"}, "category: 'Shoes' is not a list of texts"),
        ({"attributes": ["x"]}, "attributes: ['x'] is not an object"),
        ({"attributes": {"a": 3}}, "attributes.a: 3 is neither text nor a list of texts"),
        ({"options": {"size": []}}, "options.size: [] is an empty list, expected the option's values"),
        ({"variants": {}}, "variants: {} is not a list"),
        ({"variants": [3]}, "variants.0: 3 is not an object"),
        ({"variants": [{"id": "v"}, {"id": "v"}]}, "variants.1.id: 'v' is the id of an earlier variant"),
        ({"created_at": "2024-05-31"}, "created_at: '2024-05-31' is not a time such as 2024-05-31T12:00:00Z"),
    ],
)
def test_a_wrong_field_is_named_with_its_value_and_what_was_expected(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(BadProduct) as caught:
        parse_product({"id": "a", "title": "T", **wrong})
    assert str(caught.value) == message


def test_an_unknown_availability_lists_the_known_ones() -> None:
    with pytest.raises(BadProduct, match="availability: 'yes' is not one of in_stock, limited_stock"):
        parse_product({"id": "a", "title": "T", "availability": "yes"})


def test_a_variant_may_only_have_the_products_options() -> None:
    row = {"id": "a", "title": "T", "options": {"size": ["8"]}, "variants": [{"id": "v", "options": {"size": "9"}}]}
    with pytest.raises(BadProduct, match=r"variants.0.options.size: '9' is not among the product's options"):
        parse_product(row)


def test_another_currency_than_the_shops_is_refused() -> None:
    with pytest.raises(BadProduct, match="currency: 'EUR' is not the shop's currency USD"):
        parse_product(FULL, "USD")


def test_a_long_value_is_shown_short() -> None:
    with pytest.raises(BadProduct) as caught:
        parse_product({"id": "x" * 1000, "title": "T"})
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        (19.99, "USD", 1999),
        ("0.1", "EUR", 10),
        (1299, "JPY", 1299),
        (1.2345, "KWD", 1235),
        (Decimal("2.005"), "USD", 201),
    ],
)
def test_money_becomes_minor_units(amount: Decimal | float | str, currency: str, minor: int) -> None:
    assert to_minor(amount, currency) == minor


def test_money_is_written_for_its_reader() -> None:
    assert format_money(129900, "USD") == "$1,299.00"
    assert format_money(1299, "JPY") == "¥1,299"
    assert format_money(129900, "EUR", "de_DE") == "1.299,00\xa0€"
    assert (to_decimal(1999, "USD"), to_number(1999, "USD")) == (Decimal("19.99"), 19.99)
