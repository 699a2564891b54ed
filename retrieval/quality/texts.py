"""Checks of titles and descriptions: what is thin, shouted, broken, or there twice."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import lru_cache

from retrieval.quality.types import Hit
from retrieval.text import STOP_WORDS, spelled
from retrieval.types import Product

FEWEST_WORDS = 6
"""Words that a description must add to the title before the assistant can say something of the product."""

LONGEST_TITLE = 150
_FEWEST_LETTERS = 8
_SHOUTED = 0.75
_FEWEST_TITLE_WORDS = 4
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9]*(?:\s[^<>]*)?/?>|<!--|&(?:[a-zA-Z]{2,8}|#\d{2,6}|#x[0-9a-fA-F]{2,5});")
# A character that could not be read, or UTF-8 that was read as Windows-1252.
_BROKEN = re.compile("\ufffd|Ã[\u0080-\u00bf©¨±¶¼¤«]|â€|Â[\u00a0-\u00bf]")


def thin_description(products: Sequence[Product]) -> Iterator[Hit]:
    """Finds descriptions that are missing or add next to nothing to the title."""
    for product in products:
        if not product.description:
            yield Hit(product, "none")
            continue
        added = set(_words(product.description)) - set(_words(product.title))
        if len(added) < FEWEST_WORDS:
            yield Hit(product, _excerpt(product.description))


def markup(products: Sequence[Product]) -> Iterator[Hit]:
    """Finds HTML left in texts that shoppers read."""
    return _matching(products, _TAG)


def broken_characters(products: Sequence[Product]) -> Iterator[Hit]:
    """Finds texts that were read in the wrong encoding."""
    return _matching(products, _BROKEN)


def _matching(products: Sequence[Product], pattern: re.Pattern[str]) -> Iterator[Hit]:
    for product in products:
        for name, text in _texts(product):
            found = pattern.search(text)
            if found:
                yield Hit(product, f"{name}: {_excerpt(text[max(0, found.start() - 20) :])}")
                break


def _texts(product: Product) -> Iterator[tuple[str, str]]:
    yield "title", product.title
    yield "description", product.description
    for name, value in product.attributes.items():
        for text in (value,) if isinstance(value, str) else value:
            yield name, text


def shouting_title(products: Sequence[Product]) -> Iterator[Hit]:
    """Finds titles in capitals. A model number alone does not make one."""
    for product in products:
        words = [word for word in re.findall(r"[^\W\d_]+", product.title) if len(word) > 1]
        letters = "".join(words)
        if len(words) < 2 or len(letters) < _FEWEST_LETTERS:
            continue
        if sum(letter.isupper() for letter in letters) >= _SHOUTED * len(letters):
            yield Hit(product)


def long_title(products: Sequence[Product]) -> Iterator[Hit]:
    """Finds titles that no card can show whole."""
    for product in products:
        if len(product.title) > LONGEST_TITLE:
            yield Hit(product, f"{len(product.title):,} characters")


def same_title(products: Sequence[Product]) -> Iterator[Hit]:
    """Finds products that have the title of another, capitals and spaces aside."""
    return _twins(products, ((_plain(product.title),) for product in products))


def like_title(products: Sequence[Product]) -> Iterator[Hit]:
    """Finds titles of the same words as another's in another order, number, spelling or punctuation."""
    hits = _twins(products, ((tuple(sorted(_words(product.title))),) for product in products))
    exact = {hit.product.id for hit in same_title(products)}
    return (hit for hit in hits if hit.product.id not in exact)


def unmerged_variants(products: Sequence[Product]) -> Iterator[Hit]:
    """Finds products of one brand, category and price whose titles differ in a single word, such as a colour or size."""
    seen: set[tuple[str, ...]] = set()
    return _twins(products, (_one_word_left_out(product, seen) for product in products))


def _one_word_left_out(product: Product, seen: set[tuple[str, ...]]) -> Iterator[Hashable]:
    words = _words(product.title)
    # Of products with the same title one is enough: that they are twins is told elsewhere.
    if product.price is None or len(words) < _FEWEST_TITLE_WORDS or words in seen:
        return
    seen.add(words)
    for place in range(len(words)):
        # The place belongs to the key: leaving out a word here and another there does not make two titles alike.
        yield product.brand, product.category, product.price, place, words[:place], words[place + 1 :]


def _twins(products: Sequence[Product], keys: Iterable[Iterable[Hashable]]) -> Iterator[Hit]:
    """Yields the products that share a key with another, and names the first such other."""
    # Hashes instead of keys, which would fill the memory: a title of twelve words has twelve.
    groups: dict[int, list[int]] = defaultdict(list)
    for row, own in enumerate(keys):
        for key in own:
            groups[hash(key)].append(row)
    twins: dict[int, int] = {}
    for rows in groups.values():
        for row in rows if len(rows) > 1 else ():
            twins.setdefault(row, rows[0] if row != rows[0] else rows[1])
    for row in sorted(twins):
        other = products[twins[row]]
        yield Hit(products[row], f"as {other.id}: {_excerpt(other.title)}")


def _plain(title: str) -> str:
    return " ".join(title.casefold().split())


@lru_cache(maxsize=100_000)
def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in spelled(text).split() if word != "," and word not in STOP_WORDS)


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79] + "…"
