"""Tags a catalogue: learns from the products that have a field, guesses for those that lack it, keeps what is unchanged."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval.tagging import heads, zero_shot
from retrieval.tagging.features import Featurizer, evidence, text_hash
from retrieval.tagging.fields import Field, attribute_fields, category_field, seen
from retrieval.tagging.store import SuggestionStore
from retrieval.tagging.types import CATEGORY, THRESHOLD, Guess, Method, Suggestion
from retrieval.tagging.words import WordEvidence
from retrieval.types import Product

Guesser = Callable[[Sequence[Product]], list[Guess]]
Progress = Callable[[int, int], None]
"""Told how many of how many texts are embedded."""


@dataclass(frozen=True, slots=True)
class FieldReport:
    """What was done for one field.

    `accuracy` (0-1) is cross-validated on the labelled products, None where there are none. Of the products lacking the
    field, `guessed` were read now and `kept` have their suggestion from before; for `confident` it is sure enough to use.
    """

    field: str
    method: Method
    labels: int
    labelled: int
    accuracy: float | None
    lacking: int
    guessed: int
    kept: int
    confident: int


@dataclass(frozen=True, slots=True)
class _Model:
    """Something that guesses, and its name: the same name guesses the same."""

    name: str
    method: Method
    labels: int
    accuracy: float | None
    guess: Guesser


class Tagger:
    """Tags the products of one shop; heads are kept in `folder`, suggestions in `store`."""

    def __init__(self, featurizer: Featurizer, store: SuggestionStore, folder: Path, threshold: float = THRESHOLD) -> None:
        """Raises `ValueError` for a threshold outside 0 to 1."""
        if not 0 <= threshold <= 1:
            raise ValueError(f"threshold is {threshold}; expected 0 to 1")
        self._featurizer = featurizer
        self._store = store
        self._folder = folder
        self._threshold = threshold

    def tag(
        self,
        products: Sequence[Product],
        categories: Sequence[tuple[str, ...]] = (),
        progress: Progress | None = None,
    ) -> list[FieldReport]:
        """Brings the suggestions up to date with `products`, reading only what changed, and tells of each field.

        `categories` are chosen from where too few products have one to learn from. Raises `OSError` where a head can't
        be written.
        """
        reports = []
        for field in (category_field(products), *attribute_fields(products)):
            model = self._model(field, categories, progress) if field.lacking else None
            if model is not None:
                reports.append(self._tag(field, model))
        self._store.keep_fields([report.field for report in reports])
        return reports

    def _model(self, field: Field, categories: Sequence[tuple[str, ...]], progress: Progress | None) -> _Model | None:
        sample = field.sample()
        rows = heads.learnable([label for _, label in sample])
        if len(rows):
            return self._head_model(field, [sample[row] for row in rows], progress)
        if field.name == CATEGORY and categories:
            return self._zero_shot_model(categories, progress)
        return None

    def _head_model(
        self, field: Field, sample: Sequence[tuple[Product, tuple[str, ...]]], progress: Progress | None
    ) -> _Model:
        head = self._head(field.name, sample, progress)
        words = None
        if field.name != CATEGORY:
            words = WordEvidence.learn([(product, label[0]) for product, label in field.labelled])

        def guess(products: Sequence[Product]) -> list[Guess]:
            probabilities = head.probabilities(self._featurizer(products, progress))
            guesses = heads.guess(probabilities, head.labels, self._threshold)
            return guesses if words is None else [surer(g, words.guess(p)) for g, p in zip(guesses, products, strict=True)]

        # How much of a path is guessed depends on the threshold.
        name = f"{head.version}@{self._threshold:g}"
        return _Model(name, "head", len(head.labels), head.accuracy, guess)

    def _head(self, field: str, sample: Sequence[tuple[Product, tuple[str, ...]]], progress: Progress | None) -> heads.Head:
        """The stored head if its shop is still much the same, else a new one."""
        file = self._folder / f"{_file_name(field)}.npz"
        names = seen(sample)
        stored = heads.load(file)
        if stored is not None and stored.is_for(names, self._featurizer.model_id):
            return stored
        features = self._featurizer([product for product, _ in sample], progress)
        head = heads.train(features, [label for _, label in sample], names, self._featurizer.model_id)
        heads.save(head, file)
        return head

    def _zero_shot_model(self, categories: Sequence[tuple[str, ...]], progress: Progress | None) -> _Model:
        def guess(products: Sequence[Product]) -> list[Guess]:
            vectors = self._featurizer.embed(products, progress)
            probabilities = zero_shot.probabilities(vectors, categories, self._featurizer.embedder)
            return heads.guess(probabilities, categories, self._threshold, "zero_shot")

        name = text_hash(f"{self._featurizer.embedder.model_id} {list(categories)}")[:16]
        return _Model(f"{name}@{self._threshold:g}", "zero_shot", len(categories), None, guess)

    def _tag(self, field: Field, model: _Model) -> FieldReport:
        stored = self._store.of_field(field.name)
        hashes = {product.id: text_hash(evidence(product)) for product in field.lacking}
        stale = [product for product in field.lacking if not _is_current(stored.get(product.id), model, hashes)]
        guesses = model.guess(stale) if stale else []
        fresh = {
            product.id: Suggestion(product.id, field.name, guess, model.name, hashes[product.id])
            for product, guess in zip(stale, guesses, strict=True)
        }
        gone = [product_id for product_id in stored if product_id not in hashes]
        self._store.replace(field.name, fresh.values(), gone)
        now = {**stored, **fresh}
        confident = sum(now[product_id].guess.confidence >= self._threshold for product_id in hashes)
        return FieldReport(
            field.name,
            model.method,
            model.labels,
            len(field.labelled),
            None if model.accuracy is None else round(model.accuracy, 4),
            len(field.lacking),
            len(fresh),
            len(hashes) - len(fresh),
            confident,
        )


def surer(one: Guess, other: Guess | None) -> Guess:
    """Returns the surer of two guesses; the first where there is no other."""
    return one if other is None or one.confidence >= other.confidence else other


def _is_current(suggestion: Suggestion | None, model: _Model, hashes: Mapping[str, str]) -> bool:
    if suggestion is None:
        return False
    return suggestion.model == model.name and suggestion.source_hash == hashes[suggestion.product_id]


def _file_name(field: str) -> str:
    """A file name for a field, whatever characters the merchant's attribute has; different fields have different ones."""
    return f"{re.sub(r'[^a-z0-9]+', '-', field.lower())[:40]}-{zlib.crc32(field.encode()):08x}"
