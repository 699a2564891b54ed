"""The parts of the page that show the shop's data, as HTML: the shelf of cards, the need as chips, the cart.

Every value passes through autoescaping templates; an address is let through only where a browser may safely follow it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from babel.core import Locale
from babel.numbers import format_currency, get_currency_precision
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from assistant.types import Card, CartLine, CartView
from retrieval.types import Availability, Need, Product, Variant

MOST_REASONS = 3
FEW_LEFT = 5
SORT_LABELS = {
    "price_asc": "cheapest first",
    "price_desc": "dearest first",
    "rating": "best rated first",
    "popularity": "most popular first",
    "newest": "newest first",
}
AVAILABILITY_LABELS: Mapping[Availability, str] = {
    "in_stock": "In stock",
    "limited_stock": "Few left",
    "backorder": "On backorder",
    "preorder": "Pre-order",
    "out_of_stock": "Out of stock",
    "discontinued": "No longer sold",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """One removable piece of the need. `value` is empty where the slot holds a single value."""

    slot: str
    value: str
    label: str


def safe_image(address: str) -> str:
    """`address` if it is http(s) or one of the shop's own `/images/`, else an empty string."""
    if any(ord(character) <= 32 or character == "\\" for character in address):
        return ""
    if address.startswith("/images/") and ".." not in address:
        return address
    return safe_link(address)


def safe_link(address: str) -> str:
    """`address` if it is an absolute http(s) address, else an empty string."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.netloc else ""


def percent_saved(price: int | None, list_price: int | None) -> int:
    """Whole percent under the list price, rounded down; 0 where there is nothing to boast of."""
    if not price or not list_price or list_price <= price:
        return 0
    return (list_price - price) * 100 // list_price


def stock_label(product: Product) -> str:
    """What the card says of the stock: "Only 3 left" near the end, else the availability in words."""
    if product.stock == 0:
        return AVAILABILITY_LABELS["out_of_stock"]
    if product.availability in ("in_stock", "limited_stock") and product.stock and product.stock <= FEW_LEFT:
        return f"Only {product.stock} left"
    return AVAILABILITY_LABELS[product.availability]


def variant_label(variant: Variant) -> str:
    """The options of a variant in one line, "Blue, 42"; its id where it has none."""
    return ", ".join(variant.options.values()) or variant.id


def buyable(variant: Variant) -> bool:
    """Whether this combination can be put in a cart."""
    return variant.for_sale


def first_buyable(product: Product) -> str:
    """The id of the variant that is chosen to begin with; empty where none can be bought."""
    return next((variant.id for variant in product.variants if buyable(variant)), "")


class Renderer:
    """Turns the shop's data into HTML in one currency and one locale."""

    def __init__(self, currency: str, locale: str = "en_US") -> None:
        """`currency` is an ISO 4217 code, `locale` one that Babel knows, as in "en_US"."""
        self._currency = currency
        self._locale = Locale.parse(locale, sep="-" if "-" in locale else "_")
        environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals.update(
            money=self.money,
            safe_image=safe_image,
            safe_link=safe_link,
            percent_saved=percent_saved,
            stock_label=stock_label,
            variant_label=variant_label,
            buyable=buyable,
            first_buyable=first_buyable,
            most_reasons=MOST_REASONS,
        )
        self._environment = environment

    def money(self, minor_units: int, currency: str = "") -> str:
        """12900 as "$129.00", as the locale writes it; yen and the like have no decimals."""
        currency = currency or self._currency
        amount = Decimal(minor_units).scaleb(-get_currency_precision(currency))
        return format_currency(amount, currency, locale=self._locale)

    def short_money(self, minor_units: int) -> str:
        """12000 as "$120", 12050 as "$120.50": how one says a limit."""
        amount = Decimal(minor_units).scaleb(-get_currency_precision(self._currency))
        if amount != amount.to_integral_value():
            return self.money(minor_units)
        pattern = self._locale.currency_formats["standard"].pattern.replace("0.00", "0")
        return format_currency(amount, self._currency, format=pattern, locale=self._locale, currency_digits=False)

    def shelf(self, cards: Sequence[Card]) -> str:
        """The numbered cards, each with the contents of its details dialog."""
        return self._environment.get_template("shelf.html").render(cards=cards)

    def sent(self, products: Sequence[Product]) -> str:
        """What came with a message of one of the shop's people, as small cards; empty for none."""
        return self._environment.get_template("sent.html").render(products=products) if products else ""

    def need(self, need: Need) -> str:
        """What is looked for, in words, and a chip to take away for each wish; empty for an empty need."""
        return self._environment.get_template("need.html").render(need=need, chips=self.chips(need))

    def cart(self, cart: CartView) -> str:
        """The lines of the cart and their total."""
        return self._environment.get_template("cart.html").render(cart=cart, line_variant=line_variant)

    def chips(self, need: Need) -> tuple[Chip, ...]:
        """The wishes of the need in reading order: wanted, unwanted, brands, price, rating, order."""
        chips = [Chip("include", value, value) for value in need.include]
        chips += [Chip("exclude", value, f"no {value}") for value in need.exclude]
        chips += [Chip("brand", value, value) for value in need.brand]
        chips += [Chip("brand_exclude", value, f"not {value}") for value in need.brand_exclude]
        if need.price_min is not None:
            chips.append(Chip("price_min", "", f"over {self.short_money(need.price_min)}"))
        if need.price_max is not None:
            chips.append(Chip("price_max", "", f"under {self.short_money(need.price_max)}"))
        if need.rating_min is not None:
            chips.append(Chip("rating_min", "", f"{need.rating_min:g} stars and up"))
        if need.sort is not None:
            chips.append(Chip("sort", "", SORT_LABELS[need.sort]))
        return tuple(chips)


def options_of(line: CartLine, product: Product) -> Mapping[str, str]:
    """The options chosen for a line of the cart; none where there was nothing to choose, or nothing is chosen yet."""
    return next((variant.options for variant in product.variants if variant.id == line.variant_id), {})


def line_variant(line: CartLine, product: Product) -> str:
    """The options chosen for a line of the cart, in words."""
    return ", ".join(f"{name} {value}" for name, value in options_of(line, product).items())


def cart_count(cart: CartView) -> int:
    """How many things are in the cart, counting each line's quantity."""
    return sum(line.quantity for line, _, _ in cart.lines)
