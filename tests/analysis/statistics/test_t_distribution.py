"""Student's t distribution, against 40 digits, against SciPy's and against what is known of it."""

from __future__ import annotations

import math

import pytest
import scipy.special
from hypothesis import example, given
from hypothesis import strategies as st

from timetrial.analysis.statistics.t_distribution import quantile, two_sided_p

FREEDOM = st.one_of(
    st.integers(1, 200).map(float),
    st.floats(1.0, 1e6),
    st.floats(0, 12).map(lambda power: 10.0**power),
)
CONFIDENCE = st.one_of(
    st.floats(1e-6, 1 - 2**-53), st.floats(1, 53).map(lambda bits: 1 - 2.0**-bits)
)
DIGITS = 1e-14
SMALLEST = 1e-300
"""Below it a share loses digits, because numbers below 2e-308 have fewer of them."""


def how_exact(share: float) -> float:
    """Return by how much a share in the tails may be off, relatively."""
    return 1e-15 * (5 - math.log(share))


# Both tables: mpmath 1.4 with 40 digits, of the numbers exactly as double precision holds them.
@pytest.mark.parametrize(
    ("t", "degrees_of_freedom", "share"),
    [
        (1.0, 1.0, 0.5),
        (1.5, 3.0, 0.23058386524482305),
        (2.5, 11.0, 0.029506374087364187),
        (1e-6, 29.5, 0.99999920884731983),
        (1.7622, 448108.0, 0.078036193799601689),
        (8.0, 448108.0, 1.2471267081382496e-15),
        (1.4142, 1e12, 0.15730318798876240),
        (6.0, 1e12, 1.9731752907498193e-9),
        (37.0, 1e12, 1.1451147818207014e-299),
        (300.0, 200.0, 2.1562804555262735e-267),
        (1e200, 1.0, 6.3661977236758136e-201),
        (1e75, 4.0, 6.0000000000000018e-300),
    ],
)
def test_a_share_in_the_tails_has_all_digits_that_its_exponent_leaves(
    t: float, degrees_of_freedom: float, share: float
) -> None:
    assert two_sided_p(t, degrees_of_freedom) == pytest.approx(share, rel=how_exact(share), abs=0)


@pytest.mark.parametrize(
    ("degrees_of_freedom", "confidence", "t"),
    [
        (448108.0, 0.921875, 1.7616744434312397),
        (1.0, 0.95, 12.706204736174693),
        (1.0, 1 - 2**-53, 5734161139222658.6),
        (2.0, 1e-9, 1.4142135623730951e-9),
        (4.0, 0.95, 2.7764451051977935),
        (11.0, 0.99, 3.1058065155392805),
        (29.5, 1 - 2**-40, 11.879799381018584),
        (1e3, 0.5, 0.67473516460700944),
        (1e6, 0.999, 3.2905364612486909),
        (1e9, 0.05, 0.062706777958952125),
        (1e12, 0.95, 1.9599639845424261),
        (1e12, 1 - 2**-53, 8.2923610759582211),
    ],
)
def test_a_quantile_has_fourteen_digits(
    degrees_of_freedom: float, confidence: float, t: float
) -> None:
    assert quantile(degrees_of_freedom, confidence) == pytest.approx(t, rel=DIGITS, abs=0)


# SciPy 1.17 itself has but 10 digits where t is less than 1e-4 and there is 1 degree of freedom.
@given(st.floats(-4, 150).map(lambda power: 10.0**power), FREEDOM)
@example(1e-4, 1.0)
@example(60.0, 3.0)
@example(1.0, 39.999)
@example(1.0, 40.0)
@example(math.sqrt(2), 448108.0)
def test_a_share_in_the_tails_is_that_of_scipy(t: float, degrees_of_freedom: float) -> None:
    expected = 2 * float(scipy.special.stdtr(degrees_of_freedom, -t))
    assert two_sided_p(t, degrees_of_freedom) == pytest.approx(expected, rel=1e-12, abs=SMALLEST)


@given(FREEDOM, CONFIDENCE)
@example(448108.0, 0.921875)
@example(1.0000000000000004, 0.5)
def test_a_quantile_leaves_just_that_share_in_the_tails(
    degrees_of_freedom: float, confidence: float
) -> None:
    t = quantile(degrees_of_freedom, confidence)
    # The share changes by up to t² times as much as t does, relatively: less than 80 times here.
    assert two_sided_p(t, degrees_of_freedom) == pytest.approx(1 - confidence, rel=1e-13, abs=0)


@given(FREEDOM, CONFIDENCE)
@example(448108.0, 0.921875)
@example(1.0000000000000004, 0.5)
def test_a_quantile_is_that_of_scipy(degrees_of_freedom: float, confidence: float) -> None:
    expected = -float(scipy.special.stdtrit(degrees_of_freedom, (1 - confidence) / 2))
    # SciPy's argument is rounded where little of the distribution lies between -t and t.
    rounded = 2**-52 / confidence
    assert quantile(degrees_of_freedom, confidence) == pytest.approx(
        expected, rel=1e-12 + rounded, abs=0
    )


@given(st.floats(-10, 300).map(lambda power: 10.0**power))
@example(1.0)
def test_with_one_degree_of_freedom_it_is_cauchys(t: float) -> None:
    assert two_sided_p(t, 1) == pytest.approx(math.atan(1 / t) * 2 / math.pi, rel=DIGITS, abs=0)


def test_a_quantile_with_one_degree_of_freedom_is_cauchys() -> None:
    assert quantile(1, 0.95) == pytest.approx(math.tan(0.475 * math.pi), rel=DIGITS)


def test_with_two_degrees_of_freedom_it_is_a_root() -> None:
    assert two_sided_p(3.0, 2) == pytest.approx(1 - 3 / math.sqrt(11), rel=DIGITS)


def test_the_ends_are_exact() -> None:
    assert two_sided_p(0.0, 7) == 1.0
    assert two_sided_p(math.inf, 7) == 0.0
    assert quantile(7, 0.0) == 0.0
    assert quantile(7, 1.0) == math.inf
