from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from retrieval.catalog import Catalog
from retrieval.index import VectorIndex
from retrieval.products import to_row
from retrieval.search import Searcher, SearchResult
from retrieval.sql import open_engine
from retrieval.types import Need, Product, Query, Reason
from tests.fakes_retrieval import FakeEmbedder, product

BOOTS = [
    product(
        id=f"boot{number:02}",
        title=f"Hiking boots {'Leather' if number % 3 == 0 else 'Mesh'} {number}",
        price=4000 + 500 * number,
        brand="Alpine" if number % 2 else "Bellamy",
        attributes={"feature": "waterproof"} if number % 4 else {},
        rating=3 + number % 20 / 10,
        created_at=f"2024-01-{number + 1:02}T00:00:00Z",
    )
    for number in range(30)
]
OTHERS = [
    product(id="rain", title="Rain boots", price=2000, category=("Shoes", "Rain boots"), brand="Bellamy"),
    product(id="tent", title="Waterproof camping tent", price=9000, category=("Camping", "Tents"), brand="Bellamy"),
    product(id="gone", title="Hiking boots Mesh", price=3000, availability="out_of_stock"),
]


@pytest.fixture
def build(tmp_path: Path) -> Iterable[Callable[[list[Product]], Searcher]]:
    engine = open_engine(f"sqlite:///{tmp_path}/shop.db")
    embedder = FakeEmbedder()

    def make(products: list[Product]) -> Searcher:
        catalog = Catalog(engine)
        catalog.ingest(enumerate(map(to_row, products), start=1))
        return Searcher.build(catalog, VectorIndex(tmp_path / "vectors", embedder), embedder)

    yield make
    engine.dispose()


@pytest.fixture
def searcher(build: Callable[[list[Product]], Searcher]) -> Searcher:
    return build(BOOTS + OTHERS)


def ids(result: SearchResult) -> list[str]:
    return [candidate.product.id for candidate in result.candidates]


def test_constraints_hold_before_the_best_are_picked(searcher: Searcher) -> None:
    need = Need("hiking boots", include=("waterproof",), exclude=("leather",), price_max=14000)
    result = searcher.search(Query(need, limit=10))
    assert len(result.candidates) == 10
    assert result.relaxed == ()
    for candidate in result.candidates:
        assert "Leather" not in candidate.product.title
        assert candidate.product.attributes["feature"] == "waterproof"
        assert candidate.product.price is not None and candidate.product.price <= 14000
        assert candidate.violates == ()
        assert {(reason.kind, reason.text) for reason in candidate.reasons} == {
            ("need", "waterproof"),
            ("price", "under $140"),
        }


def test_the_best_come_first_and_relevance_is_a_share(searcher: Searcher) -> None:
    candidates = searcher.search(Query(Need("hiking boots"))).candidates
    scores = [candidate.score for candidate in candidates]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= candidate.relevance <= 1 for candidate in candidates)


def test_a_full_page_has_only_the_kind_that_was_asked_for(searcher: Searcher) -> None:
    found = ids(searcher.search(Query(Need("hiking boots"))))
    assert len(found) == 30
    assert not {"rain", "tent", "gone"} & set(found)


def test_nonsense_finds_nothing(searcher: Searcher) -> None:
    assert searcher.search(Query(Need("asdfgh qwerty"))) == SearchResult()


def test_no_words_finds_all_that_qualifies(searcher: Searcher) -> None:
    assert set(ids(searcher.search(Query(Need(price_max=4500))))) == {"boot00", "boot01", "rain"}


@pytest.mark.parametrize(
    ("sort", "first"), [("price_asc", "boot00"), ("price_desc", "boot29"), ("rating", "boot19"), ("newest", "boot29")]
)
def test_a_sort_orders_what_is_relevant(searcher: Searcher, sort: str, first: str) -> None:
    candidates = searcher.search(Query(Need("hiking boots", sort=sort))).candidates
    assert candidates[0].product.id == first
    scores = [candidate.score for candidate in candidates]
    assert scores == sorted(scores, reverse=True)


def test_a_property_that_nothing_has_is_given_up_and_named(searcher: Searcher) -> None:
    result = searcher.search(Query(Need("hiking boots", include=("waterproof", "insulated"))))
    assert result.relaxed == ("insulated",)
    assert {candidate.violates for candidate in result.candidates} == {("insulated: not stated",)}
    assert all(Reason("need", "waterproof", 0.1) in candidate.reasons for candidate in result.candidates)


def test_the_budget_is_given_up_last_and_by_the_least(searcher: Searcher) -> None:
    result = searcher.search(Query(Need("hiking boots", exclude=("leather",), price_max=1000), limit=3))
    assert result.relaxed == ("price",)
    assert ids(result) == ["boot01", "boot02", "boot04"]
    assert result.candidates[0].violates == ("over $10",)


