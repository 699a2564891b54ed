"""Hard constraints, checked by code: what may be shown for a need, and why the rest may not.

`mask` answers for the whole catalogue at once from a columnar view; `violations` explains one product. Both ask the
same questions of the same prepared texts, so they agree.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from retrieval.money import format_bound
from retrieval.text import lowered, plain_text, spelled
from retrieval.types import Need, Product

Mask = NDArray[np.bool_]

NO_PRICE = -1
REMEMBERED_PHRASES = 512
_NEGATED = r"(?<! no)(?<! not)(?<! non)(?<! anti)(?<! without)(?<! free of)(?<! free from)"


@dataclass(frozen=True, slots=True)
class Phrase:
    """An excluded phrase, ready to be looked up: by its folded `words`, or literally if it has none."""

    literal: str
    words: tuple[str, ...]
    # In titles and attributes every mention but "X-free" counts: "no X" is rare there, and hiding is the safer error.
    stated: re.Pattern[str]
    described: re.Pattern[str]


@lru_cache(maxsize=4_096)
def phrase(text: str) -> Phrase:
    """Returns `text` (an excluded property such as `leather`) as something to look up."""
    literal = lowered(text).strip()
    spelling = spelled(text).strip()
    stated = rf" {re.escape(spelling)}(?= )(?! free )"
    described = rf"{_NEGATED}{stated}"
    return Phrase(literal, tuple(spelling.split()), re.compile(stated), re.compile(described))


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a product in which exclusions are looked up, as `retrieval.text.spelled` writes them."""

    plain: str
    stated: str
    description: str

    @classmethod
    def of(cls, product: Product) -> Texts:
        """Prepares the texts of a product. An option counts as a property if it leaves the shopper no choice."""
        plain = plain_text(product)
        fixed = " , ".join(
            values[0] for values in map(buyable_values(product).get, product.options) if values and len(values) == 1
        )
        stated = spelled(plain) + (f", {spelled(fixed).strip()} " if fixed else "")
        return cls(lowered(plain), stated, spelled(product.description))

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

    def __init__(self, products: Sequence[Product]) -> None:
        """Reads the products; every mask follows their order."""
        self._count = len(products)
        self.price = np.array([NO_PRICE if p.price is None else p.price for p in products], dtype=np.int64)
        self.rating = np.array([-1.0 if p.rating is None else p.rating for p in products], dtype=np.float64)
        self.popularity = np.array([_popularity(p) for p in products], dtype=np.float64)
        self.created = np.array([_timestamp(p.created_at) for p in products], dtype=np.float64)
        self.for_sale = np.array([p.for_sale for p in products], dtype=np.bool_)
        self._brandless = np.array([not p.brand for p in products], dtype=np.bool_)
        self._brands: dict[tuple[str, ...], list[int]] = {}
        self._texts = [Texts.of(product) for product in products]
        self._postings: dict[str, array[int]] = {}
        self._remembered: dict[str, Mask] = {}
        for row, product in enumerate(products):
            self._brands.setdefault(brand_words(product.brand), []).append(row)
            texts = self._texts[row]
            for word in {*texts.stated.split(), *texts.description.split()}:
                self._postings.setdefault(word, array("i")).append(row)

    def mask(self, need: Need) -> Mask:
        """Returns (n,) bool: which products break no hard constraint of `need`. Agrees with `violations`."""
        allowed = self.for_sale.copy()
        if need.price_max is not None:
            allowed &= self.price <= need.price_max
        if need.price_min is not None:
            allowed &= self.price >= need.price_min
        if need.rating_min is not None:
            allowed &= self.rating >= need.rating_min
        if need.brand:
            allowed &= self.of_brands(need.brand) | (self._brandless & self._stating(need.brand))
        if need.brand_exclude:
            allowed &= ~(self.of_brands(need.brand_exclude) | self._stating(need.brand_exclude))
        for text in need.exclude:
            allowed &= ~self.having(text)
        return allowed

    def off_budget(self, need: Need) -> NDArray[np.int64]:
        """Returns (n,) minor units by which each price is over or under what the need allows; 0 within it."""
        over = self.price - (need.price_max if need.price_max is not None else self.price)
        under = (need.price_min if need.price_min is not None else self.price) - self.price
        off: NDArray[np.int64] = np.maximum(np.maximum(over, under), 0)
        return off

    def of_brands(self, brands: Sequence[str]) -> Mask:
        """Returns (n,) bool: which products are of one of `brands`."""
        wanted = [brand_words(brand) for brand in brands]
        found = np.zeros(self._count, dtype=np.bool_)
        for words, rows in self._brands.items():
            if any(is_brand(brand, words) for brand in wanted):
                found[rows] = True
        return found

    def having(self, text: str) -> Mask:
        """Returns (n,) bool: which products have the property `text`, as an exclusion reads it."""
        known = self._remembered.get(text)
        if known is None:
            if len(self._remembered) >= REMEMBERED_PHRASES:
                self._remembered.clear()
            known = self._remembered[text] = self._look_up(phrase(text))
        return known

    def _stating(self, brands: Sequence[str]) -> Mask:
        """Returns (n,) bool: which products name one of `brands` in title or attributes."""
        found = np.zeros(self._count, dtype=np.bool_)
        for wanted in map(phrase, brands):
            for row in self._rows_to_check(wanted):
                found[row] |= self._texts[row].state(wanted)
        return found

    def _look_up(self, wanted: Phrase) -> Mask:
        found = np.zeros(self._count, dtype=np.bool_)
        for row in self._rows_to_check(wanted):
            found[row] = self._texts[row].have(wanted)
        return found

    def _rows_to_check(self, wanted: Phrase) -> Sequence[int]:
        """Only the rows that have the phrase's rarest word can have the phrase."""
        if not wanted.words:
            return range(self._count) if wanted.literal else ()
        return min((self._postings.get(word, array("i")) for word in wanted.words), key=len)


def _popularity(product: Product) -> float:
    """Grows with how many people rated the product, and how well; 0 where nobody did."""
    return math.log1p(product.rating_count or 0) * (product.rating or 0.0)


def _timestamp(created_at: str) -> float:
    return datetime.fromisoformat(created_at).timestamp() if created_at else 0.0
