from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ranking.dataset import (
    BadSequences,
    Dataset,
    from_events,
    from_sequences,
    leave_one_out,
    of_shoppers,
    read_sequences,
)
from retrieval.feeds.rows import FeedError
from tests.fakes_ranking import NOW, make_event, make_product

PRODUCTS = [make_product(name, brand="Quill", attributes={"color": "red"}) for name in "abcd"]


def histories(dataset: Dataset) -> dict[str, list[str | None]]:
    return {shopper.id: [event.product_id for event in shopper.history] for shopper in dataset.shoppers()}


def test_events_become_one_row_a_product_in_time_order() -> None:
    events = [
        make_event("b", "purchase", "s2", NOW + 2),
        make_event("a", "click", "s2", NOW),
        make_event("c", "dislike", "s1", NOW + 1),
        make_event("a", "impression", "s1", NOW),
        make_event("gone", "purchase", "s1", NOW),
    ]
    dataset = from_events(events, PRODUCTS)
    assert histories(dataset) == {"s1": ["c"], "s2": ["a", "b"]}
    assert dataset.weights.tolist() == [-1.0, 0.25, 1.0]
    assert dataset.shoppers_of_rows.tolist() == [0, 1, 1]
    assert dataset.times.tolist() == [NOW + 1, NOW, NOW + 2]
    assert "color:red" in dataset.tokens[0]


def test_no_events_make_an_empty_dataset_that_knows_the_products() -> None:
    dataset = from_events([], PRODUCTS)
    assert (len(dataset.items), dataset.product_ids, list(dataset.shoppers())) == (0, ("a", "b", "c", "d"), [])


def test_leave_one_out_holds_out_the_last_and_forgets_what_came_after() -> None:
    events = [
        make_event("a", "purchase", "s1", NOW),
        make_event("b", "purchase", "s1", NOW + 1),
        make_event("c", "click", "s1", NOW + 2),
        make_event("d", "purchase", "s2", NOW),
        make_event("a", "click", "s3", NOW),
        make_event("b", "dislike", "s3", NOW + 1),
    ]
    dataset = from_events(events, PRODUCTS)
    training, targets = leave_one_out(dataset, "purchase")
    assert histories(training) == {"s1": ["a"], "s2": ["d"], "s3": ["a", "b"]}
    assert {dataset.shopper_ids[s]: dataset.product_ids[p] for s, p in targets.items()} == {"s1": "b"}
    training, targets = leave_one_out(dataset)
    assert histories(training)["s1"] == ["a", "b"]
    assert {dataset.shopper_ids[s]: dataset.product_ids[p] for s, p in targets.items()} == {"s1": "c"}


@pytest.fixture
def sequences(tmp_path: Path) -> Path:
    path = tmp_path / "sequences.txt"
    path.write_text("1 10 20 30 40\n2 20 10\n", encoding="utf-8")
    return path


def test_the_last_items_are_left_out(sequences: Path) -> None:
    assert histories(from_sequences(sequences, None, 1)) == {"1": ["10", "20", "30"], "2": ["20", "10"]}
    assert histories(from_sequences(sequences, None)) == {"1": ["10", "20"], "2": ["20", "10"]}


def test_held_out_items_are_still_candidates(sequences: Path) -> None:
    assert from_sequences(sequences, None).product_ids == ("10", "20", "30", "40")


def test_an_items_file_adds_titles_and_tokens(sequences: Path, tmp_path: Path) -> None:
    items = tmp_path / "items.jsonl"
    items.write_text(
        '{"item_id": 10, "title": "Red Nail Polish", "categories": [["Beauty", "Nails"]], "attributes": ["OPI"]}\n'
        '{"item_id": 20, "title": null, "attributes": {"color": ["red", "blue"]}}\n',
        encoding="utf-8",
    )
    dataset = from_sequences(sequences, items)
    assert dataset.titles[:2] == ("Red Nail Polish", "item 20")
    assert set(dataset.tokens[0]) == {
        "word:red",
        "word:nail",
        "word:polish",
        "category:beauty",
        "category:nails",
        "attribute:opi",
    }
    assert dataset.tokens[1:] == (("color:red", "color:blue"), (), ())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1 2 3\n2 x 4\n", "line 2: 'x' is not an id"),
        ("1 2 3\n2 0 4\n", "line 2: '0' is not an id"),
        ("1 2 -3\n", "line 1: '-3' is not an id"),
        ("7\n", "line 1: user 7 has no items"),
        ("1 2 3\n1 4 5\n", "line 2: user 1 stands twice"),
        ("\n\n", "is empty"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "sequences.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadSequences, match=says):
        read_sequences(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="nowhere"):
        read_sequences(tmp_path / "nowhere.txt")


@pytest.mark.parametrize("line", ["{broken", '{"title": "no id"}'])
def test_a_bad_line_of_items_is_named(sequences: Path, tmp_path: Path, line: str) -> None:
    items = tmp_path / "items.jsonl"
    items.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(BadSequences, match="line 1"):
        from_sequences(sequences, items)


def test_some_shoppers_keep_their_rows_and_all_products() -> None:
    events = [make_event(p, shopper=s, time=NOW + t) for t, (s, p) in enumerate(["1a", "2b", "1c", "3d", "2a"])]
    dataset = from_events(events, PRODUCTS)
    some = of_shoppers(dataset, np.array([0, 2]))
    assert histories(some) == {"1": ["a", "c"], "3": ["d"]}
    assert some.product_ids == dataset.product_ids
    assert histories(of_shoppers(dataset, np.array([], dtype=np.int64))) == {}


def test_nothing_to_hold_out_keeps_everything() -> None:
    events = [make_event("a"), make_event("b", "dislike", time=NOW + 1), make_event("c", "dislike", "s2")]
    dataset = from_events(events, PRODUCTS)
    training, targets = leave_one_out(dataset)
    assert (histories(training), targets) == (histories(dataset), {})
    assert leave_one_out(from_events(events[1:], PRODUCTS))[1] == {}
