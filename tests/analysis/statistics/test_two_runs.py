"""Two independent estimates: Welch's interval and test, on the logs of rounds."""

from __future__ import annotations

import math
import random
import statistics

import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from timetrial.analysis.statistics.estimates import mean_of_logs
from timetrial.analysis.statistics.two_runs import shift
from timetrial.model.summary import Estimate

FIGURES = st.lists(st.floats(50, 200), min_size=3, max_size=12)


def estimate(figures: list[float]) -> Estimate:
    found = mean_of_logs(figures)
    assert isinstance(found, Estimate)
    return found


@given(FIGURES, FIGURES)
def test_it_is_welchs_test_of_the_logs(a: list[float], b: list[float]) -> None:
    logs = [[math.log(figure) for figure in run] for run in (b, a)]
    if min(statistics.stdev(each) for each in logs) < 1e-6:
        return
    expected = scipy.stats.ttest_ind(*logs, equal_var=False)
    found = shift(estimate(a), estimate(b))
    assert found.p == pytest.approx(expected.pvalue, rel=1e-6, abs=1e-12)
    interval = expected.confidence_interval(0.95)
    ratio = found.ratio()
    assert ratio.low is not None
    assert ratio.high is not None
    assert math.log(ratio.low) == pytest.approx(interval.low, rel=1e-6, abs=1e-9)
    assert math.log(ratio.high) == pytest.approx(interval.high, rel=1e-6, abs=1e-9)


@given(FIGURES, FIGURES)
def test_the_other_way_round_it_says_the_inverse(a: list[float], b: list[float]) -> None:
    there, back = shift(estimate(a), estimate(b)), shift(estimate(b), estimate(a))
    assert there.p == pytest.approx(back.p)
    assert there.ratio().value == pytest.approx(1 / back.ratio().value)


def test_runs_that_do_not_differ_are_significant_in_one_of_twenty_cases() -> None:
    randomness = random.Random(7)  # noqa: S311 - numbers that must repeat
    noise = [(0.01, 6), (0.05, 12)]  # neither as noisy nor as long as each other

    def one_comparison() -> float:
        a, b = ([math.exp(randomness.gauss(0, s)) for _ in range(n)] for s, n in noise)
        return shift(estimate(a), estimate(b)).p

    false_alarms = sum(one_comparison() < 0.05 for _ in range(2_000))
    assert 0.035 < false_alarms / 2_000 < 0.065


def test_too_few_rounds_give_a_ratio_and_nothing_more() -> None:
    found = shift(estimate([100.0, 101.0]), estimate([110.0, 111.0, 112.0]))
    assert found.p == 1
    ratio = found.ratio()
    assert (ratio.low, ratio.high, ratio.rounds) == (None, None, 2)


def test_an_error_that_repeats_itself_widens_the_interval_and_weakens_the_test() -> None:
    a, b = estimate([100.0, 100.5, 99.5]), estimate([103.0, 103.5, 102.5])
    sharp, blurred = shift(a, b), shift(a, b, resolution=0.05)
    assert sharp.p < 0.05
    assert blurred.p == 1
    low = blurred.ratio().low
    assert low is not None
    assert low < 1


def test_runs_without_any_noise_are_compared_all_the_same() -> None:
    assert shift(estimate([100.0] * 5), estimate([100.0] * 5)).p == 1
    assert shift(estimate([100.0] * 5), estimate([101.0] * 5)).p == 0
