from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ranking.dataset import from_events
from ranking.models.base import BadModel
from ranking.models.cosine_profile import CosineProfile, ProfileSettings
from ranking.types import Shopper
from tests.fakes_ranking import make_event, make_product, shopper_who, small_shop

TITLES = {"a": "alder", "b": "birch", "ab": "alder birch", "c": "cedar", "n": "12"}
"""What products are made of, one word each or two; the last has no word."""


def model_of(alpha: float = 0.0, decay: float = 0.5) -> CosineProfile:
    products = [make_product(product_id, title=title) for product_id, title in TITLES.items()]
    return CosineProfile(ProfileSettings(alpha, decay)).fit(from_events([make_event("a")], products))


def test_without_a_history_term_it_is_the_cosine_of_profile_and_product() -> None:
    scores = model_of().score(
        [shopper_who(("purchase", "a")), shopper_who(("purchase", "a"), ("purchase", "b"))], list(TITLES)
    )
    assert scores[0] == pytest.approx([1, 0, 0.5**0.5, 0, 0])
    assert scores[1] == pytest.approx([0.5**0.5, 0.5**0.5, 1, 0, 0])


def test_the_history_term_adds_what_came_last() -> None:
    shopper = shopper_who(("purchase", "a"), ("purchase", "b"))
    # U = (1, 1) and R = (1/2, 1) in the directions of the two words, so (1 + 2 / 2, 1 + 2) over the root of 2.
    assert model_of(alpha=2).score([shopper], ["a", "b"])[0] == pytest.approx([2 / 2**0.5, 3 / 2**0.5])


def test_what_was_done_weighs_and_dislikes_count_against() -> None:
    one = shopper_who(("purchase", "a"), ("click", "b"), ("dislike", "c"))
    a, b, c = model_of().score([one], ["a", "b", "c"])[0]
    assert (b, c) == pytest.approx((0.25 * a, -a))


def test_likes_and_dislikes_that_cancel_out_say_nothing() -> None:
    products = [make_product(name, title="Alder") for name in "ab"]
    model = CosineProfile().fit(from_events([], products))
    shopper = shopper_who(("purchase", "a"), ("dislike", "b"))
    assert model.score([shopper], ["a", "b"]).tolist() == [[0, 0]]
    assert model.explain(shopper, "a") == ()


def test_an_empty_history_and_unknown_products_score_nothing() -> None:
    model = model_of()
    assert model.score([Shopper("guest"), shopper_who(("purchase", "x"))], ["a", "n"]).tolist() == [[0, 0], [0, 0]]
    assert model.score([shopper_who(("purchase", "a"))], ["x", "n"]).tolist() == [[0, 0]]
    assert model.score([shopper_who(("purchase", "n"))], ["a", "n"]).tolist() == [[0, 0]]
    assert model.score([], ["a"]).shape == (0, 1)
    assert model.score([Shopper("guest")], []).shape == (1, 0)
    assert model.explain(Shopper("guest"), "a") == model.explain(shopper_who(("purchase", "a")), "x") == ()


def test_a_catalogue_of_one_one_without_words_and_a_model_that_was_never_fitted() -> None:
    one = CosineProfile().fit(from_events([], [make_product("a")]))
    assert np.isfinite(one.score([shopper_who(("purchase", "a"))], ["a"])).all()
    mute = CosineProfile().fit(from_events([], [make_product(name, title="1") for name in "ab"]))
    assert mute.score([shopper_who(("purchase", "a"))], ["a", "b"]).tolist() == [[0, 0]]
    assert CosineProfile().score([shopper_who(("purchase", "a"))], ["a"]).tolist() == [[0]]
    assert CosineProfile().contributions(shopper_who(("purchase", "a")), ["a"])[0] == []


def test_contributions_add_up_to_the_score() -> None:
    products, events = small_shop()
    model = CosineProfile().fit(from_events(events, products))
    shopper = shopper_who(("purchase", products[3].id), ("dislike", products[70].id), ("click", products[9].id))
    ids = [*(product.id for product in products), "x"]
    history, parts = model.contributions(shopper, ids)
    assert history == [products[9].id, products[70].id, products[3].id]
    assert parts.sum(axis=0) == pytest.approx(model.score([shopper], ids)[0])


def test_every_reason_holds_without_the_named_product_the_score_falls() -> None:
    products, events = small_shop(shoppers=15)
    dataset = from_events(events, products)
    model = CosineProfile().fit(dataset)
    by_title = {f"Goes with the {product.title}": product.id for product in products}
    told = 0
    for shopper in dataset.shoppers():
        for product in products[::9]:
            for reason in model.explain(shopper, product.id):
                rest = tuple(event for event in shopper.history if event.product_id != by_title[reason.text])
                without = model.score([Shopper(shopper.id, rest)], [product.id])[0, 0]
                assert without < model.score([shopper], [product.id])[0, 0]
                told += 1
    assert told > 50


def test_the_reason_is_what_adds_most_with_that_as_its_weight() -> None:
    (reason,) = model_of().explain(shopper_who(("click", "b"), ("purchase", "a")), "ab")
    assert (reason.kind, reason.text) == ("history", "Goes with the alder")
    assert reason.weight == pytest.approx((1 / 2**0.5) / (1 + 0.25**2) ** 0.5)


def test_a_reason_that_does_not_hold_is_not_given() -> None:
    # Without the later of two equal products, the profile points where it did, and the other one is the latest.
    products = [make_product(name, title="Alder") for name in "abc"]
    model = CosineProfile(ProfileSettings(alpha=2)).fit(from_events([], products))
    assert model.explain(shopper_who(("purchase", "a"), ("purchase", "b")), "c") == ()


def test_it_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    model = model_of(alpha=1.5, decay=0.9)
    model.save(tmp_path)
    again = CosineProfile.load(tmp_path)
    shopper = shopper_who(("purchase", "a"), ("click", "b"))
    assert again.settings == model.settings
    assert again.score([shopper], list(TITLES)).tolist() == model.score([shopper], list(TITLES)).tolist()
    assert again.explain(shopper, "ab") == model.explain(shopper, "ab")


@pytest.mark.parametrize("name", ["cosine_profile.json", "cosine_profile.features.npz"])
def test_a_broken_file_is_told(tmp_path: Path, name: str) -> None:
    model_of().save(tmp_path)
    (tmp_path / name).write_bytes(b"PK broken")
    with pytest.raises(BadModel, match="train again"):
        CosineProfile.load(tmp_path)
