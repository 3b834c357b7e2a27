"""Tests of sequences keep their word on how often they are wrong."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.analysis.checks.trend_tests import (
    EXACT_UP_TO,
    PERMUTATIONS,
    best_split,
    change,
    lag_1,
    level_shift,
    trend_p,
)

VALUES = st.lists(st.floats(1, 100, allow_nan=False), min_size=3, max_size=12, unique=True)


def test_the_chance_of_a_trend_is_exact() -> None:
    """Against counting all orders of five things."""
    orders = [list(order) for order in itertools.permutations(range(1, 6))]

    def score(order: list[int]) -> int:
        return abs(sum((b > a) - (b < a) for a, b in itertools.combinations(order, 2)))

    for order in orders[::7]:
        as_extreme = sum(score(other) >= score(order) for other in orders)
        assert trend_p([float(each) for each in order]) == pytest.approx(
            min(1.0, as_extreme / len(orders))
        )


def test_long_sequences_are_judged_like_those_that_are_just_short_enough() -> None:
    randomness = random.Random(5)  # noqa: S311 - figures that must repeat
    for slope in (0.0, 0.005, 0.01, 0.02):
        values = [slope * n + randomness.gauss(0, 1) for n in range(EXACT_UP_TO + 1)]
        exact, about = trend_p(values[:-1]), trend_p(values)
        assert math.log(about) == pytest.approx(math.log(exact), abs=1.5)


@given(VALUES)
def test_a_trend_is_as_likely_backwards(values: list[float]) -> None:
    assert trend_p(values) == trend_p(values[::-1])


@given(VALUES)
def test_probabilities_are_probabilities(values: list[float]) -> None:
    assert 0 < trend_p(values) <= 1
    place, p = level_shift(values)
    assert 0 < p <= 1
    assert 0 <= place < len(values)


def test_values_that_grow_by_a_factor_change_by_it() -> None:
    assert change([2.0**n for n in range(5)]) == pytest.approx(15)
    assert change([3.0, 3.0, 3.0]) == pytest.approx(0)


def test_neighbours_that_are_alike_correlate() -> None:
    assert lag_1([1, 1, 1, 1, 5, 5, 5, 5]) > 0.5
    assert lag_1([1, 5, 1, 5, 1, 5]) < -0.5
    assert lag_1([2, 2, 2]) == 0


def test_a_step_is_found_where_it_is() -> None:
    randomness = random.Random(3)  # noqa: S311 - figures that must repeat
    values = [(1.0 if n < 7 else 1.05) * randomness.gauss(1, 0.01) for n in range(16)]
    place, p = level_shift(values)
    assert place == 7
    assert p < 0.01


def test_noise_has_a_step_as_rarely_as_promised() -> None:
    randomness = random.Random(4)  # noqa: S311 - likewise
    alarms = sum(
        level_shift([randomness.gauss(0, 1) for _ in range(12)])[1] < 0.01 for _ in range(300)
    )
    assert alarms <= 9


def test_a_step_between_values_that_are_all_alike_is_found() -> None:
    place, p = level_shift([1.0] * 6 + [2.0] * 6)
    assert place == 6
    assert p < 0.01
    assert math.isclose(level_shift([1.0] * 12)[1], 1.0)


@given(st.lists(st.floats(8, 12), min_size=6, max_size=40))
def test_the_chance_of_a_step_is_counted_order_by_order(values: list[float]) -> None:
    place, largest = best_split(values)
    randomness, shuffled, as_large = random.Random(1), list(values), 0  # noqa: S311 - likewise
    for _ in range(PERMUTATIONS if largest >= 3 else 0):
        randomness.shuffle(shuffled)
        as_large += best_split(shuffled)[1] >= largest
    counted = (as_large + 1) / (PERMUTATIONS + 1) if largest >= 3 else 1.0
    assert level_shift(values) == (place, counted)
