"""What a sentence says of prices, ratings and other facts that references tell: whether it is so of the cards.

A comparison ("cheaper", "rated highest") is checked against the cards. A reference must be of the product that is spoken of,
and stand where such a fact belongs; words such as "costs" or "pay" say nothing without a price beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.facts import COSTS_LEAST, COSTS_MOST, ON_SALE, RATED_HIGHEST, labels_of
from assistant.types import Card

MARK = re.compile(r"(\[[A-J](?:\.[a-z_]{1,40})?\])")
NEXT = re.compile(r";|\b(?:while|whereas|but)\b|,\s*(?:and|or)\b", re.I)
"""Where the words between two names begin to lead to the second."""

_PAY = r"(?:costs?|spend\w*|pay\w*|priced?)"
_LOWEST = re.compile(
    rf"\b(?:cheapest|lowest(?: price\w*)?|{_PAY} (?:you )?(?:the )?(?:very )?least|least (?:to {_PAY}|on|money|spend))\b",
    re.I,
)
_LOWER = re.compile(
    rf"\b(?:cheaper|{_PAY} (?:you )?(?:a little )?less|for less(?: money)?|less (?:to {_PAY}|money)|"
    r"lower(?: (?:price|cost|spend)\w*)?|"
    r"lighter spend|saves? (?:you )?money)\b",
    re.I,
)
_DEAREST = re.compile(rf"\b(?:dearest|priciest|{_PAY} (?:you )?(?:the )?most|most (?:expensive|money))\b", re.I)
_DEARER = re.compile(
    rf"\b(?:dearer|pricier|{_PAY} (?:you )?(?:a little )?more|more expensive|(?:for )?more money|higher price)\b", re.I
)
_HIGHEST = re.compile(r"\b(?:(?:rated )?(?:the )?highest(?:[- ]rat\w+)?|rated (?:the )?best|best[- ]rated)\b", re.I)
_HIGHER = re.compile(r"\b(?:(?:rated|rating|rate) (?:\w+ ){0,3}?(?:higher|better)|(?:higher|better)[- ]rat\w+)\b", re.I)
_SALE = re.compile(r"\b(?:on sale|reduced)\b", re.I)
_COMPARISONS = (_LOWEST, _LOWER, _DEAREST, _DEARER, _HIGHEST, _HIGHER, _SALE)
_OTHER_COMPARISON = re.compile(r"\bmore \w+ than\b", re.I)
_PAYING = re.compile(r"\b(?:costs?|prices?|priced|pays?|paying|paid|spend(?:s|ing)?|spent)\b", re.I)
_PRICE_MARK = re.compile(r"\[[A-J]\.(?:list_)?price\]")
_PIECE_ENDS = re.compile(r"[,;:.?]|\b(?:and|but|while|so)\b")
_RATED = re.compile(r"\brat(?:ed|es?|ings?)\b", re.I)
_NO_PRICE = re.compile(r"\b(?:a|an|with|by|has|have|its|in|on|and)\s*$", re.I)
_RATED_LOW = re.compile(r"\brat\w+ (?:\w+ ){0,2}?(?:lowest|lower|least|cheap\w*)\b", re.I)
_PRICES = ("price", "list_price")


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison of price or rating may rest on. `price` is minor units."""

    labels: tuple[str, ...]
    price: float | None = None
    rating: float | None = None

    @classmethod
    def of(cls, card: Card, among: Sequence[Card]) -> Compared:
        """Of a card among all those of its turn."""
        return cls(labels_of(card, among), card.product.price, card.product.rating)

    def is_under(self, others: Sequence[Compared]) -> bool:
        """Whether it costs less than each of `others`."""
        known = [other.price for other in others if other.price is not None]
        return self.price is not None and bool(known) and len(known) == len(others) and self.price < min(known)

    def is_over(self, others: Sequence[Compared]) -> bool:
        """Whether it costs more than each of `others`."""
        known = [other.price for other in others if other.price is not None]
        return self.price is not None and bool(known) and len(known) == len(others) and self.price > max(known)

    def is_better_rated(self, others: Sequence[Compared]) -> bool:
        """Whether it is rated higher than each of `others`."""
        known = [other.rating for other in others if other.rating is not None]
        return self.rating is not None and bool(known) and self.rating > max(known)


def comparison_fault(text: str, one: Compared, others: Sequence[Compared]) -> str | None:
    """What `text`, said of `one`, gets wrong of price or rating; a mere comparison is with `others`."""
    checks = [
        (_LOWEST, COSTS_LEAST in one.labels),
        (_LOWER, COSTS_LEAST in one.labels or one.is_under(others)),
        (_DEAREST, COSTS_MOST in one.labels),
        (_DEARER, COSTS_MOST in one.labels or one.is_over(others)),
        (_HIGHEST, RATED_HIGHEST in one.labels),
        (_HIGHER, RATED_HIGHEST in one.labels or one.is_better_rated(others)),
        (_SALE, ON_SALE in one.labels),
    ]
    wrong = next((match[0] for words, is_true in checks if not is_true and (match := words.search(text))), None)
    return None if wrong is None else f"says {wrong!r}, which is not so"


def without_comparisons(text: str) -> str:
    """`text` without the words of price and rating that `comparison_fault` looks after."""
    for words in _COMPARISONS:
        text = words.sub(" ", text)
    return text


def placing_fault(sentence: str) -> str | None:
    """What is wrong with where the facts of a sentence stand, or with words of price that have none beside them."""
    for before, mark, name in _facts(sentence):
        kind = mark[3:-1]
        if name is not None and mark[1] != name:
            return f"says {mark} of [{name}]"
        if kind == "rating" and not _RATED.search(before):
            return f"says {mark} of something that is no rating"
        if kind in _PRICES and (_RATED.search(before.split(",")[-1]) or _NO_PRICE.search(before)):
            return f"says {mark} of something that is no price"
    if _RATED_LOW.search(sentence):
        return "says of a rating what no label tells"
    if _OTHER_COMPARISON.search(without_comparisons(sentence)):
        return "compares what can't be compared"
    return _paying_fault(sentence)


def _facts(sentence: str) -> Iterator[tuple[str, str, str | None]]:
    """(the words before it, the reference, the letter it should have) of each fact; None where no name stands near it."""
    parts = MARK.split(sentence)
    marks, between = parts[1::2], parts[0::2]
    for place, mark in enumerate(marks):
        if "." not in mark:
            continue
        before, after = ([other[1] for other in side if "." not in other] for side in (marks[:place], marks[place + 1 :]))
        leads_on = not before or NEXT.search(between[place]) is not None
        if leads_on and after and after[0] == mark[1]:
            yield between[place], mark, mark[1]
        else:
            yield between[place], mark, before[-1] if before else after[0] if after else None


def _paying_fault(sentence: str) -> str | None:
    """Words such as "costs" say nothing without a price or a comparison in their own piece of the sentence."""
    for piece in _PIECE_ENDS.split(_PRICE_MARK.sub("#", sentence)):
        word = _PAYING.search(piece)
        if word and "#" not in piece and without_comparisons(piece) == piece:
            return f"speaks of {word[0]!r} without a price"
    return None
