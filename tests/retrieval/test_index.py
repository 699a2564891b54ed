from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.index import IndexMismatch, IndexUnavailable, VectorIndex
from tests.fakes_retrieval import FakeEmbedder, product

SHELF = [
    product(id="boot", title="Hiking boots"),
    product(id="tent", title="Camping tent", category=("Camping",)),
    product(id="lamp", title="Desk lamp", category=("Home",)),
]


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture
def index(tmp_path: Path, embedder: FakeEmbedder) -> VectorIndex:
    return VectorIndex(tmp_path / "vectors", embedder)


def test_only_changed_texts_are_embedded(index: VectorIndex, embedder: FakeEmbedder) -> None:
    first = index.sync(SHELF)
    assert (first.embedded, first.unchanged, first.removed) == (3, 0, 0)

    embedder.asked.clear()
    repriced = [product(id="boot", title="Hiking boots", price=1, stock=7), product(id="tent", title="Big tent")]
    second = index.sync(repriced)
    assert (second.embedded, second.unchanged, second.removed) == (1, 1, 1)
    assert len(embedder.asked) == 1
    assert "Big tent" in embedder.asked[0]


def test_the_mirror_follows_the_order_of_the_products(index: VectorIndex, embedder: FakeEmbedder) -> None:
    index.sync(SHELF)
    index.sync(SHELF[::-1])
    assert index.mirror.ids == ("lamp", "tent", "boot")
    assert index.mirror.rows["tent"] == 1
    assert np.allclose(np.linalg.norm(index.mirror.matrix, axis=1), 1)
    assert (index.mirror.matrix[2] @ embedder.encode(["hiking boots"])[0]) > 0.3


def test_vectors_outlive_the_process(tmp_path: Path, index: VectorIndex, embedder: FakeEmbedder) -> None:
    index.sync(SHELF)
    embedder.asked.clear()
    again = VectorIndex(tmp_path / "vectors", embedder)
    assert set(again.mirror.ids) == {"boot", "tent", "lamp"}
    assert again.sync(SHELF).embedded == 0
    assert np.allclose(again.mirror.matrix, index.mirror.matrix, atol=1e-6)
    assert embedder.asked == []


def test_nearest_is_exact_and_obeys_the_mask(index: VectorIndex) -> None:
    chance = np.random.default_rng(7)
    index.sync([product(id=f"p{number}", title=f"thing {number} {number % 7} {number % 11}") for number in range(300)])
    matrix = index.mirror.matrix
    vector = chance.normal(size=64).astype(np.float32)
    vector /= np.linalg.norm(vector)
    allowed = chance.random(300) < 0.2
    ids, similarities = index.nearest(vector, allowed, 10)
    best = sorted(np.flatnonzero(allowed), key=lambda row: -(matrix[row] @ vector))[:10]
    assert np.allclose(similarities, [matrix[row] @ vector for row in best], atol=1e-6)
    assert all(allowed[index.mirror.rows[product_id]] for product_id in ids)
    assert len(index.nearest(vector, None, 1_000)[0]) == 300
    assert index.nearest(vector, np.zeros(300, dtype=np.bool_), 5)[0] == []


def test_progress_is_told(index: VectorIndex) -> None:
    seen: list[tuple[int, int]] = []
    index.sync(SHELF, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(3, 3)]


def test_an_empty_catalogue_empties_the_index(index: VectorIndex) -> None:
    index.sync(SHELF)
    assert index.sync([]).removed == 3
    assert index.nearest(np.ones(64, dtype=np.float32), None, 5)[0] == []


@pytest.mark.parametrize("other", [FakeEmbedder(model_id="another"), FakeEmbedder(dimension=32)])
def test_another_models_vectors_are_refused_with_the_way_out(
    tmp_path: Path, index: VectorIndex, other: FakeEmbedder
) -> None:
    index.sync(SHELF)
    with pytest.raises(IndexMismatch, match=r"fake-bag-of-words \(64 numbers\).*rebuild it with: python app.py ingest"):
        VectorIndex(tmp_path / "vectors", other)


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path, embedder: FakeEmbedder) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IndexUnavailable, match="can't be opened"):
        VectorIndex(tmp_path / "file" / "vectors", embedder)
