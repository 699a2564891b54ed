"""schema.org products in JSON-LD: an HTML page, a folder of pages, or JSON-LD by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from retrieval.feeds import schema_product
from retrieval.feeds.base import Format, Head, ReadOptions
from retrieval.feeds.drafts import Draft
from retrieval.feeds.groups import grouped, merged, united
from retrieval.feeds.json_ld import Node, find_breadcrumb, find_products, read_scripts, types
from retrieval.feeds.rows import BadRow, FeedError, Row
from retrieval.products import BadProduct

_PAGES = frozenset({".html", ".htm", ".xhtml", ".jsonld", ".json"})


def _recognises(head: Head) -> bool:
    if head.text.startswith("<"):
        return head.root == "html" or "application/ld+json" in head.text
    if head.text.startswith(("{", "[")):
        return any(f'"{word}"' in head.text for word in ("@context", "@type", "@graph"))
    return False


def _read(path: Path, options: ReadOptions) -> Iterator[Row | BadRow]:
    pages = _pages(path)
    if not pages:
        raise FeedError(path, f"is a folder without pages; expected files ending in {', '.join(sorted(_PAGES))}")
    found = False
    for made in grouped(_drafts(pages, path, options), _merge):
        found = True
        yield made if isinstance(made, BadRow) else (made.line, made.row(options.currency))
    if not found:
        raise FeedError(path, "holds no JSON-LD of a schema.org Product")


def _pages(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(page for page in path.rglob("*") if page.name.lower().removesuffix(".gz").endswith(tuple(_PAGES)))


def _drafts(pages: list[Path], path: Path, options: ReadOptions) -> Iterator[BadRow | Draft]:
    for page in pages:
        source = "" if page == path else page.relative_to(path).as_posix()
        for made in _page_drafts(page, options):
            yield replace(made, source=source) if isinstance(made, BadRow) else made


def _page_drafts(page: Path, options: ReadOptions) -> Iterator[BadRow | Draft]:
    scripts = list(read_scripts(page, options.encoding))
    contents = [(script[0], script[1]) for script in scripts if not isinstance(script, BadRow)]
    yield from (script for script in scripts if isinstance(script, BadRow))
    # Scripts of one page may refer to each other's nodes.
    whole = [content for _, content in contents]
    crumbs = find_breadcrumb(whole)
    nodes = find_products(whole)
    lines = {name: line for line, content in contents for name in _names(content)}
    for node in nodes:
        line = lines.get(str(node.get("@id") or node.get("name")), contents[0][0])
        yield from _node_drafts(line, node, crumbs if len(nodes) == 1 else [])


def _names(content: object) -> list[str]:
    return [str(node.get("@id") or node.get("name")) for node in find_products(content)]


def _node_drafts(line: int, node: Node, crumbs: list[str]) -> Iterator[BadRow | Draft]:
    """Yields the drafts of a product: one, or of a group that of the group and those of its variants."""
    try:
        made = schema_product.draft(line, node)
    except BadProduct as bad:
        yield BadRow(line, bad.field, bad.value, bad.reason)
        return
    if "category" not in made.fields:
        made.put("category", [crumb for crumb in crumbs if crumb != made.fields.get("title")])
    if not made.fields.get("id"):
        expected = "is missing; expected one of productGroupID, sku, productID, @id, url"
        yield BadRow(line, "id", repr(made.fields.get("title", "")), expected)
        return
    variants = _listed(node.get("hasVariant"))
    if "ProductGroup" in types(node) or variants:
        made.group, made.is_parent = made.fields["id"], True
        yield made
        for variant in variants:
            yield from _variant_drafts(line, variant, made.group, schema_product.varying(node))
    else:
        made.group = schema_product.group_of(node)
        yield made


def _variant_drafts(line: int, node: Any, group: str, names: list[str]) -> Iterator[BadRow | Draft]:
    # A variant that is told on a page of its own is only linked to here.
    if not isinstance(node, dict) or set(node) <= {"@id", "@type", "url"}:
        return
    try:
        made = schema_product.draft(line, node)
    except BadProduct as bad:
        yield BadRow(line, f"hasVariant.{bad.field}", bad.value, bad.reason)
        return
    for name in names:
        if name in made.choices:
            made.options[name] = [made.choices.pop(name)]
        elif len(made.attributes.get(name, [])) == 1:
            made.options[name] = made.attributes.pop(name)
    made.group = group
    yield made


def _merge(group: str, members: list[Draft]) -> Iterator[BadRow | Draft]:
    """A group may be told on several pages."""
    variants = [member for member in members if not member.is_parent]
    yield from merged(group, variants, united([member for member in members if member.is_parent]))


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


FORMAT = Format("schema-org", "schema.org JSON-LD in HTML", _recognises, _read)
