"""Variants that a feed writes as rows of their own become one product."""

from __future__ import annotations

import itertools
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import fields
from typing import Any

from retrieval.feeds import values
from retrieval.feeds.drafts import Draft
from retrieval.feeds.rows import BadRow
from retrieval.products import BadProduct, parse_product

# What a product is at best: it can be had if one of its variants can.
_BEST_FIRST = ("in_stock", "limited_stock", "backorder", "preorder", "out_of_stock", "discontinued")
_VARIANT_FIELDS = frozenset({"id", "price", "availability", "stock"})
_BETWEEN = " \t-–—/|,:;()[]"


def grouped(
    drafts: Iterable[BadRow | Draft], merge: Callable[[str, list[Draft]], Iterable[BadRow | Draft]]
) -> Iterator[BadRow | Draft]:
    """Yields drafts of no group as they come and, at the end, what `merge` makes of each group.

    The rows of a group may stand anywhere in the file. They wait in a temporary file on the disk, so that memory stays
    bounded; if the feed breaks off, no group is yielded, since variants may be missing from any.
    """
    # An empty name is SQLite's for a database in a temporary file, gone when it is closed.
    with closing(sqlite3.connect("")) as store:
        store.execute("CREATE TABLE groups (id INTEGER PRIMARY KEY, name TEXT UNIQUE)")
        store.execute("CREATE TABLE members (group_id INTEGER, body TEXT)")
        for draft in drafts:
            if isinstance(draft, BadRow) or not draft.group:
                yield draft
            else:
                _keep(store, draft)
        store.execute("CREATE INDEX members_of ON members (group_id)")
        query = "SELECT name, body FROM members JOIN groups ON id = group_id ORDER BY group_id, members.rowid"
        for name, members in itertools.groupby(store.execute(query), key=lambda found: str(found[0])):
            yield from merge(name, [Draft(**json.loads(body)) for _, body in members])


def _keep(store: sqlite3.Connection, draft: Draft) -> None:
    store.execute("INSERT OR IGNORE INTO groups (name) VALUES (?)", (draft.group,))
    body = json.dumps(_content(draft))
    store.execute("INSERT INTO members SELECT id, ? FROM groups WHERE name = ?", (body, draft.group))


def families(drafts: Iterable[BadRow | Draft]) -> Iterator[BadRow | Draft]:
    """Yields the products of a feed that writes a variant a row, each row a whole product with the id of its group."""
    return grouped(drafts, _family)


def _family(group: str, members: list[Draft]) -> Iterator[BadRow | Draft]:
    sound = []
    for member in members:
        problem = judged(member)
        if problem is None:
            sound.append(member)
        else:
            yield problem
    titles = [member.group_title for member in sound if member.group_title]
    yield from merged(group, sound, Draft(sound[0].line, {"title": titles[0]}) if titles else None)


def merged(product_id: str, variants: Sequence[Draft], parent: Draft | None = None) -> Iterator[BadRow | Draft]:
    """Yields one product of variants, and what was wrong with those that are left out.

    `parent` holds what the feed says of the product as a whole. Otherwise what the variants agree on is the product's, the
    first variant speaks where they differ, and what the others say is kept as an attribute ("variant url").
    """
    kept: dict[str, Draft] = {}
    currency = parent.fields.get("currency") if parent else None
    for variant in variants:
        currency = currency or variant.fields.get("currency")
        problem = _problem(variant, kept, currency)
        if problem is not None:
            yield problem
        else:
            kept.setdefault(variant.fields["id"], variant)
    if parent is not None or kept:
        lead = parent or Draft(next(iter(kept.values())).line)
        yield _product(product_id, list(kept.values()), lead)


def united(parents: Sequence[Draft]) -> Draft | None:
    """Returns what several drafts say of one product as a whole, the first before the others; None if there are none."""
    if not parents:
        return None
    whole = parents[0]
    for other in parents[1:]:
        for name, value in other.fields.items():
            whole.put(name, value)
        for name, found in other.attributes.items():
            whole.note(name, *found)
        for name, found in other.options.items():
            whole.options.setdefault(name, found)
    return whole


def judged(draft: Draft) -> BadRow | None:
    """Returns what is wrong with a draft that is a whole product by itself, or None."""
    try:
        parse_product(draft.row())
    except BadProduct as bad:
        return BadRow(draft.line, bad.field, bad.value, bad.reason)
    return None


def _problem(variant: Draft, kept: Mapping[str, Draft], currency: str | None) -> BadRow | None:
    own_id, own_currency = variant.fields.get("id"), variant.fields.get("currency")
    if not own_id:
        return BadRow(variant.line, "id", repr(own_id), "is missing: the variant has nothing that could be its id")
    twin = kept.get(own_id)
    # The same variant told twice, as pages of a shop do, is one.
    if twin is not None and _content(twin) | {"line": 0} != _content(variant) | {"line": 0}:
        return BadRow(variant.line, "id", repr(own_id), f"is the id of an earlier variant (line {twin.line})")
    if own_currency and own_currency != currency:
        return BadRow(
            variant.line, "currency", repr(own_currency), f"is not {currency}, that of the product's other variants"
        )
    return None


