"""Where the share of trials that keep an objective crosses one half."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from timetrial.features.capacity.pass_curve import Tally, bounds, fitted, tallied
from timetrial.features.capacity.posterior import Outcome


def tallies(*kept: int, of: int = 5) -> dict[float, Tally]:
    """Tell how many of five trials were kept at 100/s, 105/s and so on."""
    return {100.0 * 1.05**i: Tally(passed, of - passed) for i, passed in enumerate(kept)}


TALLIES = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 6)).filter(any), min_size=1, max_size=6
).map(lambda each: {100.0 * 1.05**i: Tally(*counts) for i, counts in enumerate(each)})


@given(TALLIES)
def test_the_fit_never_rises_and_is_a_share(given_tallies: Mapping[float, Tally]) -> None:
    curve = fitted(given_tallies)
    assert list(curve) == sorted(given_tallies)
    assert all(0 <= share <= 1 for share in curve.values())
    assert all(a >= b for a, b in itertools.pairwise(curve.values()))


@given(TALLIES)
def test_the_fit_keeps_the_mean(given_tallies: Mapping[float, Tally]) -> None:
    curve = fitted(given_tallies)
    total = sum(tally.trials * curve[rate] for rate, tally in given_tallies.items())
    assert total == pytest.approx(sum(tally.kept for tally in given_tallies.values()))


@given(TALLIES)
def test_the_fit_is_that_of_scipy(given_tallies: Mapping[float, Tally]) -> None:
    each = list(given_tallies.values())
    shares, weights = [t.kept / t.trials for t in each], [t.trials for t in each]
    expected = scipy.optimize.isotonic_regression(shares, weights=weights, increasing=False).x
    assert list(fitted(given_tallies).values()) == pytest.approx(list(expected))


def test_shares_that_fall_are_the_fit() -> None:
    assert list(fitted(tallies(5, 4, 2, 0)).values()) == [1.0, 0.8, 0.4, 0.0]


def test_shares_that_rise_are_pooled() -> None:
    assert list(fitted(tallies(5, 2, 4, 0)).values()) == pytest.approx([1.0, 0.6, 0.6, 0.0])


def test_a_clear_edge_is_between_the_rates_next_to_it() -> None:
    low, high = bounds(tallies(5, 5, 0, 0))
    assert low == pytest.approx(105)
    assert high == pytest.approx(110.25)


def test_what_was_kept_everywhere_has_no_upper_end() -> None:
    low, high = bounds(tallies(5, 5, 5))
    assert high is None
    assert low == pytest.approx(110.25)


def test_what_was_missed_everywhere_has_no_lower_end() -> None:
    low, high = bounds(tallies(0, 0, 0))
    assert low is None
    assert high == pytest.approx(100)


def test_one_failed_trial_moves_no_end_of_the_interval() -> None:
    assert bounds(tallies(5, 5, 4, 0, 0))[1] == bounds(tallies(5, 5, 5, 0, 0))[1]


def test_too_few_trials_leave_both_ends_open() -> None:
    assert bounds(tallies(2, of=3)) == (None, None)


def test_nothing_tried_is_nothing_known() -> None:
    assert bounds({}) == (None, None)


@given(TALLIES)
def test_an_interval_has_two_sides(given_tallies: Mapping[float, Tally]) -> None:
    low, high = bounds(given_tallies)
    assert low is None or high is None or low < high


def test_trials_are_counted_by_rate() -> None:
    outcomes = [Outcome(100, kept=True), Outcome(100, kept=False), Outcome(110, kept=False)]
    assert tallied(outcomes) == {100: Tally(1, 1), 110: Tally(0, 1)}
