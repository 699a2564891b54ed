from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ranking.calibration import sigmoid
from ranking.impressions import ImpressionModel, Impressions, Shown, TooFewImpressions, looked_at, shown
from ranking.models.base import BadModel
from ranking.pairs import Pairs
from tests.fakes_ranking import NOW, make_event

LOOKED_AT = np.array([1.0, 0.6, 0.4, 0.3, 0.22, 0.17, 0.14, 0.12])
TRUE = np.array([0.8, 1.6])
BIAS = -1.6


def clicked_shop(seed: int = 1, lists: int = 4_000, looking: np.ndarray = LOOKED_AT) -> Impressions:
    """Lists that were sorted by relevance with some chance, for shoppers who care for preference twice as much."""
    rng = np.random.default_rng(seed)
    parts = rng.normal(size=(lists, len(looking), 2))
    order = np.argsort(-(parts[:, :, 0] + 0.7 * rng.normal(size=parts.shape[:2])), axis=1)
    parts = np.take_along_axis(parts, order[:, :, None], axis=1)
    clicked = rng.random(parts.shape[:2]) < looking * sigmoid(parts @ TRUE + BIAS)
    return Impressions(
        ("relevance", "preference"),
        parts.reshape(-1, 2),
        np.tile(np.arange(1, len(looking) + 1), lists),
        clicked.ravel(),
        np.repeat(np.arange(lists), len(looking)),
    )


def test_how_likely_each_place_is_looked_at_comes_out_of_the_clicks() -> None:
    assert looked_at(clicked_shop()) == pytest.approx(LOOKED_AT, rel=0.2)


def test_where_all_places_are_looked_at_alike_nothing_is_corrected() -> None:
    assert looked_at(clicked_shop(looking=np.ones(4))) == pytest.approx(1, abs=0.12)


def test_the_correction_finds_what_shoppers_care_for_and_without_it_the_old_order_is_learned() -> None:
    clicks = clicked_shop()
    corrected, plain = ImpressionModel.fit(clicks), ImpressionModel.fit(clicks, corrected=False)
    ratios = [model.weights[1] / model.weights[0] for model in (corrected, plain)]
    assert ratios[0] == pytest.approx(2.0, rel=0.15)
    assert ratios[1] < 1.5
    fresh = np.random.default_rng(9).normal(size=(20_000, 2))
    chances = sigmoid(fresh @ TRUE + BIAS)
    wanted = np.random.default_rng(10).random(len(fresh)) < chances
    judged = [Pairs(model.score(fresh), wanted) for model in (corrected, plain)]
    assert judged[0].auc() > judged[1].auc() + 0.005
    assert judged[0].log_loss() < judged[1].log_loss() - 0.02
    assert judged[0].auc() > Pairs(chances, wanted).auc() - 0.003


@pytest.mark.parametrize("low", [0.1, 0.3, 0.5])
def test_chances_are_those_of_a_shopper_who_looks(low: float) -> None:
    model = ImpressionModel.fit(clicked_shop())
    fresh = np.random.default_rng(9).normal(size=(40_000, 2))
    chances = model.score(fresh)
    among = (chances >= low) & (chances < low + 0.2)
    assert sigmoid(fresh[among] @ TRUE + BIAS).mean() == pytest.approx(chances[among].mean(), abs=0.06)


def test_parts_add_up_to_the_score() -> None:
    model = ImpressionModel.fit(clicked_shop(lists=400))
    parts = np.array([[1.0, -2.0], [0.0, 0.5]])
    assert sigmoid(model.contributions(parts).sum(axis=1) + model.shift) == pytest.approx(model.score(parts))


def test_a_place_where_nothing_was_shown_is_as_the_one_before() -> None:
    clicks = clicked_shop(lists=800)
    gap = replace(clicks, positions=np.where(clicks.positions == 8, 10, clicks.positions))
    places = looked_at(gap)
    assert len(places) == 10
    assert places[7] == places[8] == places[6]


def test_too_little_is_told() -> None:
    few = clicked_shop(lists=20)
    with pytest.raises(TooFewImpressions, match=r"\d+ of 160 impressions were clicked; expected at least 50"):
        ImpressionModel.fit(few)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"names": ("relevance",)}, "1 parts"),
        ({"parts": np.full((2, 2), math.nan)}, "not finite"),
        ({"positions": np.array([1, 0])}, "hold 0; expected places from 1"),
        ({"clicked": np.array([True])}, "2 rows"),
    ],
)
def test_what_does_not_fit_together_is_refused(change: dict, says: str) -> None:
    right = {
        "names": ("relevance", "preference"),
        "parts": np.zeros((2, 2)),
        "positions": np.array([1, 2]),
        "clicked": np.array([True, False]),
        "lists": np.array([0, 0]),
    }
    with pytest.raises(ValueError, match=says):
        Impressions(**{**right, **change})


def test_it_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    model = ImpressionModel.fit(clicked_shop(lists=400))
    model.save(tmp_path)
    assert ImpressionModel.load(tmp_path) == model


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_broken_file_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "impressions.json").write_text(text, encoding="utf-8")
    with pytest.raises(BadModel, match="train again"):
        ImpressionModel.load(tmp_path)


def test_clicks_go_to_the_latest_impression_before_them() -> None:
    def at(minute: float, product: str, kind: str = "impression", place: int | None = None, talk: str = "c1") -> object:
        event = make_event(product, kind, "s1", NOW + 60 * minute)  # type: ignore[arg-type]
        return replace(event, position=place, conversation_id=talk)

    events = [
        at(0, "a", place=1),
        at(0, "b", place=2),
        at(1, "b", place=1),
        at(2, "b", "click"),
        at(3, "a", "dislike"),
        at(4, "c", place=3),
        at(5, "c", "add_to_cart", talk="c2"),
        at(40, "c", "purchase"),
        at(41, "d"),
    ]
    found = shown(events)  # type: ignore[arg-type]
    assert [(s.product_id, s.position, s.clicked) for s in found] == [
        ("a", 1, False),
        ("b", 2, False),
        ("b", 1, True),
        ("c", 3, False),
    ]
    assert len({s.list_id for s in found}) == 3
    assert isinstance(found[0], Shown)
