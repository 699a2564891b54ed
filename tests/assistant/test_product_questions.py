"""Questions about products of the demo shop, labelled by hand: the right passage, or that the shop does not say.

Thresholds were chosen on the tuning half; the kept half only measures.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from random import Random

import pytest

from assistant.product_answers import Reply, reply
from assistant.vocabulary import Vocabulary
from demo.generate import END
from demo.kinds import read_kinds
from demo.products import make_products, product_row
from demo.reviews import make_reviews, read_phrases
from retrieval.embed import open_embedder
from retrieval.products import parse_product
from retrieval.remembered import RememberedVectors
from retrieval.reviews import Review, parse_review
from retrieval.types import Product

QUESTIONS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "product_questions.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.fixture(scope="module")
def catalogue() -> dict[str, Product]:
    made = make_products(read_kinds(), 2_800, END, Random("7/products"))
    return {product.id: parse_product(product_row(product)) for product in made}


@pytest.fixture(scope="module")
def reviews() -> dict[str, list[Review]]:
    made = make_products(read_kinds(), 2_800, END, Random("7/products"))
    by_product = defaultdict(list)
    for row in make_reviews(made, read_phrases(), END, Random("7/reviews")):
        by_product[row["product_id"]].append(parse_review(row))
    return by_product


@pytest.mark.parametrize(("half", "right", "wrong"), [("tuning", 0.92, 0.04), ("kept", 0.84, 0.07)])
def test_the_passage_that_answers_is_found(
    half: str, right: float, wrong: float, catalogue: dict[str, Product], reviews: dict[str, list[Review]]
) -> None:
    vectors, words = RememberedVectors(open_embedder(device="cpu")), Vocabulary.from_products(catalogue.values())
    asked = [question for question in QUESTIONS if question["half"] == half]
    counts: Counter[str] = Counter()
    for question in asked:
        product = catalogue[question["product_id"]]
        found = reply(product, question["question"], lambda named=product.id: reviews[named], vectors.of, words)
        is_right = any(wanted.lower() in _key(found).lower() for wanted in question["passages"])
        counts["right" if is_right else "silent" if found.kind == "unknown" else "wrong"] += 1
        if is_right and found.finding is not None and found.finding.verdict in ("yes", "no"):
            assert found.finding.verdict in question["verdicts"], question
    assert counts["right"] >= right * len(asked) and counts["wrong"] <= wrong * len(asked), counts


def _key(found: Reply) -> str:
    if found.finding is not None:
        passage = found.finding.passage
        return f"{passage.source}|{passage.name}|{passage.text}"
    return "none" if found.kind == "unknown" else f"options|{found.option}" if found.kind == "option" else found.kind
