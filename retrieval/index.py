"""The durable store of product vectors. The only module that knows Chroma.

Vectors belong to texts: a product's is found by the hash of what is embedded of it, so that a new price needs none, old
and new versions of a product are there side by side, and products of the same text share one. A batch is first added to
a log that no crash can spoil, then copied to a Chroma collection. What is searched is an exact, in-memory mirror:
Chroma's filtered queries are many times dearer than a scan, and a second process must not read what one writes.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from retrieval.embed import Embedder, Vectors
from retrieval.locks import Busy, WriterLock
from retrieval.mirror import Mirror
from retrieval.text import embedding_text
from retrieval.types import Product
from retrieval.vector_log import OtherModel, VectorLog

Item = TypeVar("Item")
Progress = Callable[[int, int], None]

COLLECTION = "products"
BATCH = 1_024
PATIENCE = 60.0
"""Seconds that one writer waits for another."""
USED_SHARE = 0.5
"""The log is written anew where fewer of its vectors than this are of use."""
NORM_ERROR = 0.01

_log = logging.getLogger(__name__)


class IndexMismatch(Exception):
    """The stored vectors were made by another model than the one at hand."""


class IndexUnavailable(Exception):
    """The folder of the index can't be opened or written."""


class IndexBusy(IndexUnavailable):
    """Another process is writing the index, and went on for as long as one would wait."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did: how many products were embedded and left alone, and how many vectors removed."""

    embedded: int
    unchanged: int
    removed: int


