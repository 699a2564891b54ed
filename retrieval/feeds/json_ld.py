"""Finds JSON-LD in HTML pages, and the products in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from retrieval.feeds.files import open_text
from retrieval.feeds.rows import BadRow, FeedError

Node = Mapping[str, Any]
PAGE_LIMIT = 32_000_000
"""Characters. A page is read as a whole; a longer one is a dump of something else."""

PRODUCTS = frozenset({"Product", "ProductGroup", "IndividualProduct", "ProductModel", "SomeProducts"})
# Where a page's own products may be found; what is related, similar or reviewed there is not among them.
_CONTAINERS = ("@graph", "mainEntity", "itemListElement", "item", "hasPart", "itemOffered", "makesOffer", "hasOfferCatalog")
_WRAPPING = re.compile(r"^\s*(?://\s*)?(?:<!--|<!\[CDATA\[)|(?://\s*)?(?:-->|\]\]>)\s*$")
_DEPTH = 30


def read_scripts(path: Path, encoding: str = "") -> Iterator[BadRow | tuple[int, Any]]:
    """Yields line and content of each JSON-LD script of a page, or what is wrong with it. A file may also be JSON-LD alone.

    Raises:
        FeedError: The file can't be read, or is too long to be a page.
    """
    with open_text(path, encoding) as file:
        page = file.read(PAGE_LIMIT + 1)
    if len(page) > PAGE_LIMIT:
        raise FeedError(path, f"is longer than {PAGE_LIMIT:,} characters, which no page is")
    if page.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        yield _parsed(1, page.lstrip("\ufeff"))
        return
    finder = _ScriptFinder()
    finder.feed(page)
    finder.close()
    for line, script in finder.scripts:
        yield _parsed(line, _WRAPPING.sub("", script))


def find_products(content: object) -> list[Node]:
    """Returns the products in a script, each with its references to other nodes of the script put in."""
    known: dict[str, Node] = {}
    _index(content, known, 0)
    found: dict[str | int, Node] = {}
    for node in _walk(content, 0):
        name = node.get("@id")
        own = known.get(name, node) if isinstance(name, str) else node
        found.setdefault(name if isinstance(name, str) else id(own), resolved(own, known, 0))
    return list(found.values())


def find_breadcrumb(content: object) -> list[str]:
    """Returns the names of the page's breadcrumb below its home page, or nothing if there is none or more than one."""
    crumbs = [node for node in _dicts(content, 0) if "BreadcrumbList" in types(node)]
    if len(crumbs) != 1:
        return []
    steps = crumbs[0].get("itemListElement")
    found = []
    for step in sorted((s for s in steps if isinstance(s, dict)), key=_position) if isinstance(steps, list) else []:
        item = step.get("item")
        address = item.get("@id", item.get("url", "")) if isinstance(item, dict) else item
        name = step.get("name") or (item.get("name") if isinstance(item, dict) else "")
        if name and not (isinstance(address, str) and re.fullmatch(r"(?:\w+://[^/]+)?/?", address) and address):
            found.append(str(name).strip())
    return found


def types(node: Node) -> set[str]:
    """Returns the node's types without their address: "https://schema.org/Product" is Product."""
    named = node.get("@type", [])
    return {
        re.split(r"[/#:]", name)[-1] for name in (named if isinstance(named, list) else [named]) if isinstance(name, str)
    }


def resolved(value: Any, known: Mapping[str, Node], depth: int) -> Any:
    """Returns a value with the nodes in it that are mere references replaced by those, as deep as makes sense."""
    if depth > _DEPTH:
        return None
    if isinstance(value, list):
        return [resolved(item, known, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) <= {"@id", "@type"} and str(value.get("@id")) in known:
        value = known[value["@id"]]
        # A node that leads back to itself is named once and not followed again.
        known = {name: node for name, node in known.items() if name != value["@id"]}
    return {name: resolved(item, known, depth + 1) for name, item in value.items()}


def _position(step: Node) -> float:
    try:
        return float(step.get("position", 0))
    except (TypeError, ValueError):
        return 0


def _index(value: object, known: dict[str, Node], depth: int) -> None:
    for node in _dicts(value, depth):
        name = node.get("@id")
        if isinstance(name, str) and len(node) > len(known.get(name, {"@id": "", "@type": ""})):
            known[name] = node


def _dicts(value: object, depth: int) -> Iterator[Node]:
    if depth > _DEPTH:
        return
    if isinstance(value, dict):
        yield value
    items: Sequence[object] = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in items:
        yield from _dicts(item, depth + 1)


def _walk(value: object, depth: int) -> Iterator[Node]:
    """Yields the products that a page is about."""
    if depth > _DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, depth + 1)
    elif isinstance(value, dict):
        if types(value) & PRODUCTS:
            yield value
            return
        for name in _CONTAINERS:
            yield from _walk(value.get(name), depth + 1)


def _parsed(line: int, script: str) -> BadRow | tuple[int, Any]:
    try:
        # Shops write line breaks into JSON strings as they are, and browsers' tools take it.
        return line, json.loads(script, strict=False)
    except (ValueError, RecursionError) as error:
        shown = " ".join(script.split())[:60]
        return BadRow(line, "script", repr(shown), f"is not JSON ({error})")


class _ScriptFinder(HTMLParser):
    """Collects the JSON-LD scripts of a page and the lines they stand in."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.scripts: list[tuple[int, str]] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = (dict(attrs).get("type") or "").split(";")[0].strip().lower()
        self._is_inside = tag == "script" and kind == "application/ld+json"
        if self._is_inside:
            self.scripts.append((self.getpos()[0], ""))

    def handle_endtag(self, tag: str) -> None:
        self._is_inside = self._is_inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._is_inside:
            line, script = self.scripts[-1]
            self.scripts[-1] = (line, script + data)
