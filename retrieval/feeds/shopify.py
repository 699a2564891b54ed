"""Shopify's product CSV, older and newer column names: rows of one handle are a product's variants and images."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from retrieval.feeds import values
from retrieval.feeds.base import Format, Head, ReadOptions
from retrieval.feeds.drafts import Draft, converted, drafted, rows
from retrieval.feeds.groups import grouped, merged, united
from retrieval.feeds.rows import BadRow, Row
from retrieval.feeds.tables import read_table
from retrieval.products import BadProduct

# The newer names, and the older for the same.
_SAME = {
    "url handle": "handle",
    "body (html)": "description",
    "published on online store": "published",
    "variant sku": "sku",
    "variant barcode": "barcode",
    "variant price": "price",
    "variant compare at price": "compare-at price",
    "variant compare-at price": "compare-at price",
    "variant inventory qty": "inventory quantity",
    "variant inventory tracker": "inventory tracker",
    "variant inventory policy": "continue selling when out of stock",
    "image src": "product image url",
    "variant image": "variant image url",
    "variant grams": "weight value (grams)",
    "variant weight unit": "weight unit for display",
    "image alt text": "image text",
}
_OPTIONS = ("1", "2", "3")
_PRODUCT = frozenset(
    {"handle", "title", "description", "vendor", "product category", "type", "tags", "published", "status", "gift card"}
)
_VARIANT = frozenset(
    {"sku", "barcode", "price", "compare-at price", "inventory quantity", "inventory tracker", "variant image url"}
    | {"continue selling when out of stock", "weight value (grams)", "weight unit for display", "product image url"}
    | {f"option{number} {part}" for number in _OPTIONS for part in ("name", "value", "linked to")}
)
# What the shop pays, how it ships and taxes, and texts written for search engines.
_LEFT_AWAY = frozenset(
    {"cost per item", "charge tax", "variant taxable", "variant tax code", "tax code", "variant requires shipping"}
    | {"requires shipping", "variant fulfillment service", "fulfillment service", "image position", "seo title"}
    | {"seo description", "command", "variant command", "id", "variant id", "custom collections"}
)


def _recognises(head: Head) -> bool:
    names = {_SAME.get(name, name) for name in head.columns}
    return {"handle", "title"} <= names and bool(names & {"price", "vendor", "option1 value", "product image url"})


def _read(path: Path, options: ReadOptions) -> Iterator[Row | BadRow]:
    drafts = (part for made in drafted(read_table(path, options.encoding), _row) for part in _parts(made))
    yield from rows(grouped(drafts, _merge), options.currency)


def _parts(made: BadRow | Draft) -> Iterator[BadRow | Draft]:
    """Yields what a row says of the product, and the variant that it is, if it is one."""
    if isinstance(made, BadRow):
        yield made
        return
    is_variant = bool(made.options) or "price" in made.fields or "id" in made.fields
    product = Draft(
        made.line, {n: v for n, v in made.fields.items() if n in _PRODUCT_FIELDS}, group=made.group, is_parent=True
    )
    product.attributes = {name: found for name, found in made.attributes.items() if name not in _VARIANT_ATTRIBUTES}
    product.options = {name: found for name, found in made.options.items() if name.endswith("name")}
    yield product
    if is_variant:
        variant = Draft(made.line, {n: v for n, v in made.fields.items() if n not in _PRODUCT_FIELDS}, group=made.group)
        variant.attributes = {name: found for name, found in made.attributes.items() if name in _VARIANT_ATTRIBUTES}
        variant.options = {name: found for name, found in made.options.items() if not name.endswith("name")}
        yield variant


_PRODUCT_FIELDS = frozenset({"title", "description", "brand", "category", "image_url"})
_VARIANT_ATTRIBUTES = frozenset({"sku", "barcode", "weight", "variant image"})


def _row(line: int, cells: Mapping[str, str]) -> Draft:
    every = {_SAME.get(name.casefold(), name.casefold()): cell for name, cell in cells.items()}
    one = {name: cell for name, cell in every.items() if cell}
    if not every.get("inventory tracker", "shopify"):
        # Nobody counts this variant, so that a 0 means nothing.
        one.pop("inventory quantity", None)
    if not one.get("handle"):
        raise BadProduct("Handle", one.get("handle", ""), "is missing; it tells which rows are one product")
    made = Draft(line, group=one["handle"])
    made.put("title", values.plain_text(one.get("title", "")))
    made.put("description", values.plain_text(one.get("description", "")))
    made.put("brand", values.plain_text(one.get("vendor", "")))
    _category(made, one)
    made.note("tags", *values.parts(one.get("tags", "")))
    made.put("image_url", one.get("product image url"))
    _variant(made, one)
    _rest(made, one)
    return made


def _category(made: Draft, one: Mapping[str, str]) -> None:
    path = values.path(one.get("product category", ""))
    kind = values.plain_text(one.get("type", ""))
    made.put("category", path or ([kind] if kind else []))
    if kind and kind not in made.fields.get("category", []):
        made.note("type", kind)


def _variant(made: Draft, one: Mapping[str, str]) -> None:
    made.put("id", one.get("sku"))
    made.note("sku", one.get("sku", ""))
    made.note("barcode", one.get("barcode", ""))
    made.note("variant image", one.get("variant image url", ""))
    made.price("price", "Variant Price", one.get("price"))
    _compare(made, one.get("compare-at price", ""))
    _stock(made, one)
    grams = one.get("weight value (grams)", "")
    if grams and converted("Variant Grams", grams, values.number):
        made.note("weight", f"{values.number(grams):g} g")
    for number in _OPTIONS:
        name, value = one.get(f"option{number} name", ""), one.get(f"option{number} value", "")
        if name:
            made.options[f"{number} name"] = [name]
        if value:
            made.options[number] = [value]


def _compare(made: Draft, price: str) -> None:
    """Reads the price before a discount; one that is no higher is none."""
    before = Draft(made.line)
    before.price("list_price", "Variant Compare At Price", price)
    if before.fields.get("list_price", 0) > made.fields.get("price", 0):
        made.put("list_price", before.fields["list_price"])


def _stock(made: Draft, one: Mapping[str, str]) -> None:
    """Units count only where Shopify keeps track of them; "continue" sells on when there are none."""
    status = one.get("status", "active").casefold()
    published = converted("Published", one.get("published", "true"), values.flag)
    if status not in ("active", "") or not published:
        made.note("status", status if status != "active" else "unpublished")
    made.read("stock", "Variant Inventory Qty", one.get("inventory quantity"), values.stock)
    if made.fields.get("stock") == 0:
        sells_on = one.get("continue selling when out of stock", "deny").casefold() in ("continue", "true")
        made.put("availability", "backorder" if sells_on else "out_of_stock")


def _rest(made: Draft, one: Mapping[str, str]) -> None:
    if one.get("gift card", "false").casefold() == "true":
        made.note("gift card", "yes")
    for column, cell in one.items():
        if column not in _PRODUCT | _VARIANT | _LEFT_AWAY:
            # "Fabric (product.metafields.custom.fabric)" is Fabric, "Google Shopping / Gender" is Gender.
            name = re.sub(r"\s*\(product\.metafields\..*\)|^google shopping / ", "", column)
            made.note(name, *(values.plain_text(text) for text in values.parts(cell, ";")))


# ---- the rows of one handle --------------------------------------------------------------------------------------------


def _merge(handle: str, members: list[Draft]) -> Iterator[BadRow | Draft]:
    whole = united([member for member in members if member.is_parent]) or Draft(members[0].line)
    images = [member.fields["image_url"] for member in members if member.fields.get("image_url")]
    # The rows' further images are one list with one name.
    whole.attributes.pop("image url", None)
    whole.note("images", *images[1:])
    names = {
        number: values.label(whole.options[f"{number} name"][0]) for number in _OPTIONS if f"{number} name" in whole.options
    }
    whole.options = {}
    if "status" in whole.attributes:
        # Not on sale in the shop, so never shown here, whatever is in stock.
        whole.fields["availability"] = "discontinued"
    variants = [member for member in members if not member.is_parent]
    if len(variants) == 1 and _is_plain(variants[0]):
        yield _single(handle, whole, variants[0])
        return
    _name_variants(handle, variants, names)
    yield from merged(handle, variants, whole)


def _is_plain(variant: Draft) -> bool:
    """Whether it is the one variant that Shopify gives a product without options."""
    return all(found == ["Default Title"] for found in variant.options.values())


def _single(handle: str, whole: Draft, variant: Draft) -> Draft:
    """Returns a product without options, which is its own only variant."""
    whole.put("id", handle)
    for name, value in variant.fields.items():
        if name != "id":
            whole.put(name, value)
    for name, found in variant.attributes.items():
        whole.note(name, *found)
    return whole


def _name_variants(handle: str, variants: Sequence[Draft], names: Mapping[str, str]) -> None:
    """Gives options their names, and an id to variants whose SKU is missing or another's: the handle and the options."""
    seen: set[str] = set()
    for variant in variants:
        chosen = {names.get(number, f"option {number}"): found for number, found in variant.options.items()}
        variant.options = chosen
        if variant.fields.get("id", "") in seen | {""}:
            variant.fields["id"] = "/".join([handle, *(found[0] for found in chosen.values())])
        seen.add(variant.fields["id"])


FORMAT = Format("shopify-csv", "Shopify product CSV", _recognises, _read)
