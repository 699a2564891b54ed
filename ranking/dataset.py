"""Training data as arrays: who took an interest in what, in which order, and what the products are made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ranking.interests import EVENT_WEIGHT, interests
from ranking.traits import item_tokens, tokens
from ranking.types import Event, EventType, Shopper
from retrieval.feeds.jsonl import read_jsonl
from retrieval.feeds.rows import BadRow, FeedError
from retrieval.types import Product

_TYPES: tuple[EventType, ...] = tuple(EVENT_WEIGHT)
_CODE: Mapping[EventType, int] = {name: code for code, name in enumerate(_TYPES)}
_WEIGHTS = np.array([EVENT_WEIGHT[name] for name in _TYPES])


class BadSequences(Exception):
    """A line of a sequences or items file is wrong: names the file, the line, the value and what was expected."""


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Interests of all shoppers, grouped by shopper and in time order within each.

    A product stands once a shopper at most. `offsets` is (n_shoppers + 1,): shopper `s` owns rows `offsets[s]` up to
    `offsets[s + 1]` of `items` (index into `product_ids`), `codes` (kind of event) and `times` (seconds since 1970),
    each (n_interests,). `tokens` and `titles` go with `product_ids`.
    """

    shopper_ids: tuple[str, ...]
    product_ids: tuple[str, ...]
    offsets: NDArray[np.int64]
    items: NDArray[np.int64]
    codes: NDArray[np.int8]
    times: NDArray[np.float64]
    tokens: tuple[tuple[str, ...], ...]
    titles: tuple[str, ...]

    @property
    def weights(self) -> NDArray[np.float64]:
        """(n_interests,): from -1 (disliked) to 1 (bought)."""
        return _WEIGHTS[self.codes]

    @property
    def shoppers_of_rows(self) -> NDArray[np.int64]:
        """(n_interests,): index of the shopper that each row belongs to."""
        return np.repeat(np.arange(len(self.shopper_ids)), np.diff(self.offsets))

    def shopper(self, index: int) -> Shopper:
        """The shopper at `index`, with one event a product."""
        shopper_id = self.shopper_ids[index]
        rows = range(self.offsets[index], self.offsets[index + 1])
        return Shopper(
            shopper_id,
            tuple(
                Event("", float(self.times[r]), shopper_id, _TYPES[self.codes[r]], self.product_ids[self.items[r]])
                for r in rows
            ),
        )

    def shoppers(self) -> Iterator[Shopper]:
        """All shoppers, in the order of `shopper_ids`."""
        return (self.shopper(index) for index in range(len(self.shopper_ids)))


def from_events(events: Iterable[Event], products: Iterable[Product]) -> Dataset:
    """The dataset of a shop. Events may come in any order; those of products not in `products` are left out."""
    catalogue = {product.id: product for product in products}
    by_shopper: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.product_id in catalogue:
            by_shopper[event.shopper_id].append(event)
    histories = {
        shopper_id: interests(sorted(by_shopper[shopper_id], key=lambda event: event.time))
        for shopper_id in sorted(by_shopper)
    }
    titles = tuple(product.title for product in catalogue.values())
    return _assemble(histories, tuple(catalogue), tuple(map(tokens, catalogue.values())), titles)


def _assemble(
    histories: Mapping[str, Sequence[Event]],
    product_ids: tuple[str, ...],
    product_tokens: tuple[tuple[str, ...], ...],
    titles: tuple[str, ...],
) -> Dataset:
    index_of = {product_id: index for index, product_id in enumerate(product_ids)}
    rows = [(index_of[e.product_id or ""], _CODE[e.type], e.time) for history in histories.values() for e in history]
    items, codes, times = zip(*rows, strict=True) if rows else ((), (), ())
    return Dataset(
        shopper_ids=tuple(histories),
        product_ids=product_ids,
        offsets=np.cumsum([0, *map(len, histories.values())], dtype=np.int64),
        items=np.array(items, dtype=np.int64),
        codes=np.array(codes, dtype=np.int8),
        times=np.array(times, dtype=np.float64),
        tokens=product_tokens,
        titles=titles,
    )


def leave_one_out(dataset: Dataset, least: EventType = "click") -> tuple[Dataset, dict[int, int]]:
    """Holds out each shopper's last interest that weighs at least as much as an event of type `least`.

    Returns what came before it as a dataset, and shopper index to the held-out product's index. What came after it is
    dropped too; a shopper with nothing before it, or with nothing to hold out, keeps everything and has no target.
    """
    rows = last_interests(dataset, least)
    targets = zip(dataset.shoppers_of_rows[rows].tolist(), dataset.items[rows].tolist(), strict=True)
    return hold_out(dataset, rows), dict(targets)


