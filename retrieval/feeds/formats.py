"""The formats a catalogue may come in, how each is recognised, and how it is read.

A new format is a module with a `FORMAT` in it, and its line in the table below.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from retrieval.feeds import acp, google_table, google_xml, mapped_table, native, schema_org, shopify, woocommerce
from retrieval.feeds.base import Format, Head, ReadOptions
from retrieval.feeds.files import decoded_head
from retrieval.feeds.mapping import read_mapping
from retrieval.feeds.rows import BadRow, FeedError, Row

AUTO = "auto"
# The first that recognises a file reads it, so those with the most telling marks come first.
FORMATS: tuple[Format, ...] = (
    schema_org.FORMAT,
    google_xml.FORMAT,
    acp.FORMAT,
    native.FORMAT,
    shopify.FORMAT,
    woocommerce.FORMAT,
    google_table.FORMAT,
    mapped_table.FORMAT,
)
NAMES = (AUTO, *(format.name for format in FORMATS))


def detect(path: Path, encoding: str = "") -> Format:
    """Returns the format of a file, told by what is in it: names lie.

    Raises:
        FeedError: The file can't be read, or no format has files that begin like it.
    """
    if path.is_dir():
        return schema_org.FORMAT
    head = Head.of(decoded_head(path, encoding))
    found = next((format for format in FORMATS if format.recognises(head)), None)
    if found is None:
        raise FeedError(path, f"is of no known format: {head.describe()}; expected one of {', '.join(NAMES[1:])}")
    return found


def read_feed(
    path: Path, name: str = AUTO, options: ReadOptions | None = None, mapping: Path | None = None
) -> Iterator[Row | BadRow]:
    """Yields the products of a file as rows of format 1, and what is wrong with the others.

    `name` is one of `NAMES`. A `mapping` file makes any table readable, and so decides the format where `name` is "auto".

    Raises:
        FeedError: The file can't be read to its end, is of another format, or holds nothing at all.
    """
    options = options or ReadOptions()
    if mapping is not None:
        options = replace(options, mapping=read_mapping(mapping))
        if name not in (AUTO, mapped_table.FORMAT.name):
            raise FeedError(mapping, f"a mapping is for the format {mapped_table.FORMAT.name}, not {name}")
        name = mapped_table.FORMAT.name
    chosen = detect(path, options.encoding) if name == AUTO else by_name(name)
    is_empty = True
    for row in chosen.read(path, options):
        is_empty = False
        yield row
    if is_empty:
        # A catalogue of nothing is a broken export far more often than an emptied shop.
        raise FeedError(path, f"holds no products ({chosen.title})")


def by_name(name: str) -> Format:
    """Returns the format called `name`. Raises `ValueError` if there is none."""
    found = next((format for format in FORMATS if format.name == name), None)
    if found is None:
        raise ValueError(f"{name!r} is no format; expected one of {', '.join(NAMES)}")
    return found
