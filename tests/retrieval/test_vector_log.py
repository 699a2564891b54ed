from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.vector_log import RECORDS, OtherModel, VectorLog

DIMENSION = 8


def hashes(*numbers: int) -> list[str]:
    return [f"{number:032x}" for number in numbers]


def vectors(*numbers: int) -> NDArray[np.float32]:
    return np.array([[number] * DIMENSION for number in numbers], dtype=np.float32)


@pytest.fixture
def log(tmp_path: Path) -> VectorLog:
    return VectorLog(tmp_path, "model", DIMENSION)


def test_vectors_come_back_in_the_order_asked_for(tmp_path: Path, log: VectorLog) -> None:
    log.append(hashes(1, 2), vectors(1, 2))
    log.append(hashes(3), vectors(3))
    again = VectorLog(tmp_path, "model", DIMENSION)
    assert again.hashes() == hashes(1, 2, 3)
    assert np.array_equal(again.vectors(hashes(3, 1)), vectors(3, 1))
    assert again.vectors([]).shape == (0, DIMENSION)
    assert hashes(4)[0] not in again


def test_a_reader_takes_in_what_is_appended_and_what_is_dropped(tmp_path: Path, log: VectorLog) -> None:
    reader = VectorLog(tmp_path, "model", DIMENSION)
    log.append(hashes(1, 2, 3), vectors(1, 2, 3))
    assert len(reader) == 0
    reader.refresh()
    assert len(reader) == 3
    log.keep(set(hashes(2)))
    assert np.array_equal(reader.vectors(hashes(3)), vectors(3))
    reader.refresh()
    assert reader.hashes() == hashes(2)
    log.append(hashes(5), vectors(5))
    reader.refresh()
    assert np.array_equal(reader.vectors(hashes(5, 2)), vectors(5, 2))


@pytest.mark.parametrize("lost", range(1, 53))
def test_a_record_cut_off_anywhere_is_as_one_never_written(tmp_path: Path, log: VectorLog, lost: int) -> None:
    log.append(hashes(1, 2), vectors(1, 2))
    path = tmp_path / RECORDS
    os.truncate(path, path.stat().st_size - lost)
    again = VectorLog(tmp_path, "model", DIMENSION)
    assert again.hashes() == hashes(1)
    again.append(hashes(3), vectors(3))
    assert VectorLog(tmp_path, "model", DIMENSION).hashes() == hashes(1, 3)


@pytest.mark.parametrize("place", [0, 4, 20, 51])
def test_a_damaged_record_is_left_out(tmp_path: Path, log: VectorLog, place: int) -> None:
    log.append(hashes(1, 2, 3), vectors(1, 2, 3))
    path = tmp_path / RECORDS
    content = bytearray(path.read_bytes())
    content[len(content) // 3 + place] ^= 0xFF
    path.write_bytes(content)
    assert VectorLog(tmp_path, "model", DIMENSION).hashes() == hashes(1, 3)


def test_another_model_is_named(tmp_path: Path, log: VectorLog) -> None:
    log.append(hashes(1), vectors(1))
    with pytest.raises(OtherModel, match=r"model \(8 numbers\)"):
        VectorLog(tmp_path, "another", DIMENSION)


def test_vectors_of_an_unknown_model_are_dropped(tmp_path: Path, log: VectorLog) -> None:
    log.append(hashes(1), vectors(1))
    (tmp_path / "model.json").write_text("{")
    assert len(VectorLog(tmp_path, "model", DIMENSION)) == 0
