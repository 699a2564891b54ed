"""Reviews of the demo shop: true to their products, mixed, and free of what must not be quoted."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from assistant.grounding import MONEY
from assistant.passages import is_harmless
from demo.generate import END
from demo.kinds import read_kinds
from demo.products import make_products
from demo.reviews import make_reviews, read_phrases
from demo.types import DemoProduct, Row
from retrieval.reviews import parse_review


@pytest.fixture(scope="module")
def products() -> dict[str, DemoProduct]:
    return {product.id: product for product in make_products(read_kinds(), 2_800, END, Random("7/products"))}


@pytest.fixture(scope="module")
def reviews(products: dict[str, DemoProduct]) -> list[Row]:
    return make_reviews(list(products.values()), read_phrases(), END, Random("7/reviews"))


def test_about_three_for_each_of_a_third_of_the_products(reviews: list[Row], products: dict[str, DemoProduct]) -> None:
    counts = Counter(row["product_id"] for row in reviews)
    assert 0.25 < len(counts) / len(products) < 0.42
    assert 2.2 < len(reviews) / len(counts) < 3.8
    assert all(count <= products[product].rating_count for product, count in counts.items())


def test_every_row_is_a_review_that_may_be_quoted(reviews: list[Row]) -> None:
    assert len({row["review_id"] for row in reviews}) == len(reviews)
    for row in reviews:
        review = parse_review(row)
        assert is_harmless(review.text) and not MONEY.search(review.text) and "{" not in review.text


def test_stars_follow_the_products_rating_and_some_are_critical(
    reviews: list[Row], products: dict[str, DemoProduct]
) -> None:
    stars = [row["rating"] for row in reviews]
    assert 0.04 < sum(star <= 2 for star in stars) / len(stars) < 0.25
    good = [row["rating"] for row in reviews if (products[row["product_id"]].rating or 0) >= 4.4]
    poor = [row["rating"] for row in reviews if (products[row["product_id"]].rating or 0) <= 3.7]
    assert sum(good) / len(good) > sum(poor) / len(poor) + 0.5


def test_a_feature_is_praised_only_of_what_has_it(reviews: list[Row], products: dict[str, DemoProduct]) -> None:
    for feature, sentences in read_phrases().features.items():
        for row in reviews:
            if any(sentence in row["text"] for sentence in sentences):
                assert feature in products[row["product_id"]].attributes["feature"], row


def test_no_review_is_older_than_its_product(reviews: list[Row], products: dict[str, DemoProduct]) -> None:
    for row in reviews:
        time = parse_review(row).time or 0
        assert products[row["product_id"]].created_at.timestamp() - 3_600 <= time <= END.timestamp()


def test_every_department_has_something_to_praise_and_to_complain_of(products: dict[str, DemoProduct]) -> None:
    phrases = read_phrases()
    departments = {product.kind.department for product in products.values()}
    assert departments == set(phrases.praise) == set(phrases.complaints)