class VectorIndex:
    """Product vectors on disk, and exact nearest-neighbour search over them."""

    def __init__(self, folder: Path, embedder: Embedder, patience: float = PATIENCE) -> None:
        """Opens or creates the index in `folder`. The mirror is empty until the first sync.

        Raises:
            IndexMismatch: It was built by another embedding model.
            IndexUnavailable: The folder can't be used.
        """
        self._folder = folder
        self._embedder = embedder
        self._patience = patience
        self._lock = WriterLock(folder / "writer.lock")
        self._chroma = ChromaCopy(folder / "chroma", embedder)
        self._mirror = Mirror.of((), np.zeros((0, embedder.dimension), dtype=np.float32), {})
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._vectors = VectorLog(folder, embedder.model_id, embedder.dimension)
        except OSError as error:
            raise IndexUnavailable(f"the vector index in {folder} can't be opened: {error}") from error
        except OtherModel as theirs:
            raise IndexMismatch(
                f"the vectors in {folder} are by {theirs}, not by {embedder.model_id} ({embedder.dimension} numbers); "
                f"set that model again, or delete {folder} and rebuild it with: python app.py ingest FILE"
            ) from None

    def __len__(self) -> int:
        """How many texts have a vector on disk."""
        return len(self._vectors)

    @property
    def mirror(self) -> Mirror:
        """The vectors as of the last sync. Keep the object for a consistent view."""
        return self._mirror

    @contextmanager
    def writing(self, patience: float | None = None) -> Iterator[None]:
        """Keeps every other writer out, in this process and in others; waits for one that is at work.

        Raises `IndexBusy` if that takes longer than `patience` seconds.
        """
        try:
            with self._lock.held(self._patience if patience is None else patience):
                yield
        except Busy as error:
            raise IndexBusy(f"{error}; try again when it is done") from error

    def prepare(self, products: Iterable[Product], progress: Progress | None = None) -> int:
        """Embeds what has no vector yet, and keeps it on disk; returns how many texts that were.

        Nothing that was there goes, so whoever searches the products of before still finds theirs. `progress` is told how
        many of how many texts are embedded. What was written stays if the process dies.
        """
        return self._embed(dict(_hashed(product)[1:] for product in products), progress)

    def sync(self, products: Iterable[Product], progress: Progress | None = None, *, exact: bool = False) -> SyncReport:
        """Embeds what has no vector yet, and makes the mirror: its rows are in the order of `products`.

        With `exact`, vectors of no product are dropped from the disk: for whoever has just published `products`. Waits for
        other writers only where there is something to write. Raises `IndexBusy` if that takes too long.
        """
        hashes: dict[str, str] = {}
        texts: dict[str, str] = {}
        self._vectors.refresh()
        for product in products:
            product_id, text_hash, text = _hashed(product)
            hashes[product_id] = text_hash
            if text_hash not in self._vectors:
                texts[text_hash] = text
        if texts:
            self._embed(texts, progress)
        self._mirror = self._mirrored(hashes)
        embedded = sum(text_hash in texts for text_hash in hashes.values())
        removed = self._tidy(set(hashes.values())) if exact else 0
        return SyncReport(embedded, len(hashes) - embedded, removed)

    def nearest(
        self, vector: NDArray[np.float32], allowed: NDArray[np.bool_] | None, limit: int
    ) -> tuple[list[str], NDArray[np.float32]]:
        """Returns the ids of the `limit` nearest allowed products, nearest first, and their cosine similarities (k,).

        `vector` is (dim,) and L2-normalised; `allowed` is (n,) in the mirror's order, None for all. Exact.
        """
        mirror = self._mirror
        rows, similarities = mirror.nearest(vector, allowed, limit)
        return [mirror.ids[row] for row in rows], similarities

    def _embed(self, texts: Mapping[str, str], progress: Progress | None) -> int:
        with self.writing():
            self._vectors.refresh()
            if not len(self._vectors):
                self._recover()
            missing = [item for item in texts.items() if item[0] not in self._vectors]
            # Texts of like length together: a batch costs what its longest text costs.
            missing.sort(key=lambda item: len(item[1]))
            done = 0
            for batch in _batches(missing, BATCH):
                vectors = self._embedder.encode([text for _, text in batch])
                self._vectors.append([text_hash for text_hash, _ in batch], vectors)
                done += len(batch)
                if progress is not None:
                    progress(done, len(missing))
            if missing:
                self._chroma.add([text_hash for text_hash, _ in missing], self._vectors.vectors)
            return done

    def _recover(self) -> None:
        """Fills an empty log from Chroma: it was deleted, or damaged."""
        for hashes, vectors in self._chroma.survivors():
            self._vectors.append(hashes, vectors)

    def _mirrored(self, hashes: dict[str, str]) -> Mirror:
        if list(hashes) == list(self._mirror.ids) and hashes == self._mirror.hashes:
            return self._mirror
        try:
            return Mirror.of(tuple(hashes), self._vectors.vectors(list(hashes.values())), hashes)
        except KeyError as error:
            raise IndexBusy(f"another process dropped vectors from {self._folder} just now; try again") from error

    def _tidy(self, used: set[str]) -> int:
        """Makes the disk hold the vectors of `used` and few or no others; returns how many Chroma dropped."""
        if self._chroma.holds(used):
            return 0
        with self.writing():
            if len(used) < USED_SHARE * len(self._vectors):
                self._vectors.keep(used)
            return self._chroma.hold(used, self._vectors.vectors)


