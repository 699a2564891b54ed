"""One writer at a time, in this process and in others. The system frees the lock of a process that dies."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from filelock import FileLock, Timeout

_log = logging.getLogger(__name__)


class Busy(Exception):
    """Another process holds the lock, and went on holding it for as long as one would wait."""


class WriterLock:
    """A lock file. Who holds the lock may take it again, and frees it when done as often as it was taken."""

    def __init__(self, path: Path) -> None:
        """Nothing is locked or written yet."""
        self._path = path
        self._threads = RLock()
        # Threads are kept apart by the lock above, so the file is the process's and not a thread's.
        self._file = FileLock(path, thread_local=False)

    @contextmanager
    def held(self, patience: float) -> Iterator[None]:
        """Holds the lock, once it is free. Raises `Busy` if that takes over `patience` seconds."""
        if not self._threads.acquire(timeout=patience):
            raise Busy(f"another thread is writing: it holds {self._path}, and did for {patience:g} seconds")
        try:
            self._acquire(patience)
            try:
                yield
            finally:
                self._file.release()
        finally:
            self._threads.release()

    def _acquire(self, patience: float) -> None:
        try:
            self._file.acquire(timeout=0)
        except Timeout:
            if patience > 0:
                _log.warning("another process is writing (%s); waiting up to %g seconds for it", self._path, patience)
            try:
                self._file.acquire(timeout=patience)
            except Timeout as error:
                raise Busy(f"another process is writing: it holds {self._path}, and did for {patience:g} seconds") from error
