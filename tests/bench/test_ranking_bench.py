from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from bench.ranking import Choice, chances, held_out, on_invoices, on_sequences, places_of, serving
from bench.ranking_data import PASSED_OVER, cut, judged
from ranking.dataset import from_events, from_sequences
from ranking.feature_models import FEATURE_MODELS
from ranking.models.popularity import Popularity
from ranking.types import Shopper
from tests.bench.fakes_bench import closed_shop
from tests.fakes_ranking import DAY, NOW, make_event, make_product, shopper_who, small_shop


def test_without_the_data_each_set_says_so(tmp_path: Path) -> None:
    shop = closed_shop(tmp_path, [])
    lines = [*on_invoices(shop, Choice()), *on_sequences(shop, "beauty", Choice())]
    assert ["SHELFWISE_DATA" in str(line["skipped"]) for line in lines] == [True, True]


def test_the_environment_chooses_sets_and_models() -> None:
    assert Choice.of({}) == Choice()
    wanted = {"BENCH_RANKING_SETS": "toys", "BENCH_RANKING_MODELS": "ncf, item_graph", "BENCH_RANKING_SHOPPERS": "50"}
    assert Choice.of(wanted) == Choice(("toys",), ("ncf", "item_graph"), 50)


@pytest.mark.parametrize(
    ("name", "value"),
    [("BENCH_RANKING_SETS", "books"), ("BENCH_RANKING_MODELS", "ncf,magic"), ("BENCH_RANKING_SHOPPERS", "0")],
)
def test_what_there_is_not_can_not_be_chosen(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{name}.*; expected"):
        Choice.of({name: value})


def test_the_last_days_are_cut_off() -> None:
    events = [make_event("a", time=NOW + day * DAY) for day in range(10)]
    past, future = cut(events, 3)
    assert (len(past), len(future)) == (6, 4)


def test_what_is_judged_is_new_to_the_shopper_and_was_on_sale() -> None:
    past = [make_event("a", shopper="s1"), make_event("b", shopper="s2")]
    others = [make_event(f"o{n}", shopper=f"x{n}", time=NOW + DAY) for n in range(30)]
    future = [make_event(product, shopper="s1", time=NOW + DAY) for product in ("a", "c", "c")] + others
    [one] = judged(past, future, seed=1)
    assert one.shopper.id == "s1" and [event.product_id for event in one.shopper.history] == ["a"]
    assert [product for product, wanted in zip(one.candidates, one.wanted, strict=True) if wanted] == ["c"]
    assert 1 <= one.wanted.count(False) <= PASSED_OVER
    assert set(one.candidates[1:]) <= {event.product_id for event in others}
    assert judged(past, future, seed=1) == [one]


def test_the_place_of_the_held_out_item_leaves_the_history_out() -> None:
    # Levels fall from a to e.
    events = [
        make_event(p, shopper=f"{p}{n}") for p, count in zip("abcde", (9, 7, 5, 3, 1), strict=True) for n in range(count)
    ]
    model = Popularity().fit(from_events(events, [make_product(name) for name in "abcdef"]))
    asked = [(shopper_who(("purchase", "a")), "c"), (Shopper("new"), "a"), (shopper_who(("purchase", "b")), "f")]
    assert places_of(model, asked, list("abcdef"), batch=2).tolist() == [2, 1, 5]
    assert places_of(model, [(shopper_who(("purchase", "a")), "a")], list("abcdef")).tolist() == [6]


@pytest.fixture
def sequences(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "amazon"
    folder.mkdir(parents=True)
    rows = (f"{u} {' '.join(str((u * 3 + n) % 40 + 1) for n in range(6))}\n" for u in range(1, 61))
    (folder / "beauty.sequences.txt").write_text("".join(rows) + "99 1 2\n", encoding="utf-8")
    items = ({"item_id": n, "title": f"Item {chr(97 + n % 7) * 4}"} for n in range(1, 41))
    with gzip.open(folder / "beauty.items.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(item) + "\n" for item in items)
    return tmp_path


def test_only_shoppers_with_something_held_out_are_asked_about(sequences: Path) -> None:
    path = sequences / "data" / "amazon" / "beauty.sequences.txt"
    asked = held_out(from_sequences(path, None, 1), from_sequences(path, None, 0), 1_000)
    assert len(asked) == 60
    shopper, target = asked[0]
    assert [event.product_id for event in shopper.history] == ["4", "5", "6", "7", "8"] and target == "9"
    assert len(held_out(from_sequences(path, None, 1), from_sequences(path, None, 0), 7)) == 7


def test_a_line_for_each_model_on_a_sequence_set(sequences: Path) -> None:
    shop = closed_shop(sequences, [])
    lines = list(on_sequences(shop, "beauty", Choice(models=("popularity", "ncf"), shoppers=30)))
    assert [line["model"] for line in lines] == ["item_graph", "popularity", "ncf"]
    assert lines[0]["ratio"] == 1.0
    for line in lines:
        low, high = line["ndcg_at_10_95"]  # type: ignore[misc]
        assert low <= line["ndcg_at_10"] <= high  # type: ignore[operator]
        assert line["serving_ms_p50"] > 0 and line["shoppers"] == 30  # type: ignore[operator]


def test_chances_are_set_against_the_linear_model() -> None:
    products, events = small_shop()
    events = sorted((event for event in events if event.type == "purchase"), key=lambda event: event.time)
    past, future = cut(events, 12)
    lines = list(chances(from_events(past, products), judged(past, future, 7), ("ncf",), lambda said: None))
    assert [line["model"] for line in lines] == ["logistic_regression", "ncf"]
    assert lines[0]["ratio"] == 1.0 and lines[0]["auc_gain_95"] == [0.0, 0.0]
    assert 0 < lines[1]["auc"] < 1 and lines[1]["log_loss"] > 0  # type: ignore[operator]


def test_serving_is_timed_for_candidates_of_one_shopper() -> None:
    products = [make_product(f"p{n}") for n in range(20)]
    model = Popularity().fit(from_events([make_event("p1")], products))
    assert set(serving(model, [Shopper("new")], [product.id for product in products])) == {
        "serving_ms_p50",
        "serving_ms_p95",
    }


def test_every_model_of_features_goes_by_its_own_name() -> None:
    assert all(FEATURE_MODELS[name]().name == name for name in FEATURE_MODELS)
