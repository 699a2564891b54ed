from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from ranking.dataset import Dataset, from_events
from ranking.privacy.counts import Wanted, pair_counts, product_counts, sure_pairs
from ranking.privacy.noise import Noise
from ranking.types import Event, EventType
from tests.fakes_ranking import NOW, make_event, make_product, small_shop

PRODUCTS = [make_product(name) for name in "abcdefgh"]
TYPES: tuple[EventType, ...] = ("click", "add_to_cart", "purchase", "dislike", "like")


def random_events(rng: np.random.Generator, shoppers: int, longest: int = 12) -> list[Event]:
    return [
        make_event(PRODUCTS[rng.integers(len(PRODUCTS))].id, TYPES[rng.integers(len(TYPES))], f"s{s}", NOW + step)
        for s in range(shoppers)
        for step in range(rng.integers(1, longest))
    ]


def without_history(dataset: Dataset, shopper: int) -> Dataset:
    start, end = dataset.offsets[shopper], dataset.offsets[shopper + 1]
    offsets = dataset.offsets.copy()
    offsets[shopper + 1 :] -= end - start
    kept = np.r_[0:start, end : len(dataset.items)]
    rows = {name: getattr(dataset, name)[kept] for name in ("items", "codes", "times")}
    return replace(dataset, offsets=offsets, **rows)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("recent", [3, 20])
def test_a_shoppers_history_moves_the_counts_by_a_length_of_one_at_most(seed: int, recent: int) -> None:
    dataset = from_events(random_events(np.random.default_rng(seed), shoppers=6), PRODUCTS)
    everything = Wanted.of(dataset, recent)
    popular = np.array([0, 2, 3, 7])
    moved = 0.0
    for shopper in range(len(dataset.shopper_ids)):
        rest = Wanted.of(without_history(dataset, shopper), recent)
        for one, other in (
            (product_counts(everything), product_counts(rest)),
            (pair_counts(everything), pair_counts(rest)),
            (pair_counts(everything.among(popular)), pair_counts(rest.among(popular))),
        ):
            length = np.linalg.norm(one - other)
            assert length <= 1.0
            moved = max(moved, float(length))
    assert moved > 0.9  # the bound is nearly reached, so none of it is wasted


def test_only_the_latest_interests_count_and_dislikes_do_not() -> None:
    events = [make_event(name, "purchase", "s1", NOW + step) for step, name in enumerate("abcd")]
    dataset = from_events([*events, make_event("d", "dislike", "s1", NOW + 9)], PRODUCTS)
    counts = product_counts(Wanted.of(dataset, recent=2))
    assert counts[:4] == pytest.approx([0, np.sqrt(0.5), np.sqrt(0.5), 0], abs=1e-5)


def test_pairs_are_counted_in_either_order_at_the_place_of_the_pair() -> None:
    bought = [("s1", "ab"), ("s2", "ba"), ("s3", "gh")]
    events = [make_event(name, "purchase", s, NOW + step) for s, names in bought for step, name in enumerate(names)]
    counts = pair_counts(Wanted.of(from_events(events, PRODUCTS), recent=20))
    places = list(itertools.combinations(range(len(PRODUCTS)), 2))
    assert {places[i]: counts[i] for i in np.flatnonzero(counts)} == pytest.approx({(0, 1): 2, (6, 7): 1}, abs=1e-5)


def test_only_pairs_that_stand_out_of_the_noise_are_kept() -> None:
    products, size = 60, 60 * 59 // 2
    counts = np.zeros(size)
    counts[17] = 50.0
    found = sure_pairs(counts, products, scale=2.0, by_luck=1.0, noise=Noise(3))
    assert abs(found - found.T).max() == 0
    assert found.max() == pytest.approx(50, abs=8)
    assert found.nnz // 2 - 1 <= 6  # one is expected by luck
    lucky = [sure_pairs(np.zeros(size), products, 2.0, 30.0, Noise(seed)).nnz // 2 for seed in range(40)]
    assert np.mean(lucky) == pytest.approx(30, rel=0.15)


def test_counts_of_a_small_shop_are_what_was_bought() -> None:
    products, events = small_shop()
    dataset = from_events(events, products)
    wanted = Wanted.of(dataset, recent=20)
    assert product_counts(wanted).sum() == pytest.approx(np.sqrt(np.bincount(wanted.owners)).sum(), rel=1e-3)


def test_seeded_noise_repeats_and_the_systems_does_not() -> None:
    zeros = np.zeros(100)
    assert Noise(5).add_to(zeros, 1.0).tolist() == Noise(5).add_to(zeros, 1.0).tolist()
    assert Noise(5).add_to(zeros, 1.0).tolist() != Noise(6).add_to(zeros, 1.0).tolist()
    assert Noise().add_to(zeros, 1.0).tolist() != Noise().add_to(zeros, 1.0).tolist()


def test_noise_has_the_deviation_asked_for_and_stays_on_the_grid() -> None:
    noisy = Noise(1).add_to(np.zeros(200_000), 3.0)
    assert (noisy.mean(), noisy.std()) == pytest.approx((0, 3), abs=0.03)
    assert (noisy * 2**20 == np.rint(noisy * 2**20)).all()
    assert len(Noise(1).chosen(100_000, 0.02)) == pytest.approx(2_000, rel=0.1)