def _content(draft: Draft) -> dict[str, Any]:
    return {part.name: getattr(draft, part.name) for part in fields(draft)}


def _product(product_id: str, variants: list[Draft], parent: Draft) -> Draft:
    product = Draft(parent.line, {"id": product_id}, dict(parent.attributes), dict(parent.options))
    names = _option_names(variants, parent)
    _title(product, str(parent.fields.get("title", "")), variants, names)
    for name, value in parent.fields.items():
        product.put(name, value, label=f"variant {name}")
    for name, value in parent.choices.items():
        product.note(name, value)
    _gather(product, variants, names)
    _choose_offer(product, variants)
    product.variants = [_variant(variant, names) for variant in variants]
    return product


def _option_names(variants: Sequence[Draft], parent: Draft) -> list[str]:
    """What variants differ in, or are declared to: those names are the product's options."""
    declared = [name for draft in (parent, *variants) for name in draft.options]
    chosen = dict.fromkeys(name for draft in variants for name in draft.choices)
    differing = [name for name in chosen if len({draft.choices.get(name) for draft in variants} - {None}) > 1]
    return list(dict.fromkeys([*declared, *differing]))


def _chosen(variant: Draft, names: Sequence[str]) -> dict[str, str]:
    """Returns the variant's value of each option."""
    own = {name: found[0] for name, found in variant.options.items() if found} | variant.choices
    return {name: own[name] for name in names if own.get(name)}


def _gather(product: Draft, variants: Sequence[Draft], names: Sequence[str]) -> None:
    """Puts what the variants say into the product's fields, attributes and options."""
    said: dict[str, list[str]] = {}
    for variant in variants:
        for name, value in variant.fields.items():
            if name not in _VARIANT_FIELDS | {"title", "list_price"} and product.fields.setdefault(name, value) != value:
                said.setdefault(f"variant {name}", []).append(" > ".join(value) if isinstance(value, list) else str(value))
        for name, found in variant.attributes.items():
            said.setdefault(name, []).extend(found)
        for name, value in variant.choices.items():
            if name not in names:
                said.setdefault(name, []).append(value)
    for name, found in said.items():
        product.note(name, *found)
    for name in names:
        offered = [*product.options.get(name, []), *product.attributes.pop(name, [])]
        product.options[name] = values.distinct([*offered, *(_chosen(v, names).get(name, "") for v in variants)])
    product.options = {name: found for name, found in product.options.items() if found}


def _choose_offer(product: Draft, variants: Sequence[Draft]) -> None:
    """Gives the product the price of its cheapest variant that can be had, and the availability of the best."""
    if not variants:
        return
    priced = [v for v in variants if v.fields.get("price") is not None]
    if priced:
        best = min(priced, key=lambda v: (not _for_sale(v), v.fields["price"]))
        product.fields["price"] = best.fields["price"]
        product.put("list_price", best.fields.get("list_price"))
        others = [v.fields["list_price"] for v in priced if v.fields.get("list_price") is not None]
        # Beside another variant's price they would promise a discount that is none.
        product.note("variant list price", *(str(p) for p in others if p != product.fields.get("list_price")))
    if "availability" not in product.fields and any("availability" in v.fields for v in variants):
        # One that says nothing can be had.
        product.put("availability", min((v.fields.get("availability", "in_stock") for v in variants), key=_BEST_FIRST.index))
    counts = [v.fields.get("stock") for v in variants]
    if all(isinstance(count, int) for count in counts):
        product.fields.setdefault("stock", sum(count for count in counts if isinstance(count, int)))


def _for_sale(variant: Draft) -> bool:
    return variant.fields.get("availability") not in ("out_of_stock", "discontinued") and variant.row().get("stock") != 0


def _variant(variant: Draft, names: Sequence[str]) -> dict[str, Any]:
    own = variant.row()
    return {name: own[name] for name in sorted(_VARIANT_FIELDS) if name in own} | {"options": _chosen(variant, names)}


def _title(product: Draft, given: str, variants: Sequence[Draft], names: Sequence[str]) -> None:
    """Gives the product its title: that given, or what variants share once each has lost the option values at its end."""
    bases = values.distinct([_without_choices(v, names) for v in variants])
    titles = values.distinct([str(v.fields.get("title", "")) for v in variants])
    title = given or (bases if len(bases) == 1 else [*titles, ""])[0]
    product.put("title", title)
    if any(base != title for base in bases):
        product.note("variant title", *titles)


def _without_choices(variant: Draft, names: Sequence[str]) -> str:
    title = str(variant.fields.get("title", "")).strip()
    chosen = _chosen(variant, names)
    endings = "|".join(re.escape(text) for text in sorted([*chosen.values(), *chosen], key=len, reverse=True))
    if not endings:
        return title
    between = re.escape(_BETWEEN)
    base = re.sub(rf"(?i)(?:[{between}]+(?:{endings})[{between}]*)+$", "", title)
    return base or title
