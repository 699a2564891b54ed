from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import chromadb
import pytest
from chromadb.config import Settings

from retrieval.catalog import Catalog
from retrieval.index import COLLECTION, VectorIndex
from retrieval.products import parse_product
from retrieval.sql import open_engine
from retrieval.text import embedding_text
from retrieval.types import Product
from tests.fakes_retrieval import FakeEmbedder
from tests.retrieval.victim import KEPT, NEW, ingest, new_feed, old_feed

ROOT = Path(__file__).parents[2]
POINTS = 20
UPDATES = 2_000
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a system that forks")

Kill = Callable[[Path, float], tuple[int, float]]


def products(feed: list[tuple[int, dict[str, object]]]) -> dict[str, Product]:
    return {product.id: product for _, content in feed for product in [parse_product(content)]}


@pytest.fixture
def kill() -> Iterator[Kill]:
    """Ingests the new feed in another process, kills it after some seconds; tells how it ended and how long it took."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "ANONYMIZED_TELEMETRY": "False"}
    command = [sys.executable, "-m", "tests.retrieval.victim"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def run(folder: Path, seconds: float) -> tuple[int, float]:
            process.stdin.write(f"{folder} {seconds}\n")
            process.stdin.flush()
            code, took = process.stdout.readline().split()
            return int(code), float(took)

        yield run
        process.stdin.close()


def contents(folder: Path) -> dict[str, Product]:
    engine = open_engine(f"sqlite:///{folder}/shop.db")
    found = {product.id: product for product in Catalog(engine).all()}
    engine.dispose()
    return found


def in_chroma(folder: Path) -> set[str]:
    path = str(folder / "index" / "chroma")
    settings = Settings(anonymized_telemetry=False, is_persistent=True, persist_directory=path)
    client = chromadb.PersistentClient(path=path, settings=settings)
    try:
        return set(client.get_collection(COLLECTION, embedding_function=None).get(include=["embeddings"])["ids"])
    finally:
        client.close()


def test_an_ingest_killed_at_any_point_loses_nothing_and_is_finished_by_the_next(tmp_path: Path, kill: Kill) -> None:
    before, after = products(old_feed()), products(new_feed())
    (tmp_path / "old").mkdir()
    ingest(tmp_path / "old", old_feed())
    shutil.copytree(tmp_path / "old", tmp_path / "whole")
    code, seconds = kill(tmp_path / "whole", 0)
    assert code == 0

    chance = random.Random(20)
    codes = []
    for point in range(POINTS):
        folder = tmp_path / f"killed-{point}"
        shutil.copytree(tmp_path / "old", folder)
        codes.append(kill(folder, seconds * (point + chance.random()) / POINTS)[0])

        # All of the old catalogue or all of the new one, and a vector for each of its products.
        found = contents(folder)
        assert found in (before, after)
        reader = FakeEmbedder(dimension=16)
        assert VectorIndex(folder / "index", reader).sync(found.values()).embedded == 0
        assert reader.asked == []

        written = len(VectorIndex(folder / "index", reader))
        asked = ingest(folder, new_feed()).asked
        assert contents(folder) == after
        index = VectorIndex(folder / "index", reader)
        assert index.sync(after.values()).embedded == 0
        assert in_chroma(folder) == set(index.mirror.hashes.values())
        # What the killed process embedded stays embedded.
        assert written + len(asked) == len(before) + KEPT // 3 + NEW or found == after
        shutil.rmtree(folder)
    assert codes.count(-9) >= POINTS / 2


@pytest.mark.slow
def test_the_command_is_finished_by_its_next_run_whenever_it_is_killed(tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_text("\n".join(json.dumps(content) for _, content in new_feed()))
    command = [sys.executable, str(ROOT / "app.py"), "ingest", str(feed), "--replace", "--json"]
    environment = {**os.environ, "SHELFWISE_HOME": str(tmp_path / "home"), "SHELFWISE_DATABASE_URL": ""}
    chance = random.Random(3)
    for _ in range(3):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(1, 6))
        process.kill()
        process.wait()
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    counts = json.loads(ended.stdout)
    assert counts["added"] + counts["unchanged"] == len(new_feed())
    assert contents(tmp_path / "home") == products(new_feed())
    texts = {embedding_text(product) for product in products(new_feed()).values()}
    assert len(in_chroma(tmp_path / "home")) == len(texts)


def test_new_prices_embed_nothing_and_are_found_by_the_next_search(tmp_path: Path) -> None:
    from retrieval.search import Searcher
    from retrieval.types import Need, Query

    rows = [
        (number, {"id": f"p{number}", "title": f"Lamp {number}", "price": 100, "stock": 1, "category": ["Lamps"]})
        for number in range(UPDATES)
    ]
    embedder = FakeEmbedder(dimension=16)
    catalog = Catalog(open_engine(f"sqlite:///{tmp_path}/shop.db"))
    index = VectorIndex(tmp_path / "index", embedder)
    catalog.ingest(rows, prepare=index.prepare)
    searcher = Searcher.build(catalog, VectorIndex(tmp_path / "index", embedder), embedder)
    cheap = Query(Need("lamp", price_max=5_000), limit=5)
    assert all(candidate.violates for candidate in searcher.search(cheap).candidates)

    embedder.asked.clear()
    news = [(number, {**content, "price": 40, "stock": 3}) for number, content in rows]
    assert catalog.ingest(news, prepare=index.prepare).changed == UPDATES
    assert embedder.asked == []
    assert searcher.refresh()
    found = searcher.search(cheap).candidates
    assert [candidate.product.price for candidate in found] == [4_000] * 5
    assert {len(text.split()) for text in embedder.asked} == {1}
