"""WooCommerce's product CSV: simple products a row, variable ones a row and another for each variation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from retrieval.feeds import values
from retrieval.feeds.base import Format, Head, ReadOptions
from retrieval.feeds.drafts import Draft, converted, drafted, rows
from retrieval.feeds.groups import grouped, merged, united
from retrieval.feeds.rows import BadRow, Row
from retrieval.feeds.tables import read_table
from retrieval.products import BadProduct

_TYPES = frozenset({"simple", "variable", "variation", "grouped", "external", "virtual", "downloadable", "subscription"})
_MEASURE = re.compile(r"(weight|length|width|height) \((\w+)\)")
_ATTRIBUTE = re.compile(r"attribute (\d+) (name|value\(s\)|visible|global|default)")
_LISTS = ("tags", "upsells", "cross-sells", "grouped products")
_TAKEN = frozenset(
    {"id", "type", "sku", "name", "published", "visibility in catalog", "short description", "description", "parent"}
    | {"date sale price starts", "date sale price ends", "in stock?", "stock", "backorders allowed?", "sale price"}
    | {"regular price", "categories", "images", "external url", "brands", *_LISTS}
)
# The shop's bookkeeping, texts for after the purchase, and files that are sold.
_LEFT_AWAY = frozenset(
    {"tax status", "tax class", "low stock amount", "allow customer reviews?", "purchase note", "shipping class", "position"}
    | {"download limit", "download expiry days", "button text", "sold individually?", "is featured?"}
)


def _recognises(head: Head) -> bool:
    return {"type", "name"} <= head.columns and bool(head.columns & {"regular price", "in stock?", "visibility in catalog"})


def _read(path: Path, options: ReadOptions) -> Iterator[Row | BadRow]:
    parents = _parents(path, options.encoding)

    def draft(line: int, cells: Mapping[str, str]) -> Draft:
        return _row(line, {name.casefold(): cell for name, cell in cells.items() if cell}, parents, options)

    yield from rows(grouped(drafted(read_table(path, options.encoding), draft), _merge), options.currency)


def _parents(path: Path, encoding: str) -> dict[str, str]:
    """Returns the ids of variable products by what their variations call them: their SKU, or "id:" and their number."""
    found: dict[str, str] = {}
    for row in read_table(path, encoding):
        if isinstance(row, BadRow):
            continue
        one = {name.casefold(): cell for name, cell in row[1].items() if cell}
        if "variable" in _types(one):
            for name in (one.get("sku"), f"id:{one['id']}" if "id" in one else None):
                if name:
                    found.setdefault(name, _id(one))
    return found


def _types(one: Mapping[str, str]) -> set[str]:
    return {word.casefold() for word in values.parts(one.get("type", ""))}


def _id(one: Mapping[str, str]) -> str:
    # The number never changes; a SKU may be given later, or corrected.
    return one.get("id") or one.get("sku", "")


def _row(line: int, one: Mapping[str, str], parents: Mapping[str, str], options: ReadOptions) -> Draft:
    kinds = _types(one)
    if not kinds & _TYPES:
        raise BadProduct("Type", one.get("type", ""), f"is no product type; expected one of {', '.join(sorted(_TYPES))}")
    made = Draft(line)
    made.put("id", _id(one))
    made.put("title", values.plain_text(one.get("name", "")))
    _texts(made, one)
    _prices(made, one, options)
    _stock(made, one)
    _attributes(made, one, is_variation="variation" in kinds)
    _rest(made, one)
    if "variable" in kinds:
        made.group, made.is_parent = made.fields.get("id", ""), True
    elif "variation" in kinds:
        made.group = parents.get(one.get("parent", ""), "")
        if not made.group:
            raise BadProduct("Parent", one.get("parent", ""), "names no variable product of this file")
    return made


def _texts(made: Draft, one: Mapping[str, str]) -> None:
    short, long = (
        values.plain_text(one.get(name, "").replace("\\n", "\n")) for name in ("short description", "description")
    )
    made.put("description", "\n".join(values.distinct([short, long])))
    brands = values.parts(one.get("brands", ""))
    made.put("brand", brands[0] if brands else "")
    made.note("brands", *brands[1:])
    images = values.parts(one.get("images", ""))
    made.put("image_url", images[0] if images else "")
    made.note("images", *images[1:])
    made.put("url", one.get("external url"))
    made.note("sku", one.get("sku", "") if one.get("id") else "")
    _categories(made, values.parts(one.get("categories", "")))
    for name in _LISTS:
        made.note(name, *values.parts(one.get(name, "")))


def _categories(made: Draft, cells: list[str]) -> None:
    """The deepest path is the category; those above it say nothing more, the others are kept as an attribute."""
    paths = [values.path(cell) for cell in cells]
    if paths:
        deepest = max(paths, key=len)
        made.put("category", deepest)
        made.note("categories", *(" > ".join(path) for path in paths if path != deepest[: len(path)]))


def _prices(made: Draft, one: Mapping[str, str], options: ReadOptions) -> None:
    made.price("price", "Regular price", one.get("regular price"))
    start, end = one.get("date sale price starts", ""), one.get("date sale price ends", "")
    is_on = converted("Date sale price starts", f"{start} / {end}", lambda _: values.in_force(start, end, options.now))
    made.sale("Sale price", one.get("sale price"), is_on)
    made.note("sale price dates", " / ".join(filter(None, (start, end))))


def _stock(made: Draft, one: Mapping[str, str]) -> None:
    """Reads "In stock?" (1, 0 or "backorder"), the units, and whether what is sold out may be ordered all the same."""
    said = one.get("in stock?", "")
    waits = one.get("backorders allowed?", "0").casefold() in ("1", "notify", "yes")
    if one.get("stock", "").casefold() != "parent":
        made.read("stock", "Stock", one.get("stock"), values.stock)
    if said.casefold() in ("backorder", "onbackorder"):
        made.put("availability", "backorder")
    elif said:
        is_in = converted("In stock?", said, values.flag)
        sold_out = made.fields.get("stock") == 0 and waits
        made.put("availability", "backorder" if sold_out else "in_stock" if is_in else "out_of_stock")
    _hide(made, one)


def _hide(made: Draft, one: Mapping[str, str]) -> None:
    published = one.get("published", "1")
    hidden = one.get("visibility in catalog", "visible").casefold() == "hidden"
    if not converted("Published", published, values.flag) or hidden:
        # Not on sale in the shop, so never shown here, whatever is in stock.
        made.fields["availability"] = "discontinued"
        made.note("status", "hidden" if hidden else "unpublished")


def _attributes(made: Draft, one: Mapping[str, str], is_variation: bool) -> None:
    found: dict[str, dict[str, str]] = {}
    for column, cell in one.items():
        if match := _ATTRIBUTE.fullmatch(column):
            found.setdefault(match[1], {})[match[2]] = cell
    for number, parts in found.items():
        name, cell = parts.get("name", ""), parts.get("value(s)", "")
        if cell and not name:
            raise BadProduct(f"Attribute {number} name", name, f"is missing for the value {cell[:40]!r}")
        if is_variation and cell:
            made.options[values.label(name)] = [cell]
        else:
            made.note(name, *values.parts(cell))


def _rest(made: Draft, one: Mapping[str, str]) -> None:
    for column, cell in one.items():
        if column in _TAKEN | _LEFT_AWAY or _ATTRIBUTE.fullmatch(column) or column.startswith(("download ", "meta: _")):
            continue
        if match := _MEASURE.fullmatch(column):
            made.note(match[1], f"{cell} {match[2]}")
        else:
            made.note("gtin" if column.startswith("gtin,") else column.removeprefix("meta: "), values.plain_text(cell))


def _merge(group: str, members: list[Draft]) -> Iterator[BadRow | Draft]:
    variations = [member for member in members if not member.is_parent]
    parent = united([member for member in members if member.is_parent])
    if parent is None:
        for variation in variations:
            yield BadRow(variation.line, "Parent", repr(group), "is a product that could not be read")
        return
    if parent.fields.get("availability") != "discontinued" and variations:
        # Which of the variations can be had is more than the row above them knows.
        parent.fields.pop("availability", None)
    yield from merged(group, variations, parent)


FORMAT = Format("woocommerce-csv", "WooCommerce product CSV", _recognises, _read)
