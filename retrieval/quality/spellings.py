"""Checks of names that are written in two ways: "Color" and "Colour", "T-Shirts" and "T shirts", "ACME" and "Acme"."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from retrieval.quality.types import Hit
from retrieval.text import lowered, spelled
from retrieval.types import Product

Names = Callable[[Product], Iterator[tuple[str, str]]]
"""Yields pairs of a context and a name used in it; spellings are compared within a context."""


def spelled_two_ways(names: Names) -> Callable[[Sequence[Product]], Iterator[Hit]]:
    """Returns the check that finds products using a rarer spelling of a name that others spell otherwise."""

    def find(products: Sequence[Product]) -> Iterator[Hit]:
        usual = _rarer_to_usual(Counter(pair for product in products for pair in names(product)))
        for product in products:
            note = next((f"“{pair[1]}”, mostly “{usual[pair]}”" for pair in names(product) if pair in usual), None)
            if note:
                yield Hit(product, note)

    return find


def _rarer_to_usual(counts: Counter[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Returns, for each rarer spelling in its context, the usual one; of equally frequent ones the first is usual."""
    spellings: dict[tuple[str, str], list[str]] = defaultdict(list)
    for (context, name), _ in counts.most_common():
        spellings[context, _key(name)].append(name)
    return {
        (context, rarer): usual
        for (context, key), (usual, *others) in spellings.items()
        for rarer in others
        if key  # Names without a letter or digit have nothing to be compared by.
    }


@lru_cache(maxsize=100_000)
def _key(name: str) -> str:
    """What spellings of one name share. Figures are left as they are, but for spaces: 1.5 is neither 15 nor .15."""
    if any(character.isdigit() for character in name):
        return "".join(lowered(name).split())
    return "".join(word for word in spelled(name.replace("_", " ")).split() if word != ",")


def attribute_names(product: Product) -> Iterator[tuple[str, str]]:
    """The names of attributes and options: an option "Colour" is an attribute "color", but "fits" need not be "fit"."""
    names = (*product.attributes, *product.options)
    return (("plural" if name.lower().endswith("s") else "singular", name) for name in names)


def attribute_values(product: Product) -> Iterator[tuple[str, str]]:
    """The values of attributes and options, each in the context of its name."""
    for name, value in product.attributes.items():
        yield from ((_key(name), text) for text in ((value,) if isinstance(value, str) else value))
    for name, values in product.options.items():
        yield from ((_key(name), text) for text in values)


def brands(product: Product) -> Iterator[tuple[str, str]]:
    """The brand."""
    return iter([("", product.brand)] if product.brand else [])


def categories(product: Product) -> Iterator[tuple[str, str]]:
    """The names along the category's path, each in the context of those above it."""
    path = product.category
    return ((_key(" ".join(path[:depth])), name) for depth, name in enumerate(path))
