from __future__ import annotations

from datetime import UTC, datetime

import pytest

from retrieval.feeds import values


@pytest.mark.parametrize(
    ("written", "decimal", "expected"),
    [
        ("19.99 USD", ".", (19.99, "USD")),
        ("usd 19.99", ".", (19.99, "USD")),
        ("19,99 €", ".", (19.99, "EUR")),
        ("€19", ".", (19, "EUR")),
        ("£1,299.00", ".", (1299, "GBP")),
        ("1.299,00 EUR", ".", (1299, "EUR")),
        ("1,299", ".", (1299, "")),
        ("1.299", ",", (1299, "")),
        ("1.299 KWD", ".", (1.299, "KWD")),
        ("0.999", ".", (0.999, "")),
        ("1'299.50 CHF", ".", (1299.5, "CHF")),
        ("1 299,50 kr", ".", (1299.5, "")),
        ("1\u202f299,50 €", ".", (1299.5, "EUR")),
        ("12,345,678", ".", (12345678, "")),
        ("$5", ".", (5, "")),
        ("US$ 5.5", ".", (5.5, "USD")),
        ("+5", ".", (5, "")),
        (".5", ".", (0.5, "")),
        ("٣", ".", (3, "")),
        ("0", ".", (0, "")),
        (12.5, ".", (12.5, "")),
        (7, ".", (7, "")),
    ],
)
def test_prices_as_feeds_write_them(written: object, decimal: str, expected: tuple[float, str]) -> None:
    assert values.price(written, decimal) == expected


@pytest.mark.parametrize(
    "written",
    ["", "free", "5 dollars", "USD 5 EUR", "1,2,3", "1,29,999.00", "5-10", "-1", "1.299", None, True, -1, float("nan")],
)
def test_what_is_no_price_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="is not a|is below zero|may mean 1299 or 1.299"):
        values.price(written)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("in stock", "in_stock"),
        ("In_Stock", "in_stock"),
        ("https://schema.org/InStock", "in_stock"),
        ("http://schema.org/LimitedAvailability/", "limited_stock"),
        ("schema.org/PreSale", "preorder"),
        ("pre_order", "preorder"),
        ("MadeToOrder", "backorder"),
        ("SoldOut", "out_of_stock"),
        ("Discontinued", "discontinued"),
    ],
)
def test_availability_in_every_format_s_words(word: str, expected: str) -> None:
    assert values.availability(word) == expected


def test_counts_and_flags() -> None:
    assert [values.stock(said) for said in ("4", "4.0", 4, "-3")] == [4, 4, 4, 0]
    assert [values.count(said) for said in ("1,024", "12", 12)] == [1024, 12, 12]
    assert [values.flag(said) for said in ("TRUE", "yes", 1, "0", "-1", False)] == [True, True, True, False, False, False]
    for bad in ("1.5", "many", None, True):
        with pytest.raises(ValueError, match="is not a"):
            values.stock(bad)


def test_times() -> None:
    assert values.timestamp("2024-05-31") == "2024-05-31T00:00:00Z"
    assert values.timestamp("2024-05-31T12:00:00+02:00") == "2024-05-31T12:00:00+02:00"
    assert values.timestamp("Tue, 05 Mar 2024 09:00:00 GMT") == "2024-03-05T09:00:00Z"
    now = datetime(2024, 5, 31, 20, tzinfo=UTC)
    assert values.in_force("2024-05-01", "2024-05-31", now)
    assert values.in_force("", "", now)
    assert not values.in_force("2024-06-01", "", now)
    assert not values.in_force("", "2024-05-31T12:00", now)


def test_markup_becomes_what_a_browser_shows() -> None:
    marked = "<p>Two <b>bold</b> words &amp; more</p><script>x()</script><ul><li>one<li>two</ul>a<br>b"
    assert values.plain_text(marked) == "Two bold words & more\none\ntwo\na\nb"
    assert values.plain_text("  5 < 6 &amp; 7 > 6\nnext  ") == "5 < 6 & 7 > 6\nnext"


def test_lists_paths_and_names() -> None:
    assert values.parts("a\\, b, c,, ") == ["a, b", "c"]
    assert values.path("Home &amp; Garden > Pots >") == ["Home & Garden", "Pots"]
    assert [values.label(name) for name in ("age_group", "priceValidUntil", "Fit  type")] == [
        "age group",
        "price valid until",
        "fit type",
    ]
