"""Models that are prepared once, at the first start, and kept in the cache folder."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_name(model: Path, *also: object) -> str:
    """A folder's name that changes when the model's file (or folder) does, or anything else that it is made from."""
    files = sorted(model.iterdir()) if model.is_dir() else [model]
    stats = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    identity = repr((str(model.resolve()), stats, also))
    return f"{model.stem}-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"


@contextmanager
def prepared(cache_folder: Path, name: str, make: Callable[[Path], None]) -> Iterator[Path]:
    """The folder `name` of the cache, which `make` fills if it is not there.

    A folder appears whole or not at all, and what `make` raises leaves nothing behind. A cache that cannot be written
    makes each start slower, nothing else: the folder is then a temporary one, there as long as the context.
    """
    saved = cache_folder / name
    if saved.exists():
        yield saved
        return
    draft, kept = _draft(cache_folder)
    try:
        make(draft)
        if kept:
            # Another process may have been sooner; its copy is as good.
            with contextlib.suppress(OSError):
                draft.rename(saved)
        yield saved if saved.exists() else draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _draft(cache_folder: Path) -> tuple[Path, bool]:
    """A new folder, and whether it can be moved to where it is kept."""
    try:
        cache_folder.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="draft-", dir=cache_folder)), True
    except OSError:
        return Path(tempfile.mkdtemp(prefix="shelfwise-model-")), False
