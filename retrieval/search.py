"""Search: a need in, candidates out. Hard constraints hold before the best are picked, so that the page fills."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.exc import SQLAlchemyError

from retrieval.catalog import Catalog, Edition
from retrieval.corpus import Corpus, reads_the_same
from retrieval.embed import Embedder, Vectors
from retrieval.filters import Columns, is_one_of, violations
from retrieval.highest import Mask, Rows, Scores, first, highest_of_many
from retrieval.index import VectorIndex
from retrieval.kinds import of_kind
from retrieval.lexical import LexicalIndex
from retrieval.mirror import Mirror
from retrieval.money import format_bound
from retrieval.offers import Offers
from retrieval.properties import Properties
from retrieval.relevance import (
    EXACT_ROWS,
    SIMILARITY_FLOOR,
    Match,
    Relevance,
    about,
    answers,
    head,
    is_named,
    narrowed,
    other_kinds,
    scaled,
    with_evidence,
)
from retrieval.remembered import RememberedVectors
from retrieval.types import Candidate, Need, Product, Query, Reason, Sort

Progress = Callable[[int, int], None]
FoundAs = Callable[[Sequence[Product]], Sequence[Product]]
"""Products with what is only guessed of them filled in, in the same order: to be found by, never to be told."""

SAME_CATEGORY = 0.25
NEED_WEIGHT = 0.1
SORTED_NEAR_BEST = 0.6
NEAR = 0.5
# As many changed products as a search takes in before it searches: about a quarter of a second.
TAKEN_IN = 20_000

# What may be given up when nothing qualifies, the dearest last. Exclusions and stock never are.
_RELAXATIONS: tuple[tuple[str, ...], ...] = (
    (),
    ("rating",),
    ("brand",),
    ("rating", "brand"),
    ("price",),
    ("rating", "price"),
    ("brand", "price"),
    ("rating", "brand", "price"),
)


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The candidates, best first, and what had to be given up to find any ("waterproof", "brand", "price", "rating").

    `unstated` are the wanted properties that no candidate's record speaks of: nobody can say whether they are met.
    `named` is false where the shop has nothing by the name that was asked for, and the candidates only come near.
    """

    candidates: tuple[Candidate, ...] = ()
    relaxed: tuple[str, ...] = ()
    unstated: tuple[str, ...] = ()
    named: bool = True


@dataclass(frozen=True, slots=True)
class Shelf:
    """The catalogue prepared for searching, never changed once built. Row i of everything is `products[i]`."""

    edition: Edition
    products: tuple[Product, ...]
    mirror: Mirror
    rows: Mapping[str, int]
    columns: Columns
    lexical: LexicalIndex
    properties: Properties

    @classmethod
    def of(
        cls,
        edition: Edition,
        products: Iterable[Product],
        index: VectorIndex,
        progress: Progress | None,
        found_as: FoundAs | None = None,
    ) -> Shelf:
        """Prepares the products, embedding those that the index does not know yet.

        Words are looked up in the products as `found_as` gives them; properties, filters and reasons keep to the
        merchant's own.
        """
        listed = tuple(products)
        index.sync(listed, progress)
        rows = {product.id: row for row, product in enumerate(listed)}
        corpus = Corpus.of(listed)
        properties = Properties(listed, corpus)
        filled = listed if found_as is None else tuple(found_as(listed))
        lexical = LexicalIndex(corpus if filled == listed else Corpus.of(filled))
        mirror = index.mirror
        # Made now, and not while the first shopper waits.
        _ = mirror.scan
        return cls(edition, listed, mirror, rows, Columns(listed), lexical, properties)

    def renewed(self, edition: Edition, changed: Sequence[Product]) -> Shelf | None:
        """Returns the shelf with products whose price, stock or rating changed; None where anything else did."""
        rows = [self.rows.get(product.id, -1) for product in changed]
        same = (row >= 0 and reads_the_same(self.products[row], new) for row, new in zip(rows, changed, strict=True))
        if edition.count != len(self.products) or not all(same):
            return None
        listed = list(self.products)
        for row, product in zip(rows, changed, strict=True):
            listed[row] = product
        columns = self.columns.renewed(np.array(rows, dtype=np.intp), changed)
        return replace(self, edition=edition, products=tuple(listed), columns=columns)


