"""Money: decimal numbers outside, integer minor units (cents, yen) inside."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency, get_currency_precision


@lru_cache(maxsize=256)
def digits(currency: str) -> int:
    """Returns how many decimals `currency` has: 2 for USD, 0 for JPY, 3 for KWD."""
    return get_currency_precision(currency)


def to_minor(amount: Decimal | float | int | str, currency: str) -> int:
    """Returns `amount` in minor units, half a unit rounded up. Raises `decimal.InvalidOperation` if it is no number."""
    # str() first: the float 19.99 means what it prints, not the binary fraction behind it.
    scaled = Decimal(str(amount)).scaleb(digits(currency))
    return int(scaled.to_integral_value(rounding=ROUND_HALF_UP))


def to_decimal(minor: int, currency: str) -> Decimal:
    """Returns the exact decimal amount of `minor` units."""
    return Decimal(minor).scaleb(-digits(currency))


def to_number(minor: int, currency: str) -> float:
    """Returns the amount as the number that goes into a JSON file."""
    return float(to_decimal(minor, currency))


def format_money(minor: int, currency: str, locale: str = "en_US") -> str:
    """Returns the amount as a reader of `locale` writes it: `$1,299.00`."""
    return format_currency(to_decimal(minor, currency), currency, locale=locale)


# Said of every product that keeps to it, and slow to write.
@lru_cache(maxsize=1_024)
def format_bound(minor: int, currency: str, locale: str = "en_US") -> str:
    """Returns an amount that somebody named, such as a budget, without decimals where it is whole: `$120`."""
    if to_decimal(minor, currency) % 1:
        return format_money(minor, currency, locale)
    pattern = Locale.parse(locale).currency_formats["standard"].pattern.replace("0.00", "0")
    return format_currency(to_decimal(minor, currency), currency, pattern, locale, currency_digits=False)
