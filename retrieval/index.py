"""The durable store of product vectors. The only module that knows Chroma.

Chroma keeps the vectors on disk; searching happens in an exact, in-memory mirror of them, because Chroma's filtered
queries are many times dearer than a scan of a flat matrix, and a shop filters every query.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import chromadb
import numpy as np
from chromadb.config import Settings
from chromadb.errors import ChromaError
from numpy.typing import NDArray

from retrieval.embed import Embedder, Vectors
from retrieval.text import embedding_text
from retrieval.types import Product

Item = TypeVar("Item")

COLLECTION = "products"
READ_BATCH = 2_000
WRITE_BATCH = 1_024


class IndexMismatch(Exception):
    """The stored vectors were made by another model than the one at hand."""


class IndexUnavailable(Exception):
    """The folder of the index can't be opened or written."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did: how many products were embedded, left alone and removed."""

    embedded: int
    unchanged: int
    removed: int


@dataclass(frozen=True, slots=True)
class Mirror:
    """The vectors in memory, never changed: row i of `matrix` (n, dim), float32 and L2-normalised, is of `ids[i]`."""

    ids: tuple[str, ...]
    matrix: Vectors
    hashes: Mapping[str, str]
    rows: Mapping[str, int]


class VectorIndex:
    """Product vectors on disk, and exact nearest-neighbour search over them."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        """Opens or creates the index in `folder` and reads its vectors.

        Raises:
            IndexMismatch: It was built by another embedding model.
            IndexUnavailable: The folder can't be used.
        """
        self._embedder = embedder
        self._writing = Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            settings = Settings(anonymized_telemetry=False, is_persistent=True, persist_directory=str(folder))
            self._client = chromadb.PersistentClient(path=str(folder), settings=settings)
            self._collection = self._client.get_or_create_collection(
                COLLECTION,
                metadata={"model": embedder.model_id, "dimension": embedder.dimension},
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine"}},
            )
        except (OSError, ChromaError) as error:
            raise IndexUnavailable(f"the vector index in {folder} can't be opened: {error}") from error
        self._check_model(folder)
        self._mirror = _mirror(_stored(self._collection), embedder.dimension)

    @property
    def mirror(self) -> Mirror:
        """The vectors as of the last sync. Keep the object for a consistent view."""
        return self._mirror

    def _check_model(self, folder: Path) -> None:
        stored = self._collection.metadata or {}
        theirs = (stored.get("model"), stored.get("dimension"))
        ours = (self._embedder.model_id, self._embedder.dimension)
        if theirs != ours:
            raise IndexMismatch(
                f"the vectors in {folder} are by {theirs[0]} ({theirs[1]} numbers), not by {ours[0]} ({ours[1]}); "
                f"set that model again, or delete {folder} and rebuild it with: python app.py ingest FILE"
            )

    def sync(self, products: Iterable[Product], progress: Callable[[int, int], None] | None = None) -> SyncReport:
        """Makes the index hold exactly `products`: embeds new and changed texts, drops what is gone.

        `progress` is told how many of how many texts are embedded. What was written stays if the process dies; the next
        sync goes on from there. Afterwards the mirror's rows are in the order of `products`.
        """
        with self._writing:
            hashes: dict[str, str] = {}
            stale: list[tuple[str, str]] = []
            for product in products:
                text = embedding_text(product)
                hashes[product.id] = hashlib.sha256(text.encode()).hexdigest()[:32]
                if self._mirror.hashes.get(product.id) != hashes[product.id]:
                    stale.append((product.id, text))
            gone = [product_id for product_id in self._mirror.ids if product_id not in hashes]
            for batch in _batches(gone, WRITE_BATCH):
                self._collection.delete(ids=list(batch))
            fresh = self._embed(stale, hashes, progress)
            self._mirror = self._reordered(hashes, fresh)
            return SyncReport(len(stale), len(hashes) - len(stale), len(gone))

    def _embed(
        self, stale: Sequence[tuple[str, str]], hashes: Mapping[str, str], progress: Callable[[int, int], None] | None
    ) -> dict[str, NDArray[np.float32]]:
        fresh: dict[str, NDArray[np.float32]] = {}
        # Texts of like length together: a batch costs what its longest text costs.
        for batch in _batches(sorted(stale, key=lambda item: len(item[1])), WRITE_BATCH):
            vectors = self._embedder.encode([text for _, text in batch])
            ids = [product_id for product_id, _ in batch]
            self._collection.upsert(ids=ids, embeddings=vectors, metadatas=[{"hash": hashes[i]} for i in ids])
            fresh.update(zip(ids, vectors, strict=True))
            if progress is not None:
                progress(len(fresh), len(stale))
        return fresh

    def _reordered(self, hashes: dict[str, str], fresh: Mapping[str, NDArray[np.float32]]) -> Mirror:
        old = self._mirror
        if not fresh and list(hashes) == list(old.ids):
            return old
        matrix = np.zeros((len(hashes), self._embedder.dimension), dtype=np.float32)
        for row, product_id in enumerate(hashes):
            matrix[row] = fresh[product_id] if product_id in fresh else old.matrix[old.rows[product_id]]
        return _built(tuple(hashes), matrix, hashes)

    def nearest(
        self, vector: NDArray[np.float32], allowed: NDArray[np.bool_] | None, limit: int
    ) -> tuple[list[str], NDArray[np.float32]]:
        """Returns the ids of the `limit` nearest allowed products, nearest first, and their cosine similarities (k,).

        `vector` is (dim,) and L2-normalised; `allowed` is (n,) in the mirror's order, None for all. Exact.
        """
        mirror = self._mirror
        similarities = mirror.matrix @ vector
        rows = np.arange(len(mirror.ids)) if allowed is None else np.flatnonzero(allowed)
        if len(rows) > limit:
            rows = rows[np.argpartition(-similarities[rows], limit - 1)[:limit]] if limit else rows[:0]
        rows = rows[np.argsort(-similarities[rows], kind="stable")]
        return [mirror.ids[row] for row in rows], similarities[rows]


def _batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _stored(collection: Any) -> Iterator[tuple[str, NDArray[np.float32], str]]:
    for start in itertools.count(0, READ_BATCH):
        page = collection.get(limit=READ_BATCH, offset=start, include=["embeddings", "metadatas"])
        for product_id, vector, metadata in zip(page["ids"], page["embeddings"], page["metadatas"], strict=True):
            yield product_id, vector, str(metadata["hash"])
        if len(page["ids"]) < READ_BATCH:
            return


def _mirror(stored: Iterable[tuple[str, NDArray[np.float32], str]], dimension: int) -> Mirror:
    entries = list(stored)
    matrix = np.zeros((len(entries), dimension), dtype=np.float32)
    for row, (_, vector, _) in enumerate(entries):
        matrix[row] = vector
    return _built(tuple(entry[0] for entry in entries), matrix, {entry[0]: entry[2] for entry in entries})


def _built(ids: tuple[str, ...], matrix: Vectors, hashes: Mapping[str, str]) -> Mirror:
    matrix.setflags(write=False)
    return Mirror(ids, matrix, hashes, {product_id: row for row, product_id in enumerate(ids)})
