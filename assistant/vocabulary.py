"""The shop's own words, built from its products: brands, kinds of goods, and the values of attributes and options."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from rapidfuzz.distance import OSA

from retrieval.types import AttributeValue, Product

LONGEST_PHRASE = 4
"""Words of the longest kind, brand or value that is looked up."""

_SHORTEST_FUZZY = 6
_LONG = 9
_WORD = re.compile(r"[^\W_]+(?:['.&/-][^\W_]+)*")
_NOT_A_VALUE = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Vocabulary:
    """What this shop calls its things. An empty one is fine: unseen words are read by their place in the sentence.

    `brands` maps the normal form to the merchant's spelling, `kinds` holds category names,
    `values` maps a value to the attributes and options that have it.
    """

    brands: Mapping[str, str] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()
    values: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def from_products(cls, products: Iterable[Product]) -> Vocabulary:
        """Collects the words of a catalogue."""
        brands: dict[str, str] = {}
        kinds: set[str] = set()
        values: dict[str, set[str]] = {}
        for product in products:
            if product.brand:
                brands.setdefault(normal(product.brand), product.brand)
            kinds.update(kind for name in product.category for kind in _kinds(name))
            for name, value in _values(product):
                values.setdefault(value, set()).add(name.lower())
        return cls(brands, frozenset(kinds), {value: frozenset(names) for value, names in values.items()})

    def brand(self, phrase: str) -> str | None:
        """The merchant's spelling of the brand that `phrase` names, or None. Allows a slip in longer names."""
        key = normal(phrase)
        if key in self.brands:
            return self.brands[key]
        if len(key) < _SHORTEST_FUZZY or self.is_value(key) or self.is_kind(key):
            return None
        slips = 1 if len(key) < _LONG else 2
        close = (brand for brand in self._long_brands(key) if OSA.distance(key, brand, score_cutoff=slips) <= slips)
        found = next(close, None)
        return self.brands[found] if found else None

    def is_kind(self, phrase: str) -> bool:
        """Whether the phrase names a kind of goods, in the singular or the plural."""
        key = normal(phrase)
        return any(form in self.kinds for form in (key, *singulars(key)))

    def names_kind(self, phrase: str) -> bool:
        """Whether the phrase is a kind, or the noun that a kind of this shop ends on: `lamp` where there are desk lamps."""
        key = normal(phrase)
        return any(form in self._nouns for form in (key, *singulars(key))) or self.is_kind(phrase)

    @cached_property
    def _nouns(self) -> frozenset[str]:
        return frozenset(kind.split()[-1] for kind in self.kinds)

    def is_value(self, phrase: str) -> bool:
        """Whether the phrase is a value of an attribute or an option."""
        return normal(phrase) in self.values

    def names_of(self, value: str) -> frozenset[str]:
        """The attributes and options, in lower case, that have `value` somewhere in the shop."""
        return self.values.get(normal(value), frozenset())

    def rivals(self, left: str, right: str) -> bool:
        """Whether two values belong to the same attribute or option, so that one would replace the other."""
        shared = self.values.get(normal(left), frozenset()) & self.values.get(normal(right), frozenset())
        return bool(shared - MANY_AT_ONCE)

    def _long_brands(self, key: str) -> list[str]:
        # A slip keeps the first letter nearly always; asking for it keeps false friends away.
        return [brand for brand in self.brands if len(brand) >= _SHORTEST_FUZZY and brand[0] == key[0]]


_PLURALS = (("ies", "y"), ("ves", "f"), ("ves", "fe"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x"))
MANY_AT_ONCE = frozenset({"feature", "features", "tag", "tags", "use", "uses", "occasion", "interest", "interests"})


def normal(phrase: str) -> str:
    """Lower case, single blanks, no apostrophes: the form in which words are looked up."""
    return " ".join(_WORD.findall(phrase.lower().replace("'", "").replace("\u2019", "")))


def singular(phrase: str) -> str:
    """The phrase with its last word in the likeliest singular, as far as the ending tells."""
    return next(iter(singulars(phrase)), phrase)


def singulars(phrase: str) -> tuple[str, ...]:
    """The singulars that a plural may have ("knives": knife, knive; "beanies": beanie, beany); none for a singular."""
    if len(phrase) < 4 or not phrase.endswith("s") or phrase.endswith("ss"):
        return ()
    forms = [phrase[: -len(ending)] + instead for ending, instead in _PLURALS if phrase.endswith(ending)]
    return (phrase[:-1], *forms)


def _kinds(name: str) -> Iterator[str]:
    """ "Boots & shoes" names boots and shoes; "Hiking boots" names hiking boots."""
    for part in re.split(r"\s*(?:&|,|/|\band\b)\s*", name.lower()):
        key = normal(part)
        if key:
            yield key
            yield from singulars(key)


def _values(product: Product) -> Iterator[tuple[str, str]]:
    for group in (product.attributes, product.options):
        for name, value in group.items():
            for entry in _entries(value):
                key = normal(entry)
                if key and key.count(" ") < LONGEST_PHRASE and not _NOT_A_VALUE.fullmatch(key):
                    yield name, key


def _entries(value: AttributeValue) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