class Searcher:
    """Searches one shop's catalogue. Safe to use from many threads, `refresh` included."""

    def __init__(
        self, catalog: Catalog, index: VectorIndex, embedder: Embedder, shelf: Shelf, found_as: FoundAs | None = None
    ) -> None:
        """Takes a prepared shelf; `Searcher.build` prepares it."""
        self._found_as = found_as
        self._catalog = catalog
        self._index = index
        self._embedder = embedder
        self._remembered = RememberedVectors(embedder)
        self._shelf = shelf
        self._refreshing = Lock()
        self._left = shelf.edition.version

    @classmethod
    def build(
        cls,
        catalog: Catalog,
        index: VectorIndex,
        embedder: Embedder,
        progress: Progress | None = None,
        found_as: FoundAs | None = None,
    ) -> Searcher:
        """Embeds what the index lacks and prepares the search. `progress` is told (done, all) texts embedded."""
        shelf = Shelf.of(catalog.edition, catalog.all(), index, progress, found_as)
        return cls(catalog, index, embedder, shelf, found_as)

    @property
    def products(self) -> tuple[Product, ...]:
        """All products as of the last refresh."""
        return self._shelf.products

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """Returns (n, dimension) float32, rows L2-normalised: short texts embedded, and remembered for the next time."""
        return self._remembered.of(texts)

    def refresh(self, progress: Progress | None = None) -> bool:
        """Takes in what changed in the catalogue since; returns whether anything had. Searches go on meanwhile."""
        with self._refreshing:
            if self._catalog.version == self._shelf.edition.version:
                return False
            edition = self._catalog.edition
            self._shelf = self._renewed(edition) or Shelf.of(
                edition, self._catalog.all(), self._index, progress, self._found_as
            )
            return True

    def _current(self) -> Shelf:
        """The shelf, with the prices and stock of now. What takes longer to take in is left to `refresh`."""
        try:
            version = self._catalog.version
            if version not in (self._shelf.edition.version, self._left) and self._refreshing.acquire(blocking=False):
                try:
                    renewed = self._renewed(self._catalog.edition, TAKEN_IN)
                    self._left = version
                    self._shelf = renewed or self._shelf
                finally:
                    self._refreshing.release()
        except SQLAlchemyError as error:
            _log.warning("searching the catalogue as it was, for it can't be read just now: %s", error)
        return self._shelf

    def _renewed(self, edition: Edition, limit: int | None = None) -> Shelf | None:
        changed = self._catalog.changed_since(self._shelf.edition, limit)
        return None if changed is None else self._shelf.renewed(edition, changed)

    def search(self, query: Query) -> SearchResult:
        """Returns up to `query.limit` products that the need allows and that are about it, best first.

        If none meets all of the need, the least is given up: first wanted properties, then rating, brand, price and at
        last the kind of thing; each candidate's `violates` says what it breaks. Exclusions and stock always hold.
        Nothing in the catalogue that is about the query: no candidates.
        """
        shelf, need = self._current(), query.need
        within = shelf.columns.mask(need)
        relevance = self._relevance(shelf, query, within)
        wanted = relevance.about & ~_rows_of(shelf, query.without)
        other_kind = other_kinds(need.query, shelf.lexical) & ~relevance.answering
        allowed = wanted & within
        of_kind = allowed & ~other_kind
        if of_kind.any():
            # With properties to meet, another kind that happens to meet them all must not win over the kind asked for.
            rows = np.flatnonzero(of_kind if need.include else allowed)
            return _result(shelf, query, relevance.scores, rows, (), _strays(need.query, relevance.answering, shelf.lexical))
        # Another kind of thing is further from what was asked for than any price, so it comes after all else.
        for kind, given_up in itertools.product((wanted & ~other_kind, wanted), _RELAXATIONS):
            rows = np.flatnonzero(kind & shelf.columns.mask(_without(need, given_up)))
            if len(rows):
                return _result(shelf, query, relevance.scores, rows, given_up, other_kind)
        return SearchResult()

    def matching(self, need: Need) -> tuple[Product, ...]:
        """Returns all products for sale that are what `need` asks for, sorted as it says, else in the catalogue's order.

        Nothing is near enough here, and nothing is given up: a product counts if it is of the kind by name
        (`retrieval.kinds`), has every wanted property on record and meets every constraint. Without a query, any kind is.
        """
        shelf = self._current()
        found = shelf.columns.mask(need)
        if need.query.strip():
            found &= of_kind(need.query, shelf.products, shelf.columns, shelf.lexical, shelf.properties)
        for text in need.include:
            found &= shelf.properties.meeting(text)
        rows = np.flatnonzero(found)
        if need.sort is not None:
            rows = rows[first(_catalogue_order(shelf.columns.offers, need.sort, rows), len(rows))]
        return tuple(shelf.products[row] for row in rows)

    def rank(self, text: str, need: Need, limit: int) -> tuple[Product, ...]:
        """Returns the `limit` products that answer a shopper's words best, the best first.

        All words of `text` count for the order, so that none is lost to a wrong reading. Of `need`, as read from `text`,
        only the hard constraints count; if nothing meets them, rating, brand and price are given up, in this order.
        """
        shelf = self._current()
        match = self._match(shelf, text, shelf.columns.mask(need))
        near = (match.lexical > 0) | (match.similarities >= SIMILARITY_FLOOR)
        masks = (near & shelf.columns.mask(_without(need, given_up)) for given_up in _RELAXATIONS)
        allowed = next((mask for mask in masks if mask.any()), np.zeros_like(near))
        scores = with_evidence(text, match.scores, allowed, shelf.lexical, shelf.properties)
        rows = np.flatnonzero(allowed)
        order = first((-scores[rows], -shelf.columns.offers.popularity[rows]), limit)
        return tuple(shelf.products[row] for row in rows[order])

    def _relevance(self, shelf: Shelf, query: Query, allowed: Mask) -> Relevance:
        if query.like is not None and query.like in shelf.rows:
            return _like(shelf, shelf.rows[query.like])
        text = " ".join([query.need.query, *query.need.include]).strip()
        if not text:
            return _everything(shelf)
        match = self._match(shelf, text, allowed)
        kind, answering = query.need.query.strip(), np.zeros_like(allowed)
        if not kind:
            meets = [shelf.properties.meeting(text) for text in query.need.include]
            found = np.logical_or.reduce([about(text, shelf.lexical, match), *meets])
        elif kind == text:
            found = about(kind, shelf.lexical, match)
        else:
            answering = answers(match.lexical)
            found = about(kind, shelf.lexical, self._match(shelf, kind, allowed)) | answering
        weighed = with_evidence(text, match.scores, found & allowed, shelf.lexical, shelf.properties)
        return Relevance(scaled(weighed), found, answering)

    def _match(self, shelf: Shelf, text: str, allowed: Mask) -> Match:
        return Match.of(text, self._embedder.encode([text])[0], shelf.lexical, shelf.mirror, allowed)


