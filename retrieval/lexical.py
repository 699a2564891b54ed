"""Lexical search: BM25 over stemmed words, each field with a weight and a length of its own (BM25F)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.corpus import BRAND, BREAK, CATEGORY, DESCRIPTION, FIELD_COUNT, OPTIONS, TITLE, VALUES, Corpus, Postings
from retrieval.text import content_stems, is_content, stem, words

Scores = NDArray[np.float32]

NAMING_FIELDS = (TITLE, BRAND, CATEGORY)


@dataclass(frozen=True, slots=True)
class FieldWeights:
    """What a word counts in each field, how soon a word said again adds no more, and how much length takes away."""

    title: float = 3.0
    brand: float = 1.0
    category: float = 3.0
    values: float = 1.0
    options: float = 2.0
    description: float = 1.0
    saturation: float = 0.9
    length_share: float = 0.5

    def by_field(self) -> NDArray[np.float64]:
        """Returns (FIELD_COUNT,), the weights in the order of the fields' numbers; names of attributes count nothing."""
        weights = np.zeros(FIELD_COUNT)
        weights[[TITLE, BRAND, CATEGORY]] = self.title, self.brand, self.category
        weights[[VALUES, OPTIONS, DESCRIPTION]] = self.values, self.options, self.description
        return weights


class LexicalIndex:
    """BM25 scores of every product for a query, in units of a word's inverse document frequency."""

    def __init__(self, corpus: Corpus, weights: FieldWeights = FieldWeights()) -> None:
        """Builds the index; `scores` follows the rows of `corpus`."""
        self._corpus = corpus
        count, rows = corpus.count, corpus.rows()
        counted = (corpus.words != BREAK) & (weights.by_field() > 0)[corpus.fields]
        numbers, rows, fields = corpus.words[counted], rows[counted], corpus.fields[counted]
        keys = numbers.astype(np.int64) * max(count, 1) + rows
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        first = np.flatnonzero(np.diff(keys, prepend=-1))
        frequencies = np.add.reduceat(_worth(rows, fields, count, weights)[order], first) if len(keys) else np.zeros(0)
        self._postings = Postings.sorted(keys[first], count)
        having = np.diff(self._postings.starts)
        self._rarity = np.log1p((count - having + 0.5) / (having + 0.5))
        saturated = frequencies * (weights.saturation + 1) / (frequencies + weights.saturation)
        self._impacts = (np.repeat(self._rarity, having) * saturated).astype(np.float32)
        naming = np.isin(fields, NAMING_FIELDS)
        self._naming = Postings.of(numbers[naming], rows[naming], count)

    def scores(self, query: str) -> Scores:
        """Returns (n,) float32 BM25 scores >= 0; all zero if no word of the query is in the catalogue."""
        found = np.zeros(self._corpus.count, dtype=np.float32)
        for word in self._numbers(query):
            span = self._postings.span(word)
            found[self._postings.rows[span]] += self._impacts[span]
        return found

    def together(self, query: str, rows: NDArray[np.intp]) -> Scores:
        """Returns (len(rows),) float32 >= 0: how much of the query these products have word by word in its order.

        Each two words that stand together there and here count as much as the rarer of them.
        """
        said = [self._corpus.stems.get(stem(word), -1) if is_content(word) else BREAK for word in words(query)]
        pairs = sorted({pair for pair in itertools.pairwise(said) if min(pair) > BREAK})
        rarity = np.array([max(self._rarity[first], self._rarity[second]) for first, second in pairs], dtype=np.float32)
        return self._corpus.with_pairs(rows, pairs).astype(np.float32) @ rarity

    @property
    def unit(self) -> float:
        """What a word in a single product is worth; the scale for evidence that is no word."""
        return math.log1p(self._corpus.count)

    def naming(self, words: Iterable[str]) -> NDArray[np.bool_]:
        """Returns (n,) bool: which products have all of `words` in title, brand or category."""
        found = np.ones(self._corpus.count, dtype=np.bool_)
        for word in self._numbers(" ".join(words)):
            having = np.zeros(self._corpus.count, dtype=np.bool_)
            having[self._naming.rows[self._naming.span(word)]] = True
            found &= having
        return found

    def _numbers(self, text: str) -> list[int]:
        return [self._corpus.stems.get(word, -1) for word in content_stems(text)]


def _worth(rows: NDArray[np.intp], fields: NDArray[np.int8], count: int, weights: FieldWeights) -> NDArray[np.float64]:
    """Returns (t,): what each word counts in its field, less in a text that is long for this field."""
    cells = rows * FIELD_COUNT + fields
    lengths = np.bincount(cells, minlength=count * FIELD_COUNT).astype(np.float64)
    average = lengths.reshape(-1, FIELD_COUNT).sum(axis=0) / max(count, 1)
    share = weights.length_share
    worth: NDArray[np.float64] = weights.by_field()[fields] / (1 - share + share * lengths[cells] / average[fields])
    return worth
