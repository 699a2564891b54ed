"""The shop's products, in SQL. Takes feeds in, tells what changed, and gives products back."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

from sqlalchemy import Engine, bindparam, func, select
from sqlalchemy.exc import SQLAlchemyError

from retrieval.feeds.rows import BadRow, FeedError, Row
from retrieval.products import DEFAULT_CURRENCY
from retrieval.staging import Staging, Superseded
from retrieval.tables import BATCH, batches, ensure_fact, fact, facts_table, metadata, products_table, unpack
from retrieval.types import Product

Prepare = Callable[[Iterator[Product]], object]

# Built once: to build a statement takes longer than to ask it.
_OF_IDS = select(products_table.c.body).where(products_table.c.id.in_(bindparam("ids", expanding=True)))
_VERSION = select(facts_table.c.value).where(facts_table.c.name == "version")
_EDITION = select(
    _VERSION.scalar_subquery(),
    select(func.max(products_table.c.ingest)).scalar_subquery(),
    select(func.count()).select_from(products_table).scalar_subquery(),
)

# The same few products are on every screen; as long as their text is the same, so are they.
_unpacked = lru_cache(4096)(unpack)


class CatalogError(Exception):
    """The database of the catalogue can't be opened or used."""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one feed did to the catalogue.

    `rejected` holds the first 10,000 bad rows of `rejected_count`; `changed_ids` names added and changed products.
    `failure` tells why the feed's rest could not be read; nothing is retired then.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: tuple[BadRow, ...] = ()
    rejected_count: int = 0
    retired: int = 0
    changed_ids: tuple[str, ...] = ()
    retired_ids: tuple[str, ...] = ()
    failure: FeedError | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """The catalogue at an instant: its version, the last ingest that changed something, and how many products it had."""

    version: int
    ingest: int
    count: int


class Catalog:
    """The products of one shop. Safe to use from many threads and processes; readers never wait for a writer."""

    def __init__(self, engine: Engine) -> None:
        """Creates the tables where they are missing. Raises `CatalogError` if the database can't be written."""
        self._engine = engine
        self._ingesting = Lock()
        self._currency: str | None = None
        try:
            metadata.create_all(engine)
            with engine.begin() as connection:
                for name in ("version", "ingest"):
                    ensure_fact(connection, name, "0")
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            place = engine.url.render_as_string(hide_password=True)
            raise CatalogError(f"the catalogue at {place} can't be opened: {cause}") from error

    @property
    def currency(self) -> str:
        """The shop's currency: that of the first product it took in."""
        # Once there is one it stays, and a turn asks time and again.
        if self._currency is None:
            with self._engine.connect() as connection:
                self._currency = fact(connection, "currency")
        return self._currency or DEFAULT_CURRENCY

    @property
    def version(self) -> int:
        """A number that grows whenever a product was added, changed or retired. Cheap enough to be asked at each search."""
        with self._engine.connect() as connection:
            return int(connection.execute(_VERSION).scalar() or 0)

    @property
    def edition(self) -> Edition:
        """What the catalogue is now, for `changed_since` to be asked later."""
        with self._engine.connect() as connection:
            version, ingest, count = connection.execute(_EDITION).one()
        return Edition(int(version or 0), ingest or 0, count)

    def count(self) -> int:
        """Returns how many products there are."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(products_table)).scalar_one()

    def get(self, product_id: str) -> Product | None:
        """Returns the product as it is now, or None."""
        return self.get_many([product_id]).get(product_id)

    def get_many(self, ids: Iterable[str]) -> dict[str, Product]:
        """Returns the products of `ids` that exist, by id, in the order asked for."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Product] = {}
        with self._engine.connect() as connection:
            for batch in batches(wanted):
                rows = connection.execute(_OF_IDS, {"ids": batch})
                found.update((product.id, product) for product in map(_unpacked, rows.scalars()))
        return {product_id: found[product_id] for product_id in wanted if product_id in found}

    def all(self) -> Iterator[Product]:
        """Yields every product, in the order of their ids, all as of one instant."""
        query = select(products_table.c.body).order_by(products_table.c.id)
        # One statement, because only that sees one instant; read in pieces, because a catalogue may be large.
        with self._engine.connect().execution_options(yield_per=BATCH) as connection:
            yield from map(unpack, connection.execute(query).scalars())

    def changed_since(self, edition: Edition, limit: int | None = None) -> list[Product] | None:
        """Returns the products that were added or changed since; None if they are more than `limit`.

        What was retired it can't tell: then there are fewer than before and these make up for.
        """
        query = select(products_table.c.body).where(products_table.c.ingest > edition.ingest)
        with self._engine.connect() as connection:
            bodies = connection.execute(query.limit(None if limit is None else limit + 1)).scalars().all()
        return None if limit is not None and len(bodies) > limit else list(map(unpack, bodies))

    def ingest(
        self,
        rows: Iterable[Row | BadRow],
        replace: bool = False,
        progress: Callable[[int], None] | None = None,
        prepare: Prepare | None = None,
    ) -> IngestReport:
        """Takes a feed in. Memory stays bounded, and readers see the old catalogue until they see all of the new one.

        Rows that are no product, repeat an id of the same feed, or are priced in another currency than the shop's are
        left out and reported; products whose content is the same are left alone. With `replace`, products that the feed
        does not have are retired, but only if it was read to its end. `progress` is told the number of rows so far.
        `prepare` is given the new and changed products before anybody can see them, to embed them.

        Raises:
            CatalogError: Another process began an ingest meanwhile; nothing of this one was taken in.
        """
        with self._ingesting:
            staging = Staging.begin(self._engine)
            failure = _stage(rows, staging, progress)
            if prepare is not None and staging.changed_ids:
                prepare(staging.products())
            try:
                retired = staging.publish(replace and failure is None, DEFAULT_CURRENCY)
            except Superseded as error:
                raise CatalogError(str(error)) from error
        return IngestReport(
            staging.added,
            staging.changed,
            staging.unchanged,
            tuple(staging.rejected),
            staging.rejected_count,
            len(retired),
            tuple(staging.changed_ids),
            retired,
            failure,
        )


def _stage(rows: Iterable[Row | BadRow], staging: Staging, progress: Callable[[int], None] | None) -> FeedError | None:
    """Stages a feed batch by batch; returns why its rest could not be read, if so."""
    feed = iter(rows)
    seen = 0
    while True:
        batch, failure = _take(feed)
        if batch:
            staging.add(batch)
            seen += len(batch)
            if progress is not None:
                progress(seen)
        if failure is not None or not batch:
            return failure


def _take(feed: Iterator[Row | BadRow]) -> tuple[list[Row | BadRow], FeedError | None]:
    """Returns the next rows and, if the feed broke off after them, why."""
    batch: list[Row | BadRow] = []
    try:
        for row in itertools.islice(feed, BATCH):
            batch.append(row)
    except FeedError as error:
        return batch, error
    return batch, None
