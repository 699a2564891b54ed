"""The shop's products, in SQL. Takes feeds in, tells what changed, and gives products back."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from retrieval.feeds.rows import BadRow, FeedError, Row
from retrieval.products import DEFAULT_CURRENCY, BadProduct, parse_product
from retrieval.types import Product, Variant

BATCH = 500
MAX_REPORTED = 10_000
"""Bad rows kept in a report. A feed that is wrong from end to end must not fill the memory."""

_metadata = MetaData()
_products = Table(
    "products",
    _metadata,
    Column("id", String(100), primary_key=True),
    Column("body", Text, nullable=False),
    Column("hash", String(32), nullable=False),
    # The last ingest that saw the product: finds repeats within one feed, and what a new feed no longer has.
    Column("ingest", Integer, nullable=False, index=True),
)
_facts = Table("catalog_facts", _metadata, Column("name", String(40), primary_key=True), Column("value", String(100)))


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


@dataclass(slots=True)
class _Tally:
    """The report in the making."""

    ingest: int
    currency: str | None
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: list[BadRow] = field(default_factory=list)
    rejected_count: int = 0
    changed_ids: list[str] = field(default_factory=list)

    def reject(self, bad: BadRow) -> None:
        self.rejected_count += 1
        if len(self.rejected) < MAX_REPORTED:
            self.rejected.append(bad)


class Catalog:
    """The products of one shop. Safe to use from many threads and processes; readers never wait for a writer."""

    def __init__(self, engine: Engine) -> None:
        """Creates the tables where they are missing. Raises `CatalogError` if the database can't be written."""
        self._engine = engine
        try:
            _metadata.create_all(engine)
            with engine.begin() as connection:
                for name in ("version", "ingest"):
                    _ensure_fact(connection, name, "0")
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            place = engine.url.render_as_string(hide_password=True)
            raise CatalogError(f"the catalogue at {place} can't be opened: {cause}") from error

    @property
    def currency(self) -> str:
        """The shop's currency: that of the first product it took in."""
        with self._engine.connect() as connection:
            return _fact(connection, "currency") or DEFAULT_CURRENCY

    @property
    def version(self) -> int:
        """A number that grows whenever a product was added, changed or retired."""
        with self._engine.connect() as connection:
            return int(_fact(connection, "version") or 0)

    def count(self) -> int:
        """Returns how many products there are."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(_products)).scalar_one()

    def get(self, product_id: str) -> Product | None:
        """Returns the product as it is now, or None."""
        return self.get_many([product_id]).get(product_id)

    def get_many(self, ids: Iterable[str]) -> dict[str, Product]:
        """Returns the products of `ids` that exist, by id, in the order asked for."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Product] = {}
        with self._engine.connect() as connection:
            for batch in _batches(wanted):
                rows = connection.execute(select(_products.c.body).where(_products.c.id.in_(batch)))
                found.update((product.id, product) for product in map(_unpack, rows.scalars()))
        return {product_id: found[product_id] for product_id in wanted if product_id in found}

    def all(self) -> Iterator[Product]:
        """Yields every product, in the order of their ids."""
        last = ""
        while True:
            query = select(_products.c.id, _products.c.body).where(_products.c.id > last)
            with self._engine.connect() as connection:
                rows = connection.execute(query.order_by(_products.c.id).limit(BATCH)).all()
            yield from (_unpack(row.body) for row in rows)
            if len(rows) < BATCH:
                return
            last = rows[-1].id

    def ingest(
        self, rows: Iterable[Row | BadRow], replace: bool = False, progress: Callable[[int], None] | None = None
    ) -> IngestReport:
        """Takes a feed in, batch by batch, so that memory stays bounded and readers see what is already in.

        Rows that are no product, repeat an id of the same feed, or are priced in another currency than the shop's are
        left out and reported; products whose content is the same are left alone. With `replace`, products that the feed
        does not have are retired, but only if it was read to its end. `progress` is told the number of rows so far.
        """
        tally = self._begin()
        failure: FeedError | None = None
        feed = iter(rows)
        seen = 0
        while failure is None:
            batch, failure = _take(feed)
            if not batch:
                break
            self._store(batch, tally)
            seen += len(batch)
            if progress is not None:
                progress(seen)
        retired = self._retire(tally.ingest) if replace and failure is None else ()
        return IngestReport(
            tally.added,
            tally.changed,
            tally.unchanged,
            tuple(tally.rejected),
            tally.rejected_count,
            len(retired),
            tuple(tally.changed_ids),
            retired,
            failure,
        )

    def _begin(self) -> _Tally:
        with self._engine.begin() as connection:
            number = _raise_fact(connection, "ingest")
            # An emptied shop may start again in another currency.
            is_empty = connection.execute(select(_products.c.id).limit(1)).first() is None
            return _Tally(number, None if is_empty else _fact(connection, "currency"))

    def _store(self, batch: Sequence[Row | BadRow], tally: _Tally) -> None:
        products = _parsed(batch, tally)
        with self._engine.begin() as connection:
            # Writing first takes the write lock before anything is read, so that two ingests can't interleave.
            _lock(connection)
            known = _known(connection, [product.id for _, product in products])
            fresh, altered, same = _sort_out(products, known, tally)
            if fresh:
                connection.execute(insert(_products), fresh)
            if altered:
                keyed = update(_products).where(_products.c.id == bindparam("key"))
                connection.execute(keyed, [{"key": row.pop("id"), **row} for row in altered])
            if same:
                connection.execute(update(_products).where(_products.c.id.in_(same)).values(ingest=tally.ingest))
            if fresh or altered:
                _raise_fact(connection, "version")
                _set_fact(connection, "currency", tally.currency or DEFAULT_CURRENCY)

    def _retire(self, ingest: int) -> tuple[str, ...]:
        with self._engine.begin() as connection:
            _lock(connection)
            gone = _products.c.ingest < ingest
            ids = connection.execute(select(_products.c.id).where(gone).order_by(_products.c.id)).scalars().all()
            if ids:
                connection.execute(delete(_products).where(gone))
                _raise_fact(connection, "version")
            return tuple(ids)


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    # Databases bound how many values one statement may name.
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def _take(feed: Iterator[Row | BadRow]) -> tuple[list[Row | BadRow], FeedError | None]:
    """Returns the next rows and, if the feed broke off after them, why."""
    batch: list[Row | BadRow] = []
    try:
        for row in itertools.islice(feed, BATCH):
            batch.append(row)
    except FeedError as error:
        return batch, error
    return batch, None


