"""Wanted properties: which products are waterproof, black, or to be had in size 9."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.filters import buyable_values
from retrieval.text import STOP_WORDS, affirmed_stems
from retrieval.types import Product

Mask = NDArray[np.bool_]

REMEMBERED_PHRASES = 512
_ALTERNATIVES = re.compile(r"\s*(?:,|/|\bor\b)\s*")
# An attribute with such a value says that the product is not what the attribute is named.
_DENIALS = frozenset({"no", "none", "false", "n/a", "not applicable", "0"})
_STOP_STEMS = frozenset(STOP_WORDS)


class Properties:
    """Looks up wanted properties ("waterproof", "size 9", "black or navy") in all products at once.

    A property that names a value of an option (size, colour) is met by products that can be bought with it now; any
    other by products whose title, category, brand, attributes or description have all of its words.
    """

    def __init__(self, products: Sequence[Product]) -> None:
        """Reads the products; every mask follows their order."""
        self._count = len(products)
        self._words: dict[str, array[int]] = {}
        self._options: dict[str, dict[tuple[str, ...], list[int]]] = {}
        self._having_option: dict[str, list[int]] = {}
        self._remembered: dict[str, Mask] = {}
        for row, product in enumerate(products):
            self._read_options(row, product)
            for word in _property_stems(product):
                self._words.setdefault(word, array("i")).append(row)

    def _read_options(self, row: int, product: Product) -> None:
        buyable = buyable_values(product)
        for name, values in product.options.items():
            key = " ".join(_phrase(name))
            self._having_option.setdefault(key, []).append(row)
            rows_by_value = self._options.setdefault(key, {})
            for value in values:
                rows = rows_by_value.setdefault(_phrase(value), [])
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
                found |= self._meeting_one(_phrase(alternative))
            known = self._remembered[text] = found
        return known

    def is_option(self, text: str) -> bool:
        """Whether the property names a value of an option, as `size 9` does: then products say whether they have it."""
        words = _phrase(text)
        return any(
            words in values or (_without(words, name) in values if name in words else False)
            for name, values in self._options.items()
        )

    def _meeting_one(self, words: tuple[str, ...]) -> Mask:
        if not words:
            return np.zeros(self._count, dtype=np.bool_)
        for name in self._options:
            value = _without(words, name)
            if value and value in self._options[name]:
                return _marked(self._count, self._options[name][value])
        found = self._with_all(words)
        for name, rows_by_value in self._options.items():
            if words in rows_by_value:
                # A product that comes in other colours only is not black, whatever its title says.
                found[self._having_option[name]] = False
                found |= _marked(self._count, rows_by_value[words])
        return found

    def _with_all(self, words: Iterable[str]) -> Mask:
        found = np.ones(self._count, dtype=np.bool_)
        for word in words:
            found &= _marked(self._count, self._words.get(word, ()))
        return found


def _phrase(text: str) -> tuple[str, ...]:
    words = tuple(affirmed_stems(text))
    return tuple(word for word in words if word not in _STOP_STEMS) or words


def _without(words: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Returns `9` of `size 9` for the option `size`, and nothing if the phrase does not name the option."""
    return tuple(word for word in words if word != name) if name in words else ()


def _marked(count: int, rows: Sequence[int] | array[int]) -> Mask:
    mask = np.zeros(count, dtype=np.bool_)
    mask[np.asarray(rows, dtype=np.intp)] = True
    return mask


def _property_stems(product: Product) -> set[str]:
    options = [value for values in buyable_values(product).values() for value in values]
    texts = [product.title, product.brand, *product.category, product.description]
    texts += [*_affirmed(product.attributes), *options]
    return {word for text in texts for word in affirmed_stems(text)}


def _affirmed(attributes: Mapping[str, str | tuple[str, ...]]) -> list[str]:
    """Returns names and values of attributes, but nothing of those that say no ("waterproof: no")."""
    texts: list[str] = []
    for name, value in attributes.items():
        values = (value,) if isinstance(value, str) else value
        kept = [text for text in values if text.lower() not in _DENIALS]
        texts.extend([name, *kept] if kept else ())
    return texts
