from __future__ import annotations

import numpy as np
import pytest

from ranking.calibration import Platt, sigmoid


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