def _parsed(batch: Sequence[Row | BadRow], tally: _Tally) -> list[tuple[int, Product]]:
    products = []
    for row in batch:
        if isinstance(row, BadRow):
            tally.reject(row)
            continue
        line, content = row
        try:
            product = parse_product(content, tally.currency)
        except BadProduct as bad:
            tally.reject(BadRow(line, bad.field, bad.value, bad.reason))
        else:
            tally.currency = product.currency
            products.append((line, product))
    return products


def _known(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[str, int]]:
    columns = select(_products.c.id, _products.c.hash, _products.c.ingest).where(_products.c.id.in_(ids))
    return {row.id: (row.hash, row.ingest) for row in connection.execute(columns)}


def _sort_out(
    products: Sequence[tuple[int, Product]], known: dict[str, tuple[str, int]], tally: _Tally
) -> tuple[list[dict[str, str | int]], list[dict[str, str | int]], list[str]]:
    """Returns the rows to insert, the rows to update, and the ids whose content is the same; counts them."""
    fresh: list[dict[str, str | int]] = []
    altered: list[dict[str, str | int]] = []
    same: list[str] = []
    for line, product in products:
        old_hash, seen_by = known.get(product.id, ("", -1))
        if seen_by == tally.ingest:
            tally.reject(BadRow(line, "id", repr(product.id), "is the id of an earlier row"))
            continue
        body = _pack(product)
        content_hash = hashlib.sha256(body.encode()).hexdigest()[:32]
        known[product.id] = (content_hash, tally.ingest)
        if content_hash == old_hash:
            same.append(product.id)
            continue
        (altered if old_hash else fresh).append(
            {"id": product.id, "body": body, "hash": content_hash, "ingest": tally.ingest}
        )
        tally.changed_ids.append(product.id)
    tally.added += len(fresh)
    tally.changed += len(altered)
    tally.unchanged += len(same)
    return fresh, altered, same


def _pack(product: Product) -> str:
    return json.dumps(asdict(product), ensure_ascii=False, separators=(",", ":"))


def _unpack(body: str) -> Product:
    fields = json.loads(body)
    fields["category"] = tuple(fields["category"])
    fields["attributes"] = {n: v if isinstance(v, str) else tuple(v) for n, v in fields["attributes"].items()}
    fields["options"] = {name: tuple(values) for name, values in fields["options"].items()}
    fields["variants"] = tuple(Variant(**variant) for variant in fields["variants"])
    return Product(**fields)


def _fact(connection: Connection, name: str) -> str | None:
    return connection.execute(select(_facts.c.value).where(_facts.c.name == name)).scalar()


def _ensure_fact(connection: Connection, name: str, value: str) -> None:
    if _fact(connection, name) is None:
        connection.execute(insert(_facts).values(name=name, value=value))


def _set_fact(connection: Connection, name: str, value: str) -> None:
    if connection.execute(update(_facts).where(_facts.c.name == name).values(value=value)).rowcount == 0:
        connection.execute(insert(_facts).values(name=name, value=value))


def _raise_fact(connection: Connection, name: str) -> int:
    _lock(connection)
    number = int(_fact(connection, name) or 0) + 1
    _set_fact(connection, name, str(number))
    return number


def _lock(connection: Connection) -> None:
    connection.execute(update(_facts).where(_facts.c.name == "ingest").values(name="ingest"))
