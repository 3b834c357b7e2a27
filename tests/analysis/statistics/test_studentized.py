"""Tukey's and Dunnett's distributions, against SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.analysis.statistics import studentized, t_distribution

RANGES = [(3, 2.0), (3, 8.0), (6, 3.5), (6, 20.0), (12, 60.0), (24, 20.0)]


@pytest.mark.parametrize(("means", "degrees"), RANGES)
def test_the_range_is_that_of_scipy(means: int, degrees: float) -> None:
    from scipy.stats import studentized_range  # noqa: PLC0415 - half a second, for these alone

    for level in (0.05, 0.001):
        q = studentized.range_quantile(level, means, degrees)
        assert studentized_range.sf(q, means, degrees) == pytest.approx(level, rel=1e-4)


@pytest.mark.parametrize(("comparisons", "degrees"), [(2, 3), (5, 20)])
def test_the_maximum_is_that_of_scipy(comparisons: int, degrees: int) -> None:
    from scipy.stats import multivariate_t  # noqa: PLC0415 - half a second, for these alone

    shape = np.full((comparisons, comparisons), 0.5) + 0.5 * np.eye(comparisons)
    t = studentized.maximum_quantile(0.05, comparisons, degrees)
    joint = multivariate_t(shape=shape, df=degrees, seed=1).cdf([t] * comparisons)
    assert 1 - joint == pytest.approx(0.05, abs=3e-4)


@given(st.floats(3, 500), st.floats(0.0001, 0.5))
def test_of_two_means_the_range_is_students_t(degrees: float, level: float) -> None:
    t = studentized.range_quantile(level, 2, degrees) / np.sqrt(2)
    assert t == pytest.approx(t_distribution.quantile(degrees, 1 - level), rel=1e-4)


@given(st.floats(3, 500), st.floats(0.0001, 0.4))
def test_of_one_comparison_the_maximum_is_students_t(degrees: float, level: float) -> None:
    t = studentized.maximum_quantile(level, 1, degrees)
    assert t == pytest.approx(t_distribution.quantile(degrees, 1 - 2 * level), rel=1e-4)


@given(st.integers(3, 24), st.floats(3, 200), st.floats(0, 12), st.floats(0.01, 5))
def test_tails_fall(means: int, degrees: float, at: float, further: float) -> None:
    for tail in (studentized.range_tail, studentized.maximum_tail):
        # Near zero both are 1 but for rounding.
        assert (
            0 <= tail(at + further, means, degrees) <= tail(at, means, degrees) + 1e-9 <= 1 + 1e-9
        )
