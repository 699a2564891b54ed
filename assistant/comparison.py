"""Two to four products side by side: the facts in which they differ, and which of them is lighter, cheaper or better rated.

Everything is worked out from the catalogue's own fields; measures are compared only where their units can be.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.asked import Embed
from assistant.grounding import attribute_key
from assistant.passages import is_harmless
from assistant.wording import join
from retrieval.money import format_money
from retrieval.text import stems
from retrieval.types import AttributeValue, Product

ROWS = 8
NOT_STATED = "not stated"
NEAR_NAME = 0.27

_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_MEASURE = re.compile(
    rf"\s*[<>~≈+]?\s*(?P<sign>-?)(?P<numbers>{_NUMBER}(?:\s*[x×]\s*{_NUMBER})*)\s*-?\s*(?P<unit>[a-z°\"'/%]*)[^\d]*", re.I
)
# Units that measure the same, in one of them: grams, millimetres, millilitres, hours, watts.
_UNITS: Mapping[str, tuple[str, float]] = {
    unit: (dimension, float(size))
    for dimension, units in {
        "mass": "mg=0.001 g=1 gr=1 gram=1 grams=1 kg=1000 kgs=1000 kilogram=1000 kilograms=1000 oz=28.35 lb=453.6 lbs=453.6 "
        "pound=453.6 pounds=453.6",
        "length": 'mm=1 cm=10 m=1000 km=1000000 in=25.4 inch=25.4 inches=25.4 "=25.4 ft=304.8 feet=304.8',
        "volume": "ml=1 cl=10 dl=100 l=1000 liter=1000 liters=1000 litre=1000 litres=1000",
        "time": "s=0.00028 sec=0.00028 min=0.0167 minute=0.0167 minutes=0.0167 h=1 hr=1 hrs=1 hour=1 hours=1 day=24 days=24 "
        "week=168 weeks=168 month=730 months=730 year=8760 years=8760",
        "power": "w=1 watt=1 watts=1 kw=1000",
        "memory": "mb=1 gb=1024 tb=1048576",
    }.items()
    for unit, size in (pair.rsplit("=", 1) for pair in units.split())
}
_LESS = frozenset(
    stems(
        "lighter lightest smaller smallest shorter shortest thinner slimmer lower lowest less least narrower "
        "cheaper cheapest"
    )
)
_MORE = frozenset(
    stems(
        "heavier heaviest bigger biggest larger largest longer longest taller tallest thicker wider higher "
        "highest more most brighter deeper stronger faster roomier greater"
    )
)
_PRICE = frozenset(stems("cheaper cheapest price expensive cost costs pricier dearer money"))
_DEARER = frozenset(stems("expensive pricier dearer"))
_RATING = frozenset(stems("rated rating ratings reviews reviewed stars popular"))


@dataclass(frozen=True, slots=True)
class Row:
    """One fact of all products; `values` are in their order."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The fact that a comparison asks for: `price`, `rating` or an attribute's name, and whether less of it is wanted.

    `word` is the shopper's own: "lighter". `is_less` is None where the question does not tell.
    """

    fact: str
    is_less: bool | None
    word: str = ""


# ---- measures ----------------------------------------------------------------------------------------------------------


def measure(value: AttributeValue | None) -> tuple[str, float] | None:
    """(what is measured, how much) of a value such as `1.2 kg`, `4-person` or `30 x 20 cm`; None where it is no measure."""
    match = _MEASURE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    numbers = [float(number.replace(",", "")) for number in re.findall(_NUMBER, match["numbers"])]
    unit = match["unit"].lower()
    dimension, size = _UNITS.get(unit, (unit, 1.0))
    return f"{dimension}^{len(numbers)}", (-1 if match["sign"] else 1) * math.prod(number * size for number in numbers)


def amounts(products: Sequence[Product], fact: str) -> list[float | None]:
    """How much of a fact each product has; all None where what they state can't be compared."""
    if fact == "price":
        return [None if p.price is None else float(p.price) for p in products]
    if fact == "rating":
        return [p.rating for p in products]
    measured = [measure(p.attributes.get(fact)) for p in products]
    if len({found[0] for found in measured if found is not None}) != 1:
        return [None] * len(products)
    return [None if found is None else found[1] for found in measured]


# ---- what is asked -----------------------------------------------------------------------------------------------------


