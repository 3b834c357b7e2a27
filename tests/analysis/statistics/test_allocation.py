"""How many windows a start should have: what varies decides, and what it costs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.analysis.statistics.allocation import (
    Components,
    Costs,
    components,
    windows_per_start,
)

positive = st.floats(0.01, 10.0)


@given(positive, positive, positive, positive, st.floats(1.0, 50.0))
def test_no_other_number_of_windows_gives_less_variance_in_the_same_time(
    start: float, window: float, start_s: float, window_s: float, other: float
) -> None:
    found, costs = Components(start, window), Costs(start_s, window_s)
    best = found.best_windows(costs)
    assert best == pytest.approx(math.sqrt(start_s / window_s * window / start))
    assert found.per_second(best, costs) <= found.per_second(other, costs) * (1 + 1e-12)


@given(positive, positive, positive, positive)
def test_the_chosen_number_is_even_and_near_the_least(
    start: float, window: float, start_s: float, window_s: float
) -> None:
    found, costs = Components(start, window), Costs(start_s, window_s)
    chosen = windows_per_start(costs, found)
    assert chosen in range(2, 13, 2)
    least = min(found.per_second(number, costs) for number in range(2, 13, 2))
    assert found.per_second(chosen, costs) <= 1.15 * least


def test_starts_that_do_not_vary_ask_for_as_many_windows_as_there_may_be() -> None:
    assert Components(0.0, 1.0).best_windows(Costs(1.0, 0.2)) == math.inf


def test_the_components_are_found_again() -> None:
    numbers = np.random.default_rng(3)
    starts = 0.05 * numbers.standard_normal((4_000, 1))
    found = components((starts + 0.15 * numbers.standard_normal((4_000, 4))).tolist())
    assert math.sqrt(found.start) == pytest.approx(0.05, rel=0.1)
    assert math.sqrt(found.window) == pytest.approx(0.15, rel=0.02)
