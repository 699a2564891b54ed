from __future__ import annotations

import numpy as np
import pytest

from ranking.models.content import Content

RED_BOOT, TENT = ("red", "boot"), ("tent",)


def test_products_have_length_one_and_nothing_where_nothing_is_known() -> None:
    products = [RED_BOOT, (), RED_BOOT, TENT]
    vectors = Content.learn(products, 5, 1).of(products)
    assert vectors.shape == (4, 5)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 1, 1], abs=1e-5)
    assert vectors[0] @ vectors[2] == pytest.approx(1, abs=1e-5)
    assert vectors[0] @ vectors[3] == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("products", [[], [()], [(), ()]])
def test_nothing_to_learn_from(products: list[tuple[str, ...]]) -> None:
    content = Content.learn(products, 4, 1)
    assert content.of(products).tolist() == np.zeros((len(products), 4)).tolist()
    assert content.of([RED_BOOT]).tolist() == [[0, 0, 0, 0]]


def test_a_product_that_comes_in_later_lies_with_those_of_the_same_tokens() -> None:
    content = Content.learn([RED_BOOT, TENT, ("blue", "boot"), ("blue", "tent")], 4, 1)
    later, same, other, unknown = content.of([("boot", "red", "made-up"), RED_BOOT, TENT, ("made-up",)])
    assert later == pytest.approx(same, abs=1e-6)
    assert later @ other < 0.5
    assert unknown.tolist() == [0, 0, 0, 0]


def test_the_rarer_token_counts_more() -> None:
    content = Content.learn([("common", "a"), ("common", "b"), ("common", "c"), ("common", "rare")], 5, 1)
    both, common, rare = content.of([("common", "rare"), ("common",), ("rare",)])
    assert both @ rare > both @ common