def last_interests(dataset: Dataset, least: EventType = "click") -> NDArray[np.int64]:
    """Rows of the interests that `leave_one_out` holds out, in the order of the shoppers."""
    strong = np.flatnonzero(dataset.weights >= EVENT_WEIGHT[least])
    last = np.searchsorted(strong, dataset.offsets[1:]) - 1
    rows = np.where(last >= 0, strong[last], -1) if len(strong) else np.full(len(last), -1)
    return np.asarray(rows[rows > dataset.offsets[:-1]], dtype=np.int64)


def hold_out(dataset: Dataset, rows: NDArray[np.int64]) -> Dataset:
    """The dataset without these rows, of different shoppers, and without what their shoppers did later."""
    owners = dataset.shoppers_of_rows
    ends = dataset.offsets[1:].copy()
    ends[owners[rows]] = rows
    return _take(dataset, np.arange(len(owners)) < ends[owners])


def of_shoppers(dataset: Dataset, shoppers: NDArray[np.int64]) -> Dataset:
    """The dataset of some shoppers, given by ascending index; the products stay."""
    owned = np.zeros(len(dataset.shopper_ids), dtype=np.bool_)
    owned[shoppers] = True
    some = _take(dataset, owned[dataset.shoppers_of_rows])
    offsets = np.append(some.offsets[:-1][owned], some.offsets[-1])
    return replace(some, shopper_ids=tuple(dataset.shopper_ids[index] for index in shoppers), offsets=offsets)


def _take(dataset: Dataset, kept: NDArray[np.bool_]) -> Dataset:
    counts = np.concatenate([[0], np.cumsum(kept)])
    return replace(
        dataset,
        offsets=counts[dataset.offsets],
        items=dataset.items[kept],
        codes=dataset.codes[kept],
        times=dataset.times[kept],
    )


def from_sequences(sequences: Path, items: Path | None, left_out: int = 2) -> Dataset:
    """A sequences file (format 5) without each user's last items: 2 leaves the training part, 1 adds the validation item.

    A user with fewer than 3 items has no targets and keeps all. Product ids are the file's item ids, all of them, as
    strings in numeric order. `items` may add what the items are made of.
    Raises `BadSequences`, or `FeedError` for a file that cannot be read.
    """
    users = read_sequences(sequences)
    product_ids = tuple(map(str, sorted({item for sequence in users.values() for item in sequence})))
    about = _read_items(items) if items else {}
    histories = {
        str(user): _as_events(str(user), sequence[: len(sequence) - left_out] if len(sequence) >= 3 else sequence)
        for user, sequence in users.items()
    }
    product_tokens = tuple(item_tokens(about.get(item, {})) for item in product_ids)
    titles = tuple(str(about.get(item, {}).get("title") or f"item {item}") for item in product_ids)
    return _assemble(histories, product_ids, product_tokens, titles)


def _as_events(user: str, sequence: Sequence[int]) -> tuple[Event, ...]:
    return interests(Event("", 0.0, user, "purchase", str(item)) for item in sequence)


def read_sequences(path: Path) -> dict[int, tuple[int, ...]]:
    """User to items in time order. Raises `BadSequences` at the first line that is not `user item item …`."""
    users: dict[int, tuple[int, ...]] = {}
    for number, line in _lines(path):
        user, *sequence = (_positive(part, path, number) for part in line.split())
        if not sequence:
            raise BadSequences(f"{path}, line {number}: user {user} has no items; expected `user item item …`.")
        if user in users:
            raise BadSequences(f"{path}, line {number}: user {user} stands twice; expected one line a user.")
        users[user] = tuple(sequence)
    if not users:
        raise BadSequences(f"{path}: is empty; expected a line `user item item …` for each user.")
    return users


def _positive(part: str, path: Path, number: int) -> int:
    if not (part.isascii() and part.isdigit()) or int(part) < 1:
        raise BadSequences(f"{path}, line {number}: {part[:40]!r} is not an id; expected an integer from 1.")
    return int(part)


def _read_items(path: Path) -> dict[str, Mapping[str, object]]:
    found: dict[str, Mapping[str, object]] = {}
    for row in read_jsonl(path):
        if isinstance(row, BadRow):
            raise BadSequences(f"{path}, {row}")
        number, item = row
        if "item_id" not in item:
            raise BadSequences(f"{path}, line {number}: has no `item_id`; expected an object with one.")
        found[str(item["item_id"])] = item
    return found


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as lines:
            yield from ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise FeedError(path, f"can't be read ({error})") from error