def _like(shelf: Shelf, row: int) -> Relevance:
    category, vector = shelf.products[row].category, shelf.mirror.matrix[row]
    same = shelf.columns.of_category(category) if category else np.zeros(len(shelf.products), dtype=np.bool_)
    similarities = shelf.mirror.similarities(vector)
    nearest = highest_of_many(similarities, EXACT_ROWS)
    similarities[nearest] = shelf.mirror.exact(vector, nearest)
    similarities = np.maximum(similarities, 0)
    near = same | (similarities >= NEAR)
    near[row] = False
    scores = (similarities + SAME_CATEGORY * same.astype(np.float32)) / (1 + SAME_CATEGORY)
    return Relevance(scores.astype(np.float32), near, np.zeros_like(near))


def _everything(shelf: Shelf) -> Relevance:
    count = len(shelf.products)
    return Relevance(np.ones(count, dtype=np.float32), np.ones(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_))


def _rows_of(shelf: Shelf, ids: Iterable[str]) -> Mask:
    mask = np.zeros(len(shelf.products), dtype=np.bool_)
    mask[[shelf.rows[product_id] for product_id in ids if product_id in shelf.rows]] = True
    return mask


def _without(need: Need, given_up: tuple[str, ...]) -> Need:
    if "rating" in given_up:
        need = replace(need, rating_min=None)
    if "brand" in given_up:
        need = replace(need, brand=())
    if "price" in given_up:
        need = replace(need, price_min=None, price_max=None)
    return need


