"""What may be looked at after every round, and never lies more often than it may."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from timetrial.analysis.statistics import confidence_sequence
from timetrial.analysis.statistics.comparisons import ROUNDS_FOR_VERDICT
from timetrial.analysis.statistics.design import AnyTime
from timetrial.analysis.statistics.families import Bonferroni
from timetrial.analysis.statistics.mean_inference import Evidence
from timetrial.analysis.statistics.t_distribution import quantile

ROUNDS = 300
RUNS = 2_000


@given(rounds=st.integers(12, 5_000), level=st.floats(1e-6, 0.2))
def test_the_interval_ends_where_the_test_rejects(rounds: int, level: float) -> None:
    width = confidence_sequence.half_width(rounds, level)
    if math.isfinite(width):
        assert confidence_sequence.p(width, rounds) == pytest.approx(level, rel=1e-6)


@given(rounds=st.integers(3, 5_000), t=st.floats(0, 50))
def test_it_asks_for_more_than_a_single_look_does(rounds: int, t: float) -> None:
    assert confidence_sequence.half_width(rounds, 0.05) > quantile(rounds - 1, 0.95)
    assert 0 <= confidence_sequence.p(t, rounds) <= 1


@given(rounds=st.integers(3, 500), t=st.floats(0, 50), more=st.floats(0, 50))
def test_more_evidence_is_never_a_larger_p_value(rounds: int, t: float, more: float) -> None:
    assert confidence_sequence.p(t + more, rounds) <= confidence_sequence.p(t, rounds)


@pytest.mark.parametrize("shape", ["normal", "laplace", "uniform"])
def test_equal_stacks_differ_significantly_in_at_most_one_of_twenty_runs_that_look_always(
    shape: str,
) -> None:
    values = getattr(np.random.default_rng(7), shape)(size=(RUNS, ROUNDS))
    if shape == "uniform":
        values -= 0.5
    counts = np.arange(1, ROUNDS + 1)
    means = np.cumsum(values, axis=1) / counts
    squares = np.cumsum(values**2, axis=1) - counts * means**2
    looks = range(ROUNDS_FOR_VERDICT - 1, ROUNDS)
    errors = np.sqrt(squares[:, looks] / counts[looks] / (counts[looks] - 1))
    t = np.abs(means[:, looks]) / errors
    bounds = np.array([confidence_sequence.half_width(look + 1, 0.05) for look in looks])
    alarmed = float((t > bounds).any(axis=1).mean())
    # Within what chance does to 2,000 runs of which 5 % may alarm.
    assert alarmed <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / RUNS)


def test_after_too_few_rounds_there_is_no_interval_yet() -> None:
    few = Evidence(mean=0.1, error=0.01, rounds=5)
    assert few.interval(AnyTime().errors(few, Bonferroni(), 0.05, 0)) is None
    assert AnyTime().looks_until(confidence_sequence.FIRST - 1) == ()
    assert math.isinf(confidence_sequence.half_width(confidence_sequence.FIRST - 1, 0.05))
    assert math.isfinite(confidence_sequence.half_width(confidence_sequence.FIRST, 0.05))


def test_what_is_judged_is_the_present() -> None:
    assert AnyTime().looks_until(17) == (17,)
    assert AnyTime().p(Evidence(0.2, 0.01, 17), Bonferroni(), 0) < 0.001
