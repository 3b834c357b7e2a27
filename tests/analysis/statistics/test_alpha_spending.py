"""Boundaries of several looks: the published table, and what they are for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import roots_legendre, stdtr

from timetrial.analysis.statistics import alpha_spending
from timetrial.analysis.statistics.alpha_spending import (
    LEGENDRE,
    boundaries,
    levels,
    repeated_p,
    spent,
)
from timetrial.analysis.statistics.design import LOOKS, ONE_LOOK, SEVERAL_LOOKS

FRACTIONS = SEVERAL_LOOKS.fractions
LEVELS = st.floats(1e-9, 0.5)
RISING = st.lists(st.integers(1, 40), min_size=1, max_size=4, unique=True).map(
    lambda looks: tuple(look / max(looks) for look in sorted(looks))
)


def test_the_rule_of_integration_is_that_of_scipy() -> None:
    nodes, weights = roots_legendre(48)
    assert [node for node, _ in LEGENDRE] == pytest.approx(nodes, rel=1e-13)
    assert [weight for _, weight in LEGENDRE] == pytest.approx(weights, rel=1e-13)


def test_four_equal_looks_have_the_boundaries_of_the_published_table() -> None:
    found = boundaries(0.05, (0.25, 0.5, 0.75, 1.0))
    assert found == pytest.approx((4.333, 2.963, 2.359, 2.014), abs=5e-4)


@pytest.mark.parametrize("level", [1e-12, 0.0005, 0.05, 0.5, 1.0])
@pytest.mark.parametrize("fractions", [(0.2, 0.4, 0.6, 0.8, 1.0), (0.1, 0.11, 1.0), (0.9, 1.0)])
def test_a_bracket_moves_no_boundary_by_a_bit(
    level: float, fractions: tuple[float, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = boundaries(level, fractions)
    monkeypatch.setattr(alpha_spending, "_bracket", lambda *_: (0.0, alpha_spending._HIGHEST_Z))
    assert found == boundaries(level, fractions)


def test_five_equal_looks_have_those_of_the_published_table() -> None:
    found = boundaries(0.05, (0.2, 0.4, 0.6, 0.8, 1.0))
    assert found == pytest.approx((4.877, 3.357, 2.680, 2.290, 2.031), abs=1e-3)


@given(LEVELS)
def test_one_look_is_the_plain_test(level: float) -> None:
    assert levels(level, (1.0,)) == pytest.approx((level,), rel=1e-9)
    assert repeated_p(level, 0, (1.0,)) == level


@given(LEVELS, RISING)
def test_what_is_spent_rises_to_the_whole_level(level: float, fractions: tuple[float, ...]) -> None:
    shares = [spent(level, fraction) for fraction in fractions]
    assert shares == sorted(shares)
    assert shares[-1] == level


def test_the_looks_together_spend_the_whole_level_and_no_more() -> None:
    """By paths of a random walk, four standard errors wide."""
    paths, level = 200_000, 0.05
    numbers = np.random.default_rng(11)
    steps = np.diff((0.0, *FRACTIONS))
    walks = np.cumsum(numbers.standard_normal((paths, len(steps))) * np.sqrt(steps), axis=1)
    bounds = np.array(boundaries(level, FRACTIONS)) * np.sqrt(FRACTIONS)
    crossed = np.mean(np.any(np.abs(walks) > bounds, axis=1))
    assert crossed == pytest.approx(level, abs=4 * math.sqrt(level * (1 - level) / paths))


@given(st.floats(1e-6, 0.4), st.floats(1.05, 10))
def test_a_higher_level_is_higher_at_every_look(level: float, factor: float) -> None:
    """Without that, no p-value could stand for all levels at which it rejects."""
    more = min(0.5, level * factor)
    strict, lax = levels(level, FRACTIONS), levels(more, FRACTIONS)
    assert all(one <= other * (1 + 1e-9) for one, other in zip(strict, lax, strict=True))


@given(st.floats(1e-10, 0.9), st.integers(0, len(LOOKS) - 1))
def test_a_repeated_p_value_is_the_level_whose_boundary_it_meets(level: float, look: int) -> None:
    p = levels(level, FRACTIONS)[look]
    assert repeated_p(p, look, FRACTIONS) == pytest.approx(level, rel=0.02)


@given(st.floats(0, 1), st.integers(0, len(LOOKS) - 1))
def test_looking_again_costs_something(p: float, look: int) -> None:
    assert p <= repeated_p(p, look, FRACTIONS) <= 1


def test_rounds_without_a_difference_are_called_different_in_one_run_of_twenty() -> None:
    """With Student's t at the levels of the normal boundaries: four looks at rising numbers."""
    runs, level = 40_000, 0.05
    numbers = np.random.default_rng(3)
    rounds = numbers.standard_normal((runs, LOOKS[-1]))
    crossed = np.zeros(runs, dtype=bool)
    for look, at_look in zip(LOOKS, levels(level, FRACTIONS), strict=True):
        so_far = rounds[:, :look]
        error = so_far.std(axis=1, ddof=1) / math.sqrt(look)
        crossed |= 2 * stdtr(look - 1, -np.abs(so_far.mean(axis=1) / error)) <= at_look
    assert crossed.mean() <= level + 4 * math.sqrt(level * (1 - level) / runs)


def test_looks_come_when_their_rounds_are_done() -> None:
    assert SEVERAL_LOOKS.looks_until(11) == ()
    assert SEVERAL_LOOKS.looks_until(12) == (12,)
    assert SEVERAL_LOOKS.looks_until(23) == (12, 18)
    assert SEVERAL_LOOKS.looks_until(99) == LOOKS
    assert ONE_LOOK.looks_until(7) == (7,)


def test_the_intervals_of_early_looks_are_the_wider_ones() -> None:
    assert ONE_LOOK.confidence(0.05, 0) == pytest.approx(0.95)
    asked = [SEVERAL_LOOKS.confidence(0.05, look) for look in range(len(LOOKS))]
    assert asked == sorted(asked, reverse=True)
    assert asked[-1] > 0.95
