"""How long a run will take: guessed from the plan, then from the rounds that are done."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_stacks import benchmark, small_suite, staged
from timetrial.model.events import RunStarted, WindowMeasured
from timetrial.model.stop_rule import Budget, Precision, SoundRounds, StopRule
from timetrial.runner.eta import Pace, expected_benchmark_s, expected_round_s, with_stop_rule

TIMES_S = st.floats(0, 10_000)


def test_a_benchmark_takes_all_its_windows_one_after_the_other() -> None:
    assert expected_benchmark_s(benchmark("hello", ["a", "b", "c"])) == pytest.approx(3 * 2 * 0.15)


def test_a_round_takes_its_benchmarks_and_more() -> None:
    suite = small_suite()
    benchmarks_s = sum(expected_benchmark_s(each) for each in suite.benchmarks)
    assert benchmarks_s + 3 * suite.warm_up.at_least_s < expected_round_s(suite) < 60


def test_the_first_round_goes_by_the_guess() -> None:
    assert Pace(10.0, rounds=3).remaining_s(4.0) == 26.0


def test_later_rounds_go_by_those_that_are_done() -> None:
    pace = Pace(10.0, rounds=4).after_round(30.0).after_round(20.0)
    assert pace.remaining_s(5.0) == 45.0


def test_a_round_that_drags_on_takes_no_time_from_those_that_follow() -> None:
    assert Pace(10.0, rounds=3).remaining_s(50.0) == 20.0


def test_the_last_round_cannot_be_over_before_it_ends() -> None:
    assert Pace(10.0, rounds=1).remaining_s(50.0) == 0.0


@given(TIMES_S, st.lists(TIMES_S, max_size=5), TIMES_S, TIMES_S)
def test_what_remains_is_never_negative_and_never_grows_within_a_round(
    expected_s: float, done_s: list[float], earlier_s: float, later_s: float
) -> None:
    pace = Pace(expected_s, rounds=6)
    for took_s in done_s:
        pace = pace.after_round(took_s)
    earlier_s, later_s = sorted((earlier_s, later_s))
    assert pace.remaining_s(earlier_s) >= pace.remaining_s(later_s) >= 0.0


def test_a_run_tells_the_time_left_with_every_window(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        stage.execute()
        expected_s = expected_round_s(stage.store.load(stage.run).plan.suite)
    (started,) = stage.events_of(RunStarted)
    assert started.expected_s == pytest.approx(2 * expected_s)
    windows = stage.events_of(WindowMeasured)
    elapsed = [event.elapsed_s for event in windows]
    assert elapsed == sorted(elapsed)
    assert {event.completions_per_s for event in windows} == {1_000.0}
    for event in windows[:12]:
        assert event.remaining_s == pytest.approx(2 * expected_s - event.elapsed_s)
    for event in windows[12:]:
        assert event.remaining_s < 5.0


@pytest.mark.parametrize("stop_rule", [Precision(0.03), Budget(60.0), SoundRounds(5)])
def test_without_an_option_a_suite_keeps_its_stop_rule(stop_rule: StopRule) -> None:
    suite = dataclasses.replace(small_suite(7), stop_rule=stop_rule)
    assert with_stop_rule(suite, None, None, None) == suite
    assert with_stop_rule(suite, 9, None, None).stop_rule == SoundRounds(9)


def test_a_budget_knows_what_a_round_takes_from_the_starts_that_were_seen() -> None:
    suite = dataclasses.replace(small_suite(), stop_rule=Budget(60.0, round_s=12.5))
    assert expected_round_s(suite) == 12.5
