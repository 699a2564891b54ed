from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from ranking.facts import Facts, FactsCache, quality
from ranking.models.base import BadModel
from ranking.shelf import Shelf, created
from ranking.taste import Past, Taste, nearest
from ranking.types import EventType, Shopper
from tests.fakes_ranking import make_event, make_product, shopper_who

RED = {"color": "red"}
PRODUCTS = [
    make_product(f"p{n}", brand="Quill" if n < 5 else "Harbor", category=("Home", "Lamps"), price=1_000 * (n + 1))
    for n in range(10)
]
SHELF = Shelf.of(PRODUCTS)
CACHE = FactsCache(SHELF)


def taste_for(*did: tuple[EventType, int]) -> Taste:
    known = [(CACHE.of(PRODUCTS[n]), make_event(f"p{n}", type)) for type, n in did]
    return Taste.of(known, SHELF)


def test_a_price_stands_between_the_cheapest_and_the_dearest_of_its_kind() -> None:
    levels = [SHELF.price_level(product) for product in PRODUCTS]
    assert levels[0] == pytest.approx(0.05)
    assert levels[9] == pytest.approx(0.95)
    assert levels == sorted(levels)  # type: ignore[type-var]


def test_a_kind_with_few_prices_is_measured_by_the_one_above() -> None:
    assert SHELF.price_level(make_product("x", category=("Home", "Rugs"), price=10_000)) == pytest.approx(0.95)
    assert SHELF.price_level(make_product("x", category=("Garden",), price=1)) == 0.0
    assert SHELF.price_level(make_product("x", price=None)) is None
    assert Shelf().price_level(PRODUCTS[0]) is None


def test_a_long_ladder_is_thinned_and_keeps_its_ends() -> None:
    shelf = Shelf.of(make_product(f"p{n}", price=n) for n in range(500))
    assert (len(shelf.ladders[""]), shelf.ladders[""][0], shelf.ladders[""][-1]) == (21, 0, 499)


def test_shares_count_products_with_a_trait() -> None:
    assert SHELF.shares == pytest.approx({"brand:quill": 0.5, "brand:harbor": 0.5, "kind:home > lamps": 1.0})
    assert Shelf.of([]) == Shelf()


def test_newest_first_and_undated_products_are_not_new() -> None:
    dates = ("2026-01-01T00:00:00Z", "", "2026-02-01T00:00:00Z", "last week")
    shelf = Shelf.of(make_product(f"p{n}", created_at=date) for n, date in enumerate(dates))
    assert shelf.newest == ["p2", "p0"]
    assert created(make_product("x", created_at="last week")) is None


def test_the_shelf_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    SHELF.save(tmp_path)
    assert Shelf.load(tmp_path) == SHELF
    (tmp_path / "shelf.json").write_text('{"unheard": 1}', encoding="utf-8")
    with pytest.raises(BadModel, match="train again"):
        Shelf.load(tmp_path)


def test_a_lift_is_the_share_over_that_of_the_catalogue_drawn_to_it() -> None:
    taste = taste_for(("purchase", 0), ("purchase", 1))
    # Two of two, and three more as in the catalogue: (2 + 1.5) / 5, less a half.
    assert taste.lifts["brand:quill"] == pytest.approx(3.5 / 5 - 0.5)
    assert taste.lifts["kind:home > lamps"] == pytest.approx(0)
    assert taste.counts["brand:quill"] == 2


def test_dislikes_count_against_a_brand() -> None:
    taste = taste_for(("dislike", 0))
    assert taste.lifts["brand:quill"] < 0
    assert taste.counts["brand:quill"] == 0
    assert [facts.product.id for facts in taste.disliked] == ["p0"]


def test_a_price_matches_best_where_the_shopper_buys_and_more_surely_with_more_bought() -> None:
    cheap = taste_for(("purchase", 0), ("purchase", 1))
    assert cheap.price_match(0.1) > cheap.price_match(0.5) > cheap.price_match(0.95)
    assert taste_for(("purchase", 0)).price_match(0.05) < cheap.price_match(0.1) < 1
    assert Taste().price_match(0.5) == cheap.price_match(None) == 0


def facts_of(title: str, **fields: object) -> Facts:
    return CACHE.of(make_product(title, title=title, **fields))


def test_the_nearest_is_the_one_with_most_in_common_and_distant_cousins_do_not_count() -> None:
    one, two = facts_of("brass reading lamp"), facts_of("brass floor lamp")
    assert nearest(one.tokens, [two, one]) == (1.0, one)
    # Two of four tokens shared: (1/2 - 0.4) / 0.6.
    assert nearest(one.tokens, [two]) == (pytest.approx(1 / 6), two)
    assert nearest(facts_of("oak table").tokens, [one, two]) == (0.0, None)
    assert nearest(one.tokens, []) == (0.0, None)


def test_facts_follow_a_product_that_changes() -> None:
    cache = FactsCache(SHELF)
    first = cache.of(make_product("x", attributes=RED))
    assert cache.of(make_product("x", attributes=RED)) is first
    assert cache.of(make_product("x", attributes={"color": ("blue", "gray")})).traits == ("color:blue", "color:gray")


def test_quality_grows_with_the_rating_and_with_how_many_rated() -> None:
    # Ten ratings of 5 and ten of 3.8 make 4.4, half of the way from 3.8 to 5.
    assert quality(make_product("x", rating=5.0, rating_count=10)) == pytest.approx(0.5)
    assert quality(make_product("x", rating=5.0, rating_count=1000)) > 0.95
    assert quality(make_product("x", rating=2.0, rating_count=100)) == 0
    assert quality(make_product("x")) == quality(make_product("x", rating=float("nan"))) == 0


def about(ids: Collection[str]) -> dict[str, Facts]:
    return {product.id: CACHE.of(product) for product in PRODUCTS if product.id in ids}


def test_a_past_knows_what_is_in_the_catalogue_and_one_event_of_each() -> None:
    shopper = shopper_who(("view", "p1"), ("purchase", "gone"), ("like", "p1"), ("view", "p2"))
    past = Past.of(shopper, ["p9", "gone-too"], about)
    assert [(facts.product.id, event.type) for facts, event in past.known] == [("p1", "like"), ("p2", "view")]
    assert [facts.product.id for facts in past.disliked] == ["p9"]


def test_a_past_without_a_product_has_never_touched_it() -> None:
    past = Past.of(shopper_who(("view", "p1"), ("like", "p1"), ("view", "p2")), [], about).without("p1")
    assert [event.product_id for event in past.shopper.history] == ["p2"]
    assert [facts.product.id for facts, _ in past.known] == ["p2"]


def test_no_history_asks_the_catalogue_nothing() -> None:
    def never(ids: Collection[str]) -> dict[str, Facts]:
        raise AssertionError(ids)

    assert Past.of(Shopper("guest"), (), never).known == ()


def test_only_the_latest_of_a_long_past_count_and_one_taken_away_is_replaced() -> None:
    products = {f"q{n}": CACHE.of(make_product(f"q{n}")) for n in range(60)}
    shopper = shopper_who(*(("view", f"q{n}") for n in range(60)))
    past = Past.of(shopper, (), lambda ids: {i: products[i] for i in ids})
    assert [facts.product.id for facts, _ in past.known] == [f"q{n}" for n in range(20, 60)]
    assert [facts.product.id for facts, _ in past.without("q59").known] == [f"q{n}" for n in range(19, 59)]
