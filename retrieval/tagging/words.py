"""Attribute values that stand in a product's own words, and how often such words are right in this shop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from retrieval.tagging.types import Guess
from retrieval.text import FREE, NEGATORS, spelled
from retrieval.types import Product

Place = Literal["title", "description"]
PLACES: tuple[Place, ...] = ("title", "description")


@dataclass(frozen=True, slots=True)
class WordEvidence:
    """The values of one attribute by their words, and how often (0-1) the only one in a title or description is right."""

    values: Mapping[tuple[str, ...], str]
    precision: Mapping[Place, float]

    @classmethod
    def learn(cls, labelled: Sequence[tuple[Product, str]]) -> WordEvidence:
        """Counts in labelled products how far words can be trusted; one right and one wrong are counted beforehand."""
        # The most frequent spelling comes last, and stays.
        counted = Counter(value for _, value in labelled).most_common()
        values = {tuple(spelled(value).split()): value for value, _ in reversed(counted)}
        values.pop((), None)
        found, right = Counter[Place](), Counter[Place]()
        for product, value in labelled:
            for place in PLACES:
                mentioned = _mentioned(_text(product, place), values)
                found[place] += mentioned is not None
                right[place] += mentioned == value
        return cls(values, {place: (right[place] + 1) / (found[place] + 2) for place in PLACES})

    def guess(self, product: Product) -> Guess | None:
        """Returns the value that the title names, else the description; None where they name none, or several."""
        for place in PLACES:
            value = _mentioned(_text(product, place), self.values)
            if value is not None:
                return Guess((value,), round(self.precision[place], 4), "words")
        return None


def _text(product: Product, place: Place) -> str:
    return product.title if place == "title" else product.description


def _mentioned(text: str, values: Mapping[tuple[str, ...], str]) -> str | None:
    """The only value that the text affirms. The longest words count: light blue is not blue."""
    words = spelled(text).split()
    longest = max(map(len, values), default=0)
    found: set[str] = set()
    place = 0
    while place < len(words):
        spans = range(min(longest, len(words) - place), 0, -1)
        span = next((span for span in spans if tuple(words[place : place + span]) in values), 0)
        if span and not _is_denied(words, place, span):
            found.add(values[tuple(words[place : place + span])])
        place += span or 1
    return found.pop() if len(found) == 1 else None


def _is_denied(words: Sequence[str], place: int, span: int) -> bool:
    """Whether the words at a place are said not to be so: no leather, leather-free."""
    before = words[place - 1] if place else ""
    return before in NEGATORS or words[place + span : place + span + 1] == [FREE]
