from __future__ import annotations

import pytest

from bench.figures import Spread, percentile, ratio


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([5.0], 50, 5.0),
        ([5.0], 95, 5.0),
        ([3.0, 1.0, 2.0], 50, 2.0),
        # Half way between the second and the third of four.
        ([4.0, 1.0, 3.0, 2.0], 50, 2.5),
        # Place 3 * 0.95 = 2.85: 85% of the way from 3 to 4.
        ([1.0, 2.0, 3.0, 4.0], 95, 3.85),
        ([1.0, 2.0, 3.0, 4.0], 0, 1.0),
        ([1.0, 2.0, 3.0, 4.0], 100, 4.0),
        # 21 values 0-20: place 20 * 0.95 = 19 exactly.
        ([float(value) for value in range(21)], 95, 19.0),
    ],
)
def test_percentiles_worked_out_by_hand(values: list[float], percent: float, expected: float) -> None:
    assert percentile(values, percent) == pytest.approx(expected)


def test_no_measurement_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="values is empty"):
        percentile([], 50)
    with pytest.raises(ValueError, match="values is empty"):
        Spread.of([])


@pytest.mark.parametrize("percent", [-1, 101])
def test_a_percentage_out_of_range_is_refused(percent: float) -> None:
    with pytest.raises(ValueError, match=f"percent is {percent}; expected 0 to 100"):
        percentile([1.0], percent)


def test_a_spread_names_its_percentiles() -> None:
    spread = Spread.of([4.0, 1.0, 3.0, 2.004])
    assert spread.count == 4
    assert spread.named("turn_ms") == {"turn_ms_p50": 2.5, "turn_ms_p95": 3.85}


def test_ratio_has_three_digits() -> None:
    assert ratio(10, 3) == 3.33
    assert ratio(4008.17, 18.23) == 220


def test_ratio_over_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="other is 0; expected a measurement over 0"):
        ratio(1, 0)
