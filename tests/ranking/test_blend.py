from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from ranking.blend import Ranker
from ranking.dataset import from_events
from ranking.explain import Sample, falls
from ranking.exposure import ShopExposure
from ranking.impressions import ImpressionModel
from ranking.models.item_graph import ItemGraph
from ranking.models.next_item import NextItemBlend
from ranking.models.popularity import Popularity
from ranking.parts import PARTS, BlendWeights
from ranking.scoring import NAMES
from ranking.shelf import Shelf
from ranking.trained import Models, untrained
from ranking.types import Event, EventType, Shopper
from retrieval.types import Candidate, Product, Reason
from tests.fakes_ranking import DAY, NOW, fitted_ranker, found, lookup_in, make_event, make_product, shopper_who, small_shop

GUEST = Shopper("guest")
WORDS = "amber birch cedar delta ember fjord grove heath inlet juniper knoll larch meadow north ocean pine".split()
LEARNED = ImpressionModel(NAMES, (2.0, 0.4, 0.1, 0.2, 0.2, 0.8, 1.5, 0.3, 0.1, 0.1, 0.3), (1.0, 0.5), 1.0, -1.0)
"""An order that weighs the relevance twice as much as by hand, and all parts about as much."""


@pytest.fixture(scope="module")
def shop() -> tuple[list[Product], list[Event], Ranker]:
    products, events = small_shop()
    return products, events, fitted_ranker(events, products)


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


def test_preference_never_lifts_what_is_not_relevant(shop: tuple[list[Product], list[Event], Ranker]) -> None:
    products, _, ranker = shop
    loved = of_brand(products, "Quill", "Tents")
    shopper = shopper_who(*(("purchase", product.id) for product in loved), ("like", loved[0].id))
    beside_the_point = loved[1]
    relevant = of_brand(products, "Harbor", "Jackets")
    ranked = ranker.rank(found([beside_the_point, *relevant], [0.45, *[0.9] * len(relevant)]), shopper, NOW, 10)
    assert ranked[-1].product == beside_the_point


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


def test_of_many_new_products_those_that_fit_the_shopper_come_first_and_say_truly_why() -> None:
    chance = random.Random(7)
    products, events = small_shop()
    liked = of_brand(products, "Quill", "Tents")[0]
    days = [datetime.fromtimestamp(NOW - n * DAY / 10, UTC).isoformat() for n in range(100)]
    new = [
        make_product(f"new{n}", title=" ".join(chance.sample(WORDS, 3)), category=("Garden", "Tools"), created_at=day)
        for n, day in enumerate(days)
    ]
    match = replace(liked, id="match", created_at=days[-1])
    models = trained_on(events, products).with_products([*products, *new, match])
    ranker = models.ranker(lookup_in([*products, *new, match]))
    assert "match" not in models.shelf.newest[:50]
    shopper = shopper_who(("view", liked.id))
    picked = ranker.candidates(shopper, 40)
    assert "match" in picked
    assert "match" not in ranker.candidates(GUEST, 40)
    assert ranker.candidates(GUEST, 40)[-4:] == models.shelf.newest[:4]
    lookup = {product.id: product for product in (*products, *new, match)}
    sample = Sample(found([lookup[i] for i in [*picked[:5], *picked[-4:]]]), shopper, NOW)
    shown = {c.product.id: c for c in ranker.rank(sample.candidates, shopper, NOW, 40)}["match"]
    assert f"Because of the {liked.title} you looked at" in [reason.text for reason in shown.reasons]
    candidate = next(c for c in sample.candidates if c.product.id == "match")
    assert all(falls(ranker, sample, candidate, reason) for reason in shown.reasons)


def trained_on(events: Sequence[Event], products: Sequence[Product]) -> Models:
    dataset = from_events(events, products)
    return Models(Popularity().fit(dataset), NextItemBlend.of_graph(ItemGraph().fit(dataset)), Shelf.of(products))


@pytest.mark.parametrize("history", [(("view", "gone"), ("purchase", "lost")), (("dislike", "only"), ("dislike", "gone"))])
def test_one_product_and_a_past_that_tells_nothing(history: Sequence[tuple[EventType, str]]) -> None:
    only = make_product("only", price=float("nan"))
    ranker = trained_on([make_event("only", "purchase", "s9")], [only]).ranker(lookup_in([only]))
    shopper = shopper_who(*history)
    picked = ranker.candidates(shopper, 5)
    assert picked == ([] if ("dislike", "only") in history else ["only"])
    (ranked,) = ranker.rank(found([only]), shopper, NOW, 5)
    assert ranked.score > 0
    assert "history" not in kinds(ranked)
    assert ranker.candidates(shopper, 0) == []


