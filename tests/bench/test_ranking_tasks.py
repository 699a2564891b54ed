from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bench.ranking_chances import Stretch, chances, chosen, with_settings
from bench.ranking_cold import KNOWN, cold_products, cold_start, new_products, new_shoppers, without
from bench.ranking_data import PASSED_OVER, cut, judged
from bench.ranking_measures import Question
from bench.ranking_next import NextItems, held_out, next_items, read_next_items
from bench.ranking_shop import cross_validated
from ranking.dataset import Dataset, from_events, from_sequences, leave_one_out
from ranking.models.item_graph import ItemGraph
from ranking.models.logistic_regression import LogisticRegression
from ranking.models.popularity import Popularity
from ranking.types import Shopper
from tests.fakes_ranking import DAY, NOW, make_event, make_product, small_shop


def silent(_: str) -> None:
    """Says nothing."""


@pytest.fixture(scope="module")
def shop() -> Dataset:
    products, events = small_shop()
    return from_events(events, products)


@pytest.fixture(scope="module")
def asked(shop: Dataset) -> NextItems:
    before, targets = leave_one_out(shop)
    questions = (Question(before.shopper(number), shop.product_ids[item]) for number, item in targets.items())
    return NextItems(before, tuple(questions))


class Watched(Popularity):
    """Remembers what it was fitted on and asked with."""

    fitted: list[Dataset] = []
    histories: list[int] = []
    ids: list[str] = []

    def fit(self, dataset: Dataset) -> Watched:
        self.fitted.append(dataset)
        super().fit(dataset)
        return self

    def score(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> np.ndarray:
        self.histories.extend(len(shopper.history) for shopper in shoppers)
        self.ids.extend(shopper.id for shopper in shoppers)
        return super().score(shoppers, candidates)


def watched() -> type[Watched]:
    """A kind of its own, with nothing remembered yet."""
    return type("Fresh", (Watched,), {"fitted": [], "histories": [], "ids": []})


@pytest.fixture
def sequences(tmp_path: Path) -> Path:
    rows = (f"{u} {' '.join(str((u * 3 + n) % 40 + 1) for n in range(6))}\n" for u in range(1, 61))
    path = tmp_path / "sequences.txt"
    path.write_text("".join(rows) + "99 1 2\n", encoding="utf-8")
    return path


def test_only_shoppers_with_something_held_out_are_asked(sequences: Path) -> None:
    before, after = from_sequences(sequences, None, 1), from_sequences(sequences, None, 0)
    questions = held_out(before, after)
    assert len(questions) == 60 and questions == held_out(before, after)
    (one,) = (question for question in questions if question.shopper.id == "1")
    assert [event.product_id for event in one.shopper.history] == ["4", "5", "6", "7", "8"] and one.wanted == "9"


def test_the_validation_item_is_the_one_before_the_last(sequences: Path, tmp_path: Path) -> None:
    items = tmp_path / "items.jsonl"
    items.write_text('{"item_id": 9, "title": "Birch"}\n', encoding="utf-8")
    for split, wanted in (("validation", "8"), ("test", "9")):
        found = read_next_items(sequences, items, split)
        assert [question.wanted for question in found.questions if question.shopper.id == "1"] == [wanted]
        assert len(found.dataset.items) == 60 * 4 + 2 and found.dataset.titles[8] == "Birch"


def test_a_line_for_each_model_of_the_next_item(asked: NextItems) -> None:
    lines = list(next_items("made-up", asked, ("popularity", "cosine_profile"), 50, silent))
    assert [line["model"] for line in lines] == ["item_graph", "popularity", "cosine_profile"]
    assert lines[0]["ratio"] == 1.0 and float(str(lines[1]["ratio"])) < 1
    for line in lines:
        low, high = line["ndcg_at_10_95"]  # type: ignore[misc]
        assert low <= line["ndcg_at_10"] <= high  # type: ignore[operator]
        assert 0 < line["coverage_at_10"] <= 1 and line["shoppers"] == 50  # type: ignore[operator]


def test_other_models_may_go_by_the_names(asked: NextItems) -> None:
    kind = watched()
    list(next_items("made-up", asked, ("popularity",), 9, silent, {"item_graph": ItemGraph, "popularity": kind}))
    assert kind.fitted == [asked.dataset]


def test_interests_are_left_out_and_shoppers_and_products_stay(shop: Dataset) -> None:
    rows = shop.items == shop.items[3]
    less = without(shop, rows)
    assert less.shopper_ids == shop.shopper_ids and less.product_ids == shop.product_ids
    assert shop.items[3] not in less.items and len(less.items) == len(shop.items) - rows.sum()
    whole = shop.shopper(5).history
    assert less.shopper(5).history == tuple(e for e in whole if e.product_id != shop.product_ids[shop.items[3]])


def test_nothing_of_a_new_product_is_known(asked: NextItems) -> None:
    kind, cold = watched(), cold_products(asked.dataset)
    everywhere, among_new, known = new_products(asked, 5, kind)
    assert len(cold) == 12 == among_new["candidates"] and everywhere["candidates"] == 120
    (training,) = kind.fitted
    assert not cold & {training.product_ids[item] for item in training.items}
    wanting = [question for question in asked.questions if question.wanted in cold][:5]
    assert everywhere["shoppers"] == among_new["shoppers"] == len(wanting) == 5
    others = [question for question in asked.questions if question.wanted not in cold][:5]
    known_events = [_known_events(some, cold) for some in (wanting, others)]
    # Each line scores every shopper, and asks whether that says anything.
    assert sum(kind.histories) == 2 * (2 * known_events[0] + known_events[1])
    assert (known["wanted"], known["among"], known["shoppers"]) == ("known", "all", 5)
    assert everywhere["hr_at_10"] == 0.0 and everywhere["hr_at_10_by_chance"] == pytest.approx(10 / 117, abs=0.01)
    assert among_new["silent"] == 1.0


def _known_events(questions: Sequence[Question], cold: frozenset[str]) -> int:
    return sum(event.product_id not in cold for question in questions for event in question.shopper.history)


def test_new_shoppers_are_the_same_in_each_column_and_nothing_of_them_is_learned(shop: Dataset) -> None:
    histories = [shop.shopper(number) for number in range(40)]
    questions = (Question(shopper, "harbor-tents-0") for shopper in histories)
    asked, kind = NextItems(shop, tuple(questions)), watched()
    lines = list(new_shoppers(asked, 30, kind))
    able = {shopper.id for shopper in [shopper for shopper in histories if len(shopper.history) >= max(KNOWN)][:30]}
    assert [(line["events"], line["shoppers"]) for line in lines] == [(known, len(able)) for known in KNOWN]
    (training,) = kind.fitted
    assert not able & {training.shopper_ids[owner] for owner in training.shoppers_of_rows}
    assert set(kind.histories) == set(KNOWN) and not set(kind.ids) & set(shop.shopper_ids)


def test_a_model_that_says_nothing_of_a_guest_is_silent(asked: NextItems) -> None:
    everybody = NextItems(asked.dataset, tuple(Question(_five(q.shopper), q.wanted) for q in asked.questions))
    lines = [line for line in cold_start("made-up", everybody, ("item_graph",), 20, silent) if line["new"] == "shoppers"]
    assert [line["silent"] for line in lines] == [1.0, 0.0, 0.0, 0.0]


def test_where_nobody_wants_a_new_product_or_has_done_enough_it_says_so(asked: NextItems) -> None:
    nobody = NextItems(asked.dataset, asked.questions[:0])
    lines = [*new_products(nobody, 5, Popularity), *new_shoppers(nobody, 5, Popularity)]
    assert len(lines) == 7 and all("no shopper" in str(line["skipped"]) for line in lines)


def _five(shopper: Shopper) -> Shopper:
    return Shopper(shopper.id, (shopper.history * 5)[:5])


def test_in_a_shop_each_shopper_is_asked_once_by_a_model_that_was_not_told(shop: Dataset) -> None:
    kind = watched()
    (line,) = cross_validated(shop, ("popularity",), silent, {"popularity": kind}, folds=4)
    _, targets = leave_one_out(shop)
    assert line["shoppers"] == len(targets) and len(line["ndcg_at_10_folds"]) == 4  # type: ignore[arg-type]
    assert len(kind.fitted) == 4
    missing = [len(shop.items) - len(training.items) for training in kind.fitted]
    assert sum(missing) >= len(targets)
    for number, item in targets.items():
        told = [item in _items(training, number) for training in kind.fitted]
        assert told.count(False) == 1


def _items(dataset: Dataset, shopper: int) -> set[int]:
    return set(dataset.items[dataset.offsets[shopper] : dataset.offsets[shopper + 1]].tolist())


def test_a_shop_with_too_few_shoppers_says_so() -> None:
    dataset = from_events([make_event("a"), make_event("b", time=NOW + 1)], [make_product("a"), make_product("b")])
    (line,) = cross_validated(dataset, (), silent)
    assert line == {"skipped": "1 shoppers have a last interest to hold out; expected at least 5"}


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


@pytest.fixture(scope="module")
def stretches() -> tuple[Stretch, Stretch]:
    products, events = small_shop()
    events = sorted((event for event in events if event.type == "purchase"), key=lambda event: event.time)
    past, future = cut(events, 12)
    earlier, between = cut(past, 12)
    return (
        Stretch(from_events(earlier, products), tuple(judged(earlier, between, 7))),
        Stretch(from_events(past, products), tuple(judged(past, future, 7))),
    )


def test_chances_are_set_against_the_linear_model(stretches: tuple[Stretch, Stretch]) -> None:
    lines = list(chances(*stretches, ("ncf",), ({"rate": 2.0, "epochs": 1},), silent))
    assert [line["model"] for line in lines] == ["logistic_regression", "ncf"]
    assert lines[0]["ratio"] == 1.0 and lines[0]["auc_gain_95"] == [0.0, 0.0]
    assert 0 < float(str(lines[1]["auc"])) < 1 and float(str(lines[1]["log_loss"])) > 0
    assert lines[1]["settings"] == {"rate": 2.0, "epochs": 1} and lines[1]["auc_validation"] == []


def test_settings_are_chosen_on_the_stretch_before_the_test(stretches: tuple[Stretch, Stretch]) -> None:
    trials = ({"epochs": 1}, {"rate": 1e-9, "epochs": 1})
    trial, tried = chosen("logistic_regression", stretches[0], trials)
    assert len(tried) == 2 and trial == trials[0 if tried[0] >= tried[1] else 1]
    assert chosen("logistic_regression", stretches[0], trials[:1]) == (trials[0], [])


def test_a_rate_is_a_share_of_the_models_own() -> None:
    usual = LogisticRegression().settings
    changed = with_settings("logistic_regression", {"rate": 0.5, "weight_decay": 0.3}).settings
    assert (changed.rate, changed.weight_decay) == (0.5 * usual.rate, 0.3)
    assert with_settings("logistic_regression", {}).settings == usual