def _result(
    shelf: Shelf, query: Query, scores: Scores, rows: Rows, given_up: tuple[str, ...], other_kind: Mask
) -> SearchResult:
    """Keeps the rows that miss the fewest wanted properties, and makes candidates of the best of them.

    `other_kind` (n,) marks the products that are to be labelled as of another kind. What they have of the properties
    keeps nothing of the kind that was asked for away.
    """
    need = query.need
    meeting = {text: shelf.properties.meeting(text) for text in need.include}
    unmet = np.zeros(len(rows), dtype=np.int64)
    for mask in meeting.values():
        unmet += ~mask[rows]
    own = unmet[~other_kind[rows]]
    rows = rows[unmet <= (own if len(own) else unmet).min()]
    if query.like is None and need.query:
        rows = narrowed(need.query, shelf.lexical, rows)
    if need.sort is not None or "price" in given_up:
        # Any other order lets the least relevant come first, so it gets fewer of them.
        rows = rows[scores[rows] >= SORTED_NEAR_BEST * scores[rows].max()]
    rows = rows[first(_keys(shelf, rows, scores, need, given_up), query.limit)]
    candidates = []
    for place, row in enumerate(rows):
        product = shelf.products[row]
        relevance = float(min(scores[row], 1.0))
        score = relevance if need.sort is None and not given_up else 1 - place / len(rows)
        met = [text for text, mask in meeting.items() if mask[row]]
        missing = tuple(_unmet(shelf, text) for text, mask in meeting.items() if not mask[row])
        missing += (f"not {need.query}",) if other_kind[row] else ()
        breaks = violations(product, need) if given_up else ()
        candidates.append(Candidate(product, relevance, score, _reasons(product, need, met), (*missing, *breaks)))
    lost = tuple(text for text, mask in meeting.items() if not mask[rows].all())
    unstated = tuple(text for text in lost if not meeting[text][rows].any() and not shelf.properties.is_option(text))
    named = query.like is not None or is_named(need.query, shelf.lexical)
    return SearchResult(tuple(candidates), (*lost, *given_up), unstated, named)


def _strays(kind: str, answering: Mask, index: LexicalIndex) -> Mask:
    """Returns (n,) bool: what answers all the words but not the noun that the shop knows: four towels for four mugs."""
    named = index.naming([head(kind)]) if kind.strip() else ~answering
    return answering & ~named if named.any() else np.zeros_like(answering)


def _unmet(shelf: Shelf, text: str) -> str:
    """An option says what there is to choose from; of any other property a record may simply not speak."""
    return f"not in {text}" if shelf.properties.is_option(text) else f"{text}: not stated"


def _keys(shelf: Shelf, rows: Rows, scores: Scores, need: Need, given_up: tuple[str, ...]) -> list[NDArray[Any]]:
    """Returns what orders `rows`: as the need sorts, else nearest to the budget if it was given up, else best first."""
    offers = shelf.columns.offers
    best_first: list[NDArray[Any]] = [-scores[rows], -offers.popularity[rows]]
    if need.sort is not None:
        return [_sort_key(offers, need.sort)[rows], *best_first]
    if "price" in given_up:
        return [offers.off_budget(need)[rows], *best_first]
    return best_first


def _catalogue_order(offers: Offers, sort: Sort, rows: Rows) -> list[NDArray[Any]]:
    """Returns what orders `rows`; of equals the better rated comes first, then the better known."""
    return [_sort_key(offers, sort)[rows], -offers.rating[rows], -offers.popularity[rows]]


def _sort_key(offers: Offers, sort: Sort) -> NDArray[np.float64]:
    match sort:
        case "price_asc":
            return offers.price.astype(np.float64)
        case "price_desc":
            return -offers.price.astype(np.float64)
        case "rating":
            return -offers.rating
        case "popularity":
            return -offers.popularity
        case "newest":
            return -offers.created


def _reasons(product: Product, need: Need, met: Iterable[str]) -> tuple[Reason, ...]:
    reasons = [Reason("need", text, NEED_WEIGHT) for text in met]
    if need.price_max is not None and product.price is not None and product.price <= need.price_max:
        reasons.append(Reason("price", f"under {format_bound(need.price_max, product.currency)}", NEED_WEIGHT))
    if need.brand and product.brand and is_one_of(need.brand, product.brand):
        reasons.append(Reason("brand", product.brand, NEED_WEIGHT))
    if need.rating_min is not None and product.rating is not None and product.rating >= need.rating_min:
        reasons.append(Reason("rating", f"rated {product.rating:g}", NEED_WEIGHT))
    return tuple(reasons)
