from __future__ import annotations

import numpy as np
import pytest

from ranking.calibration import Platt, calibration_error, logistic, sigmoid


def drawn(slope: float, shift: float, size: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    logits = rng.normal(size=size) * 2
    return logits, rng.random(size) < sigmoid(slope * logits + shift)


def test_the_line_that_the_outcomes_were_drawn_from_is_found() -> None:
    line = Platt.fit(*drawn(0.5, -1.0))
    assert (line.slope, line.shift) == pytest.approx((0.5, -1.0), abs=0.06)


def test_chances_come_true_as_often_as_they_say() -> None:
    logits, wanted = drawn(0.5, -1.0)
    chances = Platt.fit(logits, wanted)(logits)
    for low in (0.1, 0.3, 0.5):
        among = (chances >= low) & (chances < low + 0.2)
        assert wanted[among].mean() == pytest.approx(chances[among].mean(), abs=0.03)


def test_weights_count_as_often_as_they_say() -> None:
    logits, wanted = drawn(1.0, 0.0, 200)
    counts = np.random.default_rng(1).integers(1, 4, 200)
    weighed = Platt.fit(logits, wanted, counts.astype(float))
    repeated = Platt.fit(np.repeat(logits, counts), np.repeat(wanted, counts))
    assert (weighed.slope, weighed.shift) == pytest.approx((repeated.slope, repeated.shift), abs=1e-6)


@pytest.mark.parametrize("wanted", [[True, True], [False, False], [True, False]])
def test_where_no_line_can_help_nothing_changes(wanted: list[bool]) -> None:
    # In the last case, the higher logit came true less often.
    assert Platt.fit(np.array([-1.0, 1.0]), np.array(wanted)) == Platt()


def test_perfect_order_and_far_logits_stay_finite() -> None:
    line = Platt.fit(np.array([-900.0, -1.0, 1.0, 900.0]), np.array([False, False, True, True]))
    assert np.isfinite([line.slope, line.shift]).all()
    assert sigmoid(np.array([-1e9, 0.0, 1e9])) == pytest.approx([0, 0.5, 1])


def test_weights_stay_where_they_are_expected_unless_the_outcomes_say_otherwise() -> None:
    logits, wanted = drawn(1.0, 0.0, 4_000)
    inputs = np.stack([logits, np.zeros(len(logits))], axis=1)
    expected = np.array([5.0, 0.7])
    loose, tight = (logistic(inputs, wanted.astype(float), towards=expected, pull=pull) for pull in (1.0, 1e6))
    assert loose == pytest.approx([1.0, 0.7], abs=0.1)  # the second column says nothing
    assert tight == pytest.approx(expected, abs=0.01)


def test_the_calibration_error_is_how_far_chances_are_off() -> None:
    logits, wanted = drawn(1.0, 0.0)
    chances = sigmoid(logits)
    assert calibration_error(chances, wanted) < 0.015
    assert calibration_error(np.full(len(wanted), wanted.mean() + 0.1), wanted) == pytest.approx(0.1)
    assert calibration_error(np.array([0.0, 1.0]), np.array([True, False])) == 1.0
    with pytest.raises(ValueError, match="chances is empty"):
        calibration_error(np.zeros(0), np.zeros(0, dtype=bool))
