from __future__ import annotations

from pathlib import Path

from bench.ingest import compared, repriced
from tests.fakes_retrieval import FakeEmbedder, product

PRODUCTS = [product(id=f"p{number}", title=f"Boots {number}", price=1_000 + number) for number in range(70)]


def test_both_sides_take_all_products_in_as_often(tmp_path: Path) -> None:
    ours, theirs = FakeEmbedder(), FakeEmbedder()
    line = compared(PRODUCTS, ours, theirs, tmp_path, rounds=2)
    assert len(ours.asked) == len(theirs.asked) == 140
    # The naive side embeds in the order given.
    assert "Boots 69" in theirs.asked[69]
    assert (line["part"], line["products"], line["required"]) == ("first", 70, 4)
    assert line["ratio"] > 0
    assert line["ms_per_product"] > 0


def test_new_prices_embed_nothing_and_are_seen(tmp_path: Path) -> None:
    line = repriced(PRODUCTS, tmp_path / "prices", naive_ms=50)
    assert (line["products"], line["embedded"], line["visible"]) == (70, 0, True)
    assert line["ratio"] > 0
