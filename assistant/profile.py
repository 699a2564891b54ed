"""Who the shoppers are, as far as the shop has said: names for greeting them and for the demo's picker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, delete, insert, select

from assistant.shop import KnownShopper

_metadata = MetaData()
_shoppers = Table(
    "shoppers",
    _metadata,
    Column("id", String(100), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("persona", String(400), nullable=False),
    Column("place", Integer, nullable=False, index=True),
)
GUEST = "guest-"


def is_guest(shopper_id: str) -> bool:
    """Whether the shop does not know who this is."""
    return shopper_id.startswith(GUEST)


class ShopperStore:
    """Known shoppers in a SQL database."""

    def __init__(self, engine: Engine) -> None:
        """Creates the table in `engine` where it is missing."""
        self._engine = engine
        _metadata.create_all(engine)

    def replace_all(self, rows: Iterable[Mapping[str, str]]) -> int:
        """Puts `rows` (`shopper_id`, `name`, `persona`) in the place of all shoppers; returns how many."""
        values = [
            {"id": row["shopper_id"], "name": row["name"], "persona": row["persona"], "place": place}
            for place, row in enumerate(rows)
        ]
        with self._engine.begin() as connection:
            connection.execute(delete(_shoppers))
            if values:
                connection.execute(insert(_shoppers), values)
        return len(values)

    def all(self, limit: int = 1000) -> tuple[KnownShopper, ...]:
        """The first `limit` known shoppers, in the order in which they were given."""
        query = select(_shoppers.c.id, _shoppers.c.name, _shoppers.c.persona).order_by(_shoppers.c.place).limit(limit)
        with self._engine.connect() as connection:
            return tuple(KnownShopper(*row) for row in connection.execute(query))

    def get(self, shopper_id: str) -> KnownShopper | None:
        """The shopper, if the shop knows them."""
        query = select(_shoppers.c.id, _shoppers.c.name, _shoppers.c.persona).where(_shoppers.c.id == shopper_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return KnownShopper(*row) if row else None
