"""Wanted properties: which products are waterproof, black, or to be had in size 9."""

from __future__ import annotations

import itertools
import re
from array import array
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.corpus import BREAK, Corpus, Numbers, Postings
from retrieval.filters import buyable_values
from retrieval.text import FREE, NEGATORS, STOP_WORDS, affirmed, affirmed_stems, is_content, joined, stem
from retrieval.text import words as words_of
from retrieval.types import Product

Mask = NDArray[np.bool_]
Phrase = tuple[str, ...]

REMEMBERED_PHRASES = 512
_ALTERNATIVES = re.compile(r"\s*(?:,|/|\bor\b)\s*")
_STOP_STEMS = frozenset(STOP_WORDS)


class Properties:
    """Looks up wanted properties ("waterproof", "size 9", "black or navy") in all products at once.

    A property that names a value of an option (size, colour) is met by products that can be bought with it now; any
    other by products whose title, category, brand, attributes or description have all of its words.
    """

    def __init__(self, products: Sequence[Product], corpus: Corpus) -> None:
        """Reads the products and their words; every mask follows their order."""
        self._count = len(products)
        self._corpus = corpus
        self._stems = dict(corpus.stems)
        self._words = Postings.of(_affirmed_words(corpus.words, self._stems), corpus.rows(), self._count)
        self._options: dict[Phrase, dict[Phrase, array[int]]] = {}
        self._having_option: dict[Phrase, array[int]] = {}
        self._remembered: dict[str, Mask] = {}
        for row, product in enumerate(products):
            self._read_options(row, product)

    def _read_options(self, row: int, product: Product) -> None:
        buyable = buyable_values(product)
        for name, values in product.options.items():
            key = _phrase(name)
            self._having_option.setdefault(key, array("i")).append(row)
            rows_by_value = self._options.setdefault(key, {})
            for value in values:
                rows = rows_by_value.setdefault(_phrase(value), array("i"))
                if value in buyable[name]:
                    rows.append(row)

    def meeting(self, text: str) -> Mask:
        """Returns (n,) bool: which products have the property, or any of its alternatives ("black or navy")."""
        known = self._remembered.get(text)
        if known is None:
            if len(self._remembered) >= REMEMBERED_PHRASES:
                self._remembered.clear()
            found = np.zeros(self._count, dtype=np.bool_)
            for alternative in _ALTERNATIVES.split(text.lower()):
                found |= self._meeting_one(alternative)
            known = self._remembered[text] = found
        return known

    def is_option(self, text: str) -> bool:
        """Whether the property names a value of an option, as `size 9` does: then products say whether they have it."""
        words = _phrase(text)
        return any(words in values or _without(words, name) in values for name, values in self._options.items())

    def options_named(self, text: str) -> list[tuple[Mask, Mask]]:
        """Returns, for each option that the text names with its value ("size: 9"), which products have them.

        Two masks (n,) bool: which can be bought with the value, and which have the option at all. The longest value
        that stands right after the option's name counts.
        """
        words = _phrase(text)
        found: dict[Phrase, Phrase] = {}
        for name, values in self._options.items():
            for place in range(len(words) - len(name)):
                if words[place : place + len(name)] == name:
                    value = _longest(values, words[place + len(name) :])
                    found |= {name: value} if value else {}
        return [
            (_marked(self._count, self._options[name][value]), _marked(self._count, self._having_option[name]))
            for name, value in found.items()
        ]

    def _meeting_one(self, text: str) -> Mask:
        words = _phrase(text)
        if not words:
            return np.zeros(self._count, dtype=np.bool_)
        for name, rows_by_value in self._options.items():
            value = _without(words, name)
            if value in rows_by_value:
                return _marked(self._count, rows_by_value[value])
        found = self._with_all(words)
        counted = [pair for pair in _counted(text) if pair[0] in self._stems and pair[1] in self._stems]
        if counted:
            rows = np.flatnonzero(found)
            pairs = [(self._stems[number], self._stems[word]) for number, word in counted]
            found[rows] = self._corpus.with_pairs(rows, pairs).all(axis=1)
        compounds = [stem(word) for word in joined(text)]
        if compounds:
            found |= self._with_all(compounds)
        for name, rows_by_value in self._options.items():
            if words in rows_by_value:
                # A product that comes in other colours only is not black, whatever its title says.
                found &= ~_marked(self._count, self._having_option[name])
                found |= _marked(self._count, rows_by_value[words])
        return found

    def _with_all(self, words: Iterable[str]) -> Mask:
        found = np.ones(self._count, dtype=np.bool_)
        for word in words:
            found &= _marked(self._count, self._words.rows[self._words.span(self._stems.get(word, -1))])
        return found


def _affirmed_words(words: Numbers, stems: dict[str, int]) -> Numbers:
    """Returns the words (t,) of which each denied one is replaced by what denies it; takes new ones into `stems`.

    Says of a whole catalogue what `retrieval.text.affirmed` says of one word.
    """
    spelling = ["", *stems]
    negators = [stems[word] for word in NEGATORS if word in stems]
    before, after = np.concatenate([[BREAK], words[:-1]]), np.concatenate([words[1:], [BREAK]])
    places = np.flatnonzero((words != BREAK) & (np.isin(before, negators) | (after == stems.get(FREE, -1))))
    around = np.stack([before[places], words[places], after[places]], axis=1)
    kinds, kind = np.unique(around, axis=0, return_inverse=True)
    said = [affirmed(spelling[first], spelling[word], spelling[last]) for first, word, last in kinds]
    numbers = np.array([stems.setdefault(word, len(stems) + 1) for word in said], dtype=np.int32)
    replaced = words.copy()
    replaced[places] = numbers[kind.reshape(-1)] if len(places) else BREAK
    return replaced


def _phrase(text: str) -> Phrase:
    words = tuple(affirmed_stems(text))
    return tuple(word for word in words if word not in _STOP_STEMS) or words


def _counted(text: str) -> list[tuple[str, str]]:
    """Returns each number of the text with the word that it counts, as stems: `3` and `person` of "3-person"."""
    said = words_of(text)
    pairs = itertools.pairwise(said)
    return [(stem(number), stem(word)) for number, word in pairs if number[0].isdigit() and is_content(word)]


def _without(words: Phrase, name: Phrase) -> Phrase | None:
    """Returns `9` of `size 9` for the option `size`, and None if the phrase does not name the option."""
    rest = tuple(word for word in words if word not in name)
    return rest if rest and set(name) <= set(words) else None


def _longest(values: dict[Phrase, array[int]], words: Phrase) -> Phrase:
    """Returns the longest of `values` that the words begin with, or nothing."""
    fitting = (value for value in values if value and words[: len(value)] == value)
    return max(fitting, key=len, default=())


def _marked(count: int, rows: array[int] | NDArray[np.int32]) -> Mask:
    mask = np.zeros(count, dtype=np.bool_)
    mask[np.asarray(rows, dtype=np.intc)] = True
    return mask
