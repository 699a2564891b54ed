from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.fourbit import FourBitScan, coded
from retrieval.mirror import SCANNED_FROM, Mirror

DIMENSION = 48
COUNT = SCANNED_FROM + 2_345


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def mirror_of(matrix: NDArray[np.float32]) -> Mirror:
    ids = tuple(f"p{row}" for row in range(len(matrix)))
    return Mirror.of(ids, matrix, dict.fromkeys(ids, "hash"))


@pytest.fixture(scope="module")
def clustered() -> Mirror:
    chance = np.random.default_rng(3)
    centres = chance.normal(size=(60, DIMENSION))
    return mirror_of(
        unit(np.sort(centres, axis=0)[np.sort(chance.integers(0, 60, COUNT))] + chance.normal(size=(COUNT, DIMENSION)))
    )


@pytest.fixture(scope="module")
def small() -> Mirror:
    return mirror_of(unit(np.random.default_rng(4).normal(size=(300, DIMENSION))))


def assert_exact(mirror: Mirror, vector: NDArray[np.float32], allowed: NDArray[np.bool_] | None, limit: int) -> None:
    rows, similarities = mirror.nearest(vector, allowed, limit)
    every = mirror.matrix @ vector
    among = np.arange(len(every)) if allowed is None else np.flatnonzero(allowed)
    assert len(rows) == len(set(rows.tolist())) == min(limit, len(among))
    assert set(rows.tolist()) <= set(among.tolist())
    assert np.allclose(similarities, every[rows], atol=1e-6)
    assert np.allclose(similarities, np.sort(every[among])[::-1][:limit], atol=1e-6)


@pytest.mark.parametrize("share", [None, 1.0, 0.5, 0.2, 0.02, 0.001, 0.0])
@pytest.mark.parametrize("limit", [1, 10, 50, 1_000, COUNT])
def test_the_nearest_are_those_of_brute_force(clustered: Mirror, share: float | None, limit: int) -> None:
    chance = np.random.default_rng(limit)
    for _ in range(4):
        allowed = None if share is None else chance.random(COUNT) < share
        near = clustered.matrix[chance.integers(COUNT)] + 0.1 * chance.normal(size=DIMENSION)
        assert_exact(clustered, unit(near), allowed, limit)


def test_many_vectors_are_scanned_in_four_bits(clustered: Mirror) -> None:
    assert isinstance(clustered.scan, FourBitScan)
    assert clustered.scan is clustered.scan


@pytest.mark.parametrize("error", [ImportError("no OpenVINO"), ArithmeticError("not exact")])
def test_where_there_can_be_no_scan_the_search_says_so_and_is_as_exact(
    clustered: Mirror, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_: NDArray[np.float32]) -> FourBitScan:
        raise error

    mirror = replace(clustered, make_scan=refuse)
    assert_exact(mirror, clustered.matrix[5], None, 20)
    assert_exact(mirror, clustered.matrix[5], np.arange(COUNT) % 3 == 0, 20)
    assert caplog.messages == [f"searching without the four-bit scan, exact but slower: {error}"]


def test_few_vectors_are_searched_exactly_without_a_scan(small: Mirror) -> None:
    chance = np.random.default_rng(5)
    assert small.scan is None
    for limit in (1, 7, 299, 300, 1_000):
        assert_exact(small, unit(chance.normal(size=DIMENSION)), chance.random(300) < 0.3, limit)
        assert_exact(small, unit(chance.normal(size=DIMENSION)), None, limit)


def test_the_allowed_rows_may_all_lie_together(clustered: Mirror) -> None:
    allowed = np.zeros(COUNT, dtype=np.bool_)
    allowed[4_000:6_000] = True
    assert_exact(clustered, clustered.matrix[9_000], allowed, 200)


def test_the_same_vector_many_times_is_found_in_the_order_of_the_rows() -> None:
    mirror = mirror_of(np.tile(unit(np.ones((1, DIMENSION), dtype=np.float32)), (COUNT, 1)))
    rows, similarities = mirror.nearest(mirror.matrix[0], np.arange(COUNT) % 2 == 0, 5)
    assert np.allclose(similarities, 1)
    assert set(rows.tolist()) <= set(range(0, COUNT, 2))


@pytest.mark.parametrize("vector", [np.zeros(DIMENSION), -np.ones(DIMENSION), np.eye(DIMENSION)[3]])
def test_any_vector_can_be_searched_for(clustered: Mirror, vector: NDArray[np.float64]) -> None:
    assert_exact(clustered, vector.astype(np.float32), None, 20)


def test_nothing_is_asked_for(clustered: Mirror) -> None:
    rows, similarities = clustered.nearest(clustered.matrix[0], None, 0)
    assert len(rows) == len(similarities) == 0


def test_the_matrix_is_read_only_once_taken_over(small: Mirror) -> None:
    with pytest.raises(ValueError, match="read-only"):
        small.matrix[0, 0] = 1.0


@pytest.mark.parametrize("dimension", [33, 64, 384])
def test_no_score_is_further_from_the_exact_one_than_the_scan_allows_for(dimension: int) -> None:
    chance = np.random.default_rng(dimension)
    matrix = unit(chance.standard_t(3, size=(500, dimension)).astype(np.float32))
    matrix[7] = 0
    scan = FourBitScan(matrix)
    for _ in range(10):
        vector = unit(chance.normal(size=dimension))
        exact, scores = matrix @ vector, scan.scores(vector)
        assert 0 < np.abs(exact - scores).max() < 0.1
        for row in chance.integers(0, 500, 50):
            assert row in scan.reaching(vector, scores, float(exact[row]))
        # And it allows for no more than needed: rows that are plainly too far away are left out.
        assert len(scan.reaching(vector, scores, float(exact.max()) + 0.6)) == 0


def test_codes_are_four_bits_and_near_the_numbers() -> None:
    rows = unit(np.random.default_rng(6).normal(size=(200, 384)))
    numbers, scales = coded(rows)
    assert numbers.min() >= -8
    assert numbers.max() <= 7
    assert np.array_equal(numbers, np.rint(numbers))
    assert np.linalg.norm(rows - numbers * scales, axis=1).max() < 0.2


def test_many_threads_may_search_at_once(clustered: Mirror) -> None:
    wrong: list[BaseException] = []

    def search(seed: int) -> None:
        chance = np.random.default_rng(seed)
        try:
            for _ in range(10):
                assert_exact(clustered, unit(chance.normal(size=DIMENSION)), chance.random(COUNT) < 0.5, 20)
        except AssertionError as error:
            wrong.append(error)

    threads = [threading.Thread(target=search, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
