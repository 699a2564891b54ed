from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.tagging.heads import FEWEST_LABELLED, Head, guess, learnable, load, save, train
from retrieval.tagging.types import Guess

PATHS = (("Shoes", "Boots"), ("Shoes", "Sandals"), ("Kitchen",))
NO_ROWS = np.array([], dtype=np.uint64)


def blobs(count: int, noise: float = 0.3, seed: int = 0) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    """Features (count, 8) around one corner for each path, and the paths."""
    generator = np.random.default_rng(seed)
    rows = np.arange(count) % len(PATHS)
    features = np.eye(8)[rows] + generator.normal(scale=noise, size=(count, 8))
    return features.astype(np.float32), [PATHS[row] for row in rows]


def head(count: int = 90, noise: float = 0.3) -> Head:
    features, labels = blobs(count, noise)
    return train(features, labels, np.arange(count, dtype=np.uint64), "fake")


def test_a_head_tells_what_it_has_not_seen() -> None:
    features, labels = blobs(60, seed=1)
    trained = head()
    probabilities = trained.probabilities(features)
    assert probabilities.shape == (60, 3)
    assert np.allclose(probabilities.sum(axis=1), 1)
    told = [trained.labels[row] for row in probabilities.argmax(axis=1)]
    assert np.mean([one == other for one, other in zip(told, labels, strict=True)]) > 0.9


def test_two_labels_are_told_apart_as_well() -> None:
    features, labels = blobs(90)
    two = [label for label in labels if label != ("Kitchen",)]
    rows = [row for row, label in enumerate(labels) if label != ("Kitchen",)]
    trained = train(features[rows], two, NO_ROWS, "fake")
    told = [trained.labels[row] for row in trained.probabilities(features[rows]).argmax(axis=1)]
    assert np.mean([one == other for one, other in zip(told, two, strict=True)]) > 0.9


@pytest.mark.parametrize("noise", [0.3, 0.6, 1.0])
def test_confidence_is_about_as_high_as_the_share_that_is_right(noise: float) -> None:
    trained = head(300, noise)
    features, labels = blobs(600, noise, seed=2)
    probabilities = trained.probabilities(features)
    right = np.mean([trained.labels[row] == label for row, label in zip(probabilities.argmax(axis=1), labels, strict=True)])
    assert probabilities.max(axis=1).mean() == pytest.approx(right, abs=0.06)
    assert trained.accuracy == pytest.approx(right, abs=0.08)


def test_one_label_can_not_be_learned() -> None:
    with pytest.raises(ValueError, match="expected at least two different ones"):
        train(np.zeros((3, 2), dtype=np.float32), [("a",)] * 3, NO_ROWS, "fake")


def test_labels_with_few_examples_are_left_out() -> None:
    labels = [("a",)] * 12 + [("b",)] * 12 + [("rare",)] * 2
    assert learnable(labels).tolist() == list(range(24))
    assert learnable([("a",)] * 40).tolist() == []
    assert learnable([("a",)] * 3 + [("b",)] * 3).tolist() == []
    assert FEWEST_LABELLED > 6


@pytest.mark.parametrize(
    ("probabilities", "expected"),
    [
        ([0.9, 0.06, 0.04], Guess(("Shoes", "Boots"), 0.9, "head")),
        # Neither kind of shoe is sure, but that it is a shoe is.
        ([0.5, 0.4, 0.1], Guess(("Shoes",), 0.9, "head")),
        ([0.4, 0.3, 0.3], Guess(("Shoes", "Boots"), 0.4, "head")),
        ([0.1, 0.0, 0.9], Guess(("Kitchen",), 0.9, "head")),
    ],
)
def test_as_much_of_a_path_is_guessed_as_is_sure(probabilities: list[float], expected: Guess) -> None:
    assert guess(np.array([probabilities]), PATHS, 0.8) == [expected]


def test_a_part_that_all_paths_share_is_no_guess() -> None:
    [one] = guess(np.array([[0.5, 0.5]]), PATHS[:2], 0.8)
    assert one == Guess(("Shoes", "Boots"), 0.5, "head")


def test_a_head_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    trained = head()
    save(trained, tmp_path / "heads" / "category.npz")
    again = load(tmp_path / "heads" / "category.npz")
    assert again is not None
    assert (again.version, again.labels, again.accuracy) == (trained.version, trained.labels, trained.accuracy)
    assert again.is_for(trained.seen, "fake")
    assert [file.name for file in (tmp_path / "heads").iterdir()] == ["category.npz"]


def test_a_file_that_is_no_head_counts_as_none(tmp_path: Path) -> None:
    assert load(tmp_path / "missing.npz") is None
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 cut off")
    assert load(tmp_path / "broken.npz") is None
    np.savez(tmp_path / "other.npz", weights=np.zeros(1))
    assert load(tmp_path / "other.npz") is None


def test_a_head_is_kept_while_its_shop_is_much_the_same() -> None:
    trained = head(90)
    names = trained.seen
    assert trained.is_for(names[:85], "fake")
    assert not trained.is_for(names[:70], "fake")
    assert not trained.is_for(names, "other features")
