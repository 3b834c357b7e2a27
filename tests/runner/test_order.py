"""A run does what its plan says, in that order, and keeps everything."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from fake_stacks import (
    CPUS,
    STACKS,
    benchmark,
    measured,
    planned_starts,
    planned_turns,
    small_suite,
    staged,
)
from timetrial.drivers.driver import LoadSpec, SessionConfig
from timetrial.model.events import (
    BenchmarkStarted,
    Event,
    RoundMeasured,
    RunEnded,
    RunStarted,
    StackReady,
    StackStarting,
    TrialStored,
    WarmingUp,
    WindowMeasured,
)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_starts_and_turns_follow_the_plan(seed: int, tmp_path: Path) -> None:
    with staged(tmp_path, seed=seed) as stage:
        run = stage.execute()
    assert stage.started == planned_starts(run)
    assert stage.turns() == planned_turns(run)


def test_every_trial_is_measured_once_with_all_its_windows(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        run = stage.execute()
    assert run.pending() == ()
    assert run.failures == ()
    assert sorted(m.trial for m in run.measurements) == sorted(run.plan.trials())
    turns = {(r.number, c.benchmark): c.turns for r in run.plan.rounds for c in r.benchmarks}
    for measurement in run.measurements:
        trial = measurement.trial
        own = [window.index for window in measurement.windows]
        everyones = turns[trial.round, trial.cell.benchmark]
        assert own == [i for i, stack in enumerate(everyones) if stack == trial.cell.stack]


def test_a_trial_is_in_the_store_when_it_is_announced(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:

        def look(event: Event) -> None:
            if isinstance(event, TrialStored):
                assert event.measurement in stage.store.load(stage.run).measurements

        stage.on_event = look
        stage.execute()
    assert [event.done for event in stage.events_of(TrialStored)] == list(range(1, 13))
    assert {event.total for event in stage.events_of(TrialStored)} == {12}


def test_events_tell_a_round_from_start_to_end(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(rounds=1, stacks=("waitress",))) as stage:
        stage.execute()
    assert [type(event) for event in stage.events] == [
        RunStarted,
        StackStarting,
        StackReady,
        WarmingUp,
        *[BenchmarkStarted, WindowMeasured, WindowMeasured, TrialStored] * 2,
        RoundMeasured,
        RunEnded,
    ]
    assert stage.events_of(RunEnded) == [RunEnded(stage.run, complete=True)]


def test_every_round_starts_all_stacks_afresh_and_stops_them(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        run = stage.execute()
    assert sorted(stage.stopped) == sorted(STACKS * 2)
    assert not any(stack.alive for stack in stage.stacks)
    stamps = [
        {stamp for m in run.measurements if m.trial.round == n for stamp in m.processes_before}
        for n in (1, 2)
    ]
    assert all(len(each) == len(STACKS) for each in stamps)
    assert not set.intersection(*stamps)


def test_the_life_of_every_start_is_kept(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        run = stage.execute()
    assert {(life.round, life.stack) for life in run.lives} == set(planned_starts(run))
    for life in run.lives:
        assert life.command == ("serve", life.stack)
        assert life.started_ns < life.ready_ns < life.stopped_ns
        assert len(life.processes) == 1
        assert (life.stop_signal, life.exit_code) == ("TERM", 0)


def test_a_benchmark_keeps_one_session_over_all_its_stacks(tmp_path: Path) -> None:
    """Connections stay while the load moves from one stack to the next."""
    with staged(tmp_path, small_suite(rounds=1)) as stage:
        run = stage.execute()
    benchmarks = [opened for opened in stage.driver.sessions if len(opened.targets) == len(STACKS)]
    assert len(benchmarks) == 2
    assert stage.driver.open_sessions == 0
    for opened in benchmarks:
        assert opened.setting == SessionConfig(connections=8, cpus=CPUS, timeout_s=3.0)
        assert len(opened.drives) == 6
        for drive in opened.drives:
            assert drive == LoadSpec(drive.target, 0.1, lead_in_s=0.05, drain_s=3.0)
    for measurement in run.measurements:
        assert [window.connects for window in measurement.windows] == [8, 0]


def test_windows_of_a_benchmark_never_overlap(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        run = stage.execute()
    for round_ in run.plan.rounds:
        for planned in round_.benchmarks:
            windows = sorted(
                (window.index, window)
                for m in run.measurements
                if (m.trial.round, m.trial.cell.benchmark) == (round_.number, planned.benchmark)
                for window in m.windows
            )
            ordered = [window for _, window in windows]
            assert len(ordered) == len(planned.turns)
            for before, after in itertools.pairwise(ordered):
                assert before.drained_ns <= after.started_ns


def test_a_stack_stays_out_of_a_benchmark_that_it_cannot_enter(tmp_path: Path) -> None:
    suite = small_suite(rounds=1)
    narrow = benchmark("upload", ("uvicorn",))
    suite = type(suite)(
        suite.name, suite.title, suite.stacks, (*suite.benchmarks, narrow), 1, suite.warm_up
    )
    with staged(tmp_path, suite) as stage:
        run = stage.execute()
    assert run.pending() == ()
    assert [m for m in measured(run) if m[1] == "upload"] == [(1, "upload", "uvicorn")]
