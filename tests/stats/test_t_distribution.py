"""Student's t distribution, against SciPy's and against what is known of it."""

from __future__ import annotations

import math

import pytest
import scipy.special
from hypothesis import example, given
from hypothesis import strategies as st

from timetrial.stats.t_distribution import quantile, two_sided_p

FREEDOM = st.one_of(st.integers(1, 200).map(float), st.floats(1.0, 1e6))
DIGITS = 1e-11


@given(st.floats(1e-6, 1e4), FREEDOM)
@example(1e-6, 1.0)
@example(60.0, 3.0)
@example(1.0, 39.999)
@example(1.0, 40.0)
def test_a_share_in_the_tails_is_that_of_scipy(t: float, freedom: float) -> None:
    expected = 2 * float(scipy.special.stdtr(freedom, -t))
    assert two_sided_p(t, freedom) == pytest.approx(expected, rel=1e-9, abs=1e-290)


@given(FREEDOM, st.floats(0.01, 0.99999))
def test_a_quantile_leaves_just_that_share_in_the_tails(freedom: float, confidence: float) -> None:
    t = quantile(freedom, confidence)
    assert two_sided_p(t, freedom) == pytest.approx(1 - confidence, rel=DIGITS)


@given(FREEDOM, st.floats(0.5, 0.9999))
def test_a_quantile_is_that_of_scipy(freedom: float, confidence: float) -> None:
    expected = float(scipy.special.stdtrit(freedom, (1 + confidence) / 2))
    assert quantile(freedom, confidence) == pytest.approx(expected, rel=1e-8)


def test_with_one_degree_of_freedom_it_is_cauchys() -> None:
    assert two_sided_p(1.0, 1) == pytest.approx(0.5, rel=DIGITS)
    assert quantile(1, 0.95) == pytest.approx(math.tan(0.475 * math.pi), rel=DIGITS)


def test_with_two_degrees_of_freedom_it_is_a_root() -> None:
    assert two_sided_p(3.0, 2) == pytest.approx(1 - 3 / math.sqrt(11), rel=DIGITS)


def test_the_ends_are_exact() -> None:
    assert two_sided_p(0.0, 7) == 1.0
    assert two_sided_p(math.inf, 7) == 0.0
    assert quantile(7, 0.0) == 0.0
    assert quantile(7, 1.0) == math.inf
