"""Search: a need in, candidates out. Hard constraints hold before the best are picked, so that the page fills."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from retrieval.catalog import Catalog
from retrieval.embed import Embedder, Vectors
from retrieval.filters import Columns, Mask, is_one_of, violations
from retrieval.index import VectorIndex
from retrieval.lexical import LexicalIndex
from retrieval.money import format_bound
from retrieval.properties import Properties
from retrieval.relevance import Relevance, about, fused, is_named, narrowed, other_kinds
from retrieval.types import Candidate, Need, Product, Query, Reason, Sort

Scores = NDArray[np.float32]
Progress = Callable[[int, int], None]

SAME_CATEGORY = 0.25
NEED_WEIGHT = 0.1
SORTED_NEAR_BEST = 0.6

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

    version: int
    products: tuple[Product, ...]
    matrix: Vectors
    rows: dict[str, int]
    columns: Columns
    lexical: LexicalIndex
    properties: Properties

    @classmethod
    def of(cls, version: int, products: Iterable[Product], index: VectorIndex, progress: Progress | None) -> Shelf:
        """Prepares the products, embedding those that the index does not know yet."""
        listed = tuple(products)
        index.sync(listed, progress)
        rows = {product.id: row for row, product in enumerate(listed)}
        lexical, columns = LexicalIndex(listed), Columns(listed)
        return cls(version, listed, index.mirror.matrix, rows, columns, lexical, Properties(listed))


class Searcher:
    """Searches one shop's catalogue. Safe to use from many threads, `refresh` included."""

    def __init__(self, catalog: Catalog, index: VectorIndex, embedder: Embedder, shelf: Shelf) -> None:
        """Takes a prepared shelf; `Searcher.build` prepares it."""
        self._catalog = catalog
        self._index = index
        self._embedder = embedder
        self._shelf = shelf
        self._refreshing = Lock()

    @classmethod
    def build(cls, catalog: Catalog, index: VectorIndex, embedder: Embedder, progress: Progress | None = None) -> Searcher:
        """Embeds what the index lacks and prepares the search. `progress` is told (done, all) texts embedded."""
        return cls(catalog, index, embedder, Shelf.of(catalog.version, catalog.all(), index, progress))

    @property
    def products(self) -> tuple[Product, ...]:
        """All products as of the last refresh."""
        return self._shelf.products

    def refresh(self, progress: Progress | None = None) -> bool:
        """Takes in what changed in the catalogue since; returns whether anything had. Searches go on meanwhile."""
        with self._refreshing:
            version = self._catalog.version
            if version == self._shelf.version:
                return False
            self._shelf = Shelf.of(version, self._catalog.all(), self._index, progress)
            return True

    def search(self, query: Query) -> SearchResult:
        """Returns up to `query.limit` products that the need allows and that are about it, best first.

        If none meets all of the need, the least is given up: first wanted properties, then rating, brand, price and at
        last the kind of thing; each candidate's `violates` says what it breaks. Exclusions and stock always hold.
        Nothing in the catalogue that is about the query: no candidates.
        """
        shelf, need = self._shelf, query.need
        relevance = self._relevance(shelf, query)
        wanted = relevance.about & ~_rows_of(shelf, query.without)
        other_kind = other_kinds(need.query, shelf.lexical)
        allowed = wanted & shelf.columns.mask(need)
        if (allowed & ~other_kind).any():
            # With properties to meet, another kind that happens to meet them all must not win over the kind asked for.
            rows = np.flatnonzero(allowed & ~other_kind if need.include else allowed)
            return _result(shelf, query, relevance.scores, rows, (), np.zeros_like(other_kind))
        # Another kind of thing is further from what was asked for than any price, so it comes after all else.
        for kind, given_up in itertools.product((wanted & ~other_kind, wanted), _RELAXATIONS):
            rows = np.flatnonzero(kind & shelf.columns.mask(_without(need, given_up)))
            if len(rows):
                return _result(shelf, query, relevance.scores, rows, given_up, other_kind)
        return SearchResult()

    def _relevance(self, shelf: Shelf, query: Query) -> Relevance:
        if query.like is not None and query.like in shelf.rows:
            return _like(shelf, shelf.rows[query.like])
        text = " ".join([query.need.query, *query.need.include]).strip()
        if not text:
            return _everything(shelf)
        scores, similarities = self._scores(shelf, text)
        kind = query.need.query.strip()
        if not kind:
            meets = [shelf.properties.meeting(text) for text in query.need.include]
            return Relevance(scores, np.logical_or.reduce([about(text, shelf.lexical, scores, similarities), *meets]))
        kind_scores, kind_similarities = (scores, similarities) if kind == text else self._scores(shelf, kind)
        return Relevance(scores, about(kind, shelf.lexical, kind_scores, kind_similarities))

    def _scores(self, shelf: Shelf, text: str) -> tuple[Scores, Scores]:
        similarities: Scores = shelf.matrix @ self._embedder.encode([text])[0]
        return fused(shelf.lexical.scores(text), similarities), similarities


