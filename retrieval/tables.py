"""The catalogue's tables in SQL, and the few statements that both its reading and its writing side use."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, Text, insert, select, update

from retrieval.types import Product, Variant

BATCH = 500
"""Rows one statement names or brings; databases bound how many values that may be."""

metadata = MetaData()
products_table = Table(
    "products",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("body", Text, nullable=False),
    Column("hash", String(32), nullable=False),
    # The ingest that last changed the product.
    Column("ingest", Integer, nullable=False, index=True),
)
staged_table = Table(
    "staged_products",
    metadata,
    Column("ingest", Integer, primary_key=True),
    Column("id", String(100), primary_key=True),
    # None where the product is in the catalogue already, with the same content.
    Column("body", Text),
    Column("hash", String(32)),
)
facts_table = Table("catalog_facts", metadata, Column("name", String(40), primary_key=True), Column("value", String(100)))

_FIELDS = tuple(field.name for field in fields(Product))
_VARIANT_FIELDS = tuple(field.name for field in fields(Variant))


def batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cuts ids into pieces that one statement may name."""
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def pack(product: Product) -> str:
    """Returns a product as the text that is stored; equal products give equal texts."""
    # Not `dataclasses.asdict`, which copies every value: half the time of an ingest.
    content = {name: getattr(product, name) for name in _FIELDS}
    content["variants"] = [{name: getattr(variant, name) for name in _VARIANT_FIELDS} for variant in product.variants]
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def unpack(body: str) -> Product:
    """Returns the product of a stored text."""
    content = json.loads(body)
    content["category"] = tuple(content["category"])
    content["attributes"] = {n: v if isinstance(v, str) else tuple(v) for n, v in content["attributes"].items()}
    content["options"] = {name: tuple(values) for name, values in content["options"].items()}
    content["variants"] = tuple(Variant(**variant) for variant in content["variants"])
    return Product(**content)


def fact(connection: Connection, name: str) -> str | None:
    """Returns what is noted of the catalogue under a name."""
    return connection.execute(select(facts_table.c.value).where(facts_table.c.name == name)).scalar()


def ensure_fact(connection: Connection, name: str, value: str) -> None:
    """Notes `value` unless something is noted already."""
    if fact(connection, name) is None:
        connection.execute(insert(facts_table).values(name=name, value=value))


def set_fact(connection: Connection, name: str, value: str) -> None:
    """Notes `value` over whatever was noted."""
    changed = update(facts_table).where(facts_table.c.name == name).values(value=value)
    if connection.execute(changed).rowcount == 0:
        connection.execute(insert(facts_table).values(name=name, value=value))


def raise_fact(connection: Connection, name: str) -> int:
    """Counts a number up by one and returns it; two connections never get the same."""
    lock(connection)
    number = int(fact(connection, name) or 0) + 1
    set_fact(connection, name, str(number))
    return number


def lock(connection: Connection) -> None:
    """Takes the catalogue's write lock until the transaction ends: by a write, before anything is read."""
    connection.execute(update(facts_table).where(facts_table.c.name == "ingest").values(name="ingest"))
