"""How good tagging is: accuracy on a fifth of a public catalogue whose labels were hidden, beside the most frequent label.

Needs the data sets `aws-retail` and `bestbuy`; says so and skips where they are not there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.figures import ratio
from bench.shop import BenchShop, Result
from retrieval.embed import Embedder
from retrieval.feeds.jsonl import read_jsonl
from retrieval.feeds.rows import BadRow
from retrieval.products import parse_product
from retrieval.sql import open_engine
from retrieval.tagging import zero_shot
from retrieval.tagging.features import Featurizer
from retrieval.tagging.fields import attribute_fields, category_field
from retrieval.tagging.heads import guess
from retrieval.tagging.store import SuggestionStore
from retrieval.tagging.tagger import Tagger
from retrieval.tagging.types import ATTRIBUTE, CATEGORY, THRESHOLD, Guess
from retrieval.types import Product

SETS = ("aws-retail", "bestbuy")
FIFTH = 5
SEED = 0

Label = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """Products of which some have a field hidden: the catalogue as it is then, and the truth by product id."""

    field: str
    products: tuple[Product, ...]
    truth: dict[str, Label]
    known: tuple[Label, ...]


def run(shop: BenchShop) -> Iterator[Result]:
    """A line for each field of each set; `ratio` is our accuracy over that of always saying the most frequent label."""
    embedder: Embedder | None = None
    for name in SETS:
        file = shop.data / name / "products.jsonl.gz"
        if not file.is_file():
            yield {"skipped": f"{file} is not there; SHELFWISE_DATA names the folder of the data sets"}
            continue
        embedder = embedder or shop.open_embedder()
        shop.say(f"  {name}: embedding takes a minute or two")
        featurizer = Featurizer(embedder)
        for task in tasks(read(file)):
            yield {"set": name, **measured(task, featurizer)}


def read(file: Path) -> list[Product]:
    """The products of a file. Raises `ValueError` for a row that is none."""
    rows = [row for row in read_jsonl(file) if not isinstance(row, BadRow)]
    return [parse_product(content) for _, content in rows]


def tasks(products: Sequence[Product]) -> Iterator[Task]:
    """The categories cut to departments, whole categories, and each attribute of few values; a fifth hidden in each."""
    departments = [replace(product, category=product.category[:1]) for product in products]
    for catalogue in (departments, list(products)):
        field = category_field(catalogue)
        if len({label for _, label in field.labelled}) > 1:
            depth = "department" if catalogue is departments else CATEGORY
            yield hidden(depth, catalogue, {product.id: label for product, label in field.labelled})
    for field in attribute_fields(products):
        yield hidden(field.name, products, {product.id: label for product, label in field.labelled})


def hidden(field: str, products: Sequence[Product], labels: dict[str, Label]) -> Task:
    """Hides the field in a fifth of the products that have it."""
    ids = np.array(sorted(labels))
    away = {str(name) for name in np.random.default_rng(SEED).permutation(ids)[: len(ids) // FIFTH]}
    left = tuple(_without(product, field) if product.id in away else product for product in products)
    return Task(field, left, {i: labels[i] for i in away}, tuple(labels[i] for i in labels if i not in away))


def _without(product: Product, field: str) -> Product:
    if not field.startswith(ATTRIBUTE):
        return replace(product, category=())
    name = field.removeprefix(ATTRIBUTE)
    return replace(product, attributes={key: value for key, value in product.attributes.items() if key != name})


def measured(task: Task, featurizer: Featurizer) -> dict[str, object]:
    """Accuracy of the whole label, and coverage and accuracy of what is sure enough to be used."""
    with TemporaryDirectory(prefix="shelfwise-tagging-") as folder:
        # At a threshold of 1 next to nothing is sure, so whole labels are guessed, not parts of their paths.
        whole = _suggested(task, featurizer, Path(folder), 1.0)
        used = _suggested(task, featurizer, Path(folder), THRESHOLD)
    common = Counter(task.known).most_common(1)[0][0]
    majority = float(np.mean([label == common for label in task.truth.values()]))
    accuracy = float(np.mean([i in whole and whole[i].value == label for i, label in task.truth.items()]))
    return {
        "ratio": ratio(accuracy, majority),
        "ratio_is": "accuracy / accuracy of the most frequent label",
        "field": task.field,
        "labels": len(set(task.known)),
        "products": len(task.truth),
        "accuracy": round(accuracy, 4),
        "majority_accuracy": round(majority, 4),
        **above(used, task.truth),
        **(_zero_shot(task, featurizer) if not task.field.startswith(ATTRIBUTE) else {}),
    }


def _suggested(task: Task, featurizer: Featurizer, folder: Path, threshold: float) -> dict[str, Guess]:
    """What the tagger suggests, by product id."""
    store = SuggestionStore(open_engine("sqlite://"))
    Tagger(featurizer, store, folder, threshold).tag(task.products)
    field = task.field if task.field.startswith(ATTRIBUTE) else CATEGORY
    return {product_id: suggestion.guess for product_id, suggestion in store.of_field(field).items()}


def above(guesses: Mapping[str, Guess], truth: Mapping[str, Label]) -> dict[str, float]:
    """For how many of the hidden labels a guess is used, how sure it is and how often right; part of a path may be."""
    used = {i: guesses[i] for i in truth if i in guesses and guesses[i].confidence >= THRESHOLD}
    right = sum(truth[i][: len(one.value)] == one.value for i, one in used.items())
    whole = sum(len(truth[i]) == len(one.value) for i, one in used.items())
    return {
        "threshold": THRESHOLD,
        "coverage": round(len(used) / len(truth), 4),
        "coverage_of_whole_labels": round(whole / len(truth), 4),
        "accuracy_above": round(right / max(len(used), 1), 4),
        "confidence_above": round(sum(one.confidence for one in used.values()) / max(len(used), 1), 4),
    }


def _zero_shot(task: Task, featurizer: Featurizer) -> dict[str, float]:
    """The same for the nearest label text, as in a shop without a labelled product."""
    labels = sorted(set(task.known))
    away = [product for product in task.products if product.id in task.truth]
    probabilities = zero_shot.probabilities(featurizer.embed(away), labels, featurizer.embedder)
    right = [task.truth[p.id] == one.value for p, one in zip(away, guess(probabilities, labels, 1.0), strict=True)]
    return {"zero_shot_accuracy": round(float(np.mean(right)), 4)}
