from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from bench.relevance import Collection, best, compared, ndcg_at_k, read_collection
from tests.fakes_retrieval import product

GAINS = {"a": 3.0, "b": 1.0}
# (2^3 - 1) / log2(2) + (2^1 - 1) / log2(3)
IDEAL = 7 + 1 / math.log2(3)


@pytest.mark.parametrize(
    ("ranked", "expected"),
    [
        (["a", "b"], 1.0),
        (["b", "a"], (1 + 7 / math.log2(3)) / IDEAL),
        (["x", "a"], (7 / math.log2(3)) / IDEAL),
        (["x", "y"], 0.0),
        ([], 0.0),
    ],
)
def test_ndcg_worked_out_by_hand(ranked: list[str], expected: float) -> None:
    assert ndcg_at_k(ranked, GAINS, 10) == pytest.approx(expected)


def test_what_comes_after_k_does_not_count() -> None:
    assert ndcg_at_k(["x", "a"], GAINS, 1) == 0
    # The ideal is cut at k as well.
    assert ndcg_at_k(["a"], GAINS, 1) == 1


def test_a_query_without_gains_has_no_ndcg() -> None:
    with pytest.raises(ValueError, match="expected at least one over 0"):
        ndcg_at_k(["a"], {}, 10)


def test_the_search_is_set_against_the_better_half() -> None:
    judged = Collection({"q": "boots"}, {"q": {"a": 1.0}})
    sides = {"search": lambda _: ["a"], "bm25": lambda _: ["x", "a"], "embeddings": lambda _: ["x", "y", "a"]}
    line = compared(judged, sides)
    assert line["search_ndcg_at_10"] == 1
    assert line["bm25_ndcg_at_10"] == round(1 / math.log2(3), 4)
    assert line["embeddings_ndcg_at_10"] == 0.5
    assert line["ratio"] == 1.58


def test_the_best_have_a_score_and_ties_keep_their_order() -> None:
    products = [product(id=name) for name in "abcd"]
    assert best(products, np.array([0.5, 0.0, 2.0, 0.5], dtype=np.float32)) == ["c", "a", "d"]


def test_judgements_without_gain_are_left_out(tmp_path: Path) -> None:
    queries, judgements = tmp_path / "queries.jsonl", tmp_path / "judgements.jsonl"
    queries.write_text(json.dumps({"query_id": 1, "query": "boots"}) + "\n\n", encoding="utf-8")
    rows = [{"query_id": 1, "product_id": 7, "gain": 2}, {"query_id": 1, "product_id": 8, "gain": 0}]
    judgements.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert read_collection(queries, judgements) == Collection({"1": "boots"}, {"1": {"7": 2.0}})
