"""What the shop's records say of one product, cut into passages that an answer may rest on and show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.grounding import LINK, MONEY
from retrieval.reviews import Review
from retrieval.text import affirmed_stems, stems, without_links
from retrieval.types import Product

Source = Literal["attribute", "title", "sentence", "review"]

SENTENCES = 12
REVIEW_SENTENCES = 24
_LONGEST = 240
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\s*[\n\r]+\s*|\s+[•·*]\s+")
# An amount of money in a text may be out of date; the price comes from its own field. ("Pounds" may be a weight.)
_AMOUNT = re.compile(r"[$£€¥₹]|\b(?:dollars?|euros?|bucks|quid|cents|usd|eur|gbp)\b", re.I)
# What a text says to whoever reads it out, and not of the product; promises that only the shop can make; accusations.
_ORDERS = re.compile(
    r"\b(?:"
    r"(?:ignore|disregard|forget|override) (?:all|any|the|your|my|these|those|previous|prior|above|earlier|every\w*)|"
    r"(?:system|developer|admin|shop) (?:prompt|message|note|instructions?|override|mode)|"
    r"(?:language|ai) models?|chat ?bots?|assistants?|jailbreak\w*|as an ai|ai (?:agent|assistant)s?|"
    r"(?:tell|inform|convince|persuade) (?:\w+ )?(?:customers?|shoppers?|users?|buyers?|people|everyone|everybody|them)|"
    r"you (?:must|are now|have to)|(?:do not|don't|never) (?:mention|recommend|say|tell|show)|"
    r"always (?:recommend|say|answer|show)|"
    r"say (?:that|this|it)|(?:reply|respond|answer) (?:only )?with|repeat after|(?:print|reveal|output) (?:the|your|all)|"
    r"add (?:it|this|these|them|one|two|ten) to|note to (?:the )?\w+|"
    r"(?:delivery|shipping|returns?) (?:\w+ ){0,4}(?:is|are) free|free (?:delivery|shipping|returns?|gifts?)|hurry|sold out|"
    r"only (?:\w+ ){1,2}left|in stock|percent off|half price|"
    r"discounts?|coupons?|vouchers?|promo\w*|refund\w*|free of charge|for free|passwords?|credit card numbers?|"
    r"scam\w*|fraud\w*|lawsuits?|illegal\w*|stolen|counterfeit\w*"
    r")\b",
    re.I,
)
_ODD = re.compile(
    r"\S{31,}|\d ?% off|[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\x00-\x08]|[\[\]_=~^]|\w\.(?:com|net|org|io|shop)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Passage:
    """One thing that is on record: `text` is a value of the attribute `name`, or a sentence.

    `said` are the stems that the text affirms, `words` all of its stems, `named` those of the attribute's name. `values` are
    all values of the same attribute.
    """

    source: Source
    text: str
    name: str = ""
    said: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    values: tuple[str, ...] = ()


def passage(source: Source, text: str, name: str = "", values: Sequence[str] = ()) -> Passage:
    """A passage with its stems."""
    return Passage(
        source, text, name, frozenset(affirmed_stems(text)), frozenset(stems(text)), frozenset(stems(name)), tuple(values)
    )


def passages_of(product: Product) -> list[Passage]:
    """Attributes and options value by value, then the title, then sentences of the description that can be quoted."""
    found: list[Passage] = []
    for name, value in {**product.options, **product.attributes}.items():
        values = [text for text in without_links(value) if text.strip() and is_harmless(text)]
        label = name.replace("_", " ").strip()
        found += [passage("attribute", text.strip(), label, values) for text in values if is_harmless(label)]
    found += [passage("title", product.title)] if is_harmless(product.title) else []
    return found + [passage("sentence", text) for text in _first(quotable(product.description), SENTENCES)]


def passages_of_reviews(reviews: Iterable[Review]) -> list[Passage]:
    """Sentences of reviews that can be quoted, those of the latest first."""
    return [passage("review", text) for text in _first(sentences_of(reviews), REVIEW_SENTENCES)]


def sentences_of(reviews: Iterable[Review]) -> Iterator[str]:
    """The sentences of reviews that can be quoted as their buyers' opinion."""
    for review in reviews:
        # Here nobody vouches for the numbers: what may be an amount of money is left out, too.
        yield from (text for text in quotable(review.text) if not MONEY.search(text))


def quotable(text: str) -> Iterator[str]:
    """The sentences of `text` that may be shown: of a length to be read, and harmless."""
    for sentence in _SENTENCE_END.split(text):
        told = sentence.strip().strip("-–—•* ")
        if len(told.split()) > 2 and len(told) <= _LONGEST and is_harmless(told):
            yield told


def is_harmless(text: str) -> bool:
    """Whether `text` has no amount of money, link, address, markup or order to its reader in it."""
    return not (_AMOUNT.search(text) or LINK.search(text) or _ORDERS.search(text) or _ODD.search(text))


def _first(texts: Iterable[str], limit: int) -> list[str]:
    found = list(dict.fromkeys(texts))
    return found[:limit]
