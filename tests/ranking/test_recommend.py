from __future__ import annotations

import json
from pathlib import Path

import pytest

from ranking.dataset import BadSequences
from ranking.recommend import recommend_from_sequences


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


def test_an_unknown_model_and_a_bad_file_write_nothing(sequences: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with pytest.raises(ValueError, match="'magic'; expected one of blend, item_graph"):
        recommend_from_sequences(sequences, None, out, model="magic")
    sequences.write_text("1 2 three\n", encoding="utf-8")
    with pytest.raises(BadSequences, match="line 1"):
        recommend_from_sequences(sequences, None, out)
    assert not out.exists()
