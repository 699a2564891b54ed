from __future__ import annotations

from pathlib import Path

from bench.tagging import above, hidden, measured, run, tasks
from retrieval.tagging.features import Featurizer
from retrieval.tagging.types import Guess
from retrieval.types import Product
from tests.bench.fakes_bench import closed_shop
from tests.fakes_retrieval import FakeEmbedder, product

PATHS = (("Shoes", "Boots"), ("Shoes", "Sandals"), ("Kitchen", "Kettles"))


def catalogue() -> list[Product]:
    return [
        product(id=f"p{n:02}", title=f"{path[1]} number {n}", category=path, attributes={"fit": "wide" if n % 2 else "slim"})
        for n in range(60)
        for path in [PATHS[n % 3]]
    ]


def test_without_the_data_each_set_says_so(tmp_path: Path) -> None:
    lines = list(run(closed_shop(tmp_path, [])))
    assert len(lines) == 2
    assert all("SHELFWISE_DATA" in str(line["skipped"]) for line in lines)


def test_a_fifth_loses_the_field_and_nothing_else() -> None:
    products = catalogue()
    task = hidden("category", products, {one.id: one.category for one in products})
    assert len(task.truth) == 12
    for before, after in zip(products, task.products, strict=True):
        assert after.category == (() if before.id in task.truth else before.category)
        assert after.attributes == before.attributes
    assert task == hidden("category", products, {one.id: one.category for one in products}), "drawn the same each time"


def test_departments_categories_and_attributes_are_asked_for() -> None:
    products = [*catalogue(), product(id="q", category=PATHS[0], attributes={})]
    assert [task.field for task in tasks(products)] == ["department", "category", "attributes.fit"]


def test_accuracy_is_beside_that_of_the_most_frequent_label() -> None:
    products = catalogue()
    task = hidden("category", products, {one.id: one.category for one in products})
    line = measured(task, Featurizer(FakeEmbedder(dimension=128)))
    assert line["accuracy"] == 1.0
    assert line["majority_accuracy"] < 0.5
    assert line["ratio"] > 2
    assert "zero_shot_accuracy" in line


def test_used_guesses_worked_out_by_hand() -> None:
    truth = {"a": ("Shoes", "Boots"), "b": ("Shoes", "Boots"), "c": ("Kitchen", "Kettles"), "d": ("Kitchen", "Kettles")}
    guesses = {
        "a": Guess(("Shoes", "Boots"), 0.9, "head"),
        "b": Guess(("Shoes",), 0.8, "head"),
        "c": Guess(("Shoes", "Boots"), 1.0, "head"),
        "d": Guess(("Kitchen", "Kettles"), 0.79, "head"),
    }
    assert above(guesses, truth) == {
        "threshold": 0.8,
        "coverage": 0.75,
        "coverage_of_whole_labels": 0.5,
        "accuracy_above": 0.6667,
        "confidence_above": 0.9,
    }