def _like(shelf: Shelf, row: int) -> Relevance:
    category = shelf.products[row].category
    same = np.array([bool(category) and product.category == category for product in shelf.products])
    similarities: Scores = np.maximum(shelf.matrix @ shelf.matrix[row], 0)
    near = same | (similarities >= 0.5)
    near[row] = False
    scores = (similarities + SAME_CATEGORY * same.astype(np.float32)) / (1 + SAME_CATEGORY)
    return Relevance(scores.astype(np.float32), near)


def _everything(shelf: Shelf) -> Relevance:
    count = len(shelf.products)
    return Relevance(np.ones(count, dtype=np.float32), np.ones(count, dtype=np.bool_))


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
    shelf: Shelf, query: Query, scores: Scores, rows: NDArray[np.intp], given_up: tuple[str, ...], other_kind: Mask
) -> SearchResult:
    """Keeps the rows that miss the fewest wanted properties, and makes candidates of the best of them.

    `other_kind` (n,) marks the products that are to be labelled as of another kind.
    """
    need = query.need
    meeting = {text: shelf.properties.meeting(text) for text in need.include}
    unmet = np.zeros(len(rows), dtype=np.int64)
    for mask in meeting.values():
        unmet += ~mask[rows]
    rows = rows[unmet == unmet.min()]
    if query.like is None and need.query:
        rows = narrowed(need.query, shelf.lexical, rows)
    if need.sort is not None or "price" in given_up:
        # Any other order lets the least relevant come first, so it gets fewer of them.
        rows = rows[scores[rows] >= SORTED_NEAR_BEST * scores[rows].max()]
    rows = rows[_order(shelf, rows, scores, need, given_up)][: query.limit]
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


def _unmet(shelf: Shelf, text: str) -> str:
    """An option says what there is to choose from; of any other property a record may simply not speak."""
    return f"not in {text}" if shelf.properties.is_option(text) else f"{text}: not stated"


def _order(shelf: Shelf, rows: NDArray[np.intp], scores: Scores, need: Need, given_up: tuple[str, ...]) -> NDArray[np.intp]:
    """Returns the order of `rows`: as the need sorts, else nearest to the budget if it was given up, else best."""
    columns = shelf.columns
    best_first = (-columns.popularity[rows], -scores[rows])
    if need.sort is not None:
        return np.lexsort((*best_first, _sort_key(columns, need.sort)[rows]))
    if "price" in given_up:
        return np.lexsort((*best_first, columns.off_budget(need)[rows]))
    return np.lexsort(best_first)


def _sort_key(columns: Columns, sort: Sort) -> NDArray[np.float64]:
    match sort:
        case "price_asc":
            return columns.price.astype(np.float64)
        case "price_desc":
            return -columns.price.astype(np.float64)
        case "rating":
            return -columns.rating
        case "popularity":
            return -columns.popularity
        case "newest":
            return -columns.created


def _reasons(product: Product, need: Need, met: Iterable[str]) -> tuple[Reason, ...]:
    reasons = [Reason("need", text, NEED_WEIGHT) for text in met]
    if need.price_max is not None and product.price is not None and product.price <= need.price_max:
        reasons.append(Reason("price", f"under {format_bound(need.price_max, product.currency)}", NEED_WEIGHT))
    if need.brand and product.brand and is_one_of(need.brand, product.brand):
        reasons.append(Reason("brand", product.brand, NEED_WEIGHT))
    if need.rating_min is not None and product.rating is not None and product.rating >= need.rating_min:
        reasons.append(Reason("rating", f"rated {product.rating:g}", NEED_WEIGHT))
    return tuple(reasons)
