"""Google Merchant feeds in XML: RSS 2.0 and Atom with the g: namespace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from retrieval.feeds import google, values
from retrieval.feeds.base import Format, Head, ReadOptions
from retrieval.feeds.drafts import Draft, drafted, rows
from retrieval.feeds.groups import families
from retrieval.feeds.rows import BadRow, Row
from retrieval.feeds.xml_items import Element, read_items
from retrieval.products import BadProduct

_GOOGLE = "base.google.com"
# Atom's and RSS's own names for what Google's fields hold.
_SAME = {"summary": "description", "content": "description", "guid": "id"}
_CREATED = ("pubDate", "published")


def _recognises(head: Head) -> bool:
    return head.root in ("rss", "feed", "rdf")


def _read(path: Path, options: ReadOptions) -> Iterator[Row | BadRow]:
    def draft(line: int, item: Element) -> Draft:
        fields = _fields(item)
        created = [text for name in _CREATED for text in fields.pop(name, [])]
        made = google.draft(line, fields, options.now)
        if created:
            made.read("created_at", "pubDate", created[0], values.timestamp)
        return made

    yield from rows(families(drafted(read_items(path, options.encoding), draft)), options.currency)


def _fields(item: Element) -> dict[str, list[str]]:
    """Returns the values of an item by field, Google's own elements before those of RSS and Atom."""
    fields: dict[str, list[str]] = {}
    for child in sorted(item.children, key=lambda element: _GOOGLE not in element.namespace):
        name = child.name if _GOOGLE in child.namespace else _SAME.get(child.name, child.name)
        if name == "product_detail":
            name, text = _detail(child)
        elif name == "link" and child.properties.get("rel", "alternate") != "alternate":
            name, text = f"link_{child.properties['rel']}", child.properties.get("href", "")
        else:
            text = _text(child)
        if text and text not in fields.setdefault(name, []):
            fields[name].append(text)
    return {name: found for name, found in fields.items() if found}


def _text(element: Element) -> str:
    """Returns an element's text; of one with parts, such as shipping, the parts with colons between, as in a TSV."""
    parts = [_text(child) for child in element.children]
    texts = [element.text, *parts, *(element.properties.get(name, "") for name in ("href", "url") if not element.text)]
    return ":".join(text for text in texts if text)


def _detail(element: Element) -> tuple[str, str]:
    """Returns the name and value of a `product_detail`."""
    parts = {child.name: child.text for child in element.children}
    name = parts.get("attribute_name", "")
    if not name:
        raise BadProduct("product_detail", _text(element), "has no attribute_name")
    return google.detail(parts.get("section_name", ""), name), parts.get("attribute_value", "")


FORMAT = Format("google-xml", "Google Merchant XML", _recognises, _read)
