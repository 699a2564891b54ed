from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import chromadb
import numpy as np
import pytest
from chromadb.config import Settings

from retrieval.index import COLLECTION, IndexBusy, IndexMismatch, IndexUnavailable, VectorIndex
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
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vectors"


@pytest.fixture
def index(folder: Path, embedder: FakeEmbedder) -> VectorIndex:
    return VectorIndex(folder, embedder)


def in_chroma(folder: Path) -> int:
    settings = Settings(anonymized_telemetry=False, is_persistent=True, persist_directory=str(folder / "chroma"))
    client = chromadb.PersistentClient(path=str(folder / "chroma"), settings=settings)
    try:
        return len(client.get_collection(COLLECTION, embedding_function=None).get(include=["embeddings"])["ids"])
    finally:
        client.close()


def test_only_changed_texts_are_embedded(index: VectorIndex, embedder: FakeEmbedder, folder: Path) -> None:
    first = index.sync(SHELF, exact=True)
    assert (first.embedded, first.unchanged, first.removed) == (3, 0, 0)

    embedder.asked.clear()
    repriced = [product(id="boot", title="Hiking boots", price=1, stock=7), product(id="tent", title="Big tent")]
    second = index.sync(repriced, exact=True)
    # The old tent's vector goes, and the lamp's.
    assert (second.embedded, second.unchanged, second.removed) == (1, 1, 2)
    assert len(embedder.asked) == 1
    assert "Big tent" in embedder.asked[0]
    assert in_chroma(folder) == 2


def test_products_of_the_same_text_share_a_vector(index: VectorIndex, embedder: FakeEmbedder) -> None:
    assert index.sync([product(id="a"), product(id="b")]).embedded == 2
    assert len(embedder.asked) == len(index) == 1
    assert np.array_equal(index.mirror.matrix[0], index.mirror.matrix[1])


def test_the_mirror_follows_the_order_of_the_products(index: VectorIndex, embedder: FakeEmbedder) -> None:
    index.sync(SHELF)
    index.sync(SHELF[::-1])
    assert index.mirror.ids == ("lamp", "tent", "boot")
    assert index.mirror.rows["tent"] == 1
    assert np.allclose(np.linalg.norm(index.mirror.matrix, axis=1), 1)
    assert (index.mirror.matrix[2] @ embedder.encode(["hiking boots"])[0]) > 0.3


def test_the_mirror_stays_the_same_object_while_vectors_do(index: VectorIndex) -> None:
    index.sync(SHELF)
    before = index.mirror
    index.sync([product(id="boot", title="Hiking boots", price=1), *SHELF[1:]])
    assert index.mirror is before


def test_vectors_outlive_the_process(folder: Path, index: VectorIndex, embedder: FakeEmbedder) -> None:
    index.sync(SHELF)
    embedder.asked.clear()
    again = VectorIndex(folder, embedder)
    assert len(again) == 3
    assert again.sync(SHELF).embedded == 0
    assert np.array_equal(again.mirror.matrix, index.mirror.matrix)
    assert embedder.asked == []


def test_a_reader_sees_what_another_process_wrote(folder: Path, index: VectorIndex, embedder: FakeEmbedder) -> None:
    index.sync(SHELF[:1])
    VectorIndex(folder, embedder).sync(SHELF)
    embedder.asked.clear()
    assert index.sync(SHELF).embedded == 0
    assert embedder.asked == []


def test_what_is_prepared_leaves_the_old_vectors(index: VectorIndex, embedder: FakeEmbedder, folder: Path) -> None:
    index.sync(SHELF, exact=True)
    assert index.prepare([product(id="boot", title="Walking boots")]) == 1
    embedder.asked.clear()
    assert index.sync(SHELF).embedded == 0
    assert in_chroma(folder) == 4


def test_a_log_of_mostly_unused_vectors_is_written_anew(folder: Path, index: VectorIndex, embedder: FakeEmbedder) -> None:
    reader = VectorIndex(folder, embedder)
    reader.sync(SHELF)
    size = (folder / "vectors.log").stat().st_size
    index.sync(SHELF[:1], exact=True)
    assert (folder / "vectors.log").stat().st_size == size // 3
    assert (len(index), in_chroma(folder)) == (1, 1)
    assert reader.sync(SHELF).embedded == 2


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


def test_an_empty_catalogue_empties_the_index(index: VectorIndex, folder: Path) -> None:
    index.sync(SHELF, exact=True)
    assert index.sync([], exact=True).removed == 3
    assert index.nearest(np.ones(64, dtype=np.float32), None, 5)[0] == []
    assert in_chroma(folder) == 0


