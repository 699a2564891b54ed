"""A feed on its way into the catalogue: kept apart batch by batch, then published in one transaction.

Until then readers see the old catalogue, whole; after it the new one, whole. A process that dies in between leaves rows
that nobody reads, and the next ingest clears them away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, delete, func, insert, select
from sqlalchemy.sql import ColumnElement

from retrieval.feeds.rows import BadRow, Row
from retrieval.products import BadProduct, parse_product
from retrieval.tables import BATCH, fact, lock, pack, products_table, raise_fact, set_fact, staged_table, unpack
from retrieval.types import Product

MAX_REPORTED = 10_000
"""Bad rows kept in a report. A feed that is wrong from end to end must not fill the memory."""


class Superseded(Exception):
    """Another ingest began before this one was published, and cleared its rows away."""


@dataclass(slots=True)
class Staging:
    """One ingest in the making, with the counts of its report."""

    engine: Engine
    ingest: int
    currency: str | None
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: list[BadRow] = field(default_factory=list)
    rejected_count: int = 0
    changed_ids: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, engine: Engine) -> Staging:
        """Starts an ingest; what an earlier one left unpublished is cleared away."""
        with engine.begin() as connection:
            number = raise_fact(connection, "ingest")
            connection.execute(delete(staged_table).where(staged_table.c.ingest < number))
            # An emptied shop may start again in another currency.
            is_empty = connection.execute(select(products_table.c.id).limit(1)).first() is None
            return cls(engine, number, None if is_empty else fact(connection, "currency"))

    def add(self, rows: Sequence[Row | BadRow]) -> None:
        """Stages the rows that are products and not repeats; counts and keeps what is wrong with the others."""
        products = self._parsed(rows)
        ids = [product.id for _, product in products]
        with self.engine.begin() as connection:
            lock(connection)
            known = select(products_table.c.id, products_table.c.hash).where(products_table.c.id.in_(ids))
            current = {row.id: row.hash for row in connection.execute(known)}
            repeated = select(staged_table.c.id).where(self._mine, staged_table.c.id.in_(ids))
            staged = self._sorted_out(products, current, set(connection.execute(repeated).scalars()))
            if staged:
                connection.execute(insert(staged_table), staged)

    def products(self) -> Iterator[Product]:
        """Yields the new and changed products, by id: all that publishing will bring."""
        last = ""
        while True:
            rows = select(staged_table.c.id, staged_table.c.body).where(
                self._mine, staged_table.c.body.is_not(None), staged_table.c.id > last
            )
            with self.engine.connect() as connection:
                page = connection.execute(rows.order_by(staged_table.c.id).limit(BATCH)).all()
            yield from (unpack(row.body) for row in page)
            if len(page) < BATCH:
                return
            last = page[-1].id

    def publish(self, retire: bool, currency: str) -> tuple[str, ...]:
        """Makes what is staged the catalogue, in one transaction; returns the ids it took out of it.

        With `retire`, products that were not in the feed go. Raises `Superseded` if another ingest began meanwhile.
        """
        with self.engine.begin() as connection:
            lock(connection)
            self._check_complete(connection)
            gone = self._retire(connection) if retire else ()
            if self.changed_ids:
                news = select(staged_table.c.id).where(self._mine, staged_table.c.body.is_not(None))
                connection.execute(delete(products_table).where(products_table.c.id.in_(news)))
                columns = (staged_table.c.id, staged_table.c.body, staged_table.c.hash, staged_table.c.ingest)
                bodies = select(*columns).where(self._mine, staged_table.c.body.is_not(None))
                connection.execute(insert(products_table).from_select(["id", "body", "hash", "ingest"], bodies))
                set_fact(connection, "currency", self.currency or currency)
            if self.changed_ids or gone:
                raise_fact(connection, "version")
        with self.engine.begin() as connection:
            connection.execute(delete(staged_table).where(self._mine))
        return gone

    @property
    def _mine(self) -> ColumnElement[bool]:
        return staged_table.c.ingest == self.ingest

    def _check_complete(self, connection: Connection) -> None:
        staged = connection.execute(select(func.count()).select_from(staged_table).where(self._mine)).scalar_one()
        if staged != self.added + self.changed + self.unchanged:
            raise Superseded("another ingest began before this one was done; nothing of this one was taken in, run it again")

    def _retire(self, connection: Connection) -> tuple[str, ...]:
        gone = products_table.c.id.not_in(select(staged_table.c.id).where(self._mine))
        ids = connection.execute(select(products_table.c.id).where(gone).order_by(products_table.c.id)).scalars().all()
        if ids:
            connection.execute(delete(products_table).where(gone))
        return tuple(ids)

    def _parsed(self, rows: Sequence[Row | BadRow]) -> list[tuple[int, Product]]:
        products = []
        for row in rows:
            if isinstance(row, BadRow):
                self._reject(row)
                continue
            line, content = row
            try:
                product = parse_product(content, self.currency)
            except BadProduct as bad:
                self._reject(BadRow(line, bad.field, bad.value, bad.reason))
            else:
                self.currency = product.currency
                products.append((line, product))
        return products

    def _sorted_out(
        self, products: Sequence[tuple[int, Product]], current: dict[str, str], seen: set[str]
    ) -> list[dict[str, str | int | None]]:
        """Returns the rows to stage, and counts them; `current` maps ids to hashes, `seen` has the feed's ids so far."""
        staged: list[dict[str, str | int | None]] = []
        for line, product in products:
            if product.id in seen:
                self._reject(BadRow(line, "id", repr(product.id), "is the id of an earlier row"))
                continue
            seen.add(product.id)
            body: str | None = pack(product)
            content_hash: str | None = hashlib.sha256(str(body).encode()).hexdigest()[:32]
            if content_hash == current.get(product.id):
                self.unchanged += 1
                body = content_hash = None
            else:
                self.added += product.id not in current
                self.changed += product.id in current
                self.changed_ids.append(product.id)
            staged.append({"ingest": self.ingest, "id": product.id, "body": body, "hash": content_hash})
        return staged

    def _reject(self, bad: BadRow) -> None:
        self.rejected_count += 1
        if len(self.rejected) < MAX_REPORTED:
            self.rejected.append(bad)
