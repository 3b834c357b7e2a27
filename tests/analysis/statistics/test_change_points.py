"""Change points: steps are found, noise is left alone, and no segmentation would be better."""

from __future__ import annotations

import functools
import itertools
import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.analysis.statistics.change_points import (
    PENALTY_PER_LOG_N,
    SHORTEST_SEGMENT,
    Costs,
    change_points,
    noise_sd,
)

SEEDS = st.integers(0, 2**32 - 1)


def noise(n: int, seed: int) -> list[float]:
    randomness = random.Random(seed)  # noqa: S311 - numbers that must repeat
    return [randomness.gauss(0, 1) for _ in range(n)]


def price(values: Sequence[float], points: Sequence[int], penalty: float) -> float:
    """Compute cost + penalties of a segmentation."""
    edges = [0, *points, len(values)]
    cost = Costs(values)
    segments = itertools.pairwise(edges)
    return sum(cost(a, b) for a, b in segments) + penalty * len(points)


def cheapest(values: Sequence[float], penalty: float) -> float:
    """Return the price of the best of all segmentations, by trying them all (memoized)."""

    @functools.cache
    def of_rest(begin: int) -> float:
        n = len(values)
        whole = Costs(values)(begin, n)
        splits = range(begin + SHORTEST_SEGMENT, n - SHORTEST_SEGMENT + 1)
        return min([whole, *(Costs(values)(begin, s) + penalty + of_rest(s) for s in splits)])

    return of_rest(0)


@given(
    st.lists(st.integers(-20, 20), min_size=4, max_size=18).filter(lambda v: max(v) > min(v)),
    st.floats(0.1, 40),
)
def test_no_segmentation_has_a_lower_price(values: list[int], penalty: float) -> None:
    sd = 3.0  # more than most of these are apart from their neighbours
    scale = max(sd, noise_sd(values))
    scaled = [value / scale for value in values]
    points = change_points(values, sd_at_least=sd, penalty=penalty)
    assert price(scaled, points, penalty) == pytest.approx(cheapest(scaled, penalty), abs=1e-6)
    edges = [0, *points, len(values)]
    assert all(b - a >= SHORTEST_SEGMENT for a, b in itertools.pairwise(edges))


@given(SEEDS, st.integers(20, 40), st.integers(20, 40), st.floats(8, 50), st.sampled_from([-1, 1]))
def test_a_step_well_above_the_noise_is_found_where_it_is(
    seed: int, before: int, after: int, height: float, sign: int
) -> None:
    step = sign * height
    values = [v + (step if i >= before else 0) for i, v in enumerate(noise(before + after, seed))]
    points = change_points(values)
    assert any(abs(point - before) <= 1 for point in points)


@given(st.lists(st.floats(1, 100).map(lambda x: round(x, 2)), min_size=1, max_size=5, unique=True))
def test_levels_without_noise_are_separated_exactly(levels: list[float]) -> None:
    length = 10
    values = [level for level in levels for _ in range(length)]
    assert change_points(values) == tuple(range(length, len(values), length))


def test_noise_alone_gives_changes_in_less_than_one_of_a_hundred_series() -> None:
    for n in (20, 50, 100):
        alarms = sum(bool(change_points(noise(n, seed))) for seed in range(100))
        assert alarms <= 1, f"{alarms} of 100 series of {n}"


@given(SEEDS, st.floats(-100, 100), st.floats(0.01, 100))
def test_scale_and_offset_do_not_matter(seed: int, offset: float, scale: float) -> None:
    values = noise(30, seed)
    values[15:] = [value + 20 for value in values[15:]]
    assert change_points([offset + scale * v for v in values]) == change_points(values)


def test_a_single_outlier_is_not_a_level() -> None:
    values = noise(40, 1)
    values[20] += 8
    assert change_points(values) == ()


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0, 3.0], [5.0] * 30])
def test_too_few_values_and_equal_ones_have_no_changes(values: list[float]) -> None:
    assert change_points(values) == ()


def test_changes_below_the_least_noise_do_not_count() -> None:
    values = [100.0] * 10 + [101.0] * 10
    assert change_points(values) == (10,)
    assert change_points(values, sd_at_least=1.0) == ()


def test_the_noise_is_estimated_whatever_steps_and_trends_there_are() -> None:
    values = noise(2_000, 3)
    stepped = [v + (50 if i >= 700 else 0) + 0.5 * i for i, v in enumerate(values)]
    assert noise_sd(stepped) == pytest.approx(1.0, abs=0.1)


def test_values_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        change_points([1.0, math.nan, 2.0, 3.0])


def test_the_penalty_is_fifteen_logs_of_the_length() -> None:
    values = [0.0] * 10 + [1.0] * 10
    gain = 10 * 10 / 20  # of one step of height 1 in the middle, at a standard deviation of 1
    enough = math.sqrt(PENALTY_PER_LOG_N * math.log(20) / gain)
    assert change_points([v * enough * 1.01 for v in values], sd_at_least=1.0) == (10,)
    assert change_points([v * enough * 0.99 for v in values], sd_at_least=1.0) == ()
