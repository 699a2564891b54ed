from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ranking.dataset import Dataset, from_events, leave_one_out
from ranking.models.next_item import NextItemBlend
from ranking.models.popularity import Popularity
from ranking.privacy.budget import REPORT, PrivacyBudget
from ranking.privacy.fit import PrivacySettings, PrivateModels, fit_privately
from ranking.types import Shopper
from tests.fakes_ranking import make_product, shopper_who, small_shop

pytest.importorskip("opacus")

SMALL = PrivacySettings(width=16, content_map=replace(PrivacySettings().content_map, rate=0.2, steps=8))
WIDE_OPEN = PrivacyBudget(1e5, 1e-4)  # so much may be spent that the noise is next to nothing


@pytest.fixture(scope="module")
def shop() -> Dataset:
    products, events = small_shop(shoppers=200)
    return from_events(events, products)


@pytest.fixture(scope="module")
def models(shop: Dataset) -> PrivateModels:
    return fit_privately(shop, PrivacyBudget(8.0, 1e-4), SMALL, seed=1)


def mean_rank(blend: NextItemBlend, training: Dataset, targets: dict[int, int]) -> float:
    scores = blend.score(list(training.shoppers()), training.product_ids)
    return float(np.mean([(scores[shopper] > scores[shopper, target]).mean() for shopper, target in targets.items()]))


def test_it_learns_and_the_more_may_be_spent_the_more(shop: Dataset) -> None:
    training, targets = leave_one_out(shop)
    ranks = [
        mean_rank(fit_privately(training, b, SMALL, seed=1).blend, training, targets)
        for b in (PrivacyBudget(0.1, 1e-4), WIDE_OPEN)
    ]
    assert ranks[1] < ranks[0] < 0.5  # what products are made of is known whatever is spent


def test_the_map_is_learned(shop: Dataset) -> None:
    told = fit_privately(shop, WIDE_OPEN, SMALL, seed=1).blend.vectors.vectors
    no_map = replace(SMALL, content_map=replace(SMALL.content_map, steps=0))
    untold = fit_privately(shop, WIDE_OPEN, no_map, seed=1)
    assert told is not None
    assert abs(told.of_before[:-1] - np.eye(16)).max() > 0.02
    assert not untold.blend.has_vectors  # a map that learned nothing would only be in the way
    assert [release.name for release in untold.report.releases] == ["product counts", "pair counts"]


def test_the_same_seed_gives_the_same_models_and_none_gives_others(shop: Dataset, models: PrivateModels) -> None:
    shoppers = [shop.shopper(3)]
    scores = [
        fit_privately(shop, PrivacyBudget(8.0, 1e-4), SMALL, seed).blend.score(shoppers, shop.product_ids)
        for seed in (1, 2, None, None)
    ]
    assert np.array_equal(scores[0], models.blend.score(shoppers, shop.product_ids))
    assert all(not np.array_equal(scores[one], scores[other]) for one, other in ((0, 1), (0, 2), (2, 3)))


def test_they_load_as_the_models_of_any_shop(shop: Dataset, models: PrivateModels, tmp_path: Path) -> None:
    models.save(tmp_path)
    again, shoppers = NextItemBlend.load(tmp_path), [shop.shopper(0), Shopper("new")]
    assert np.array_equal(again.score(shoppers, shop.product_ids), models.blend.score(shoppers, shop.product_ids))
    assert Popularity.load(tmp_path) == models.popularity
    kept = json.loads((tmp_path / REPORT).read_text(encoding="utf-8"))
    assert 7.8 < kept["epsilon"] <= 8.0
    assert kept["guarantee"] is False  # a seed was given
    assert "s1" not in (tmp_path / "graph.json").read_text(encoding="utf-8").split('"')


def test_nothing_but_the_report_and_the_noisy_sums_is_saved(models: PrivateModels, tmp_path: Path) -> None:
    models.save(tmp_path)
    assert json.loads((tmp_path / "history_vectors.metrics.json").read_text(encoding="utf-8")) == {"epochs": []}
    assert json.loads((tmp_path / "popularity.json").read_text(encoding="utf-8"))["latest"] == 0


def test_it_explains_and_knows_new_products(shop: Dataset, models: PrivateModels) -> None:
    first = shop.product_ids[0]
    best = models.blend.score([shopper_who(("purchase", first))], shop.product_ids)[0].argsort()[-2]
    assert models.blend.explain(shopper_who(("purchase", first)), shop.product_ids[best])[0].kind == "history"
    wider = models.blend.with_products(["new"], ["New"], [shop.tokens[0]])
    assert wider.score([shopper_who(("purchase", first))], ["new"])[0, 0] > 0


def test_counts_that_would_be_reckoned_wrongly_are_refused() -> None:
    with pytest.raises(ValueError, match="expected rate 1, steps 1 and clip 1"):
        replace(SMALL, pairs=replace(SMALL.pairs, rate=0.5))


def test_a_delta_that_could_give_a_shopper_away_is_refused(shop: Dataset) -> None:
    with pytest.raises(ValueError, match="delta is 0.01 with 200 shoppers; expected less than 1 / shoppers"):
        fit_privately(shop, PrivacyBudget(1.0, 0.01))


@pytest.mark.parametrize("products", [0, 1, 3])
def test_a_shop_without_shoppers_gets_models_that_know_none(products: int) -> None:
    dataset = from_events([], [make_product(f"p{number}") for number in range(products)])
    models = fit_privately(dataset, PrivacyBudget(1.0, 1e-4), SMALL, seed=1)
    assert models.blend.score([Shopper("new")], dataset.product_ids).shape == (1, products)


def test_a_history_of_one_product_is_no_reason_to_fail() -> None:
    products, events = small_shop(shoppers=4)
    dataset = from_events([event for event in events if event.product_id == events[0].product_id], products)
    models = fit_privately(dataset, PrivacyBudget(3.0, 1e-4), SMALL, seed=1)
    assert np.isfinite(models.blend.score([dataset.shopper(0)], dataset.product_ids)).all()