class ChromaCopy:
    """The vectors in a Chroma collection, by the hash of their text, rebuilt whenever it is found unusable.

    A note beside it says what it holds. It is taken away while Chroma writes: a folder without one was left half-written,
    and Chroma may crash on such.
    """

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        """Opens nothing yet: importing Chroma takes a second that a server need not spend."""
        self._folder = folder
        self._note = folder.with_name(f"{folder.name}.holds")
        self._metadata = {"model": embedder.model_id, "dimension": embedder.dimension}

    def holds(self, hashes: Collection[str]) -> bool:
        """Whether it holds exactly these, as far as its note says; opens nothing."""
        return self._folder.is_dir() and self._noted() == _digest(hashes)

    def add(self, hashes: Sequence[str], vectors_of: Callable[[Sequence[str]], Vectors]) -> None:
        """Adds vectors. Raises `IndexUnavailable` if even a new collection can't be written."""
        self._write(lambda collection: _upsert(collection, hashes, vectors_of), "more")

    def hold(self, hashes: Collection[str], vectors_of: Callable[[Sequence[str]], Vectors]) -> int:
        """Adds what is missing and drops the rest; returns how many that were. Raises `IndexUnavailable` like `add`."""

        def match(collection: Any) -> int:
            present = {text_hash for page in _pages(collection, []) for text_hash in page["ids"]}
            _upsert(collection, sorted(set(hashes) - present), vectors_of)
            gone = sorted(present.difference(hashes))
            for batch in _batches(gone, BATCH):
                collection.delete(ids=list(batch))
            return len(gone)

        return self._write(match, _digest(hashes))

    def survivors(self) -> Iterator[tuple[list[str], Vectors]]:
        """Yields what can still be read, in batches; nothing of a collection half-written or of another model."""
        from chromadb.errors import ChromaError

        if not self._noted():
            return
        try:
            with self._opened() as collection:
                if collection.metadata != self._metadata:
                    return
                for page in _pages(collection, ["embeddings"]):
                    vectors = np.asarray(page["embeddings"], dtype=np.float32).reshape(len(page["ids"]), -1)
                    # Chroma has no checksums: damage shows in the length of a vector, which is 1.
                    sound = np.abs(np.linalg.norm(vectors, axis=1) - 1) < NORM_ERROR
                    yield (
                        [text_hash for text_hash, is_sound in zip(page["ids"], sound, strict=True) if is_sound],
                        vectors[sound],
                    )
        except (ChromaError, OSError) as error:
            _log.warning("the Chroma collection in %s can't be read, so it is built anew: %s", self._folder, error)

    def _noted(self) -> str:
        try:
            return self._note.read_text(encoding="utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return ""

    def _write(self, work: Callable[[Any], int], note: str) -> int:
        from chromadb.errors import ChromaError

        if not self._noted():
            shutil.rmtree(self._folder, ignore_errors=True)
        self._note.unlink(missing_ok=True)
        try:
            done = self._worked(work)
        except (ChromaError, OSError) as error:
            _log.warning("the Chroma collection in %s can't be written, so it is built anew: %s", self._folder, error)
            shutil.rmtree(self._folder, ignore_errors=True)
            try:
                done = self._worked(work)
            except (ChromaError, OSError) as again:
                raise IndexUnavailable(f"the vectors in {self._folder} can't be written: {again}") from again
        self._note.write_text(note, encoding="utf-8")
        return done

    def _worked(self, work: Callable[[Any], int]) -> int:
        with self._opened() as collection:
            return work(collection)

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        import chromadb
        from chromadb.api.shared_system_client import SharedSystemClient
        from chromadb.config import Settings
        from chromadb.errors import ChromaError

        settings = Settings(anonymized_telemetry=False, is_persistent=True, persist_directory=str(self._folder))
        try:
            client: Any = chromadb.PersistentClient(path=str(self._folder), settings=settings)
        except ChromaError:
            # Chroma remembers the client by its path, though it could not be opened.
            SharedSystemClient.clear_system_cache()
            raise
        try:
            yield client.get_or_create_collection(
                COLLECTION,
                metadata=self._metadata,
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine"}},
            )
        finally:
            # Another process may write next, which an open client would not see.
            client.close()


def _hashed(product: Product) -> tuple[str, str, str]:
    """Returns the product's id, the hash of its text, and the text."""
    text = embedding_text(product)
    return product.id, hashlib.sha256(text.encode()).hexdigest()[:32], text


def _digest(hashes: Collection[str]) -> str:
    return hashlib.sha256("".join(sorted(hashes)).encode()).hexdigest()


def _batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _upsert(collection: Any, hashes: Sequence[str], vectors_of: Callable[[Sequence[str]], Vectors]) -> int:
    for batch in _batches(hashes, BATCH):
        collection.upsert(ids=list(batch), embeddings=vectors_of(batch))
    return 0


def _pages(collection: Any, include: list[str]) -> Iterator[Mapping[str, Any]]:
    for start in range(0, collection.count(), BATCH):
        yield collection.get(limit=BATCH, offset=start, include=include)
