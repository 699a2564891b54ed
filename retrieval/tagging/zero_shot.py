"""Labels for shops without a labelled product: the label whose text is nearest to the product's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from retrieval.embed import Embedder, Vectors
from retrieval.tagging.heads import Probabilities, softmax

TEMPERATURE = 0.05
"""Makes cosine similarities (-1 to 1) probabilities that are about as often right as they say."""


class BadCategories(ValueError):
    """A file of categories has none; the text says what was expected."""


def probabilities(vectors: Vectors, labels: Sequence[tuple[str, ...]], embedder: Embedder) -> Probabilities:
    """Returns (n, labels), rows summing to 1, for products' vectors (n, dim). Raises `ValueError` for no labels."""
    if not labels:
        raise ValueError("labels is empty; expected the categories to choose from")
    texts = embedder.encode([" > ".join(label) for label in labels])
    return softmax((vectors @ texts.T) / TEMPERATURE)


def read_categories(file: Path) -> list[tuple[str, ...]]:
    """Reads category paths, one a line, such as `Shoes > Hiking boots`. Raises `OSError`, or `BadCategories` for no line."""
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    paths = (tuple(name.strip() for name in line.split(">") if name.strip()) for line in lines)
    found = list(dict.fromkeys(path for path in paths if path))
    if not found:
        raise BadCategories(f"{file} is empty; expected categories, one a line, such as Shoes > Hiking boots")
    return found
