"""Format 1, the program's own product format: rows in, `Product` out, and back."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StrictInt, ValidationError

from retrieval import money
from retrieval.types import AttributeValue, Availability, Product, Variant

DEFAULT_CURRENCY = "USD"
MAX_ID = 100
MAX_MINOR = 10**15
"""Above any price, and far inside what a 64-bit column holds."""

_CURRENCY = re.compile(r"[A-Z]{3}")
# RFC 3339 asks for a zone; fromisoformat alone would take "2024-01-01" and week dates as well.
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")

_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
"""What can't be kept as UTF-8, or not in every database."""


class BadProduct(ValueError):
    """A row that is no product: which field, its value, and what was expected."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        """Keeps the parts apart; `value` is shown shortened."""
        self.field = field
        self.value = _shown(value)
        self.reason = reason
        super().__init__(f"{field}: {self.value} {reason}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _text(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("is not text")
    if _FORBIDDEN.search(value):
        raise ValueError("holds characters that no text may hold")
    return value.strip()


def _required(value: str) -> str:
    if not value:
        raise ValueError("is empty")
    return value


def _short_id(value: str) -> str:
    if not 1 <= len(value) <= MAX_ID:
        raise ValueError(f"is not 1 to {MAX_ID} characters long")
    return value


def _amount(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError("is not a number >= 0")
    return Decimal(str(value))


def _count(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_MINOR:
        raise ValueError("is not a whole number >= 0")
    return value


def _stars(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 5:
        raise ValueError("is not a number from 0 to 5")
    return float(value)


def _availability(value: object) -> object:
    if value not in get_args(Availability):
        raise ValueError(f"is not one of {', '.join(get_args(Availability))}")
    return value


def _currency(value: str) -> str:
    if not _CURRENCY.fullmatch(value):
        raise ValueError("is not an ISO 4217 code such as USD")
    return value


def _moment(value: str) -> str:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("is not a time such as 2024-05-31T12:00:00Z") from None
    if not _RFC3339.fullmatch(value):
        raise ValueError("is not a time such as 2024-05-31T12:00:00Z")
    return value


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("is not a list of texts")
    return [str(_text(item)) for item in value if item.strip()]


def _attribute(value: object) -> object:
    if isinstance(value, str):
        return _text(value)
    try:
        return tuple(_texts(value))
    except ValueError:
        raise ValueError("is neither text nor a list of texts") from None


def _values(value: object) -> tuple[str, ...]:
    texts = tuple(_texts(value))
    if not texts:
        raise ValueError("is an empty list, expected the option's values")
    return texts


Text = Annotated[str, BeforeValidator(_text)]
Required = Annotated[Text, AfterValidator(_required)]
Id = Annotated[Text, AfterValidator(_short_id)]
Amount = Annotated[Decimal, BeforeValidator(_amount)]
Count = Annotated[StrictInt, BeforeValidator(_count)]
Status = Annotated[Availability, BeforeValidator(_availability)]


class _Row(BaseModel):
    # What a merchant adds beyond the format is none of our business, and no error.
    model_config = ConfigDict(extra="ignore", frozen=True)


class _VariantRow(_Row):
    id: Id
    options: dict[str, Required] = {}
    price: Amount | None = None
    availability: Status | None = None
    stock: Count | None = None


class _ProductRow(_Row):
    id: Id
    title: Required
    description: Text = ""
    category: Annotated[list[str], BeforeValidator(_texts)] = []
    brand: Text = ""
    price: Amount | None = None
    list_price: Amount | None = None
    currency: Annotated[Text, AfterValidator(_currency)] | None = None
    availability: Status = "in_stock"
    stock: Count | None = None
    attributes: dict[str, Annotated[AttributeValue, BeforeValidator(_attribute)]] = {}
    options: dict[str, Annotated[tuple[str, ...], BeforeValidator(_values)]] = {}
    variants: list[_VariantRow] = []
    rating: Annotated[float, BeforeValidator(_stars)] | None = None
    rating_count: Count | None = None
    image_url: Text = ""
    url: Text = ""
    created_at: Annotated[Text, AfterValidator(_moment)] | None = None


def parse_product(row: Mapping[str, object], currency: str | None = None) -> Product:
    """Returns the product that `row` (format 1) describes.

    A field that is null counts as left out. A row without a currency is priced in `currency`, the shop's own.

    Raises:
        BadProduct: A field is missing or wrong, or the row's currency is not `currency`. Tells the first.
    """
    present = {name: value for name, value in row.items() if value is not None}
    try:
        parsed = _ProductRow.model_validate(present)
    except ValidationError as error:
        raise _first_problem(error) from None
    _check_variants(parsed)
    return _product(parsed, _agreed_currency(parsed.currency, currency))


def _first_problem(error: ValidationError) -> BadProduct:
    problem = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in problem["loc"])
    match problem["type"]:
        case "missing":
            return BadProduct(field, None, "is missing")
        case "value_error":
            return BadProduct(field, problem["input"], str(problem["ctx"]["error"]))
        case "dict_type" | "model_type":
            return BadProduct(field, problem["input"], "is not an object")
        case "list_type":
            return BadProduct(field, problem["input"], "is not a list")
        case _:
            return BadProduct(field, problem["input"], f"is wrong: {problem['msg']}")


def _agreed_currency(own: str | None, shop: str | None) -> str:
    if own and shop and own != shop:
        raise BadProduct("currency", own, f"is not the shop's currency {shop}")
    return own or shop or DEFAULT_CURRENCY


def _check_variants(row: _ProductRow) -> None:
    seen: set[str] = set()
    for place, variant in enumerate(row.variants):
        where = f"variants.{place}"
        if variant.id in seen:
            raise BadProduct(f"{where}.id", variant.id, "is the id of an earlier variant")
        seen.add(variant.id)
        for name, value in variant.options.items():
            if value not in row.options.get(name, ()):
                raise BadProduct(f"{where}.options.{name}", value, "is not among the product's options")


def _product(row: _ProductRow, currency: str) -> Product:
    def minor(field: str, amount: Decimal | None) -> int | None:
        if amount is None:
            return None
        units = money.to_minor(amount, currency)
        if units > MAX_MINOR:
            raise BadProduct(field, float(amount), "is larger than any price")
        return units

    variants = tuple(
        Variant(v.id, v.options, minor(f"variants.{place}.price", v.price), v.availability, v.stock)
        for place, v in enumerate(row.variants)
    )
    return Product(
        id=row.id,
        title=row.title,
        price=minor("price", row.price),
        currency=currency,
        description=row.description,
        category=tuple(row.category),
        brand=row.brand,
        list_price=minor("list_price", row.list_price),
        availability=row.availability,
        stock=row.stock,
        attributes=row.attributes,
        options=row.options,
        variants=variants,
        rating=row.rating,
        rating_count=row.rating_count,
        image_url=row.image_url,
        url=row.url,
        created_at=row.created_at or "",
    )


def to_row(product: Product) -> dict[str, Any]:
    """Returns the format 1 row of `product`, empty fields left out; `parse_product` reads it back to the same."""
    row: dict[str, Any] = {
        "id": product.id,
        "title": product.title,
        "description": product.description,
        "category": list(product.category),
        "brand": product.brand,
        "price": _number(product.price, product.currency),
        "list_price": _number(product.list_price, product.currency),
        "currency": product.currency,
        "availability": product.availability,
        "stock": product.stock,
        "attributes": {name: v if isinstance(v, str) else list(v) for name, v in product.attributes.items()},
        "options": {name: list(values) for name, values in product.options.items()},
        "variants": [_variant_row(variant, product.currency) for variant in product.variants],
        "rating": product.rating,
        "rating_count": product.rating_count,
        "image_url": product.image_url,
        "url": product.url,
        "created_at": product.created_at,
    }
    return _present(row)


def _variant_row(variant: Variant, currency: str) -> dict[str, Any]:
    return _present(
        {
            "id": variant.id,
            "options": dict(variant.options),
            "price": _number(variant.price, currency),
            "availability": variant.availability,
            "stock": variant.stock,
        }
    )


def _present(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None and value not in ("", [], {})}


def _number(minor: int | None, currency: str) -> float | None:
    return None if minor is None else money.to_number(minor, currency)
