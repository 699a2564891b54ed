from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from bench.ranking import TASKS, Choice, on_invoices, on_sequences
from ranking.feature_models import FEATURE_MODELS
from tests.bench.fakes_bench import closed_shop


def test_without_the_data_each_set_says_so(tmp_path: Path) -> None:
    shop = closed_shop(tmp_path, [])
    lines = [*on_invoices(shop, Choice()), *on_sequences(shop, "beauty", Choice())]
    assert ["SHELFWISE_DATA" in str(line["skipped"]) for line in lines] == [True, True]


def test_a_task_that_is_not_chosen_asks_for_no_data(tmp_path: Path) -> None:
    shop, choice = closed_shop(tmp_path, []), Choice(tasks=("shop",))
    assert [*on_invoices(shop, choice), *on_sequences(shop, "beauty", choice)] == []


def test_the_environment_chooses() -> None:
    assert Choice.of({}) == Choice() and Choice().tasks == TASKS
    wanted = {
        "BENCH_RANKING_TASKS": "cold,next",
        "BENCH_RANKING_SETS": "toys",
        "BENCH_RANKING_MODELS": "ncf, item_graph",
        "BENCH_RANKING_SHOPPERS": "50",
        "BENCH_RANKING_SPLIT": "validation",
        "BENCH_RANKING_TRIALS": "2",
    }
    assert Choice.of(wanted) == Choice(("cold", "next"), ("toys",), ("ncf", "item_graph"), 50, "validation", 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BENCH_RANKING_TASKS", "all"),
        ("BENCH_RANKING_SETS", "books"),
        ("BENCH_RANKING_MODELS", "ncf,magic"),
        ("BENCH_RANKING_SHOPPERS", "0"),
        ("BENCH_RANKING_SPLIT", "training"),
        ("BENCH_RANKING_TRIALS", "99"),
    ],
)
def test_what_there_is_not_can_not_be_chosen(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{name}.*; expected"):
        Choice.of({name: value})


def test_every_model_of_features_goes_by_its_own_name() -> None:
    assert all(FEATURE_MODELS[name]().name == name for name in FEATURE_MODELS)


def test_a_sequence_set_is_read_and_measured(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "amazon"
    folder.mkdir(parents=True)
    rows = (f"{u} {' '.join(str((u * 3 + n) % 40 + 1) for n in range(8))}\n" for u in range(1, 61))
    (folder / "beauty.sequences.txt").write_text("".join(rows) + "99 1 2\n", encoding="utf-8")
    items = ({"item_id": n, "title": f"Item {chr(97 + n % 7) * 4}"} for n in range(1, 41))
    with gzip.open(folder / "beauty.items.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(item) + "\n" for item in items)
    said: list[str] = []
    choice = Choice(tasks=("next", "cold"), models=("cosine_profile",), shoppers=30)
    lines = list(on_sequences(closed_shop(tmp_path, said), "beauty", choice))
    assert [(line["task"], line["model"]) for line in lines[:2]] == [("next", "item_graph"), ("next", "cosine_profile")]
    assert [line["new"] for line in lines[2:]] == ["products"] * 3 + ["shoppers"] * 4
    assert {line["set"] for line in lines} == {"beauty"}
    assert said == ["  beauty", "    item_graph", "    cosine_profile", "    cosine_profile"]
