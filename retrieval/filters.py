"""Hard constraints, checked by code: what may be shown for a need, and why the rest may not.

`mask` answers for the whole catalogue at once from a columnar view; `violations` explains one product. Both ask the
same questions of the same prepared texts, so they agree.
"""

from __future__ import annotations

import copy
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from retrieval.highest import Mask
from retrieval.money import format_bound
from retrieval.offers import Offers, least_cost
from retrieval.packed_texts import BROKEN, PackedTexts, packed
from retrieval.text import lowered, plain_text, spelled
from retrieval.types import Need, Product

REMEMBERED_PHRASES = 512
_NEGATED = r"(?<! no)(?<! not)(?<! non)(?<! anti)(?<! without)(?<! free of)(?<! free from)"


@dataclass(frozen=True, slots=True)
class Phrase:
    """An excluded phrase, ready to be looked up: by its folded `words`, or literally if it has none."""

    literal: bytes
    words: tuple[str, ...]
    # In titles and attributes every mention but "X-free" counts: "no X" is rare there, and hiding is the safer error.
    stated: re.Pattern[bytes]
    described: re.Pattern[bytes]


@lru_cache(maxsize=4_096)
def phrase(text: str) -> Phrase:
    """Returns `text` (an excluded property such as `leather`) as something to look up."""
    literal = lowered(text).strip()
    spelling = spelled(text).strip()
    stated = rf" {re.escape(spelling)}(?= )(?! free )"
    patterns = (re.compile(packed(pattern)) for pattern in (stated, f"{_NEGATED}{stated}"))
    return Phrase(packed(literal), tuple(spelling.split()), *patterns)


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a product in which exclusions are looked up, as `retrieval.text.spelled` writes them, in UTF-8."""

    plain: bytes
    stated: bytes
    description: bytes

    @classmethod
    def of(cls, product: Product) -> Texts:
        """Prepares the texts of a product. An option counts as a property if it leaves the shopper no choice."""
        plain = plain_text(product)
        fixed = " , ".join(
            values[0] for values in map(buyable_values(product).get, product.options) if values and len(values) == 1
        )
        stated = spelled(plain) + (f", {spelled(fixed).strip()} " if fixed else "")
        return cls(packed(lowered(plain)), packed(stated), packed(spelled(product.description)))

    def have(self, wanted: Phrase) -> bool:
        """Whether the product has the property: named in title, attributes or description, and not as absent."""
        return self.state(wanted) or bool(wanted.words and wanted.described.search(self.description))

    def state(self, wanted: Phrase) -> bool:
        """Whether title or attributes name it."""
        if not wanted.words:
            return bool(wanted.literal) and wanted.literal in self.plain
        return wanted.stated.search(self.stated) is not None


def buyable_values(product: Product) -> dict[str, tuple[str, ...]]:
    """Returns each option's values that can be bought now: those of variants for sale, or all if it has no variants."""
    if not product.variants:
        return dict(product.options)
    buyable = [variant for variant in product.variants if variant.for_sale]
    return {
        name: tuple(value for value in values if any(v.options.get(name, value) == value for v in buyable))
        for name, values in product.options.items()
    }


def brand_words(brand: str) -> tuple[str, ...]:
    """Returns the brand's words, folded, so that `L'Oréal` and `l'oreal` are one brand."""
    return tuple(word for word in spelled(brand).split() if word != ",")


