"""The sets of the ranking benchmark: invoices of a gift shop, cut in time, and sequences of reviews."""

from __future__ import annotations

import importlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ranking.types import Event, Shopper
from retrieval.types import Product

PASSED_OVER = 4
"""Products passed over for each that was bought, in what is judged as in what is learned from."""

_CODE = re.compile(r"\d{5}[A-Z]*")
_COLUMNS = ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID")


class NoReader(Exception):
    """Parquet files can't be read here: says what to install."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A shopper with their history up to the cut, and candidates from after it, of which some were bought."""

    shopper: Shopper
    candidates: tuple[str, ...]
    wanted: tuple[bool, ...]


def read_invoices(path: Path) -> tuple[list[Event], list[Product]]:
    """Purchases in the order of time, and the products with their last description and price (minor units).

    Cancelled invoices, lines without a customer, and codes that are no product (postage, fees) are left out.
    Raises `NoReader` where pyarrow is not installed.
    """
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ModuleNotFoundError as error:
        raise NoReader("reading Parquet needs pyarrow, which is not installed: pip install pyarrow") from error
    columns = parquet.read_table(path, columns=list(_COLUMNS)).to_pydict()
    events: list[Event] = []
    products: dict[str, Product] = {}
    for number, row in enumerate(zip(*(columns[name] for name in _COLUMNS), strict=True)):
        invoice, code, title, quantity, date, price, customer = row
        if customer is None or quantity < 1 or invoice.startswith("C") or not _CODE.fullmatch(str(code)):
            continue
        time = datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()
        events.append(Event(str(number), time, str(int(customer)), "purchase", code))
        products[code] = Product(id=code, title=(title or code).strip().capitalize(), price=round(price * 100))
    events.sort(key=lambda event: event.time)
    return events, list(products.values())


def cut(events: Sequence[Event], days: float) -> tuple[list[Event], list[Event]]:
    """Events up to the last `days` of all, and those of the last `days`. `events` are in the order of time."""
    border = events[-1].time - days * 86_400
    return [event for event in events if event.time < border], [event for event in events if event.time >= border]


def judged(past: Iterable[Event], future: Sequence[Event], seed: int) -> list[Judged]:
    """What each shopper with a history bought after the cut and never before, beside what others bought there.

    Products passed over are drawn from all purchases after the cut, so by popularity and from what was on sale; none is
    one that the shopper has ever bought, and none stands twice.
    """
    before, after = _by_shopper(past), _by_shopper(future)
    pool = [event.product_id or "" for event in future]
    rng = np.random.default_rng(seed)
    found = []
    for shopper_id in sorted(set(before) & set(after)):
        own = {event.product_id for event in before[shopper_id]}
        bought = [i for i in dict.fromkeys(event.product_id or "" for event in after[shopper_id]) if i not in own]
        drawn = [pool[place] for place in rng.integers(0, len(pool), 2 * PASSED_OVER * len(bought))]
        others = [i for i in dict.fromkeys(drawn) if i not in own and i not in set(bought)][: PASSED_OVER * len(bought)]
        if bought and others:
            wanted = (True,) * len(bought) + (False,) * len(others)
            found.append(Judged(Shopper(shopper_id, tuple(before[shopper_id])), (*bought, *others), wanted))
    return found


def _by_shopper(events: Iterable[Event]) -> Mapping[str, list[Event]]:
    found: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        found[event.shopper_id].append(event)
    return found
