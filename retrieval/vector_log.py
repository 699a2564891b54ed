"""Vectors in one file that only grows: what was written stays readable, whatever happens to the process writing the next.

A record is a checksum, the hash of the text that was embedded, and its vector. Readers of other processes need no lock:
they read the whole records that are there. A record cut off or damaged is as one that was never written.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Collection, Sequence
from pathlib import Path
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from retrieval.embed import Vectors

RECORDS = "vectors.log"
MODEL = "model.json"
COPIED = 4_096
"""Records copied at a time where the file is written anew."""


class OtherModel(Exception):
    """The vectors of the file were made by another model; the text names it."""


class VectorLog:
    """Vectors by the hash of their text (32 hexadecimal digits). Threads may share it; only one process may write."""

    def __init__(self, folder: Path, model: str, dimension: int) -> None:
        """Reads the log in `folder`, an empty one where there is none.

        Raises `OtherModel` if it is of another model, `OSError` if the folder can't be read.
        """
        self._folder = folder
        self._path = folder / RECORDS
        self._identity = {"model": model, "dimension": dimension}
        self._record = np.dtype([("check", "<u4"), ("hash", "V16"), ("vector", "<f4", (dimension,))])
        self._records: NDArray[np.void] = np.zeros(0, dtype=self._record)
        self._rows: dict[str, int] = {}
        self._inode = -1
        self._access = RLock()
        self._check_model()
        self.refresh()

    def __len__(self) -> int:
        """How many texts have a vector."""
        return len(self._rows)

    def __contains__(self, text_hash: str) -> bool:
        """Whether the text of that hash has a vector."""
        return text_hash in self._rows

    def hashes(self) -> list[str]:
        """Returns the hashes of all texts that have a vector."""
        return list(self._rows)

    def vectors(self, hashes: Sequence[str]) -> Vectors:
        """Returns (n, dimension) float32, L2-normalised. Raises `KeyError` for a hash that is not in the log."""
        with self._access:
            rows = np.array([self._rows[text_hash] for text_hash in hashes], dtype=np.intp)
            found: Vectors = np.array(self._records["vector"][rows])
        return found

    def refresh(self) -> None:
        """Reads what was appended since, by this process or another; all of it if the file was written anew."""
        with self._access:
            self._refresh()

    def _refresh(self) -> None:
        if not self._path.is_file():
            self._forget()
            return
        with self._path.open("rb") as file:
            status = os.fstat(file.fileno())
            count = status.st_size // self._record.itemsize
            if status.st_ino != self._inode or count < len(self._records):
                self._forget()
            start, self._inode = len(self._records), status.st_ino
            if count > start:
                self._records = np.memmap(file, self._record, "r", shape=(count,))
        for row in range(start, count):
            raw = self._records[row].tobytes()
            if zlib.crc32(raw[4:]) == int.from_bytes(raw[:4], "little"):
                self._rows[raw[4:20].hex()] = row

    def append(self, hashes: Sequence[str], vectors: Vectors) -> None:
        """Adds vectors (n, dimension); they are on the disk when this returns."""
        if not self._path.exists():
            self._claim()
        with self._path.open("ab") as file:
            # A writer that died may have left half a record.
            file.truncate(file.tell() - file.tell() % self._record.itemsize)
            _write(file.fileno(), self._packed(hashes, vectors))
        self.refresh()

    def keep(self, hashes: Collection[str]) -> None:
        """Writes the log anew with only the vectors of `hashes`; readers go on with the old file until they refresh."""
        kept = [text_hash for text_hash in self._rows if text_hash in hashes]
        draft = self._folder / f"{RECORDS}.new"
        with draft.open("wb") as file:
            for start in range(0, len(kept), COPIED):
                batch = kept[start : start + COPIED]
                _write(file.fileno(), self._packed(batch, self.vectors(batch)))
        draft.replace(self._path)
        self.refresh()

    def _packed(self, hashes: Sequence[str], vectors: Vectors) -> bytes:
        records: NDArray[np.void] = np.zeros(len(hashes), dtype=self._record)
        records["vector"] = vectors
        for row, text_hash in enumerate(hashes):
            records[row]["hash"] = np.void(bytes.fromhex(text_hash))
            records[row]["check"] = zlib.crc32(records[row].tobytes()[4:])
        return records.tobytes()

    def _forget(self) -> None:
        self._records = np.zeros(0, dtype=self._record)
        self._rows = {}
        self._inode = -1

    def _check_model(self) -> None:
        try:
            stored = json.loads((self._folder / MODEL).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            # Vectors of nobody knows what model are worth nothing.
            self._path.unlink(missing_ok=True)
            return
        if stored != self._identity:
            raise OtherModel(f"{stored.get('model')} ({stored.get('dimension')} numbers)")

    def _claim(self) -> None:
        draft = self._folder / f"{MODEL}.new"
        draft.write_text(json.dumps(self._identity), encoding="utf-8")
        draft.replace(self._folder / MODEL)


def _write(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)
