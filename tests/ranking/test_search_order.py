from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import create_engine

from ranking.calibration import calibration_error, sigmoid
from ranking.evaluate import Figure
from ranking.impression_log import ImpressionLog, Seen
from ranking.impressions import ImpressionModel, Impressions, TooFewImpressions
from ranking.parts import PARTS, BlendWeights
from ranking.scoring import NAMES, inputs
from ranking.search_order import Logged, OrderGuard, compare, judged, learn_order, learned, logged
from ranking.types import Event
from tests.fakes_ranking import NOW

CARDS = 8
LOOKED_AT = 1 / np.arange(1, CARDS + 1)
TRUE = dict(zip(NAMES, [2.0, 1.5, 0.0, 0.3, 0.2, 0.8, 2.0, 0.1, 0.0, 1.2, 0.4], strict=True))
"""What these shoppers care for: other things than the weights by hand say, above all ratings."""
BIAS = -1.2
HAND = np.array([1.0, *BlendWeights().of_parts])


def served(lists: int, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """(lists, cards, parts) as shown, best by hand first, and the chance of interest in each."""
    rng = np.random.default_rng(seed)
    relevance = rng.uniform(0.5, 1.0, (lists, CARDS))
    levels = rng.random((lists, CARDS, len(PARTS))) * (rng.random((lists, CARDS, len(PARTS))) < 0.5)
    levels[:, :, PARTS.index("dislike")] *= -1
    levels[:, :, PARTS.index("like")] = 0  # nobody ever liked anything
    seen = np.concatenate([np.log(relevance)[:, :, None], levels], axis=2)
    order = np.argsort(-(seen @ HAND + 0.05 * rng.normal(size=relevance.shape)), axis=1)
    seen = np.take_along_axis(seen, order[:, :, None], axis=1)
    return seen, sigmoid(seen @ np.array(list(TRUE.values())) + BIAS)


def impressions(lists: int, seed: int = 5, looking: np.ndarray = LOOKED_AT) -> Impressions:
    seen, chances = served(lists, seed)
    clicked = np.random.default_rng(seed + 1).random(chances.shape) < looking * chances
    positions, numbers = np.tile(np.arange(1, CARDS + 1), lists), np.repeat(np.arange(lists), CARDS)
    return Impressions(NAMES, seen.reshape(-1, len(NAMES)), positions, clicked.ravel(), numbers)


@pytest.fixture(scope="module")
def model() -> ImpressionModel:
    return learned(impressions(3_000))


def test_through_position_bias_the_order_that_shoppers_want_is_found(model: ImpressionModel) -> None:
    """Better than by hand, and better than from the same clicks with every place taken alike."""
    plain = ImpressionModel.fit(impressions(3_000), corrected=False, towards=HAND.tolist())
    seen, chances = served(2_000, seed=77)

    def agreement(weights: Iterable[float]) -> float:
        scores = seen @ np.array(list(weights))
        better = (scores[:, :, None] > scores[:, None, :]) == (chances[:, :, None] > chances[:, None, :])
        return float(better[:, *np.triu_indices(CARDS, 1)].mean())

    assert agreement(model.weights) > agreement(plain.weights) + 0.02
    assert agreement(model.weights) > agreement(HAND) + 0.05
    assert agreement(model.weights) > 0.9
    assert model.looked_at == pytest.approx(LOOKED_AT, rel=0.35)


def test_the_chances_are_right_for_who_looks(model: ImpressionModel) -> None:
    seen, chances = served(4_000, seed=78)
    wanted = np.random.default_rng(79).random(chances.shape) < chances
    given = model.score(seen.reshape(-1, len(NAMES)))
    assert calibration_error(given, wanted.ravel()) < 0.05
    plain = ImpressionModel.fit(impressions(3_000), corrected=False, towards=HAND.tolist())
    assert calibration_error(plain.score(seen.reshape(-1, len(NAMES))), wanted.ravel()) > 0.1


def test_parts_that_never_counted_keep_their_weight_beside_the_others(model: ImpressionModel) -> None:
    """No impression had a liked twin; the first like must count all the same."""
    learned_weights = dict(zip(NAMES, model.weights, strict=True))
    scale = learned_weights["like"] / BlendWeights().like
    assert learned_weights["like"] > 0
    assert 0.3 < scale < 10


def test_no_part_counts_against_its_meaning() -> None:
    seen = impressions(1_500)
    backwards = replace(seen, parts=seen.parts * np.where(np.array(NAMES) == "rating", -1, 1))
    weights = dict(zip(NAMES, learned(backwards).weights, strict=True))
    assert weights["rating"] == 0
    assert min(weights.values()) == 0


def test_an_order_that_ignores_relevance_is_refused() -> None:
    seen = impressions(1_500)
    backwards = replace(seen, parts=seen.parts * np.where(np.array(NAMES) == "relevance", -1, 1))
    with pytest.raises(TooFewImpressions, match="do not show that relevance counts"):
        learned(backwards)


def test_the_guard_holds_for_a_better_order_and_for_no_other(model: ImpressionModel) -> None:
    held_out = impressions(1_200, seed=31)
    better = compare(held_out, model)
    assert better.holds and better.ndcg_learned > better.ndcg_by_hand
    assert better.calibration_error < 0.03
    assert better.lists == len(np.unique(held_out.lists[held_out.clicked]))
    same = compare(held_out, replace(model, weights=tuple(HAND.tolist())))
    assert same.gain.mean == pytest.approx(0, abs=0.003) and not same.holds
    assert not compare(held_out, replace(model, weights=tuple((-HAND).tolist()))).holds
    assert not OrderGuard(50, 0.6, 0.5, Figure(0.1, -0.01, 0.2), 0.0).holds


def test_too_little_held_out_is_told(model: ImpressionModel) -> None:
    with pytest.raises(TooFewImpressions, match=r"\d held-out lists have a click; expected at least 20"):
        compare(impressions(8), model)


def test_an_order_is_judged_on_lists_later_than_those_it_is_learned_from() -> None:
    seen = Logged(impressions(2_000))
    earlier, later = seen.split()
    assert earlier.lists.max() < later.lists.min()
    assert len(later.lists) == len(seen.impressions.lists) / 5
    assert judged(seen) == compare(later, learned(earlier))


def store(seen: Impressions) -> tuple[list[Event], ImpressionLog]:
    """The same as events and a log."""
    log, events = ImpressionLog(create_engine("sqlite://")), []
    noted = []
    for row in range(len(seen.positions)):
        number, position = int(seen.lists[row]), int(seen.positions[row])
        event = Event(f"e{row}", NOW + 60 * number, f"s{number}", "impression", f"p{position}", position=position)
        events.append(event)
        levels = dict(zip(PARTS, seen.parts[row, 1:].tolist(), strict=True))
        noted.append(Seen(event.event_id, float(np.exp(seen.parts[row, 0])), levels))
        if seen.clicked[row]:
            events.append(replace(event, event_id=f"c{row}", type="click", position=None, time=event.time + 5))
    log.add(noted)
    return sorted(events, key=lambda event: event.time), log


def test_what_was_logged_is_joined_with_what_was_clicked() -> None:
    seen = impressions(400)
    events, log = store(seen)
    foreign = replace(events[0], event_id="from-elsewhere", shopper_id="s-else")
    unasked = replace(events[0], event_id="no-question", shopper_id="s-else", product_id="q")
    log.add([Seen("no-question", 1.0, {}, asked=False)])
    joined = logged([*events, foreign, unasked], log)
    assert joined.impressions.parts == pytest.approx(seen.parts)
    assert (joined.impressions.clicked == seen.clicked).all() and (joined.impressions.lists == seen.lists).all()
    assert (joined.unlogged, joined.unasked) == (1, 1)
    assert learn_order(events, log).weights == pytest.approx(learned(seen).weights)


def test_without_logged_impressions_nothing_is_learned_and_it_is_told() -> None:
    events, _ = store(impressions(40))
    empty = ImpressionLog(create_engine("sqlite://"))
    with pytest.raises(TooFewImpressions, match=r"0 of 0 impressions were clicked.*320 impressions without logged parts"):
        learn_order(events, empty)
    assert len(logged([], empty).impressions.lists) == 0


def test_no_relevance_is_a_number_too() -> None:
    assert np.isfinite(inputs(np.array([0.0, 1.0]), np.zeros((2, len(PARTS))))).all()