def test_brand_goes_before_price_and_rating_before_brand(searcher: Searcher) -> None:
    assert searcher.search(Query(Need("hiking boots", brand=("Nobody",)))).relaxed == ("brand",)
    assert searcher.search(Query(Need("hiking boots", brand=("Alpine",), rating_min=5))).relaxed == ("rating",)


def test_exclusions_and_stock_are_never_given_up(build: Callable[[list[Product]], Searcher]) -> None:
    searcher = build([product(id="a", title="Leather boots"), product(id="b", title="Mesh boots", stock=0)])
    assert searcher.search(Query(Need("boots", exclude=("leather",), price_max=1))) == SearchResult()


def test_more_like_this_leaves_itself_out(searcher: Searcher) -> None:
    found = ids(searcher.search(Query(Need(price_max=6000), like="boot04")))
    assert found
    assert "boot04" not in found
    assert all(name.startswith("boot") for name in found[:3])


def test_unwanted_ids_stay_away(searcher: Searcher) -> None:
    assert "boot01" not in ids(searcher.search(Query(Need("hiking boots"), without=frozenset({"boot01", "unknown"}))))


def test_a_changed_catalogue_is_picked_up(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/shop.db")
    catalog, embedder = Catalog(engine), FakeEmbedder()
    searcher = Searcher.build(catalog, VectorIndex(tmp_path / "vectors", embedder), embedder)
    assert searcher.search(Query(Need("boots"))) == SearchResult()
    assert not searcher.refresh()
    catalog.ingest([(1, to_row(BOOTS[0]))])
    assert searcher.refresh()
    assert ids(searcher.search(Query(Need("boots")))) == ["boot00"]
    engine.dispose()


def test_what_the_shop_has_nothing_by_the_name_of_is_told(build: Callable[[list[Product]], Searcher]) -> None:
    searcher = build([product(id="1", title="Warm Winter Boot", category=())])
    assert searcher.search(Query(Need(query="boots"))).named
    assert not searcher.search(Query(Need(query="warm winter curtains"))).named


def test_what_has_all_that_was_asked_for_outlasts_a_kind_read_wrongly(build: Callable[[list[Product]], Searcher]) -> None:
    pumps = [product(id=f"pump{n}", title=f"Knee high pumps {n}", category=("Shoes", "Pumps")) for n in range(3)]
    socks = [product(id=f"sock{n}", title=f"Knee high socks {n}", category=("Clothes", "Socks")) for n in range(3)]
    sandal = product(id="sandal", title="Open toe sandals, ankle strap, memory foam", category=("Shoes", "Sandals"))
    searcher = build([*pumps, *socks, sandal])
    need = Need("knee high", include=("open toe", "sandals", "ankle strap", "memory foam"))
    assert ids(searcher.search(Query(need)))[0] == "sandal"


def test_a_ranking_counts_words_that_nobody_read(searcher: Searcher) -> None:
    assert [product.id for product in searcher.rank("rain boots", Need("boots"), 1)] == ["rain"]
    assert [product.id for product in searcher.rank("rain boots", Need(), 1)] == ["rain"]


def test_a_ranking_obeys_price_brand_exclusions_and_stock(searcher: Searcher) -> None:
    need = Need(exclude=("leather",), brand=("Alpine",), price_max=9_000)
    found = searcher.rank("hiking boots, no leather, by Alpine, under $90", need, 50)
    assert {product.id for product in found} == {"boot01", "boot05", "boot07"}


def test_a_ranking_gives_up_the_price_last_and_ends_at_the_limit(searcher: Searcher) -> None:
    assert len(searcher.rank("hiking boots", Need(price_max=100), 7)) == 7
    cheap = searcher.rank("hiking boots", Need(brand=("Nobody",), price_max=4_500), 9)
    assert {product.id for product in cheap} == {"boot00", "boot01", "rain"}


def test_a_ranking_of_nonsense_is_empty(searcher: Searcher) -> None:
    assert searcher.rank("asdfgh qwerty", Need(), 5) == ()


def test_another_kind_with_the_property_keeps_nothing_of_the_kind_away(build: Callable[[list[Product]], Searcher]) -> None:
    mugs = [
        product(id=f"mug{n}", title=f"Mug number {n}", category=("Mugs",), description="", attributes={}) for n in range(4)
    ]
    towels = product(id="towels", title="Towels, set of 4", category=("Towels",), description="For mugs, too", attributes={})
    result = build([*mugs, towels]).search(Query(Need("mugs", include=("set of 4",))))
    assert {item.id for item in mugs} <= set(ids(result))
    labels = {candidate.product.id: candidate.violates for candidate in result.candidates}
    assert "not mugs" in labels.get("towels", ("not mugs",))
    assert "set of 4: not stated" in labels["mug0"]
