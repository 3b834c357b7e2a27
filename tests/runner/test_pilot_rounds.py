"""A pilot on stacks without processes: rounds like any others, of which only rates are left."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from fake_stacks import FakeStack, Stage, benchmark, failed, small_suite, staged
from runs import A_MACHINE
from timetrial.analysis.rate_calibration import ROUNDS
from timetrial.drivers.driver import LoadSpec
from timetrial.drivers.scripted import Scene
from timetrial.model.errors import StackFailed
from timetrial.model.events import (
    PilotStarted,
    ProvisionalRanking,
    RateSet,
    RoundMeasured,
    RunEnded,
    RunStarted,
    StackReady,
    TrialStored,
)
from timetrial.model.load import CapacityShareLoad, OpenLoad
from timetrial.model.plan import plan
from timetrial.model.race_info import RaceInfo
from timetrial.model.suite import Suite
from timetrial.runner.pilot import resolved

STACKS = ("gunicorn", "uvicorn")
SPEED = {"gunicorn": 400.0, "uvicorn": 1_000.0}
SOME_RATE = OpenLoad(150.0)


def suite_of(load: CapacityShareLoad | OpenLoad) -> Suite:
    """Make a suite of one round with an open and a closed benchmark on one workload."""
    closed = benchmark("hello", STACKS)
    half = dataclasses.replace(
        closed, name="half", load=load, windows=1, window_s=3.0, mode="whole"
    )
    return dataclasses.replace(small_suite(1, STACKS), benchmarks=(closed, half))


def at_their_speed(stack: FakeStack, _drive: LoadSpec, _path: str) -> Scene:
    return Scene(requests_per_s=SPEED[stack.name])


def piloted(stage: Stage) -> Suite:
    stage.script(at_their_speed)
    return resolved(suite_of(CapacityShareLoad(0.5)), stage.context(), A_MACHINE, seed=1)


def test_the_rates_come_from_rounds_of_fresh_starts_under_closed_load(tmp_path: Path) -> None:
    with staged(tmp_path, suite_of(SOME_RATE)) as stage:
        found = piloted(stage)
        load = found.benchmark("half").load
        assert isinstance(load, OpenLoad)
        assert load.rate_per_s == 200.0
        assert load.of_capacity is not None
        assert load.of_capacity.stack == "gunicorn"
        assert load.of_capacity.others == {"uvicorn": pytest.approx(1_000)}
        assert load.of_capacity.connections == 8, "as in the closed benchmark"
        assert len(stage.started) == len(stage.stopped) == ROUNDS * len(STACKS)
        assert all(drive.open is None for s in stage.driver.sessions for drive in s.drives)
        assert not stage.driver.open_sessions


def test_a_pilot_of_a_race_is_one_round_that_tells_how_servers_stand(tmp_path: Path) -> None:
    race_info = RaceInfo("app", "", "/", "hello", ("half",), drops_slower=True)
    draft = dataclasses.replace(suite_of(CapacityShareLoad(0.5)), race_info=race_info)
    with staged(tmp_path, suite_of(SOME_RATE)) as stage:
        stage.script(at_their_speed)
        resolved(draft, stage.context(), A_MACHINE, seed=1)
        first, last = stage.events_of(ProvisionalRanking)
        assert len(stage.started) == len(STACKS)
    assert (first.windows, last.windows) == (1, 0)
    assert [name for name, _ in first.rates] == sorted(STACKS, key=SPEED.__getitem__, reverse=True)


def test_nothing_of_a_pilot_is_in_the_run(tmp_path: Path) -> None:
    with staged(tmp_path, suite_of(SOME_RATE)) as stage:
        piloted(stage)
        run = stage.store.load(1)
        assert (run.measurements, run.failures, run.lives) == ((), (), ())


def test_a_pilot_is_told_as_such_and_then_the_rates(tmp_path: Path) -> None:
    with staged(tmp_path, suite_of(SOME_RATE)) as stage:
        piloted(stage)
        assert isinstance(stage.events[0], PilotStarted)
        assert stage.events_of(PilotStarted)[0].trials == ROUNDS * len(STACKS)
        assert len(stage.events_of(StackReady)) == len(stage.events_of(TrialStored)) == 4
        assert not any(stage.events_of(kind) for kind in (RunStarted, RunEnded, RoundMeasured))
        (told,) = stage.events_of(RateSet)
        assert (told.benchmark, told.load.rate_per_s) == ("half", 200.0)


def test_the_run_that_follows_is_driven_at_that_rate(tmp_path: Path) -> None:
    with staged(tmp_path, suite_of(SOME_RATE)) as stage:
        rated = piloted(stage)
        stage.run = stage.store.create_run(plan(rated, 1), A_MACHINE, [], "0", "now")
        run = stage.execute()
        assert failed(run) == []
        opened = [d.open for s in stage.driver.sessions for d in s.drives if d.open is not None]
    assert {stage_.rate_from for load in opened for stage_ in load.stages} == {200.0}


def test_without_a_share_nothing_is_started(tmp_path: Path) -> None:
    with staged(tmp_path, suite_of(SOME_RATE)) as stage:
        suite = suite_of(SOME_RATE)
        assert resolved(suite, stage.context(), A_MACHINE, seed=1) == suite
        assert (stage.started, stage.events) == ([], [])


def test_a_stack_that_never_starts_leaves_the_rate_to_the_others(tmp_path: Path) -> None:
    with staged(tmp_path, suite_of(SOME_RATE)) as stage:
        failure = StackFailed("install", "has no wheel for this Python")
        stage.not_installed = {"gunicorn": failure}
        found = piloted(stage)
    load = found.benchmark("half").load
    assert isinstance(load, OpenLoad)
    assert load.rate_per_s == 500.0
    assert load.of_capacity is not None
    assert load.of_capacity.left_out == {"gunicorn": str(failure)}
    assert found.benchmark("half").stacks == STACKS, "the run itself says that it fails"


def test_two_shares_have_one_pilot_and_are_told_with_what_they_are_shares_of(
    tmp_path: Path,
) -> None:
    suite = suite_of(CapacityShareLoad(0.5))
    half = suite.benchmark("half")
    tenth = dataclasses.replace(half, name="tenth", load=CapacityShareLoad(0.1))
    suite = dataclasses.replace(suite, benchmarks=(*suite.benchmarks, tenth))
    with staged(tmp_path, suite_of(SOME_RATE)) as stage:
        stage.script(at_their_speed)
        found = resolved(suite, stage.context(), A_MACHINE, seed=1)
    rates = {
        benchmark.name: benchmark.load.rate_per_s
        for benchmark in found.benchmarks
        if isinstance(benchmark.load, OpenLoad)
    }
    assert rates == {"half": 200.0, "tenth": 40.0}
    assert len(stage.started) == ROUNDS * len(STACKS)
    assert [event.benchmark for event in stage.events_of(RateSet)] == ["half", "tenth"]


def test_rates_that_are_known_are_found_no_second_time(tmp_path: Path) -> None:
    with staged(tmp_path, suite_of(SOME_RATE)) as stage:
        found = piloted(stage)
        starts = len(stage.started)
        assert resolved(found, stage.context(), A_MACHINE, seed=1) == found
    assert len(stage.started) == starts


def test_an_interrupted_pilot_leaves_nothing_running(tmp_path: Path) -> None:
    def interrupted(_stack: FakeStack, drive: LoadSpec, _path: str) -> Scene:
        if drive.max_requests is None and drive.lead_in_s:
            raise KeyboardInterrupt
        return Scene()

    with staged(tmp_path, suite_of(SOME_RATE)) as stage:
        stage.script(interrupted)
        with pytest.raises(KeyboardInterrupt):
            resolved(suite_of(CapacityShareLoad(0.5)), stage.context(), A_MACHINE, seed=1)
        assert sorted(stage.stopped) == sorted(STACKS)
        assert not stage.driver.open_sessions
        assert [line.number for line in stage.store.list_runs()] == [stage.run], "none is added"
