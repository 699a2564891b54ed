from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from ranking.blend import Ranker
from ranking.dataset import from_events
from ranking.explain import Sample, deletion_rate, falls
from ranking.impressions import ImpressionModel
from ranking.interests import interests
from ranking.models.item_graph import ItemGraph
from ranking.models.popularity import Popularity
from ranking.parts import BlendWeights
from ranking.scoring import NAMES
from ranking.shelf import Shelf
from ranking.types import Event, Shopper
from retrieval.types import Product, Reason
from tests.fakes_ranking import DAY, NOW, found, lookup_in, make_event, make_product, shopper_who, small_shop

EVERY_KIND = {"attribute", "brand", "history", "like", "new", "popular", "price", "rating"}
LEARNED = ImpressionModel(NAMES, (2.0, 0.4, 0.1, 0.5, 0.2, 0.8, 1.5, 0.3, 0.1, 0.2, 0.3), (1.0,), 1.0, -1.0)


@pytest.fixture(scope="module")
def shop() -> tuple[list[Product], list[Event], Ranker]:
    plain, events = small_shop()
    day = [datetime.fromtimestamp(NOW - n * DAY, UTC).isoformat() for n in (3, 10, 400)]
    products = [
        replace(product, rating=3.5 + (n % 4) / 2, rating_count=10 + n, created_at=day[n % 3])
        for n, product in enumerate(plain)
    ]
    dataset = from_events(events, products)
    ranker = Ranker(Popularity().fit(dataset), ItemGraph().fit(dataset), Shelf.of(products), lookup_in(products))
    return products, events, ranker


def samples(products: Sequence[Product], events: Sequence[Event], number: int = 8) -> list[Sample]:
    """Searches and pages without a search, of shoppers with a past and an opinion or two."""
    chance, some = random.Random(3), []
    for shopper in range(number):
        name = f"s{shopper:03d}"
        past = [event for event in events if event.shopper_id == name and event.type != "impression"]
        past += [make_event(chance.choice(products).id, kind, name) for kind in ("like", "dislike")]
        picked = chance.sample(products, 40)
        relevance = [1 - n / 100 for n in range(40)] if shopper % 2 else 1.0
        some.append(Sample(found(picked, relevance), Shopper(name, tuple(past)), NOW))
    return some


@pytest.mark.parametrize("order", [None, LEARNED])
def test_every_reason_of_every_kind_passes(
    shop: tuple[list[Product], list[Event], Ranker], order: ImpressionModel | None
) -> None:
    products, events, ranker = shop
    # Attributes weigh more than they do by default, so that a small sample has reasons of all kinds.
    keen = replace(ranker, order=order, weights=BlendWeights(attribute=0.5))
    rates = deletion_rate(keen, samples(products, events))
    assert set(rates) == EVERY_KIND
    assert {kind: share.rate for kind, share in rates.items()} == dict.fromkeys(EVERY_KIND, 1.0)
    assert sum(share.tried for share in rates.values()) > 100


@pytest.mark.parametrize(
    "reason",
    [
        Reason("history", "Goes with the Ember Stoves AAA you bought"),
        Reason("like", "Similar to the Ember Stoves AAA you liked"),
        Reason("brand", "You often choose Ember"),
        Reason("attribute", "You often choose purple"),
        Reason("popular", "Popular this month"),
        Reason("rating", "Rated 4.8 by 900"),
        Reason("new", "New in"),
        Reason("price", "In your usual price range"),
    ],
)
def test_a_reason_that_is_not_so_does_not_pass(shop: tuple[list[Product], list[Event], Ranker], reason: Reason) -> None:
    products, _, ranker = shop
    stranger = make_product("stranger", price=None)
    sample = Sample(found([stranger, products[0]], [0.9, 0.5]), shopper_who(("view", products[0].id)), NOW)
    assert not falls(ranker, sample, sample.candidates[0], reason)


def test_only_the_rankers_own_kinds_can_be_tried(shop: tuple[list[Product], list[Event], Ranker]) -> None:
    products, _, ranker = shop
    sample = Sample(found(products[:2]), Shopper("s"), NOW)
    with pytest.raises(ValueError, match="kind 'need'; expected one of history, like"):
        falls(ranker, sample, sample.candidates[0], Reason("need", "waterproof"))


def test_the_reasons_of_the_search_are_not_tried(shop: tuple[list[Product], list[Event], Ranker]) -> None:
    products, _, ranker = shop
    stated = [replace(c, reasons=(Reason("need", "waterproof"),)) for c in found(products[:5], [0.5, 0.4, 0.3, 0.2, 0.1])]
    assert "need" not in deletion_rate(ranker, [Sample(stated, Shopper("s"), NOW)])


class Fading:
    """Only the latest product of a history leads anywhere; with it gone, the one before does, and further."""

    product_ids = ("latest", "before", "goal")
    typical = 1.0

    def score(self, shoppers: Sequence[Shopper], candidates: Sequence[str]) -> NDArray[np.float64]:
        sums = [self.contributions(shopper, candidates)[1].sum(axis=0) for shopper in shoppers]
        return np.array(sums).reshape(len(shoppers), len(candidates))

    def contributions(self, shopper: Shopper, candidates: Sequence[str]) -> tuple[list[str], NDArray[np.float64]]:
        history = [event.product_id or "" for event in interests(shopper.history)][-1:]
        strength = {"latest": 1.0, "before": 5.0}
        shares = [[strength.get(h, 0.0) * (c == "goal") for c in candidates] for h in history]
        return history, np.array(shares).reshape(len(history), len(candidates))


def test_a_history_product_without_which_the_score_would_be_higher_is_no_reason() -> None:
    products = [make_product(name, title=name) for name in ("latest", "before", "goal", "other")]
    ranker = Ranker(Popularity(), Fading(), Shelf(), lookup_in(products))
    page = found(products[2:])

    def kinds(*history: str) -> list[str]:
        best = ranker.rank(page, shopper_who(*(("view", name) for name in history)), NOW, 2)[0]
        assert best.product.id == "goal"
        return [reason.kind for reason in best.reasons]

    assert kinds("latest") == ["history"]
    assert kinds("before", "latest") == []
