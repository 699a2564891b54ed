from __future__ import annotations

import numpy as np
import pytest

from ranking.dataset import from_events
from ranking.models.neural.features import CONTENT, Features, Histories
from tests.fakes_ranking import make_event, make_product, shopper_who, small_shop


def test_products_of_the_same_make_are_near_and_row_0_is_nothing() -> None:
    products, events = small_shop()
    features = Features.of(from_events(events, products), seed=7)
    assert features.content.shape == (len(products) + 1, CONTENT)
    assert not features.content[0].any()
    near = features.content[1:] @ features.content[1:].T
    brands = np.array([product.brand for product in products])
    same = brands[:, None] == brands[None, :]
    assert near[same].mean() > near[~same].mean() + 0.2
    assert np.linalg.norm(features.content[1:], axis=1) == pytest.approx(1)


def test_popularity_counts_who_liked_and_not_who_disliked() -> None:
    events = [make_event("a", "purchase", "s1"), make_event("b", "dislike", "s1"), make_event("a", "click", "s2")]
    popularity = Features.of(from_events(events, [make_product(name) for name in "abc"]), seed=7).popularity
    assert popularity[1] > popularity[2] == popularity[3]
    assert popularity[1:].mean() == pytest.approx(0, abs=1e-6)


def test_products_without_tokens_and_an_empty_catalogue_have_features() -> None:
    bare = [make_product("a", title="7", category=()), make_product("b", title="8", category=())]
    assert not Features.of(from_events([], bare), seed=7).content.any()
    assert Features.of(from_events([], []), seed=7).content.shape == (1, CONTENT)


def test_histories_are_latest_first_and_padded() -> None:
    history = shopper_who(("purchase", "a"), ("dislike", "b")).history
    read = Histories.of([4, 0], [history, ()], {"a": 1, "b": 2})
    assert read.items.tolist() == [[2, 1], [0, 0]]
    assert read.weights.tolist() == [[-1, 1], [0, 0]]
    assert read.shoppers.tolist() == [4, 0]
