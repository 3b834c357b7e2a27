"""Figures with intervals: what they cover, and when they are not given."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs import a_measurement, a_window
from timetrial.analysis.statistics import estimates
from timetrial.model.missing import NOT_MEASURED, MissingKind
from timetrial.model.summary import Estimate, Missing

REPLICATIONS = 4_000
# Four standard errors of a share of 95 % in as many replications: 1.4 points.
TOLERANCE = 4 * math.sqrt(0.95 * 0.05 / REPLICATIONS)


@pytest.mark.parametrize("rounds", [3, 5, 12])
def test_the_interval_covers_the_true_centre_in_95_of_100_runs(rounds: int) -> None:
    numbers = np.random.default_rng(20_261)
    samples = np.exp(math.log(3_000) + 0.05 * numbers.standard_normal((REPLICATIONS, rounds)))

    covered = [_covers(estimates.mean_of_logs(list(sample)), 3_000) for sample in samples]

    assert np.mean(covered) == pytest.approx(0.95, abs=TOLERANCE)


@given(st.lists(st.floats(0.001, 1e9), min_size=1, max_size=8), st.floats(0.01, 100))
def test_an_estimate_scales_with_its_figures(figures: list[float], factor: float) -> None:
    plain = estimates.mean_of_logs(figures)
    scaled = estimates.mean_of_logs([figure * factor for figure in figures])

    assert isinstance(plain, Estimate)
    assert isinstance(scaled, Estimate)
    assert scaled.value == pytest.approx(plain.value * factor, rel=1e-9)
    assert min(figures) * (1 - 1e-9) <= plain.value <= max(figures) * (1 + 1e-9)
    assert (plain.low is None) == (len(figures) < 3)


def test_throughput_is_by_the_totals_of_a_round() -> None:
    windows = [
        a_window(completions=100, length_s=1.0),
        a_window(completions=50, length_s=0.25),
    ]
    estimate = estimates.throughput([a_measurement(windows)])
    assert isinstance(estimate, Estimate)
    assert estimate.value == pytest.approx(120)
    assert (estimate.low, estimate.high, estimate.rounds) == (None, None, 1)


def test_cpu_time_counts_all_that_it_served_and_leaves_out_windows_where_it_is_unknown() -> None:
    windows = [
        a_window(completions=1_000, cpu_s=0.55),
        a_window(completions=9_000, cpu_s=None),
    ]
    estimate = estimates.cpu_s_per_1000([a_measurement(windows)])
    assert isinstance(estimate, Estimate)
    assert estimate.value == pytest.approx(0.5)  # 0.55 s for 1,100 responses


def test_cpu_time_that_is_never_known_is_missing_with_the_reason() -> None:
    missing = estimates.cpu_s_per_1000([a_measurement([a_window(cpu_s=None)])])
    assert missing == Missing(MissingKind.NO_CPU_TIME)


def test_a_round_without_any_response_gives_no_throughput() -> None:
    trials = [
        a_measurement([a_window(completions=n, times_ms={1.0: 5})], round_=r)
        for r, n in enumerate([0, 900], start=1)
    ]
    missing = estimates.throughput(trials)
    assert missing == Missing(MissingKind.NO_CORRECT_RESPONSE, seen=1, count=2)


def test_nothing_measured_is_missing_everywhere() -> None:
    for figure in (estimates.throughput, estimates.cpu_s_per_1000, estimates.memory_bytes):
        assert figure([]) == NOT_MEASURED


def _covers(estimate: Estimate | Missing, truth: float) -> bool:
    assert isinstance(estimate, Estimate)
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.low <= truth <= estimate.high
