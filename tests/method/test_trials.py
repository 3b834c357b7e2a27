"""Verdicts of the shipped code on rounds whose noise is known."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import recording

import usual
from shipped import METRICS, Metric, decide, difference, shifted
from timetrial.stats.estimates import window_throughput
from trials import (
    coverage,
    false_alarms,
    found_share,
    levelled,
    pairs,
    rounds_within,
    smallest_found,
    suites_with_false_alarms,
    wrong_signs,
)

NOISE = 0.01
PAIR = {"two": ("a", "b")}


@given(st.floats(-0.5, 0.5), st.sampled_from(METRICS))
def test_a_shift_raises_the_ratio_by_as_much(by: float, metric: Metric) -> None:
    ((a, b),) = pairs(recording(PAIR, 1), "two", "a", "b")
    before, after = difference(metric, (a, b)), difference(metric, (a, shifted(b, by)))
    assert before is not None
    assert after is not None
    assert after - before == pytest.approx(by, abs=1e-6)


def test_stacks_that_change_their_names_change_the_sign() -> None:
    ((a, b),) = pairs(recording(PAIR, 1), "two", "a", "b")
    one, other = difference("throughput", (a, b)), difference("throughput", (b, a))
    assert one is not None
    assert other == pytest.approx(-one)


@pytest.mark.parametrize("metric", METRICS)
def test_equal_stacks_are_told_apart_in_one_of_twenty_comparisons(metric: Metric) -> None:
    recorded = [pairs(recording(PAIR, 60, seed=seed), "two", "a", "b") for seed in range(8)]
    low, high = false_alarms(metric, recorded, 12, 400, seed=1).bounds
    assert low <= 0.05 <= high


def test_a_stack_that_is_ahead_is_found_and_never_the_wrong_way_round() -> None:
    rounds = pairs(recording(PAIR, 40, ahead={"b": 0.05}), "two", "a", "b")
    verdict = decide("throughput", rounds)
    assert verdict is not None
    assert verdict.sign == 1
    assert found_share("throughput", rounds, 12, 1, 30) == 1.0
    assert found_share("throughput", rounds, 12, -1, 30) == 0.0
    assert found_share("throughput", rounds, 4, 1, 30) is None
    equal = pairs(recording(PAIR, 40), "two", "a", "b")
    assert wrong_signs("throughput", equal, math.log(1.1), 100, seed=1).hits == 0


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    rounds = pairs(recording(PAIR, 60, ahead={"b": 0.03}), "two", "a", "b")
    share = coverage("throughput", rounds, 12, 300, seed=1)
    assert share is not None
    assert 0.88 <= share.value <= 0.99


def test_the_smallest_difference_that_is_found_is_that_of_theory() -> None:
    """Of n differences with standard deviation s: (t + 0.84) · s / √n, roughly."""
    rounds = pairs(recording(PAIR, 60, noise=NOISE), "two", "a", "b")
    expected = (2.07 + 0.84) * NOISE * math.sqrt(2) / math.sqrt(24)
    found = smallest_found("throughput", rounds, 24, 100)
    assert found is not None
    assert expected / 1.5 < found < expected * 1.5


def test_more_rounds_find_smaller_differences() -> None:
    rounds = pairs(recording(PAIR, 60), "two", "a", "b")
    few, many = (smallest_found("throughput", rounds, n, 60) for n in (8, 60))
    assert few is not None
    assert many is not None
    assert many < few
    assert smallest_found("throughput", rounds, 4, 60) is None


def test_time_is_turned_into_whole_rounds() -> None:
    assert [rounds_within(minutes, 7.0) for minutes in (1, 3)] == [8, 25]


def test_what_stacks_of_a_round_have_in_common_is_taken_out() -> None:
    (round_,) = recording({"four": "abcd"}, 1).of("four")
    logs = [math.log(window_throughput(each.windows)) for each in levelled(round_)]
    assert sum(logs) == pytest.approx(0, abs=0.01)


def test_most_tables_of_twenty_equal_stacks_have_no_false_verdict() -> None:
    rounds = recording({"four": "abcd"}, 40).of("four")
    share = suites_with_false_alarms("throughput", rounds, 8, 20, seed=1)
    assert share.of == 20
    assert share.hits <= 4


def test_runs_that_differ_from_start_to_start_fool_who_looks_at_seconds_alone() -> None:
    steady = [[1_000 + (7 * second + run) % 11 for second in range(15)] for run in range(9)]
    moody = [[count + 50 * (run % 3) for count in counts] for run, counts in enumerate(steady)]
    calm, fooled = usual.one_run_each(steady), usual.one_run_each(moody)
    assert usual.false_alarms(calm).hits == 0  # type: ignore[union-attr]  # there are runs
    assert usual.false_alarms(fooled).value == 1.0  # type: ignore[union-attr]  # likewise
    assert usual.coverage(fooled).value == 0.0  # type: ignore[union-attr]  # likewise
    small, large = usual.smallest_found(calm), usual.smallest_found(fooled)
    assert small is not None
    assert large is not None
    assert small < large


def test_the_best_of_three_hides_what_differs_between_runs_in_part() -> None:
    runs = [[1_000 + 50 * (run % 3)] * 15 for run in range(9)]
    said = usual.best_of_three(runs)
    assert len(said) == 4
    assert usual.false_alarms(said).hits == 0  # type: ignore[union-attr]  # there are runs


def test_without_runs_there_is_nothing_to_say() -> None:
    assert usual.false_alarms([]) is None
    assert usual.smallest_found(usual.best_of_three([[1, 2]])) is None