def test_a_shopper_who_dislikes_everything_they_saw_gets_other_things(
    shop: tuple[list[Product], list[Event], Ranker],
) -> None:
    products, _, ranker = shop
    tents = [product for product in products if product.category[-1] == "Tents"]
    shopper = shopper_who(*(("dislike", product.id) for product in tents))
    picked = ranker.candidates(shopper, 50)
    assert len(picked) == 50 and not {product.id for product in tents} & set(picked)
    ranked = ranker.rank(found(products), shopper, NOW, 100)
    assert not {product.id for product in tents} & set(ids(ranked[:20]))
    assert all(np.isfinite(c.score) and not {"history", "like", "brand"} & set(kinds(c)) for c in ranked)


def test_new_products_are_among_the_recommendations() -> None:
    products, events = small_shop()
    new = make_product("new", created_at=datetime.fromtimestamp(NOW, UTC).isoformat())
    ranker = fitted_ranker(events, [*products, new])
    assert "new" in ranker.candidates(GUEST, 20)


def learned(ranker: Ranker) -> Ranker:
    return replace(ranker, order=LEARNED)


def test_with_a_learned_order_scores_are_chances_and_come_with_the_numbers_they_are_made_of(
    shop: tuple[list[Product], list[Event], Ranker],
) -> None:
    products, events, ranker = shop
    shopper = Shopper("s003", tuple(e for e in events if e.shopper_id == "s003" and e.type != "impression"))
    candidates = found(products[:40], [1 - n / 80 for n in range(40)])
    ranked = learned(ranker).ranked(candidates, shopper, NOW, 40)
    assert ranked.chances is not None and ((ranked.chances > 0) & (ranked.chances < 1)).all()
    for candidate, levels, chance in zip(ranked.candidates, ranked.levels, ranked.chances, strict=True):
        inputs = np.array([[np.log(candidate.relevance), *levels]])
        assert LEARNED.score(inputs)[0] == pytest.approx(chance)
        assert candidate.score <= chance  # less only for standing below its like
    # Where nothing was asked for, a page has no relevance for the order to weigh.
    assert learned(ranker).ranked(found(products[:40]), shopper, NOW, 40).chances is None
    assert ranker.ranked(candidates, shopper, NOW, 40).chances is None


def test_a_learned_order_takes_the_place_of_the_weights() -> None:
    products = [make_product("plain"), make_product("rated", rating=5.0, rating_count=500)]
    candidates = found(products, [0.9, 0.88])
    ranker = empty_ranker(products)
    assert ids(ranker.rank(candidates, GUEST, NOW, 2)) == ["rated", "plain"]
    heedless = replace(LEARNED, weights=(2.0, *[0.0] * 10))
    assert ids(replace(ranker, order=heedless).rank(candidates, GUEST, NOW, 2)) == ["plain", "rated"]
    assert [kinds(c) for c in replace(ranker, order=heedless).rank(candidates, GUEST, NOW, 2)] == [[], []]


def test_with_a_learned_order_broken_constraints_stand_last_and_what_was_turned_down_falls() -> None:
    products, _ = small_shop()
    ranker = learned(empty_ranker(products))
    hated, twin = [p for p in of_brand(products, "Harbor", "Tents") if p.attributes["color"] == "black"]
    other = of_brand(products, "Quill", "Tents")[1]
    candidates = found([hated, twin, other], [1.0, 0.95, 0.8])
    assert ids(ranker.rank(candidates, GUEST, NOW, 3)) == [hated.id, twin.id, other.id]
    assert ids(ranker.rank(candidates, shopper_who(("dislike", hated.id)), NOW, 3)) == [other.id, twin.id, hated.id]
    broken = [replace(candidates[0], violates=("price_max",)), *candidates[1:]]
    assert ids(ranker.rank(broken, GUEST, NOW, 3))[-1] == hated.id


def test_an_order_of_other_parts_is_refused() -> None:
    with pytest.raises(ValueError, match=r"order has the parts .*learn it again"):
        replace(empty_ranker([]), order=replace(LEARNED, names=("relevance",)))


@pytest.mark.parametrize("change", [lambda ranker: ranker, learned])
def test_all_turned_down_is_still_a_list(change: Callable[[Ranker], Ranker]) -> None:
    products = [make_product(name) for name in "abc"]
    ranked = change(empty_ranker(products)).rank(found(products, [0.9, 0.8, 0.7]), GUEST, NOW, 3, disliked=tuple("abc"))
    assert ids(ranked) == ["a", "b", "c"]
    assert all(0 < candidate.score < 0.9 for candidate in ranked)


@pytest.mark.parametrize("change", [lambda ranker: ranker, learned])
def test_what_is_not_relevant_at_all_scores_nothing_and_has_no_reasons(change: Callable[[Ranker], Ranker]) -> None:
    good, bad = make_product("a"), make_product("b", rating=5.0, rating_count=500)
    ranked = change(empty_ranker([good, bad])).rank(found([good, bad], [0.2, 0.0]), GUEST, NOW, 2)
    assert (ids(ranked), ranked[1].score, ranked[1].reasons) == (["a", "b"], 0.0, ())


