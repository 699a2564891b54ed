"""What tagging suggests, and how a suggestion is told apart from what the merchant says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from retrieval.types import Product

Method = Literal["head", "words", "zero_shot"]
"""A linear head trained on the shop's own products; a value's words in the text; the label whose text is nearest."""

CATEGORY = "category"
THRESHOLD = 0.8
"""The confidence from which a suggestion is used."""

ATTRIBUTE = "attributes."


@dataclass(frozen=True, slots=True)
class Guess:
    """A value for one field of one product. A category's value is its path; an attribute's value is a path of one."""

    value: tuple[str, ...]
    confidence: float
    method: Method


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A guess, with what it is about and what it was made from.

    `field` is `category` or `attributes.NAME`; `model` names what guessed, `source_hash` the text that was read.
    """

    product_id: str
    field: str
    guess: Guess
    model: str
    source_hash: str


@dataclass(frozen=True, slots=True)
class Filled:
    """A product with suggestions where the merchant says nothing.

    `product` is for finding things only. Cards, answers and exclusions go by `merchant`: a suggestion is no fact, and
    that something is not suggested to be leather does not make it leather-free.
    """

    product: Product
    merchant: Product
    suggested: Mapping[str, Guess]
