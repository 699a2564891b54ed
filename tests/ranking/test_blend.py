from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ranking.blend import Ranker
from ranking.dataset import from_events
from ranking.models.item_graph import ItemGraph
from ranking.models.popularity import Popularity
from ranking.shelf import Shelf
from ranking.train import Models, load, train, untrained
from ranking.types import Event, Shopper
from retrieval.types import Candidate, Product, Reason
from tests.fakes_ranking import DAY, NOW, found, lookup_in, make_event, make_product, shopper_who, small_shop

GUEST = Shopper("guest")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Product], list[Event], Ranker]:
    folder: Path = tmp_path_factory.mktemp("models")
    products, events = small_shop()
    train(events, products, folder)
    return products, events, load(folder).ranker(lookup_in(products))


def empty_ranker(products: Sequence[Product]) -> Ranker:
    return Models().ranker(lookup_in(products))


def ids(candidates: Sequence[Candidate]) -> list[str]:
    return [candidate.product.id for candidate in candidates]


def of_brand(products: Sequence[Product], brand: str, kind: str) -> list[Product]:
    return [product for product in products if product.brand == brand and product.category[-1] == kind]


def kinds(candidate: Candidate) -> list[str]:
    return [reason.kind for reason in candidate.reasons]


def test_nothing_in_nothing_out() -> None:
    assert empty_ranker([]).rank([], GUEST, NOW, 10) == ()
    assert empty_ranker([]).rank(found([make_product("a")]), GUEST, NOW, 0) == ()
    assert empty_ranker([]).candidates(GUEST, 10) == []


def test_a_shop_that_never_trained_goes_by_relevance() -> None:
    products = [make_product(name, title=title) for name, title in zip("abc", ("Oak", "Elm", "Yew"), strict=True)]
    ranked = empty_ranker(products).rank(found(products, [0.2, 0.9, 0.5]), GUEST, NOW, 2)
    assert ids(ranked) == ["b", "c"]
    assert [candidate.score for candidate in ranked] == [0.9, 0.5]


def test_a_history_of_unknown_products_changes_nothing(shop: tuple[list[Product], list[Event], Ranker]) -> None:
    products, _, ranker = shop
    stranger = shopper_who(("purchase", "never-heard-of"), ("dislike", "nor-of-this"))
    candidates = found(products[:50], [1 - n / 100 for n in range(50)])
    assert ranker.rank(candidates, stranger, NOW, 20) == ranker.rank(candidates, GUEST, NOW, 20)


def test_one_product_is_ranked_all_the_same() -> None:
    product = make_product("only", category=("Shop",))
    events = [make_event("only", "purchase", "s1")]
    ranker = untrained([product]).ranker(lookup_in([product]))
    assert ids(ranker.rank(found([product]), Shopper("s1", tuple(events)), NOW, 10)) == ["only"]
    assert ranker.candidates(GUEST, 5) == []


def test_history_lifts_the_brand_that_the_shopper_chooses(shop: tuple[list[Product], list[Event], Ranker]) -> None:
    products, _, ranker = shop
    tents = [product for product in products if product.category[-1] == "Tents"]
    for brand in ("Harbor", "Ember"):
        bought = [product for product in products if product.brand == brand and product.category[-1] == "Stoves"]
        shopper = shopper_who(*(("purchase", product.id) for product in bought[:3]))
        best = ranker.rank(found(tents), shopper, NOW, 5)[0]
        assert best.product.brand == brand
        assert f"You often choose {brand}" in [reason.text for reason in best.reasons]


def test_a_reason_names_the_history_product_that_leads_there() -> None:
    names = ("anvil", "bellows", "candle", "drum")
    products = [make_product(name, title=name, category=("candle" if name == "drum" else name,)) for name in names]
    pairs = [("anvil", "bellows"), ("candle", "drum")]
    events = [
        make_event(p, "purchase", f"s{n}{pair}", NOW + i) for n in range(3) for pair in pairs for i, p in enumerate(pair)
    ]
    ranker = fitted_ranker(events, products)
    shopper = shopper_who(("purchase", "anvil"), ("click", "candle"))
    by_id = {c.product.id: c for c in ranker.rank(found(products, [1, 0.9, 1, 0.9]), shopper, NOW, 4)}
    assert "Goes with the anvil you bought" in [reason.text for reason in by_id["bellows"].reasons]
    assert "Because of the candle you looked at" in [reason.text for reason in by_id["drum"].reasons]
    assert "history" not in kinds(by_id["anvil"])


