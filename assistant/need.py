"""The need: what a conversation wants now, changed frame by frame, and its form on disk (format 3).

Everything here is pure. Prices are minor units inside and decimal numbers in the dictionaries of format 3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Literal, get_args

from babel.numbers import get_currency_precision

from assistant.types import Act, Frame, PriceRelation, Shown, Topic
from retrieval.types import Need, Sort

CHANGES_NEED: frozenset[Act] = frozenset({"search", "refine", "recommend"})
PRICE_SLOTS = ("price_min", "price_max")
LIST_SLOTS = ("include", "exclude", "brand", "brand_exclude")
NEED_SLOTS = tuple(field.name for field in fields(Need))

ListSlot = Literal["include", "exclude", "brand", "brand_exclude"]
_OPPOSITE = {"include": "exclude", "exclude": "include", "brand": "brand_exclude", "brand_exclude": "brand"}
_CHOICES = {
    "act": get_args(Act),
    "sort": get_args(Sort),
    "price_rel": get_args(PriceRelation),
    "topic": get_args(Topic),
}
_TUPLES = (*LIST_SLOTS, "drop", "refs")


def apply(need: Need, frame: Frame, shown: Sequence[Shown]) -> Need:
    """The need after a turn: what `frame` makes of `need` while `shown` is on the screen.

    Acts other than `search`, `refine` and `recommend` leave it as it was; `search` starts it afresh.
    """
    if frame.act not in CHANGES_NEED:
        return need
    kept = Need() if frame.act == "search" else take_out(need, frame.drop)
    merged = _with_bounds(kept, _bounds(frame, shown))
    singles = {slot: getattr(frame, slot) for slot in ("query", "rating_min", "sort") if getattr(frame, slot)}
    merged = replace(merged, **singles)
    for slot in LIST_SLOTS:
        merged = _merge_list(merged, slot, getattr(frame, slot))
    return merged


def take_out(need: Need, names: Sequence[str]) -> Need:
    """The need less the slots and the values named; a name that it does not have changes nothing."""
    for name in names:
        need = _without_slot(need, name) if _is_set_slot(need, name) else _without_value(need, name)
    return need


def drop(need: Need, slot: str, value: str = "") -> Need:
    """The need less one constraint, as a chip on the screen names it.

    For a list slot `value` is the entry to take out (all of them where it is empty); for the others it is ignored.
    Raises `ValueError` if there is no such slot.
    """
    if slot not in NEED_SLOTS:
        raise ValueError(f"slot is {slot!r}, expected one of {', '.join(NEED_SLOTS)}")
    if slot in LIST_SLOTS and value:
        changes: dict[str, Any] = {slot: _less(getattr(need, slot), (value,))}
        return replace(need, **changes)
    return _without_slot(need, slot)


def frame_to_json(frame: Frame, currency: str) -> dict[str, Any]:
    """A frame as format 3 writes it: decimal prices, empty slots left out."""
    return _to_json(frame, currency)


def need_to_json(need: Need, currency: str) -> dict[str, Any]:
    """A need as format 3 writes it: decimal prices, empty slots left out."""
    return _to_json(need, currency)


def frame_from_json(data: Mapping[str, Any], currency: str) -> Frame:
    """The frame that a dictionary of format 3 stands for.

    Raises `ValueError` naming the slot, its value and what was expected if it is not legal.
    """
    known = {field.name for field in fields(Frame)}
    for slot in data:
        if slot not in known:
            raise ValueError(f"no such slot: {slot!r}")
    if "act" not in data:
        raise ValueError("act is missing")
    return Frame(**{slot: _slot_from_json(slot, value, currency) for slot, value in data.items()})


def to_minor(amount: float, currency: str) -> int:
    """A decimal amount in minor units of its currency: 12.5 USD is 1250, 12 JPY is 12."""
    digits: int = get_currency_precision(currency)
    return round(amount * 10.0**digits)


def _to_json(record: Frame | Need, currency: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if value is None or value == "" or value == ():
            continue
        if field.name in PRICE_SLOTS:
            value = _to_decimal(value, currency)
        found[field.name] = list(value) if isinstance(value, tuple) else value
    return found


def _to_decimal(amount: int, currency: str) -> float | int:
    digits = get_currency_precision(currency)
    value = round(amount / 10**digits, digits)
    return int(value) if value == int(value) else value


def _slot_from_json(slot: str, value: Any, currency: str) -> Any:
    if slot in _CHOICES:
        return _expect(slot, value, value in _CHOICES[slot], f"one of {', '.join(_CHOICES[slot])}")
    if slot in PRICE_SLOTS:
        _expect(slot, value, _is_number(value) and value >= 0, "a number from 0")
        return to_minor(value, currency)
    if slot == "rating_min":
        return float(_expect(slot, value, _is_number(value) and 0 <= value <= 5, "a number from 0 to 5"))
    if slot == "quantity":
        return _expect(slot, value, type(value) is int and value >= 1, "a whole number from 1")
    if slot in _TUPLES:
        kind = int if slot == "refs" else str
        legal = isinstance(value, list | tuple) and all(type(entry) is kind for entry in value)
        return tuple(_expect(slot, value, legal, f"a list of {kind.__name__}"))
    return _expect(slot, value, isinstance(value, str), "a text")


def _expect(slot: str, value: Any, legal: bool, expected: str) -> Any:
    if not legal:
        raise ValueError(f"{slot} is {value!r}, expected {expected}")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _bounds(frame: Frame, shown: Sequence[Shown]) -> dict[str, Any]:
    """The price bounds of a frame: what it spells out, and what `price_rel` stands for where it does not."""
    bounds = _relative_bound(frame, shown)
    for slot in PRICE_SLOTS:
        if getattr(frame, slot) is not None:
            bounds[slot] = getattr(frame, slot)
    return bounds


def _relative_bound(frame: Frame, shown: Sequence[Shown]) -> dict[str, Any]:
    """`lower` is one minor unit under the cheapest item meant, `higher` one over the dearest; none without a price."""
    meant = [shown[ref - 1] for ref in frame.refs if 1 <= ref <= len(shown)] if frame.refs else shown
    prices = [item.price for item in meant if item.price is not None]
    if frame.price_rel is None or not prices:
        return {}
    if frame.price_rel == "lower":
        return {"price_max": max(0, min(prices) - 1)}
    return {"price_min": max(prices) + 1}


def _with_bounds(need: Need, bounds: Mapping[str, Any]) -> Need:
    """Sets the bounds; a single new one that contradicts the other removes the older one."""
    merged = replace(need, **bounds)
    contradicts = merged.price_min is not None and merged.price_max is not None and merged.price_min > merged.price_max
    if len(bounds) == 1 and contradicts:
        return replace(merged, price_max=None) if "price_min" in bounds else replace(merged, price_min=None)
    return merged


def _merge_list(need: Need, slot: str, values: tuple[str, ...]) -> Need:
    """Adds values to a list slot and takes them out of its opposite."""
    if not values:
        return need
    opposite = _OPPOSITE[slot]
    changes: dict[str, Any] = {
        opposite: _less(getattr(need, opposite), values),
        slot: _less(getattr(need, slot), values) + values,
    }
    return replace(need, **changes)


def _is_set_slot(need: Need, name: str) -> bool:
    return name in NEED_SLOTS and getattr(need, name) not in (None, "", ())


def _without_slot(need: Need, slot: str) -> Need:
    return replace(need, **{slot: getattr(Need(), slot)})


def _without_value(need: Need, value: str) -> Need:
    changes: dict[str, Any] = {slot: _less(getattr(need, slot), (value,)) for slot in LIST_SLOTS}
    if need.query.lower() == value.lower():
        changes["query"] = ""
    if need.sort is not None and need.sort == value.lower():
        changes["sort"] = None
    return replace(need, **changes)


def _less(values: tuple[str, ...], gone: Sequence[str]) -> tuple[str, ...]:
    unwanted = {value.lower() for value in gone}
    return tuple(value for value in values if value.lower() not in unwanted)
