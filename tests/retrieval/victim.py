"""Ingests in processes that are killed: for each line "folder seconds" on its input, answers with how the process ended.

It imports everything once and then forks, so that a kill costs no second of imports.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import chromadb
import chromadb.api.rust  # noqa: F401

from retrieval.catalog import Catalog
from retrieval.feeds.rows import Row
from retrieval.index import VectorIndex
from retrieval.sql import open_engine
from tests.fakes_retrieval import FakeEmbedder

KEPT, NEW, DROPPED = 300, 100, 100


def old_feed() -> list[Row]:
    return [
        (number, {"id": f"p{number}", "title": f"Lamp {number}", "price": 10, "stock": 1})
        for number in range(KEPT + DROPPED)
    ]


def new_feed() -> list[Row]:
    """A third as it was, a third at another price, a third of another title, some gone, some new."""
    kept = [dict(content) for _, content in old_feed()[:KEPT]]
    for content in kept[::3]:
        content["price"] = 20
    for content in kept[1::3]:
        content["title"] = f"Big {content['title']}"
    fresh = [{"id": f"q{number}", "title": f"Tent {number}", "price": 30} for number in range(NEW)]
    return list(enumerate([*kept, *fresh]))


def ingest(folder: Path, feed: list[Row]) -> FakeEmbedder:
    """What the command does: publishes nothing that is not embedded, and tidies the vectors up when done."""
    embedder = FakeEmbedder(dimension=16)
    engine = open_engine(f"sqlite:///{folder}/shop.db")
    index = VectorIndex(folder / "index", embedder)
    with index.writing():
        catalog = Catalog(engine)
        catalog.ingest(feed, replace=True, prepare=index.prepare)
        index.sync(catalog.all(), exact=True)
    engine.dispose()
    return embedder


def main() -> None:
    for line in sys.stdin:
        folder, seconds = line.rsplit(" ", 1)
        started = time.monotonic()
        child = os.fork()
        if child == 0:
            ingest(Path(folder), new_feed())
            os._exit(0)
        if float(seconds) > 0:
            time.sleep(float(seconds))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)} {time.monotonic() - started:.4f}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