def fitted_ranker(events: Sequence[Event], products: Sequence[Product]) -> Ranker:
    dataset = from_events(events, products)
    return Ranker(Popularity().fit(dataset), ItemGraph().fit(dataset), Shelf.of(products), lookup_in(products))


def test_preference_never_lifts_what_is_not_relevant(shop: tuple[list[Product], list[Event], Ranker]) -> None:
    products, _, ranker = shop
    loved = of_brand(products, "Quill", "Tents")
    shopper = shopper_who(*(("purchase", product.id) for product in loved), ("like", loved[0].id))
    beside_the_point = loved[1]
    relevant = of_brand(products, "Harbor", "Jackets")
    ranked = ranker.rank(found([beside_the_point, *relevant], [0.45, *[0.9] * len(relevant)]), shopper, NOW, 10)
    assert ranked[-1].product == beside_the_point


def test_every_named_cause_adds_to_the_score(shop: tuple[list[Product], list[Event], Ranker]) -> None:
    """Without the history product or the brand that a reason names, the product scores lower."""
    products, events, ranker = shop
    by_id = {product.id: product for product in products}
    checked = {"history": 0, "brand": 0}
    for number in range(20):
        history = tuple(e for e in events if e.shopper_id == f"s{number:03d}" and e.type != "impression")
        for candidate in ranker.rank(found(products[::3], [1 - n / 200 for n in range(40)]), Shopper("s", history), NOW, 10):
            for reason in candidate.reasons:
                if reason.kind not in checked:
                    continue
                kept = tuple(e for e in history if not _names(reason, by_id[e.product_id or ""]))
                # A second, plain candidate, so that both are scored as a search.
                pair = found([candidate.product, products[1]], [candidate.relevance, 0.1])
                with_it, without = (
                    {c.product.id: c.score for c in ranker.rank(pair, Shopper("s", h), NOW, 2)} for h in (history, kept)
                )
                assert len(kept) < len(history)
                assert without[candidate.product.id] < with_it[candidate.product.id]
                checked[reason.kind] += 1
    assert min(checked.values()) > 20


def _names(reason: Reason, product: Product) -> bool:
    return product.title in reason.text if reason.kind == "history" else product.brand in reason.text


def test_reasons_of_the_search_are_kept_and_come_first(shop: tuple[list[Product], list[Event], Ranker]) -> None:
    products, _, ranker = shop
    waterproof = Reason("need", "Waterproof", 0.3)
    candidates = [replace(candidate, reasons=(waterproof,)) for candidate in found(products[:30])]
    assert all(candidate.reasons[0] == waterproof for candidate in ranker.rank(candidates, GUEST, NOW, 30))


def test_a_like_pulls_similar_products_up_at_once() -> None:
    products, _ = small_shop()
    ranker = empty_ranker(products)
    liked, similar = (p for p in of_brand(products, "Quill", "Tents") if p.attributes["color"] == "black")
    candidates = found([of_brand(products, "Harbor", "Tents")[1], similar], [0.86, 0.84])
    assert ids(ranker.rank(candidates, GUEST, NOW, 1)) != [similar.id]
    best = ranker.rank(candidates, shopper_who(("like", liked.id)), NOW, 2)[0]
    assert best.product == similar
    assert f"Similar to the {liked.title} you liked" in [reason.text for reason in best.reasons]


@pytest.mark.parametrize("by_event", [True, False])
def test_a_dislike_pushes_the_product_and_its_twins_down(by_event: bool) -> None:
    products, _ = small_shop()
    ranker = empty_ranker(products)
    hated, twin = [p for p in of_brand(products, "Harbor", "Tents") if p.attributes["color"] == "black"]
    other = of_brand(products, "Quill", "Tents")[1]
    candidates = found([hated, twin, other], [1.0, 0.95, 0.8])
    assert ids(ranker.rank(candidates, GUEST, NOW, 3)) == [hated.id, twin.id, other.id]
    shopper = shopper_who(("dislike", hated.id)) if by_event else GUEST
    ranked = ranker.rank(candidates, shopper, NOW, 3, disliked=() if by_event else (hated.id,))
    assert ids(ranked) == [other.id, twin.id, hated.id]


