"""The product feed of the Agentic Commerce Protocol, JSON Lines: a variant a line, or a product with its variants a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from retrieval import money
from retrieval.feeds import google, values
from retrieval.feeds.base import Format, Head, ReadOptions
from retrieval.feeds.drafts import Draft, converted, drafted, rows, text
from retrieval.feeds.groups import families, merged
from retrieval.feeds.jsonl import read_jsonl
from retrieval.feeds.rows import BadRow, Row
from retrieval.products import BadProduct

# The protocol's names, older and newer, for what Google calls otherwise.
_SAME = {
    "item_id": "id",
    "url": "link",
    "image_url": "image_link",
    "additional_image_urls": "additional_image_link",
    "group_id": "item_group_id",
    "product_category": "product_type",
    "inventory_quantity": "quantity",
}
_RATINGS = (("rating", ("star_rating", "product_review_rating")), ("rating_count", ("review_count", "product_review_count")))
_FLAGS = frozenset({"is_eligible_search", "is_eligible_checkout", "is_ads_eligible", "enable_search", "enable_checkout"})
# Switches of the platform the feed was written for, and figures that a shop keeps to itself.
_LEFT_AWAY = _FLAGS | {"listing_has_variations", "return_rate", "popularity_score", "feed_id", "account_id"}
_SALE_DATES = ("sale_price_start_date", "sale_price_end_date")


def _recognises(head: Head) -> bool:
    keys = head.keys
    if keys & _FLAGS or "item_id" in keys or {"feed_id", "target_merchant"} <= keys or {"title", "image_link"} <= keys:
        return True
    variants = head.first.get("variants") if isinstance(head.first, dict) else None
    first = variants[0] if isinstance(variants, list) and variants else None
    return isinstance(first, dict) and (isinstance(first.get("price"), dict) or "variant_options" in first)


def _read(path: Path, options: ReadOptions) -> Iterator[Row | BadRow]:
    def drafts() -> Iterator[BadRow | Draft]:
        for row in read_jsonl(path):
            if isinstance(row, BadRow):
                yield row
            elif "variants" in row[1]:
                yield from _nested(*row)
            elif "feed_id" not in row[1] or "title" in row[1]:
                yield from drafted([row], lambda line, fields: _flat(line, fields, options))

    yield from rows(families(drafts()), options.currency)


# ---- a variant a line --------------------------------------------------------------------------------------------------


def _flat(line: int, row: Mapping[str, Any], options: ReadOptions) -> Draft:
    taken = {"variant_dict", "currency", *_SALE_DATES, *(name for _, names in _RATINGS for name in names)}
    fields = {_SAME.get(name, name): _texts(name, value) for name, value in row.items() if name not in taken | _LEFT_AWAY}
    dates = [text(name, row.get(name)) for name in _SALE_DATES]
    if any(dates):
        fields["sale_price_effective_date"] = ["/".join(dates)]
    custom = _custom_options(fields)
    if fields.get("availability") == ["unknown"]:
        fields["availability stated"] = fields.pop("availability")
    made = google.draft(line, fields, options.now)
    made.put("currency", text("currency", row.get("currency")))
    for field, names in _RATINGS:
        for name in names:
            made.read(field, name, row.get(name), values.count if field == "rating_count" else values.number)
    for name, value in {**custom, **_variant_dict(row.get("variant_dict"))}.items():
        made.choices.setdefault(values.label(name), value)
    return made


def _texts(name: str, value: object) -> list[str]:
    if isinstance(value, dict) and _SAME.get(name, name) not in google.SINGLE:
        return [json.dumps(value, ensure_ascii=False)]
    items = value if isinstance(value, list) else [value]
    return [
        _texts(name, item)[0] if isinstance(value, list) and isinstance(item, dict) else text(name, item) for item in items
    ]


def _custom_options(fields: dict[str, list[str]]) -> dict[str, str]:
    """Takes the shop's own options out of the fields; each is written as a pair of fields."""
    found = {}
    for number in (1, 2, 3):
        names = fields.pop(f"custom_variant{number}_category", [])
        chosen = fields.pop(f"custom_variant{number}_option", [])
        if names and chosen:
            found[names[0]] = chosen[0]
    return found


def _variant_dict(value: object) -> dict[str, str]:
    if value in (None, ""):
        return {}
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BadProduct("variant_dict", value, "is not a JSON object of names and values")
    return {str(name): text("variant_dict", chosen) for name, chosen in found.items()}


# ---- a product with its variants a line --------------------------------------------------------------------------------


def _nested(line: int, row: Mapping[str, Any]) -> Iterator[BadRow | Draft]:
    try:
        parent = _common(line, row)
        variants = row["variants"]
        if not isinstance(variants, list) or not variants:
            raise BadProduct("variants", variants, "is not a list of at least one variant")
    except BadProduct as bad:
        yield BadRow(line, bad.field, bad.value, bad.reason)
        return
    good = []
    for place, made in enumerate(drafted(((line, variant) for variant in variants), _variant)):
        if isinstance(made, BadRow):
            yield BadRow(line, f"variants.{place}.{made.field}", made.value, made.reason)
        else:
            good.append(made)
    yield from merged(str(parent.fields.get("id", "")), good, parent)


