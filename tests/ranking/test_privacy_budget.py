from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from ranking.privacy.budget import REPORT, PrivacyBudget, Release, fit_to, spent
from ranking.privacy.noise import Noise

accountants = pytest.importorskip("opacus.accountants")

RELEASES = (Release("counts", 2.0), Release("map", 1.0, rate=0.02, steps=200))


@pytest.mark.parametrize("epsilon", [0.0, -1.0, math.nan, math.inf])
def test_an_epsilon_that_is_none_is_named(epsilon: float) -> None:
    with pytest.raises(ValueError, match=f"epsilon is {epsilon}; expected a finite number above 0"):
        PrivacyBudget(epsilon, 1e-6)


@pytest.mark.parametrize("delta", [0.0, 1.0, -1e-6, math.nan])
def test_a_delta_that_is_none_is_named(delta: float) -> None:
    with pytest.raises(ValueError, match="delta is .*; expected a number between 0 and 1"):
        PrivacyBudget(1.0, delta)


@pytest.mark.parametrize(("shoppers", "delta"), [(1, 1e-1), (100, 1e-3), (22_363, 1e-6), (1_000_000, 1e-7)])
def test_delta_is_a_power_of_ten_below_a_tenth_of_a_shopper(shoppers: int, delta: float) -> None:
    assert PrivacyBudget.for_shoppers(1.0, shoppers).delta == pytest.approx(delta)


@pytest.mark.parametrize("epsilon", [0.5, 1.0, 3.0, 8.0])
def test_the_budget_is_kept_and_used_up_by_opacus_own_reckoning(epsilon: float) -> None:
    report = fit_to(PrivacyBudget(epsilon, 1e-6), RELEASES)
    assert epsilon * 0.98 <= report.epsilon <= epsilon
    accountant = accountants.RDPAccountant()
    accountant.history = [(release.noise, release.rate, release.steps) for release in report.releases]
    theirs = accountant.get_epsilon(1e-6, alphas=[*np.arange(1.25, 6, 0.25), *range(6, 200)])
    assert report.epsilon * 0.97 <= theirs <= report.epsilon * 1.001


def test_the_tighter_reckoning_by_privacy_loss_distributions_finds_no_more() -> None:
    report = fit_to(PrivacyBudget(3.0, 1e-6), RELEASES[1:])
    accountant = accountants.PRVAccountant()
    accountant.history = [(release.noise, release.rate, release.steps) for release in report.releases]
    assert report.epsilon * 0.7 < accountant.get_epsilon(1e-6) <= report.epsilon * 1.01


def test_one_gaussian_is_never_below_the_exact_bound() -> None:
    # Balle and Wang (ICML 2018), Theorem 8: the exact delta of a Gaussian at epsilon.
    from scipy.stats import norm

    report = fit_to(PrivacyBudget(2.0, 1e-6), [Release("counts", 1.0)])
    mu = 1 / report.releases[0].noise
    delta = norm.cdf(mu / 2 - 2 / mu) - math.exp(2) * norm.cdf(-mu / 2 - 2 / mu)
    assert 1e-8 < delta <= 1e-6


def test_an_epsilon_that_no_noise_keeps_to_is_refused() -> None:
    with pytest.raises(ValueError, match="epsilon is 0.001; expected at least"):
        fit_to(PrivacyBudget(0.001, 1e-6), RELEASES)


def test_noise_falls_with_epsilon_and_keeps_its_proportions() -> None:
    reports = [fit_to(PrivacyBudget(epsilon, 1e-6), RELEASES) for epsilon in (0.5, 1.0, 3.0, 8.0)]
    noises = [report.releases[0].noise for report in reports]
    assert noises == sorted(noises, reverse=True)
    assert all(report.releases[0].noise == pytest.approx(2 * report.releases[1].noise) for report in reports)


def test_two_releases_spend_more_than_one_and_less_than_twice() -> None:
    one, two = spent(RELEASES[:1], 1e-6), spent([RELEASES[0], RELEASES[0]], 1e-6)
    assert one < two < 2 * one


def test_the_report_tells_what_was_spent(tmp_path: Path) -> None:
    fit_to(PrivacyBudget(3.0, 1e-6), RELEASES).save(tmp_path)
    kept = json.loads((tmp_path / REPORT).read_text(encoding="utf-8"))
    assert (kept["asked"], kept["delta"], kept["guarantee"]) == (3.0, 1e-6, True)
    assert [release["name"] for release in kept["releases"]] == ["counts", "map"]
    assert all(0 < release["epsilon_alone"] < kept["epsilon"] <= 3.0 for release in kept["releases"])


def test_an_attacker_tells_membership_no_better_than_the_bound() -> None:
    epsilon, delta, draws = 1.0, 1e-3, 200_000
    scale = fit_to(PrivacyBudget(epsilon, delta), [Release("counts", 1.0)]).releases[0].noise
    there = Noise(1).add_to(np.ones(draws), scale)
    away = Noise(2).add_to(np.zeros(draws), scale)
    advantages = []
    for border in np.linspace(-3 * scale, 4 * scale, 60):
        for inside, outside in ((there > border, away > border), (away <= border, there <= border)):
            caught, wrong = inside.mean(), outside.mean()
            slack = 4 * math.sqrt((caught + math.exp(2) * wrong) / draws)
            assert caught <= math.exp(epsilon) * wrong + delta + slack
            advantages.append(caught - wrong)
    assert max(advantages) > 0.05  # the count does tell something: the test could fail
    assert (there > 0.5).mean() > math.exp(0.05) * (away > 0.5).mean() + delta  # and would, for a budget of 0.05
