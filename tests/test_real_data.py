"""Real catalogues and dialogues, where they are at hand (`SHELFWISE_DATA`, default `../shared/data`)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assistant.read_dialogues import predict
from assistant.understand import LexicalReader
from assistant.vocabulary import Vocabulary
from ranking.recommend import recommend_from_sequences
from retrieval.catalog import Catalog
from retrieval.feeds.jsonl import read_jsonl
from retrieval.sql import open_engine

DATA = Path(os.environ.get("SHELFWISE_DATA", Path(__file__).parent.parent.parent / "shared" / "data"))


def data(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there; set SHELFWISE_DATA to a folder that has it")
    return path


@pytest.mark.parametrize(
    ("name", "products"), [("aws-retail", 2465), ("bestbuy", 3291), ("webshop", 1000), ("icecat", 19406)]
)
def test_a_real_catalogue_goes_in_whole(name: str, products: int, tmp_path: Path) -> None:
    catalog = Catalog(open_engine(f"sqlite:///{tmp_path / 'shop.db'}"))
    report = catalog.ingest(read_jsonl(data(f"{name}/products.jsonl.gz")))
    assert (report.added, report.rejected_count) == (products, 0)
    assert catalog.ingest(read_jsonl(data(f"{name}/products.jsonl.gz"))).unchanged == products


def test_annotated_dialogues_are_read_to_the_end() -> None:
    reader = LexicalReader(Vocabulary.from_products(()))
    rows = list(predict(read_jsonl(data("understanding/tuning.dialogues.jsonl")), reader, "USD"))
    assert len(rows) == 325
    assert all(row["frame"]["act"] for row in rows)


@pytest.mark.slow
def test_ten_items_for_each_user_of_a_real_sequence_file(tmp_path: Path) -> None:
    out = tmp_path / "best.jsonl"
    users = recommend_from_sequences(data("amazon/beauty.sequences.txt"), data("amazon/beauty.items.jsonl.gz"), out)
    assert users == 22_363 == len(out.read_text().splitlines())