def is_brand(wanted: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether a brand of `words` is the wanted one, or has its words in a row: `dell` is `Dell Technologies`."""
    span = len(wanted)
    return bool(wanted) and any(words[i : i + span] == wanted for i in range(len(words) - span + 1))


def is_one_of(brands: Sequence[str], brand: str) -> bool:
    """Whether `brand` is one of `brands`, as shoppers write them."""
    words = brand_words(brand)
    return any(is_brand(brand_words(wanted), words) for wanted in brands)


def violations(product: Product, need: Need) -> tuple[str, ...]:
    """Returns, readable, every hard constraint of `need` that `product` breaks; empty if it may be shown."""
    texts = Texts.of(product) if need.exclude or need.brand or need.brand_exclude else None
    return (
        *_sale_violations(product),
        *_price_violations(product, need),
        *(_brand_violations(product, texts, need) if texts else ()),
        *(f"has {text}" for text in need.exclude if texts and texts.have(phrase(text))),
        *_rating_violations(product, need),
    )


def _sale_violations(product: Product) -> tuple[str, ...]:
    if product.for_sale:
        return ()
    if product.availability == "discontinued":
        return ("discontinued",)
    return ("has no price",) if product.price is None else ("out of stock",)


def _price_violations(product: Product, need: Need) -> tuple[str, ...]:
    if product.price is None:
        return ()
    if need.price_max is not None and product.price > need.price_max:
        return (f"over {format_bound(need.price_max, product.currency)}",)
    if need.price_max is not None and least_cost(product) > need.price_max:
        return (f"over {format_bound(need.price_max, product.currency)} in all that is in stock",)
    if need.price_min is not None and product.price < need.price_min:
        return (f"under {format_bound(need.price_min, product.currency)}",)
    return ()


def _brand_violations(product: Product, texts: Texts, need: Need) -> tuple[str, ...]:
    # Many shops name the brand in the title alone. What is named in the title is not wanted either way.
    named = [brand for brand in need.brand_exclude if texts.state(phrase(brand))]
    excluded = product.brand if is_one_of(need.brand_exclude, product.brand) else "".join(named[:1])
    found: tuple[str, ...] = (f"brand: {excluded} is excluded",) if excluded else ()
    in_title = not product.brand and any(texts.state(phrase(brand)) for brand in need.brand)
    if need.brand and not in_title and not is_one_of(need.brand, product.brand):
        found += (f"brand: {product.brand or 'none'} is not {' or '.join(need.brand)}",)
    return found


def _rating_violations(product: Product, need: Need) -> tuple[str, ...]:
    if need.rating_min is None or (product.rating is not None and product.rating >= need.rating_min):
        return ()
    return (f"below {need.rating_min:g} stars" if product.rating is not None else "not rated yet",)


class Columns:
    """A columnar view of products, built once, over which a need is checked for all of them at once."""

    def __init__(self, products: Iterable[Product]) -> None:
        """Reads the products, which it does not keep; every mask follows their order."""
        self._brandless = bytearray()
        self._kinds = array("i")
        self._categories: dict[tuple[str, ...], int] = {}
        self._brands = _Brands()
        self._texts = _TextColumns()
        self.offers = Offers.of(self._reading(products))
        self._count = len(self._kinds)
        self._remembered: dict[tuple[str, bool], NDArray[np.uint8]] = {}

    def _reading(self, products: Iterable[Product]) -> Iterator[Product]:
        """Yields each product once its texts, brand and category are taken in."""
        for row, product in enumerate(products):
            self._brandless.append(not product.brand)
            self._kinds.append(self._categories.setdefault(product.category, len(self._categories)))
            self._brands.add(row, product.brand)
            self._texts.add(row, Texts.of(product))
            yield product

    def renewed(self, rows: NDArray[np.intp], products: Iterable[Product]) -> Columns:
        """Returns columns in which the offers of `rows` (m,) are read anew, from the m `products`.

        Their texts, brands and categories must be as they were: those are shared with the old columns.
        """
        columns = copy.copy(self)
        columns.offers = self.offers.renewed(rows, products)
        return columns

    def mask(self, need: Need) -> Mask:
        """Returns (n,) bool: which products break no hard constraint of `need`. Agrees with `violations`."""
        offers = self.offers
        allowed = offers.for_sale.copy()
        if need.price_max is not None:
            allowed &= offers.cost <= need.price_max
        if need.price_min is not None:
            allowed &= offers.price >= need.price_min
        if need.rating_min is not None:
            allowed &= offers.rating >= need.rating_min
        if need.brand:
            brandless = np.frombuffer(self._brandless, dtype=np.bool_)
            allowed &= self.of_brands(need.brand) | (brandless & self._stating(need.brand))
        if need.brand_exclude:
            allowed &= ~(self.of_brands(need.brand_exclude) | self._stating(need.brand_exclude))
        for text in need.exclude:
            allowed &= ~self.having(text)
        return allowed

    def of_brands(self, brands: Sequence[str]) -> Mask:
        """Returns (n,) bool: which products are of one of `brands`."""
        found = np.zeros(self._count, dtype=np.bool_)
        for brand in brands:
            for rows in self._brands.rows(brand_words(brand)):
                found[np.frombuffer(rows, dtype=np.intc)] = True
        return found

    @property
    def categories(self) -> tuple[tuple[str, ...], ...]:
        """Every category that a product is in, as the path to it."""
        return tuple(self._categories)

    def of_category(self, path: tuple[str, ...]) -> Mask:
        """Returns (n,) bool: which products are in the category `path`, or one below it; `()` is above all."""
        within = [category[: len(path)] == path for category in self._categories]
        found: Mask = np.array(within, dtype=np.bool_)[np.frombuffer(self._kinds, dtype=np.intc)]
        return found

    def having(self, text: str) -> Mask:
        """Returns (n,) bool: which products have the property `text`, as an exclusion reads it."""
        return self._looked_up(text, stated=False)

    def _stating(self, brands: Sequence[str]) -> Mask:
        """Returns (n,) bool: which products of no or another brand name one of `brands` in title or attributes."""
        found = np.zeros(self._count, dtype=np.bool_)
        for brand in brands:
            found |= self._looked_up(brand, stated=True)
        return found

    def _looked_up(self, text: str, stated: bool) -> Mask:
        """Which products have `text`, or state it as a brand, looked up once and then remembered, a bit a product."""
        known = self._remembered.get((text, stated))
        if known is None:
            found = np.zeros(self._count, dtype=np.bool_)
            if stated:
                found[self._texts.stating(phrase(text), ~self.of_brands([text]))] = True
            else:
                found[self._texts.having(phrase(text))] = True
            if len(self._remembered) >= REMEMBERED_PHRASES:
                self._remembered.clear()
            known = self._remembered[text, stated] = np.packbits(found)
        return np.unpackbits(known, count=self._count).view(np.bool_)


class _Brands:
    """The rows of each brand, found by any of its words: a shop may have more brands than can be gone through."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, ...], array[int]] = {}
        self._by_word: dict[str, list[tuple[str, ...]]] = {}

    def add(self, row: int, brand: str) -> None:
        words = brand_words(brand)
        if words not in self._rows:
            self._rows[words] = array("i")
            for word in set(words):
                self._by_word.setdefault(word, []).append(words)
        self._rows[words].append(row)

    def rows(self, wanted: tuple[str, ...]) -> list[array[int]]:
        """The rows of every brand that is the wanted one."""
        brands = self._by_word.get(wanted[0], []) if wanted else []
        return [self._rows[words] for words in brands if is_brand(wanted, words)]


class _TextColumns:
    """The texts of all products, and by word the rows whose texts have it."""

    def __init__(self) -> None:
        self._plain, self._stated, self._description = PackedTexts(), PackedTexts(), PackedTexts()
        self._postings: dict[str, array[int]] = {}

    def add(self, row: int, texts: Texts) -> None:
        self._plain.append(texts.plain)
        self._stated.append(texts.stated)
        self._description.append(texts.description)
        for word in {*texts.stated.split(), *texts.description.split()}:
            self._postings.setdefault(word.decode(errors=BROKEN), array("i")).append(row)

    def having(self, wanted: Phrase) -> list[int]:
        """The rows of which `Texts.have` is true."""
        found = self.stating(wanted)
        if not wanted.words:
            return found
        known = set(found)
        rows = (row for row in self._rows_to_check(wanted).tolist() if row not in known)
        return found + [row for row in rows if self._description.have(row, wanted.described)]

    def stating(self, wanted: Phrase, among: Mask | None = None) -> list[int]:
        """The rows of which `Texts.state` is true, of all or of those `among` (n,) marks."""
        if not wanted.words:
            return [row for row in range(len(self._plain)) if wanted.literal and wanted.literal in self._plain[row]]
        rows = self._rows_to_check(wanted)
        rows = rows if among is None else rows[among[rows]]
        return [row for row in rows.tolist() if self._stated.have(row, wanted.stated)]

    def _rows_to_check(self, wanted: Phrase) -> NDArray[np.intc]:
        """Only the rows that have the phrase's rarest word can have the phrase."""
        return np.array(min((self._postings.get(word, _NOWHERE) for word in wanted.words), key=len), dtype=np.intc)


_NOWHERE: array[int] = array("i")
