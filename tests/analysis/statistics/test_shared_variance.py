"""Error variances that stacks share, of whole and of holed layouts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.analysis.statistics.shared_variance import Figures, shared_variance


def layout(seed: int, stacks: int, rounds: int) -> np.ndarray:
    numbers = np.random.default_rng(seed)
    spread = numbers.uniform(0.01, 0.2, (stacks, 1))
    return numbers.standard_normal((stacks, rounds)) * spread + numbers.standard_normal(rounds)


def figures(values: np.ndarray) -> Figures:
    return {
        f"stack {s}": {r: float(y) for r, y in enumerate(row, start=1) if not math.isnan(y)}
        for s, row in enumerate(values)
    }


@given(st.integers(0, 1_000), st.integers(3, 8), st.integers(3, 10))
def test_of_a_whole_layout_it_is_the_closed_formula(seed: int, stacks: int, rounds: int) -> None:
    values = layout(seed, stacks, rounds)
    residuals = values - values.mean(0) - values.mean(1, keepdims=True) + values.mean()
    own = (residuals**2).sum(1) / (rounds - 1)
    drawn = (4 * own.mean() + (rounds - 1) * own) / (rounds + 3)
    share = stacks / (stacks - 2) * (drawn - drawn.sum() / (stacks * (stacks - 1)))
    expected = np.maximum(share, 0.05 * drawn.sum() / (stacks - 1))

    found = shared_variance(figures(values))
    assert found is not None
    assert list(found.variances.values()) == pytest.approx(list(expected), rel=1e-6)
    assert found.most_degrees_of_freedom == (stacks - 1) * (rounds - 1)


@given(st.integers(0, 1_000), st.floats(-3, 3))
def test_neither_speed_nor_a_rounds_mood_changes_them(seed: int, shift: float) -> None:
    values = layout(seed, 4, 6)
    moved = values + shift * np.arange(4)[:, None] + shift * np.arange(6) ** 2
    one, other = shared_variance(figures(values)), shared_variance(figures(moved))
    assert one is not None
    assert other is not None
    for name, variance in one.variances.items():
        assert other.variances[name] == pytest.approx(variance, rel=1e-6, abs=1e-12)


def test_a_holed_layout_gives_on_average_what_a_whole_one_gives() -> None:
    numbers = np.random.default_rng(5)
    sums = np.zeros(4)
    for _ in range(400):
        values = 0.1 * numbers.standard_normal((4, 8))
        values[3, 5:] = np.nan
        values[0, 0] = np.nan
        found = shared_variance(figures(values))
        assert found is not None
        sums += list(found.variances.values())
    assert sums / 400 == pytest.approx(0.01, rel=0.1)


@pytest.mark.parametrize("whole", [(2, 8), (3, 2)])
def test_too_small_a_layout_shares_nothing(whole: tuple[int, int]) -> None:
    assert shared_variance(figures(layout(1, *whole))) is None


def test_stacks_that_never_met_share_nothing() -> None:
    values = layout(1, 4, 8)
    values[:2, :4] = np.nan
    values[2:, 4:] = np.nan
    assert shared_variance(figures(values)) is None


@given(st.integers(0, 1_000), st.integers(3, 7), st.integers(3, 6), st.integers(0, 6))
def test_the_fit_compares_those_that_stayed_by_their_means_and_the_others_through_them(
    seed: int, stacks: int, met: int, further: int
) -> None:
    values = layout(seed, stacks, met + further)
    values[-1, met:] = np.nan
    found = shared_variance(figures(values))
    assert found is not None
    first, second, last = "stack 0", "stack 1", f"stack {stacks - 1}"
    rows = [row - values[: stacks - 1].mean(0) for row in values]

    stayed, weights = found.fit.difference(first, second)
    assert stayed == pytest.approx((values[1] - values[0]).mean(), abs=1e-9)
    assert sum(weights.values()) == pytest.approx(2 / (met + further))

    left, weights = found.fit.difference(first, last)
    assert left == pytest.approx(rows[-1][:met].mean() - rows[0].mean(), abs=1e-9)
    others, rounds = stacks - 1, met + further
    expected = (1 + 1 / others) / met + (1 - 1 / others) / rounds
    assert sum(weights.values()) == pytest.approx(expected)