@pytest.mark.parametrize("price", [None, float("nan"), float("inf")])
def test_a_price_that_is_none_counts_for_nothing(price: float | None) -> None:
    products = [make_product(f"p{n}", price=1_000 * n, brand="Quill") for n in range(1, 9)]
    odd = make_product("odd", price=price, brand="Quill")
    ranker = fitted_ranker([], products)
    shopper = shopper_who(*(("purchase", f"p{n}") for n in (1, 2, 3, 4)))
    ranked = ranker.ranked(found([odd, products[7]], [0.9, 0.5]), shopper, NOW, 2)
    assert ids(ranked.candidates) == ["odd", "p8"]
    assert "price" not in ranked.parts_of(["odd"])["odd"]
    assert "price" in ranked.parts_of(["p8"])["p8"]
    assert np.isfinite(ranked.levels).all()


def test_exposure_has_the_last_word_where_nothing_is_asked_for(shop: tuple[list[Product], list[Event], Ranker]) -> None:
    products, _, ranker = shop
    ranker = replace(ranker, weights=BlendWeights(repeated=0))
    told: list[Sequence[str]] = []

    def backwards(product_ids: Sequence[str], scores: NDArray[np.float64], history: Sequence[str]) -> Sequence[str]:
        told.append(history)
        assert (np.diff(scores) <= 0).all()
        return product_ids[::-1]

    turned = replace(ranker, exposure=backwards)
    some, shopper = found(products[:12]), shopper_who(("view", products[40].id), ("return", products[41].id))
    plain, other = ranker.rank(some, shopper, NOW, 12), turned.rank(some, shopper, NOW, 12)
    assert ids(other) == ids(plain)[::-1]
    assert [c.score for c in other] == [c.score for c in plain]
    assert told == [[products[40].id]]
    asked = found(products[:12], [1 - n / 20 for n in range(12)])
    assert turned.rank(asked, shopper, NOW, 12) == ranker.rank(asked, shopper, NOW, 12)


@pytest.mark.parametrize("by_event", [True, False])
def test_exposure_lifts_the_tail_but_nothing_like_what_was_turned_down(by_event: bool) -> None:
    chance = random.Random(4)
    products = [
        make_product(f"p{n:03d}", title=" ".join(chance.sample(WORDS, 4)), category=("Home", chance.choice("abcdefgh")))
        for n in range(120)
    ]
    rare = products[90:]  # nobody has bought these
    hated = rare[0]
    twins = [replace(hated, id=f"twin{n}") for n in range(3)]
    events = [
        make_event(product.id, "purchase", f"s{n}", NOW - n)
        for n in range(150)
        for product in chance.sample(products[: 10 if n % 2 else 90], 3)
    ]
    ranker = fitted_ranker(events, [*products, *twins])
    did = [("view", rare[3].id), ("purchase", products[3].id), *([("dislike", hated.id)] if by_event else [])]
    shopper, candidates = shopper_who(*did), found([*products, *twins])
    down = {product.id for product in (hated, *twins)}

    def order(strength: float | None) -> list[str]:
        every = [product.id for product in (*products, *twins)]
        control = None if strength is None else ShopExposure.of(ranker.popularity, every, strength)
        turned_down = () if by_event else (hated.id,)
        return ids(replace(ranker, exposure=control).rank(candidates, shopper, NOW, 123, disliked=turned_down))

    plain = order(None)
    assert order(0.0) == plain
    head = set(ranker.popularity.best(24))
    tails = [len(set(order(strength)[:20]) - head) for strength in (0.0, 0.5, 1.0)]
    assert tails[0] <= tails[1] <= tails[2] and tails[0] < tails[2]
    assert set(plain[-4:]) == down
    for strength in (0.5, 1.0):
        assert [plain.index(i) for i in down] == [order(strength).index(i) for i in down]


def test_the_numbers_of_a_score_can_be_asked_for(shop: tuple[list[Product], list[Event], Ranker]) -> None:
    products, _, ranker = shop
    shopper = shopper_who(("purchase", products[0].id), ("like", products[1].id))
    candidates = found(products[:20], [1 - n / 40 for n in range(20)])
    ranked = ranker.ranked(candidates, shopper, NOW, 20)
    by_hand = dict(zip(PARTS, ranker.weights.of_parts, strict=True))
    for candidate in candidates:
        levels = ranked.parts_of([candidate.product.id])[candidate.product.id]
        score = candidate.relevance * (1 + sum(by_hand[name] * level for name, level in levels.items()))
        assert ranker.scores(candidates, shopper, NOW)[candidates.index(candidate)] == pytest.approx(score)
    assert ranked.parts_of(["unheard-of"]) == {}
