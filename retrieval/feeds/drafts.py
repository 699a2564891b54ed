"""A product in the making: a feed's values land in the fields of format 1, and what has no field becomes an attribute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from retrieval.feeds import values
from retrieval.feeds.rows import BadRow, Row
from retrieval.products import BadProduct

_Item = TypeVar("_Item")
_WAITING = ("backorder", "preorder")


@dataclass(slots=True)
class Draft:
    """What is known of a product so far.

    `fields` are fields of format 1. `options` are the values of the options the feed declares; `choices` are properties,
    such as a colour, that are an option only if the variants of one product differ in them. `line` is where it stood.
    `group` is the id of the product that this is a variant of, or tells of as a whole if `is_parent`; "" for one by itself.
    """

    line: int
    fields: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, list[str]] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)
    choices: dict[str, str] = field(default_factory=dict)
    variants: list[dict[str, Any]] = field(default_factory=list)
    group: str = ""
    group_title: str = ""
    is_parent: bool = False

    def put(self, name: str, value: object, label: str = "") -> None:
        """Fills a field. Where it is filled already with something else, `value` becomes an attribute called `label`."""
        if isinstance(value, str):
            value = value.strip()
        if value is None or value in ("", []):
            return
        if self.fields.setdefault(name, value) != value:
            self.note(label or name, " > ".join(value) if isinstance(value, list) else str(value))

    def note(self, name: str, *texts: str) -> None:
        """Adds values to an attribute, each once."""
        key = values.label(name)
        if key and (fresh := values.distinct([*self.attributes.get(key, []), *texts])):
            self.attributes[key] = fresh

    def read(self, name: str, column: str, value: object, convert: Callable[[Any], object]) -> None:
        """Fills a field with what `value`, found in the feed's `column`, means.

        Raises:
            BadProduct: It means nothing; names the column, since that is what the merchant knows.
        """
        if value is not None and value != "":
            self.put(name, converted(column, value, convert), label=column)

    def price(self, name: str, column: str, value: object, decimal: str = ".") -> None:
        """Fills `price` or `list_price`, and the currency where the value names it.

        Raises:
            BadProduct: It is no price, or in another currency than the product's other prices.
        """
        if value is None or value == "":
            return
        amount, currency = converted(column, value, lambda found: values.price(found, decimal))
        self.amount(name, column, amount, currency, written=value)

    def amount(self, name: str, column: str, value: float, currency: str, written: object = None) -> None:
        """Fills `price` or `list_price` with a number in `currency`; `written` is how the feed spells them.

        Raises:
            BadProduct: The product's other prices are in another currency.
        """
        known = self.fields.get("currency")
        if currency and known and currency != known:
            shown = f"{value} {currency}" if written is None else written
            raise BadProduct(column, shown, f"is not in {known}, the currency of the product's other prices")
        self.put("currency", currency)
        self.put(name, value, label=column)

    def sale(self, column: str, value: object, is_on: bool = True) -> None:
        """Takes in a reduced price: where it is on, it is the price, and the price so far the list price.

        Raises:
            BadProduct: As `price`.
        """
        if value is None or value == "":
            return
        reduced = Draft(self.line, {"currency": self.fields.get("currency")})
        reduced.price("price", column, value)
        if not is_on:
            self.note(column, str(value))
            return
        regular = self.fields.pop("price", None)
        self.put("price", reduced.fields["price"])
        self.put("currency", reduced.fields.get("currency"))
        if regular is not None and regular > self.fields["price"]:
            self.put("list_price", regular)

    def row(self, currency: str = "") -> dict[str, Any]:
        """Returns the row of format 1; `currency` is for a feed that names none."""
        row = dict(self.fields)
        attributes = dict(self.attributes)
        for name, value in self.choices.items():
            attributes[name] = values.distinct([value, *attributes.get(name, [])])
        if row.get("currency") is None and currency:
            row["currency"] = currency
        if row.get("availability") in _WAITING and row.get("stock") == 0:
            # None in stock is what waiting means, and it can be bought all the same.
            del row["stock"]
        row["attributes"] = {name: found[0] if len(found) == 1 else found for name, found in attributes.items()}
        row |= {"options": self.options, "variants": self.variants}
        return {name: value for name, value in row.items() if value not in (None, "", [], {})}


def converted(column: str, value: object, convert: Callable[[Any], Any]) -> Any:
    """Returns `convert(value)`, its `ValueError` turned into a `BadProduct` that names the column."""
    try:
        return convert(value)
    except ValueError as error:
        raise BadProduct(column, value, str(error)) from None


def text(column: str, value: object) -> str:
    """Returns a single value of JSON as text. Raises `BadProduct` where it is an object or a list."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            return str(value).strip()
        case _:
            raise BadProduct(column, value, "is not a single value")


def drafted(
    items: Iterable[BadRow | tuple[int, _Item]], draft: Callable[[int, _Item], Draft | None]
) -> Iterable[BadRow | Draft]:
    """Yields the draft of each item, or what is wrong with it. An item without a draft is no product and passed over."""
    for item in items:
        if isinstance(item, BadRow):
            yield item
            continue
        try:
            made = draft(*item)
        except BadProduct as bad:
            yield BadRow(item[0], bad.field, bad.value, bad.reason)
        else:
            if made is not None:
                yield made


def rows(drafts: Iterable[BadRow | Draft], currency: str = "") -> Iterable[Row | BadRow]:
    """Yields the rows of drafts; what was wrong passes through."""
    for draft in drafts:
        yield draft if isinstance(draft, BadRow) else (draft.line, draft.row(currency))


def first(fields: Mapping[str, object], *names: str) -> object:
    """Returns the first of the named values that is there and not empty, or None."""
    return next((fields[name] for name in names if fields.get(name) not in (None, "", [])), None)
