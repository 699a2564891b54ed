import pytest

from retrieval.money import format_bound, format_money, to_minor, to_number


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "written"),
    [
        (12000, "USD", "en_US", "$120"),
        (4698, "USD", "en_US", "$46.98"),
        (1234500, "USD", "en_US", "$12,345"),
        (12000, "EUR", "de_DE", "120\xa0€"),
        (1200, "JPY", "en_US", "¥1,200"),
    ],
)
def test_a_bound_is_written_as_people_say_it(minor: int, currency: str, locale: str, written: str) -> None:
    assert format_bound(minor, currency, locale) == written


def test_a_price_keeps_its_decimals() -> None:
    assert format_money(12000, "USD") == "$120.00"


def test_minor_units_follow_the_currency() -> None:
    assert (to_minor(19.99, "USD"), to_minor(1200, "JPY"), to_minor("1.2345", "KWD")) == (1999, 1200, 1235)
    assert to_number(1999, "USD") == 19.99
