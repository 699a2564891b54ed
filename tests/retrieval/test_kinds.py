from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.catalog import Catalog
from retrieval.index import VectorIndex
from retrieval.products import to_row
from retrieval.search import Searcher
from retrieval.sql import open_engine
from retrieval.types import Need, Product
from tests.fakes_retrieval import FakeEmbedder

SHELF = (
    Product("elk", "Elk 1 L Electric Kettle, Red", price=3_000, category=("Kitchen", "Electric kettles")),
    Product("gun", "Goose Electric Kettle", price=5_000, category=("Kitchen", "Electric kettles"), rating=4.5),
    Product("pour", "Pour-Over Kettle Set", price=4_000, category=("Kitchen", "Brewing"), rating=4.5, rating_count=9),
    Product("mat", "Kettle Mat", price=900, category=("Kitchen", "Mats"), description="For any kettle."),
    Product("tote", "Linen Tote Bag", price=2_000, category=("Bags", "Tote bags")),
    Product("case", "Cabin Suitcase", price=9_000, category=("Bags", "Suitcases")),
    Product("down", "Down Sleeping Bag", price=8_000, category=("Outdoor", "Sleeping bags")),
    Product("two", "Fell 2-Person Tent", price=9_000, category=("Outdoor", "Tents"), attributes={"season": "3-season"}),
    Product("three", "Moor 3-Person Tent", price=12_000, category=("Outdoor", "Tents"), attributes={"season": "4-season"}),
    Product("gone", "Gone 3-Person Tent", price=7_000, category=("Outdoor", "Tents"), availability="out_of_stock"),
    Product("lamp", "Trail Headlamp", price=2_500, category=("Outdoor", "Headlamps")),
    Product("desk", "Desk Lamp in Brass", price=4_500, category=("Home", "Desk lamps")),
    Product("chef", "Forged Knife", price=6_500, category=("Kitchen", "Chef's knives")),
    Product("bread", "Bread Knife", price=3_500, category=("Kitchen", "Tools")),
    Product("mouse", "Silent Mouse, Black", price=2_500, category=("Office", "Computer mice")),
    Product("ears", "Wireless Headphones", price=9_500, category=("Audio", "Headphones")),
    Product("wire", "Studio Headphones", price=8_500, category=("Audio", "Headphones"), attributes={"feature": "wired"}),
    Product("tee", "Plain T-Shirt", price=1_500, category=("Clothing", "T-shirts")),
    Product("boots", "Rain Boots", price=3_500, category=("Shoes", "Boots & wellies")),
)


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Iterable[Searcher]:
    folder: Path = tmp_path_factory.mktemp("kinds")
    engine = open_engine(f"sqlite:///{folder}/shop.db")
    embedder, catalog = FakeEmbedder(), Catalog(engine)
    catalog.ingest(enumerate(map(to_row, SHELF), start=1))
    yield Searcher.build(catalog, VectorIndex(folder / "vectors", embedder), embedder)
    engine.dispose()


def ids(searcher: Searcher, need: Need) -> set[str]:
    return {product.id for product in searcher.matching(need)}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("kettles", {"elk", "gun", "pour"}),
        ("kettle", {"elk", "gun", "pour"}),
        ("electric kettle", {"elk", "gun"}),
        ("bags", {"tote", "case"}),
        ("sleeping bags", {"down"}),
        ("tents", {"two", "three"}),
        ("lamps", {"desk"}),
        ("head lamps", {"lamp"}),
        ("headlamp", {"lamp"}),
        ("knives", {"chef", "bread"}),
        ("mouse", {"mouse"}),
        ("mice", {"mouse"}),
        ("wireless headphones", {"ears"}),
        ("headphones", {"ears", "wire"}),
        ("tshirts", {"tee"}),
        ("t-shirt", {"tee"}),
        ("boots", {"boots"}),
        ("wellies", {"boots"}),
        ("outdoor", {"down", "two", "three", "lamp"}),
        ("mats", {"mat"}),
        ("pianos", set()),
        ("the", set()),
        ("tent for winter", set()),
    ],
)
def test_a_kind_is_what_the_merchant_calls_so(searcher: Searcher, kind: str, expected: set[str]) -> None:
    assert ids(searcher, Need(kind)) == expected


def test_what_is_counted_meets_the_whole_need(searcher: Searcher) -> None:
    assert ids(searcher, Need("kettles", price_max=4_000)) == {"elk", "pour"}
    assert ids(searcher, Need("headphones", include=("wired",))) == {"wire"}
    assert ids(searcher, Need("kettles", exclude=("electric",))) == {"pour"}
    assert ids(searcher, Need(price_max=1_500)) == {"mat", "tee"}


def test_a_number_belongs_to_what_it_counts(searcher: Searcher) -> None:
    assert ids(searcher, Need("tents", include=("3-person",))) == {"three"}
    assert ids(searcher, Need("tents", include=("3 season",))) == {"two"}


def test_all_that_match_come_in_the_order_asked_for(searcher: Searcher) -> None:
    def order(**wanted: object) -> list[str]:
        return [product.id for product in searcher.matching(replace(Need("kettles"), **wanted))]

    assert order(sort="price_desc") == ["gun", "pour", "elk"]
    assert order(sort="price_asc") == ["elk", "pour", "gun"]
    assert order(sort="rating") == ["pour", "gun", "elk"]  # of equals the one that more people rated
