"""The catalogue's texts, cut into numbered words once, for every index of words to be built from."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.filters import buyable_values
from retrieval.text import is_word, joined, stem, without_links, words
from retrieval.types import AttributeValue, Product

Numbers = NDArray[np.int32]
Rows = NDArray[np.intp]

TITLE, BRAND, CATEGORY, VALUES, NAMES, OPTIONS, DESCRIPTION = range(7)
FIELD_COUNT = 7
BREAK = 0
# Texts up to so many characters are names and values, the same in many products.
_REPEATED = 40
# An attribute with such a value says that the product is not what the attribute is named.
_DENIALS = frozenset({"no", "none", "false", "n/a", "not applicable", "0"})


_READ = ("title", "brand", "category", "attributes", "options", "description")


class Terms(dict[str, int]):
    """From a word as it is written to the number of its stem, from 1; what is no word has the number `BREAK`."""

    def __init__(self) -> None:
        """Knows no word yet; looking one up takes it in."""
        super().__init__()
        self.stems: dict[str, int] = {}
        self._cut: dict[str, list[int]] = {}

    def __missing__(self, word: str) -> int:
        """Takes the word in."""
        number = self.stems.setdefault(stem(word), len(self.stems) + 1) if is_word(word) else BREAK
        self[word] = number
        return number

    def cut(self, text: str) -> list[int]:
        """Returns the numbers of the text's words, then of its compounds, a `BREAK` after each phrase."""
        if len(text) > _REPEATED:
            return self._numbers(text)
        known = self._cut.get(text)
        if known is None:
            known = self._cut[text] = self._numbers(text)
        return known

    def _numbers(self, text: str) -> list[int]:
        numbers = [self[word] for word in words(text)]
        for compound in joined(text):
            numbers += (BREAK, self[compound])
        return [*numbers, BREAK]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Numbered words of all products, one product after another, a `BREAK` wherever a phrase ends.

    `words` (t,) and `fields` (t,), the field that each word stands in; `starts` (n + 1,), where each product begins;
    `stems` numbers the stems from 1.
    """

    words: Numbers
    fields: NDArray[np.int8]
    starts: NDArray[np.int64]
    stems: Mapping[str, int]

    @classmethod
    def of(cls, products: Sequence[Product]) -> Corpus:
        """Cuts the texts of the products; row i is `products[i]`."""
        terms = Terms()
        numbers, lengths = array("i"), array("i")
        for product in products:
            for texts in _texts(product):
                before = len(numbers)
                for text in texts:
                    numbers.extend(terms.cut(text))
                lengths.append(len(numbers) - before)
        sizes = np.asarray(lengths, dtype=np.int64)
        fields = np.repeat(np.tile(np.arange(FIELD_COUNT, dtype=np.int8), len(products)), sizes)
        starts = np.concatenate([[0], np.cumsum(sizes.reshape(-1, FIELD_COUNT).sum(axis=1))]).astype(np.int64)
        return cls(np.asarray(numbers, dtype=np.int32), fields, starts, terms.stems)

    @property
    def count(self) -> int:
        """How many products there are."""
        return len(self.starts) - 1

    def rows(self) -> Rows:
        """Returns (t,): the row of the product that each word belongs to."""
        return np.repeat(np.arange(self.count), np.diff(self.starts))

    def with_pairs(self, rows: Rows, pairs: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
        """Returns (len(rows), len(pairs)) bool: which products have the two words next to each other, in this order."""
        found = np.zeros((len(rows), len(pairs)), dtype=np.bool_)
        if not len(rows) or not pairs:
            return found
        parts = [self.words[self.starts[row] : self.starts[row + 1]] for row in rows]
        place = np.repeat(np.arange(len(rows)), [len(part) for part in parts])
        text = np.concatenate(parts)
        for column, (first, second) in enumerate(pairs):
            at = np.flatnonzero(text[:-1] == first)
            found[place[at[text[at + 1] == second]], column] = True
        return found


@dataclass(frozen=True, slots=True)
class Postings:
    """Which products have a word: `rows[starts[i]:starts[i + 1]]` for the word of number i, ascending, each once."""

    starts: NDArray[np.int64]
    rows: NDArray[np.int32]

    @classmethod
    def of(cls, words: Numbers, rows: Rows, count: int) -> Postings:
        """Gathers words (t,) and the rows (t,) of `count` products that they stand in."""
        keys = words.astype(np.int64) * max(count, 1) + rows
        keys.sort()
        return cls.sorted(keys[np.diff(keys, prepend=-1) > 0], count)

    @classmethod
    def sorted(cls, keys: NDArray[np.int64], count: int) -> Postings:
        """Of distinct, ascending keys: word × count + row."""
        numbers, rows = np.divmod(keys, max(count, 1))
        starts = np.concatenate([[0], np.cumsum(np.bincount(numbers))]).astype(np.int64)
        return cls(starts, rows.astype(np.int32))

    def span(self, word: int) -> slice:
        """Returns where in `rows` the word's rows are; empty for a number that no product has."""
        if not 0 < word < len(self.starts) - 1:
            return slice(0, 0)
        return slice(int(self.starts[word]), int(self.starts[word + 1]))


def reads_the_same(product: Product, other: Product) -> bool:
    """Whether both have the same words and the same options to buy, whatever else differs: price, stock, rating, picture."""
    return all(getattr(product, name) == getattr(other, name) for name in _READ) and (
        buyable_values(product) == buyable_values(other)
    )


def _texts(product: Product) -> tuple[Sequence[str], ...]:
    """The texts of the fields, in the order of their numbers."""
    values, names = _stated(product.attributes)
    options = [value for buyable in buyable_values(product).values() for value in buyable]
    return ((product.title,), (product.brand,), product.category, values, names, options, (product.description,))


def _stated(attributes: Mapping[str, AttributeValue]) -> tuple[list[str], list[str]]:
    """Returns values and names of attributes, but nothing of those that say no ("waterproof: no")."""
    values: list[str] = []
    names: list[str] = []
    for name, value in attributes.items():
        kept = [text for text in without_links(value) if text.lower() not in _DENIALS]
        if kept:
            values.extend(kept)
            names.append(name)
    return values, names