@pytest.mark.parametrize("other", [FakeEmbedder(model_id="another"), FakeEmbedder(dimension=32)])
def test_another_models_vectors_are_refused_with_the_way_out(folder: Path, index: VectorIndex, other: FakeEmbedder) -> None:
    index.sync(SHELF)
    with pytest.raises(IndexMismatch, match=r"fake-bag-of-words \(64 numbers\).*rebuild it with: python app.py ingest"):
        VectorIndex(folder, other)


def test_a_folder_that_cannot_be_used_is_told(tmp_path: Path, embedder: FakeEmbedder) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IndexUnavailable, match="can't be opened"):
        VectorIndex(tmp_path / "file" / "vectors", embedder)


def test_a_second_writer_is_refused_clearly(folder: Path, index: VectorIndex, embedder: FakeEmbedder) -> None:
    hold = (
        "import sys; from filelock import FileLock as L; l = L(sys.argv[1]); l.acquire(); print('held', flush=True); input()"
    )
    index.sync(SHELF)
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(folder / "writer.lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        second = VectorIndex(folder, embedder, patience=0.1)
        with pytest.raises(IndexBusy, match=r"another process is writing: it holds .*writer.lock, and did for 0.1 seconds"):
            second.sync([product(id="new", title="New")])
        # What is on disk already needs no lock.
        assert second.sync(SHELF).unchanged == 3
    finally:
        holder.kill()
        holder.communicate()
    # The lock of a process that was killed is free.
    assert second.sync([product(id="new", title="New")]).embedded == 1


def garbage(path: Path) -> None:
    path.write_bytes(os.urandom(4096))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("part", ["chroma.sqlite3", "*/header.bin", "*/data_level0.bin", "*/index_metadata.pickle"])
@pytest.mark.parametrize("damage", [garbage, cut, Path.unlink])
def test_a_damaged_chroma_is_built_anew_from_the_log(
    folder: Path, embedder: FakeEmbedder, part: str, damage: Callable[[Path], None]
) -> None:
    many = [product(id=f"p{number}", title=f"thing {number}") for number in range(1_100)]
    VectorIndex(folder, embedder).sync(many, exact=True)
    embedder.asked.clear()
    for path in (folder / "chroma").glob(part):
        damage(path)
    # Chroma may crash on files that were cut off; whoever dies while writing leaves no note, and then they aren't opened.
    (folder / "chroma.holds").unlink()
    again = VectorIndex(folder, embedder)
    again.sync(many, exact=True)
    assert embedder.asked == []
    assert in_chroma(folder) == len(again) == 1_100


def test_a_chroma_that_fails_to_open_is_built_anew(folder: Path, index: VectorIndex, embedder: FakeEmbedder) -> None:
    index.sync(SHELF[:2], exact=True)
    garbage(folder / "chroma" / "chroma.sqlite3")
    again = VectorIndex(folder, embedder)
    again.sync(SHELF, exact=True)
    assert in_chroma(folder) == 3


def test_a_lost_log_is_filled_from_chroma(folder: Path, index: VectorIndex, embedder: FakeEmbedder) -> None:
    index.sync(SHELF, exact=True)
    before = index.mirror.matrix
    (folder / "vectors.log").unlink()
    embedder.asked.clear()
    again = VectorIndex(folder, embedder)
    again.sync(SHELF)
    assert embedder.asked == []
    assert np.allclose(again.mirror.matrix, before, atol=1e-6)


@pytest.mark.parametrize("lost", ["vectors.log", "model.json"])
def test_with_both_copies_damaged_everything_is_embedded_again(
    folder: Path, index: VectorIndex, embedder: FakeEmbedder, lost: str
) -> None:
    index.sync(SHELF, exact=True)
    (folder / lost).unlink()
    garbage(folder / "chroma" / "chroma.sqlite3")
    again = VectorIndex(folder, embedder)
    again.sync(SHELF, exact=True)
    assert len(embedder.asked) == 6
    assert (len(again), in_chroma(folder)) == (3, 3)


def test_a_folder_deleted_under_a_running_index_is_made_again(folder: Path, index: VectorIndex) -> None:
    index.sync(SHELF, exact=True)
    shutil.rmtree(folder)
    folder.mkdir()
    assert index.sync(SHELF, exact=True).embedded == 3
    assert in_chroma(folder) == 3