def test_candidates_that_break_a_constraint_stand_last() -> None:
    products = [make_product("a"), make_product("b")]
    good, bad = found(products, [0.3, 1.0])
    ranked = empty_ranker(products).rank([replace(bad, violates=("price_max",)), good], GUEST, NOW, 2)
    assert ids(ranked) == ["a", "b"]


def test_the_first_page_is_not_all_of_one_brand_and_kind() -> None:
    products, _ = small_shop(each=12)
    many, few = of_brand(products, "Harbor", "Tents"), of_brand(products, "Quill", "Tents")[:3]
    ranked = empty_ranker(products).rank(found([*many, *few], [0.95] * 12 + [0.85] * 3), GUEST, NOW, 10)
    assert {candidate.product.brand for candidate in ranked} == {"Harbor", "Quill"}
    # But what is much less relevant is no way to be different.
    ranked = empty_ranker(products).rank(found([*many, *few], [0.95] * 12 + [0.6] * 3), GUEST, NOW, 10)
    assert {candidate.product.brand for candidate in ranked} == {"Harbor"}


def test_scores_fall_from_first_to_last(shop: tuple[list[Product], list[Event], Ranker]) -> None:
    products, events, ranker = shop
    history = tuple(event for event in events if event.shopper_id == "s003")
    scores = [c.score for c in ranker.rank(found(products), Shopper("s003", history), NOW, 60)]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 60


def test_new_products_get_their_chance_and_say_so() -> None:
    old, new = make_product("a"), make_product("b", created_at=datetime.fromtimestamp(NOW - DAY, UTC).isoformat())
    ranked = empty_ranker([]).rank(found([old, new]), GUEST, NOW, 2)
    assert (ids(ranked), kinds(ranked[0])) == (["b", "a"], ["new"])
    later = empty_ranker([]).rank(found([old, new]), GUEST, NOW + 60 * DAY, 2)
    assert (ids(later), kinds(later[1])) == (["a", "b"], [])


def test_a_rating_is_quoted_from_the_record_and_counts_by_how_many_rated() -> None:
    few, many = make_product("a", rating=5.0, rating_count=1), make_product("b", rating=4.7, rating_count=1212)
    ranked = empty_ranker([]).rank(found([few, many]), GUEST, NOW, 2)
    assert [[reason.text for reason in c.reasons] for c in ranked] == [["Rated 4.7 by 1,212"], []]
    nan = make_product("c", rating=float("nan"), rating_count=50)
    assert empty_ranker([]).rank(found([nan]), GUEST, NOW, 1)[0].score == 1.0


def test_popularity_is_of_this_month_only_while_it_is(shop: tuple[list[Product], list[Event], Ranker]) -> None:
    products, _, ranker = shop
    best = next(p for p in products if ranker.popularity.is_popular(p.id))
    texts = [
        [reason.text for c in ranker.rank(found([best]), GUEST, now, 1) for reason in c.reasons]
        for now in (NOW, NOW + 90 * DAY)
    ]
    assert texts == [["Popular this month"], ["Popular with other shoppers"]]


def test_recommendations_leave_out_what_is_done_with(shop: tuple[list[Product], list[Event], Ranker]) -> None:
    products, _, ranker = shop
    shopper = shopper_who(("purchase", products[0].id), ("dislike", products[1].id), ("click", products[2].id))
    recommended = ranker.candidates(shopper, 120)
    assert len(recommended) == len(set(recommended)) > 50
    assert not {products[0].id, products[1].id} & set(recommended)
    assert recommended != ranker.candidates(GUEST, 120)


def test_a_guest_is_recommended_what_is_popular(shop: tuple[list[Product], list[Event], Ranker]) -> None:
    _, _, ranker = shop
    assert ranker.candidates(GUEST, 10) == ranker.popularity.best(10)


def test_new_products_are_among_the_recommendations() -> None:
    products, events = small_shop()
    new = make_product("new", created_at=datetime.fromtimestamp(NOW, UTC).isoformat())
    ranker = fitted_ranker(events, [*products, new])
    assert "new" in ranker.candidates(GUEST, 20)
