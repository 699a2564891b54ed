"""Which products are a kind of thing, decided by what the merchant calls them and not by what comes near.

For counting and for sorting a whole catalogue: "how many kettles are there?" must not count what only resembles a kettle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

from retrieval.filters import Columns
from retrieval.highest import Mask
from retrieval.lexical import LexicalIndex
from retrieval.properties import Properties
from retrieval.text import fold, is_content, words
from retrieval.types import Product

Name = tuple[str, ...]
Path = tuple[str, ...]

# What a thing is called ends where these begin: "Piano with Stool", "Towel Set, Set of 4", "Case - Black".
_NAME_ENDS = re.compile(r"\s*[,(|:;\[]|\s[-–—]\s|\b(?:for|with|without|in|of|from|by|to|that|which)\b", re.I)
_PARTS = re.compile(r"\s*(?:&|,|/|\band\b)\s*", re.I)
# A towel set is towels.
_PACKED = frozenset({"set", "pair", "pack", "duo", "trio", "bundle", "assortment"})
# Plurals whose singular the folding of words misses: knives, scarves, axes.
_ODD_PLURALS = (("ves", "f"), ("ves", "fe"), ("xes", "xe"))
MOST_WORDS = 6


def of_kind(kind: str, products: Sequence[Product], columns: Columns, index: LexicalIndex, properties: Properties) -> Mask:
    """Returns (n,) bool: which products are what `kind` names, in the singular or the plural.

    A product is a kettle if it is in a category of that name ("Kettles"; where there is none, in one that ends on it:
    "Electric kettles"), or if its title says so ("Travel Kettle, Red") and its category does not call it another kind of
    kettle. Words before the name must be true of the product ("wireless headphones"), as must words after it ("tent for
    winter"). All False where the shop calls nothing by the name.
    """
    name, *rest = _NAME_ENDS.split(kind.strip(), maxsplit=1)
    found = np.zeros(len(products), dtype=np.bool_)
    for form in _forms(name if _folded(name) else kind):
        found |= _called(_folded(form)[-MOST_WORDS:], products, columns, index, properties)
    after = " ".join(rest).strip()
    return found & properties.meeting(after) if after and _folded(name) else found


def _forms(name: str) -> tuple[str, ...]:
    """Returns the name as it was said, and with the singulars that its last word may have besides the regular one."""
    low = name.lower().rstrip()
    return (name, *(low.removesuffix(plural) + one for plural, one in _ODD_PLURALS if low.endswith(plural)))


def _called(said: Name, products: Sequence[Product], columns: Columns, index: LexicalIndex, properties: Properties) -> Mask:
    found = np.zeros(len(products), dtype=np.bool_)
    if not said:
        return found
    nodes, is_exact = _nodes(said, columns.categories)
    for node in nodes:
        found |= columns.of_category(node)
    for row in np.flatnonzero(index.naming(said) & ~found).tolist():
        product = products[row]
        found[row] = _is_titled(product.title, said) and not (nodes and _is_other_sort(product.category, said))
    if len(said) > 1 and not is_exact:
        found |= _called(said[1:], products, columns, index, properties) & properties.meeting(said[0])
    return found


def _nodes(said: Name, paths: Sequence[Path]) -> tuple[tuple[Path, ...], bool]:
    """Returns the categories called so, and whether that is all that they are called."""
    every = dict.fromkeys(path[: depth + 1] for path in paths for depth in range(len(path)))
    exact = tuple(path for path in every if any("".join(name) == "".join(said) for name in _names(path[-1])))
    if exact:
        return exact, True
    return tuple(path for path in every if any(_ends(name, said) for name in _names(path[-1]))), False


def _is_other_sort(path: Path, said: Name) -> bool:
    """Whether the category has the noun itself: a sleeping bag is no bag where there are bags and sleeping bags."""
    return bool(path) and any(name[-1:] == said[-1:] for name in _names(path[-1]))


def _is_titled(title: str, said: Name) -> bool:
    name = _folded(_NAME_ENDS.split(title, maxsplit=1)[0])
    bare = name[:-1] if name[-1:] and name[-1] in _PACKED else name
    return _ends(bare, said) or (len(said) > 1 and _ends(name, said))


@lru_cache(maxsize=10_000)
def _names(category: str) -> tuple[Name, ...]:
    """Returns what a category is called: "Boots & shoes" is boots as well as shoes, "Toys for dogs" are toys."""

    def forms() -> Iterator[str]:
        for part in (category, *_PARTS.split(category)):
            yield from (part, _NAME_ENDS.split(part, maxsplit=1)[0])

    return tuple(dict.fromkeys(said for form in forms() if (said := _folded(form))))


def _ends(name: Name, said: Name) -> bool:
    return name[-len(said) :] == said


@lru_cache(maxsize=50_000)
def _folded(text: str) -> Name:
    return tuple(fold(word) for word in words(text) if is_content(word))