def _common(line: int, row: Mapping[str, Any]) -> Draft:
    """Reads what a product and a variant have alike."""
    made = Draft(line)
    made.put("id", text("id", row.get("id")))
    made.put("title", text("title", row.get("title")))
    made.put("description", _description(row.get("description")))
    made.put("url", text("url", row.get("url")))
    for medium in _objects("media", row.get("media")):
        kind, address = text("media.type", medium.get("type")), text("media.url", medium.get("url"))
        if kind == "image" and "image_url" not in made.fields:
            made.put("image_url", address)
        else:
            made.note("images" if kind == "image" else kind or "media", address)
        made.note("image text", text("media.alt_text", medium.get("alt_text")))
    known = {"id", "title", "description", "url", "media", "variants", *_VARIANT_FIELDS}
    for name, value in row.items():
        if name not in known | _LEFT_AWAY:
            made.note(name, *_texts(name, value))
    return made


_VARIANT_FIELDS = frozenset(
    {"barcodes", "price", "list_price", "unit_price", "availability", "categories", "condition", "variant_options"}
    | {"seller", "marketplace"}
)


def _variant(line: int, row: object) -> Draft:
    if not isinstance(row, dict):
        raise BadProduct("variant", row, "is not an object")
    made = _common(line, row)
    for name in ("price", "list_price"):
        _price(made, name, row.get(name))
    _availability(made, row.get("availability"))
    for code in _objects("barcodes", row.get("barcodes")):
        made.note(text("type", code.get("type")) or "barcode", text("value", code.get("value")))
    for option in _objects("variant_options", row.get("variant_options")):
        name, value = text("name", option.get("name")), text("value", option.get("value"))
        if not name or not value:
            raise BadProduct("variant_options", option, "has no name or no value")
        made.options[values.label(name)] = [value]
    for place, category in enumerate(_objects("categories", row.get("categories"))):
        found = text("categories.value", category.get("value"))
        made.put("category", values.path(found)) if not place else made.note("category", found)
    made.note("condition", *_texts("condition", row.get("condition")))
    for name in ("seller", "marketplace"):
        if isinstance(row.get(name), dict):
            made.note(name, text(name, row[name].get("name")))
    _unit_price(made, row.get("unit_price"))
    return made


def _description(value: object) -> str:
    if not isinstance(value, dict):
        return values.plain_text(text("description", value))
    written = next((value[name] for name in ("plain", "html", "markdown") if value.get(name)), "")
    return values.plain_text(text("description", written))


def _objects(name: str, value: object) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadProduct(name, value, "is not a list of objects")
    return value


def _price(made: Draft, name: str, value: object) -> None:
    """Reads a price, which is an object with the amount in minor units."""
    if value is None:
        return
    if not isinstance(value, dict) or not isinstance(value.get("amount"), int) or isinstance(value.get("amount"), bool):
        raise BadProduct(name, value, 'is not an object such as {"amount": 1999, "currency": "USD"}')
    currency = text(f"{name}.currency", value.get("currency"))
    if len(currency) != 3:
        raise BadProduct(f"{name}.currency", currency, "is not an ISO 4217 code such as USD")
    made.amount(name, name, money.to_number(value["amount"], currency), currency)


def _availability(made: Draft, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, dict):
        raise BadProduct("availability", value, 'is not an object such as {"available": true, "status": "in_stock"}')
    is_available, status = value.get("available"), text("availability.status", value.get("status"))
    found = converted("availability.status", status, values.availability) if status else "in_stock"
    if is_available is False and found in ("in_stock", "limited_stock"):
        found = "out_of_stock"
    made.put("availability", found)


def _unit_price(made: Draft, value: object) -> None:
    """Notes a price by measure as people write it, "4.99 USD / 100 ml", and how much the package holds."""
    if value is None:
        return
    if not isinstance(value, dict) or not isinstance(value.get("amount"), int):
        raise BadProduct("unit_price", value, "is not an object with an amount in minor units")
    currency = text("unit_price.currency", value.get("currency"))
    price = f"{money.to_decimal(value['amount'], currency)} {currency}" if len(currency) == 3 else str(value["amount"])
    made.note("unit price", " / ".join(filter(None, [price, _measure(value.get("reference"))])))
    made.note("measure", _measure(value.get("measure")))


def _measure(value: object) -> str:
    return f"{value.get('value', '')} {value.get('unit', '')}".strip() if isinstance(value, dict) else ""


FORMAT = Format("acp", "Agentic Commerce Protocol JSON Lines", _recognises, _read)
