"""Who is measured enough: at looks by what is known, with a budget by time alone."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs import CHARACTERS, Character, a_life, a_run, a_suite, json_query
from timetrial.analysis.statistics.design import LOOKS
from timetrial.analysis.stopping import (
    expected_rounds,
    interim_comparisons,
    metrics_of_rule,
    stops,
    taken_s,
)
from timetrial.model.load import OpenLoad
from timetrial.model.measurement import MachineConditions
from timetrial.model.run import Run
from timetrial.model.stop_rule import Budget, Precision, SoundRounds, StopDecision, StopRule
from timetrial.model.units import NS_PER_S

PAIR = ("granian", "gunicorn")
TWINS = {name: Character(5_000, 0.2, 60, "1.0") for name in PAIR}


def a_run_with(
    stop_rule: StopRule | None,
    done: int,
    characters: dict[str, Character] | None = None,
    rounds: int = LOOKS[-1],
) -> Run:
    """Take `done` of the planned rounds of two stacks in one benchmark."""
    suite = dataclasses.replace(
        a_suite(PAIR, rounds), benchmarks=(json_query(PAIR, windows=2),), stop_rule=stop_rule
    )
    run = a_run(suite, characters=characters or dict(CHARACTERS))
    return dataclasses.replace(
        run,
        measurements=tuple(m for m in run.measurements if m.trial.round <= done),
        lives=tuple(life for life in run.lives if life.round <= done),
    )


def decided(run: Run) -> tuple[StopDecision, ...]:
    return stops(run, interim_comparisons(run))


def test_a_benchmark_of_which_every_pair_is_significant_stops_at_the_first_look() -> None:
    (stop,) = decided(a_run_with(Precision(0.03), 12))
    assert stop == StopDecision("json_query", 12, "every pair differs")


@pytest.mark.parametrize("done", [3, 11, 13, 17])
def test_between_looks_nothing_is_decided(done: int) -> None:
    assert decided(a_run_with(Precision(0.03), done)) == ()


def test_a_pair_that_is_open_goes_on_until_it_is_known_well_enough() -> None:
    at_first = a_run_with(Precision(0.003), 12, TWINS)
    assert decided(at_first) == ()
    (stop,) = decided(a_run_with(Precision(0.2), 12, TWINS))
    assert stop.reason == "every pair is decided, or known to ±20 %"


def test_the_last_look_needs_no_decision() -> None:
    run = a_run_with(Precision(0.001), LOOKS[-1], TWINS)
    assert decided(run) == ()
    assert run.pending() == ()


def test_a_benchmark_that_was_stopped_is_complete_and_not_stopped_again() -> None:
    run = a_run_with(Precision(0.03), 12)
    assert run.pending()
    over = dataclasses.replace(run, stops=decided(run))
    assert over.pending() == ()
    assert over.rounds_due() == over.rounds_done("json_query") == 12
    assert decided(over) == ()


def test_a_round_that_was_begun_is_not_cut_off() -> None:
    begun = a_run_with(Precision(0.03), 13)
    without_one = dataclasses.replace(begun, measurements=begun.measurements[:-1])
    assert without_one.rounds_done("json_query") == 12
    assert decided(without_one) == ()


def test_without_a_goal_nothing_stops_before_its_rounds_are_done() -> None:
    run = a_run_with(None, 12)
    assert decided(run) == ()
    assert expected_rounds(run, interim_comparisons(run), 5.0) == {"json_query": 32}


def test_a_budget_stops_when_another_round_would_not_fit() -> None:
    """A round takes 15 s: each life lasts so long, and all stacks live at once."""
    run = a_run_with(Budget(100.0), 6)
    assert taken_s(run) == pytest.approx(6 * 15, rel=0.02)
    (stop,) = decided(run)
    assert (stop.after_round, stop.reason) == (6, "another round would not fit into 1 min 40 s")
    assert decided(a_run_with(Budget(100.0), 5)) == ()


def test_a_budget_allows_one_round_however_small_it_is() -> None:
    assert decided(a_run_with(Budget(1.0), 0)) == ()
    assert decided(a_run_with(Budget(1.0), 1))


def test_a_budget_may_ask_for_more_rounds_than_fit_into_it() -> None:
    budget = Budget(1.0, at_least_rounds=6)
    assert decided(a_run_with(budget, 5)) == ()
    assert decided(a_run_with(budget, 6))
    run = a_run_with(budget, 2)
    assert expected_rounds(run, interim_comparisons(run), 10.0) == {"json_query": 6}


def test_what_came_before_the_rounds_is_part_of_a_budget() -> None:
    assert decided(a_run_with(Budget(115.0, before_s=10.0), 6)) == ()
    assert decided(a_run_with(Budget(115.0, before_s=20.0), 6))
    run = a_run_with(Budget(115.0, before_s=20.0), 0)
    assert expected_rounds(run, interim_comparisons(run), 10.0) == {"json_query": 9}


def test_the_rounds_of_a_verdict_go_beyond_a_budget_up_to_a_limit() -> None:
    budget = Budget(30.0, at_least_rounds=4, at_most_s=50.0)
    assert decided(a_run_with(budget, 2)) == ()
    (stop,) = decided(a_run_with(budget, 3))
    assert stop.after_round == 3


def test_a_budget_looks_at_no_result() -> None:
    other = {name: dataclasses.replace(each, cpu_ms=9.0) for name, each in CHARACTERS.items()}
    for done in range(1, 8):
        budget = Budget(100.0)
        assert decided(a_run_with(budget, done)) == decided(a_run_with(budget, done, other))


@given(st.integers(1, 20))
def test_a_pause_between_two_rounds_is_not_time_taken(pause_s: int) -> None:
    run = a_run_with(Budget(100.0), 2)
    later = [
        dataclasses.replace(
            life,
            started_ns=life.started_ns + pause_s * NS_PER_S,
            stopped_ns=life.stopped_ns + pause_s * NS_PER_S,
        )
        if life.round == 2
        else life
        for life in (a_life(number, stack) for number in (1, 2) for stack in PAIR)
    ]
    assert taken_s(dataclasses.replace(run, lives=tuple(later))) == taken_s(run)


def test_the_number_of_rounds_is_forecast() -> None:
    clear = a_run_with(Precision(0.03), 6)
    assert expected_rounds(clear, interim_comparisons(clear), 15.0) == {"json_query": 12}
    close = a_run_with(Precision(0.001), 6, TWINS)
    assert expected_rounds(close, interim_comparisons(close), 15.0) == {"json_query": 32}
    timed = a_run_with(Budget(100.0), 2)
    assert expected_rounds(timed, interim_comparisons(timed), 15.0) == {"json_query": 6}


def test_open_pairs_are_named_before_decided_ones_as_the_widest() -> None:
    now = interim_comparisons(a_run_with(Precision(0.03), 8))
    found = now.widest()
    assert found is not None
    benchmark, comparison = found
    assert benchmark == "json_query"
    assert comparison.provisional


def test_a_rate_that_is_given_is_no_result_and_response_times_decide() -> None:
    benchmark = json_query(PAIR)
    assert metrics_of_rule(benchmark) == ("throughput", "cpu_s_per_1000")
    timed = dataclasses.replace(benchmark, load=OpenLoad(100.0))
    assert metrics_of_rule(timed) == ("p50_ns", "cpu_s_per_1000")


def disturbed(run: Run, rounds: set[int]) -> Run:
    """Let a hypervisor take CPU time in these rounds."""
    stolen = MachineConditions(
        passed_s=1.0,
        server_cpus=(0,),
        measured_cpus=2,
        steal_s=0.4,
        throttled_s=0.0,
        memory_pressure_s=0.0,
        io_pressure_s=0.0,
        clock_source="tsc",
    )
    measurements = tuple(
        dataclasses.replace(m, surroundings=stolen) if m.trial.round in rounds else m
        for m in run.measurements
    )
    return dataclasses.replace(run, measurements=measurements)


SOUND = SoundRounds(6)


def test_an_undisturbed_run_ends_after_the_rounds_that_were_asked_for() -> None:
    (stop,) = decided(a_run_with(SOUND, 6, rounds=SOUND.most))
    assert (stop.benchmark, stop.after_round) == ("json_query", 6)
    assert decided(a_run_with(SOUND, 5, rounds=SOUND.most)) == ()


def test_a_disturbed_round_is_measured_again() -> None:
    at_six = disturbed(a_run_with(SOUND, 6, rounds=SOUND.most), {2})
    assert decided(at_six) == ()
    assert expected_rounds(at_six, interim_comparisons(at_six), 1.0) == {"json_query": 7}
    at_seven = disturbed(a_run_with(SOUND, 7, rounds=SOUND.most), {2})
    assert [stop.after_round for stop in decided(at_seven)] == [7]


def test_at_most_half_as_many_rounds_are_in_reserve() -> None:
    assert [SoundRounds(rounds).most for rounds in (1, 2, 3, 5, 6)] == [1, 2, 4, 7, 9]
    at_the_end = disturbed(a_run_with(SOUND, 9, rounds=SOUND.most), {1, 2, 3, 4})
    assert decided(at_the_end) == ()
    assert at_the_end.pending() == ()


def test_a_budget_counts_the_rounds_that_a_verdict_takes_without_the_disturbed() -> None:
    budget = Budget(0.001, at_least_rounds=4)
    assert decided(disturbed(a_run_with(budget, 4), {1})) == ()
    assert [stop.after_round for stop in decided(disturbed(a_run_with(budget, 5), {1}))] == [5]
    assert [stop.after_round for stop in decided(a_run_with(budget, 4))] == [4]
