from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from ranking.dataset import BadSequences, from_sequences
from ranking.models.popularity import Popularity
from ranking.recommend import MODELS, by_score, recommend_from_sequences, top_k
from ranking.types import Shopper


@pytest.fixture
def sequences(tmp_path: Path) -> Path:
    """Everybody goes up from a start of their own, a step at a time: what comes next is plain."""
    path = tmp_path / "sequences.txt"
    path.write_text("".join(f"{u} {' '.join(str(u + n) for n in range(6))}\n" for u in range(1, 31)), encoding="utf-8")
    return path


def read(path: Path) -> dict[int, list[int]]:
    return {row["user"]: row["items"] for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}


def test_the_next_item_is_found_and_the_history_is_masked(sequences: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    seen: list[tuple[int, int]] = []
    assert recommend_from_sequences(sequences, None, out, progress=lambda *done: seen.append(done)) == 30
    rows = read(out)
    assert list(rows) == list(range(1, 31))
    assert all(len(items) == len(set(items)) == 10 for items in rows.values())
    assert all(not set(items) & set(range(user, user + 5)) for user, items in rows.items())
    assert sum(user + 5 in items[:3] for user, items in rows.items()) > 20
    assert seen[-1] == (30, 30)


def test_validation_masks_only_what_came_before_it(sequences: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    recommend_from_sequences(sequences, None, out, split="validation")
    rows = read(out)
    assert all(not set(items) & set(range(user, user + 4)) for user, items in rows.items())
    assert sum(user + 4 in items[:3] for user, items in rows.items()) > 20


def test_the_held_out_item_teaches_nothing(tmp_path: Path) -> None:
    answers = []
    for last in (7, 8):
        path = tmp_path / f"{last}.txt"
        path.write_text(f"1 1 2 3 {last}\n2 2 3 5 6\n3 7 8 9 1\n", encoding="utf-8")
        recommend_from_sequences(path, None, tmp_path / "out.jsonl")
        answers.append(read(tmp_path / "out.jsonl"))
    assert answers[0] == answers[1]


def test_the_validation_item_is_history_but_teaches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "sequences.txt"
    path.write_text("1 1 2 3 4\n2 5 6 2 7\n3 2 3 8 9\n", encoding="utf-8")
    recommend_from_sequences(path, None, tmp_path / "out.jsonl", model="item_graph")
    # User 2 ends in 2, which leads to 3; that 3 stood beside 8 is user 3's validation item, unknown to the model.
    assert read(tmp_path / "out.jsonl")[2][0] == 3
    assert read(tmp_path / "out.jsonl")[2] == [3, 1, 4, 7, 8, 9]


def test_popularity_gives_everybody_the_same_best_first(tmp_path: Path) -> None:
    path = tmp_path / "sequences.txt"
    path.write_text("1 5 6 9\n2 5 6 8\n3 7 8 9\n4 1 2 3\n", encoding="utf-8")
    recommend_from_sequences(path, None, tmp_path / "out.jsonl", model="popularity")
    assert read(tmp_path / "out.jsonl")[4] == [5, 7, 3, 6, 8, 9]
    assert read(tmp_path / "out.jsonl")[1] == [1, 7, 2, 3, 8, 9]


def test_who_is_not_known_gets_what_is_popular_in_the_training_part(tmp_path: Path) -> None:
    path = tmp_path / "sequences.txt"
    # User 9's only known item stands alone, so that no other is beside it; items 1 and 3 are popular among targets only.
    path.write_text("1 8 7 2 1 3\n2 8 7 4 1 3\n3 8 2 1 3\n4 6 1 3\n9 5\n", encoding="utf-8")
    recommend_from_sequences(path, None, tmp_path / "out.jsonl", model="item_graph")
    assert read(tmp_path / "out.jsonl")[9] == [8, 2, 7, 4, 6, 1, 3]


def test_a_list_that_scores_leave_short_is_filled_with_what_is_popular(tmp_path: Path) -> None:
    path = tmp_path / "sequences.txt"
    path.write_text("1 3 2 4 1\n2 7 6 4 1\n3 7 6 4 1\n4 7 8 4 1\n9 3\n", encoding="utf-8")
    recommend_from_sequences(path, None, tmp_path / "out.jsonl", model="item_graph")
    assert read(tmp_path / "out.jsonl")[9] == [2, 7, 6, 8, 1, 4]


class Fixed:
    """Scores that were set beforehand, shopper by shopper."""

    def __init__(self, rows: dict[str, list[float]]) -> None:
        self.rows = rows
        self.asked: list[str] = []

    def score(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> np.ndarray:
        self.asked += [shopper.id for shopper in shoppers]
        return np.array([self.rows[shopper.id] for shopper in shoppers])


def test_newcomers_order_what_scores_0_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "sequences.txt"
    path.write_text("1 1\n2 1\n3 1\n4 2 3 4 5\n", encoding="utf-8")
    dataset = from_sequences(path, None, left_out=1)
    newcomers = Fixed({name: [9.0, 0.0, 70.0, 8.0, 9.0] for name in "1234"})
    # Of user 1 nothing is known, of user 2 one product and one below what is not known, of user 3 enough.
    scores = {"1": [0.0] * 5, "2": [0, 1e-9, 0, -1, 0], "3": [0, 1, 2, 3, 4], "4": [1.0] * 5}
    rows = dict(top_k(Fixed(scores), dataset, 4, newcomers=newcomers))
    assert rows == {"1": ["3", "5", "4", "2"], "2": ["2", "3", "5", "4"], "3": ["5", "4", "3", "2"], "4": ["1", "5"]}
    assert newcomers.asked == ["1", "2", "4"]
    assert dict(top_k(Fixed(scores), dataset, 4))["1"] == ["2", "3", "4", "5"]


def test_an_unknown_model_and_a_bad_file_write_nothing(sequences: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with pytest.raises(ValueError, match="'magic'; expected one of blend, item_graph"):
        recommend_from_sequences(sequences, None, out, model="magic")
    sequences.write_text("1 2 three\n", encoding="utf-8")
    with pytest.raises(BadSequences, match="line 1"):
        recommend_from_sequences(sequences, None, out)
    assert not out.exists()


def test_a_bad_exposure_is_told(sequences: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="exposure is 2; expected a number from 0"):
        recommend_from_sequences(sequences, None, tmp_path / "out.jsonl", "popularity", exposure=2)


def test_exposure_lifts_what_few_bought(tmp_path: Path) -> None:
    path = tmp_path / "sequences.txt"
    rows = [
        f"{user} {' '.join(map(str, dict.fromkeys((1, 2, 3, 3 + user, 20 + user, 40 + user))))}" for user in range(1, 16)
    ]
    path.write_text("\n".join([*rows, "16 30 31 32 33 34"]), encoding="utf-8")
    shown = []
    for exposure in (0.0, 1.0):
        recommend_from_sequences(path, None, tmp_path / "out.jsonl", "item_graph", exposure=exposure)
        lists = read(tmp_path / "out.jsonl")
        assert all(not {1, 2, 3, 3 + user} & set(lists[user]) for user in range(1, 16))
        shown.append(sum(item in (1, 2, 3) for items in lists.values() for item in items))
    assert shown[1] <= shown[0]


def test_a_choice_gets_scores_without_the_history_and_the_histories(sequences: Path) -> None:
    training = from_sequences(sequences, None)
    told: list[list[int]] = []

    def worst(scores: np.ndarray, histories: list[np.ndarray], k: int) -> np.ndarray:
        told.extend(history.tolist() for history in histories)
        assert all((row[history] == -np.inf).all() for row, history in zip(scores, histories, strict=True))
        return by_score(np.where(scores > -np.inf, -scores, scores), histories, k)

    model = Popularity().fit(training)
    rows = dict(top_k(model, training, 2, worst))
    assert told[:2] == [[0, 1, 2, 3], [1, 2, 3, 4]]
    assert rows["1"] == ["34", "35"]
    assert dict(top_k(model, training, 100))["1"][-2:] == ["34", "35"]
    assert len(dict(top_k(model, training, 100))["1"]) == 35 - 4


@pytest.mark.parametrize("name", ["history_vectors", "ncf", "cosine_profile"])
def test_any_model_can_be_asked_and_networks_tell_how_far_they_are(name: str, sequences: Path, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    out = tmp_path / "out.jsonl"
    assert recommend_from_sequences(sequences, None, out, name, learning=lambda *step: told.append(step)) == 30
    assert {len(items) for items in read(out).values()} == {10}
    assert [path.name for path in tmp_path.iterdir() if path != sequences] == ["out.jsonl"]
    if name == "cosine_profile":
        assert told == []
    else:
        assert told[0][0].startswith("epoch 1 of at most ")
        assert all(1 <= done <= total for _, done, total in told)


def test_an_interrupted_training_goes_on(sequences: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"

    def interrupt(step: str, done: int, total: int) -> None:
        if step.startswith("epoch 3"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        recommend_from_sequences(sequences, None, out, learning=interrupt)
    assert not out.exists()
    told: list[str] = []
    recommend_from_sequences(sequences, None, out, learning=lambda step, done, total: told.append(step))
    assert told[0].startswith("epoch 3")
    whole = tmp_path / "whole.jsonl"
    recommend_from_sequences(sequences, None, whole)
    assert read(out) == read(whole)


def test_no_torch_is_loaded_unless_a_network_is_asked_for(sequences: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from ranking.recommend import recommend_from_sequences as r;"
        f"r(Path({str(sequences)!r}), None, Path({str(tmp_path / 'out.jsonl')!r}), 'item_graph');"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert "din" in MODELS