def asked_for(text: str, products: Sequence[Product], embed: Embed) -> Asked | None:
    """The fact that a question such as "which is lighter?" asks for; None where it asks for none that they state."""
    words = text.lower().split()
    said = {stem: word.strip("?.,!") for word in words for stem in stems(word)}
    less, more = _LESS & said.keys(), _MORE & said.keys()
    word = said[min(less or more)] if less or more else ""
    if said.keys() & _PRICE:
        is_less = not (said.keys() & _DEARER) or bool(less)
        return Asked("price", is_less, "less expensive" if is_less and "less" in words else word or "pricier")
    if said.keys() & _RATING:
        return Asked("rating", False, "better rated")
    name = _attribute(text, set(said), products, embed, measured=bool(less or more))
    return None if name is None else Asked(name, True if less else False if more else None, word)


def _attribute(text: str, said: set[str], products: Sequence[Product], embed: Embed, *, measured: bool) -> str | None:
    names = [name for name in dict.fromkeys(n for p in products for n in p.attributes) if is_harmless(attribute_key(name))]
    if measured:
        names = [name for name in names if sum(amount is not None for amount in amounts(products, name)) > 1]
    named = [name for name in names if set(stems(name)) & said]
    if named or not names or not measured:
        return max(named, key=lambda name: len(set(stems(name)) & said), default=None)
    vectors = embed([text, *names])
    likeness = vectors[1:] @ vectors[0]
    best = int(likeness.argmax())
    return names[best] if float(likeness[best]) >= NEAR_NAME else None


def winner(products: Sequence[Product], asked: Asked) -> int | None:
    """The place (from 0) of the one product that has least or most of what is asked for; None where there is no one."""
    if asked.is_less is None:
        return None
    known = [(amount, place) for place, amount in enumerate(amounts(products, asked.fact)) if amount is not None]
    if len(known) < 2:
        return None
    best = min(known)[0] if asked.is_less else max(known)[0]
    first = [place for amount, place in known if amount == best]
    return first[0] if len(first) == 1 else None


# ---- facts -------------------------------------------------------------------------------------------------------------


def differing_facts(products: Sequence[Product], locale: str, first: str = "") -> list[Row]:
    """The facts that are not the same for all: the one asked for, price, rating, then what most of them state."""
    rows = {"price": Row("Price", tuple(stated(p, "price", locale) for p in products))}
    rows["rating"] = Row("Rating", tuple(stated(p, "rating", locale) for p in products))
    names = list(dict.fromkeys(name for product in products for name in product.attributes))
    # What all state, and state in numbers, says most of how they differ.
    names.sort(
        key=lambda name: (-sum(name in p.attributes for p in products), measure(products[0].attributes.get(name)) is None)
    )
    rows |= {name: _attribute_row(products, name) for name in names}
    rows["brand"] = Row("Brand", tuple(p.brand if p.brand and is_harmless(p.brand) else NOT_STATED for p in products))
    ordered = [rows[first], *(row for name, row in rows.items() if name != first)] if first in rows else list(rows.values())
    return [row for row in ordered if len(set(row.values)) > 1][:ROWS]


def stated(product: Product, fact: str, locale: str) -> str:
    """What the shop states of one fact, in words."""
    if fact == "price":
        return NOT_STATED if product.price is None else format_money(product.price, product.currency, locale)
    if fact == "rating":
        count = f" by {product.rating_count:,} buyer{'s' * (product.rating_count > 1)}" if product.rating_count else ""
        return "not rated" if product.rating is None else f"{product.rating:g} of 5{count}"
    values = [value for value in _values(product.attributes.get(fact)) if is_harmless(value)]
    return join(values) or NOT_STATED


def _attribute_row(products: Sequence[Product], name: str) -> Row:
    """An attribute of all products; of lists only what is not shared."""
    values = [[v for v in _values(p.attributes.get(name)) if is_harmless(v)] for p in products]
    shared = [value for value in values[0] if all(value in others for others in values)]
    label = name.replace("_", " ").capitalize()
    if shared and any(len(each) > 1 for each in values):
        label = f"{label} (beside {join(shared)})"
        values = [[value for value in each if value not in shared] for each in values]
        return Row(label, tuple(join(each) or "nothing more" for each in values))
    return Row(label, tuple(join(each) or NOT_STATED for each in values))


def only_listed(product: Product, others: Sequence[Product]) -> list[str]:
    """What `product` lists among several values of an attribute that is no matter of choice, and none of the others does."""
    found: list[str] = []
    for name, value in product.attributes.items():
        if isinstance(value, str) or name in product.options:
            continue
        elsewhere = {text.lower() for other in others for text in _values(other.attributes.get(name))}
        found += [text for text in value if text.lower() not in elsewhere and is_harmless(text)]
    return found


def _values(value: AttributeValue | None) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)
