"""An interrupt keeps what was stored and stops all; a second call measures the rest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fake_stacks import Stage, failed, measured, small_suite, staged
from timetrial.drivers.driver import LoadSpec, Target
from timetrial.drivers.scripted import Scene
from timetrial.model.errors import StackFailed
from timetrial.model.events import Event, RunEnded, RunStarted, TrialStored

Script = Callable[[Target, LoadSpec], Scene]


def interrupted_at(measured_drive: int) -> Script:
    """Script an interrupt out of the n-th drive that is measured."""
    seen = 0

    def script(_target: Target, drive: LoadSpec) -> Scene:
        nonlocal seen
        seen += drive.lead_in_s > 0
        if seen == measured_drive and drive.lead_in_s:
            raise KeyboardInterrupt
        return Scene()

    return script


def interrupt_and_go_on(stage: Stage, at: int) -> None:
    stage.driver.script = interrupted_at(at)
    with pytest.raises(KeyboardInterrupt):
        stage.execute()
    stage.driver.script = lambda _target, _drive: Scene()


def test_an_interrupt_keeps_whole_benchmarks_and_stops_all_stacks(tmp_path: Path) -> None:
    """In the second benchmark of round 1: six windows are a benchmark."""
    with staged(tmp_path) as stage:
        interrupt_and_go_on(stage, at=9)
        run = stage.store.load(stage.run)
    first = run.plan.rounds[0].benchmarks[0].benchmark
    assert {(number, name) for number, name, _ in measured(run)} == {(1, first)}
    assert len(run.measurements) == 3
    assert run.failures == ()
    assert not any(stack.alive for stack in stage.stacks)
    assert stage.driver.open_sessions == 0
    assert len(run.lives) == 3
    assert stage.events[-1] == RunEnded(stage.run, complete=False)


@pytest.mark.parametrize("at", [1, 6, 7, 12, 13, 24])
def test_a_second_call_measures_exactly_what_is_pending(at: int, tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        interrupt_and_go_on(stage, at)
        before = stage.store.load(stage.run)
        assert before.pending()
        windows_before = len(stage.turns())
        after = stage.execute()
    assert after.plan == before.plan
    assert after.pending() == ()
    assert after.measurements[: len(before.measurements)] == before.measurements
    again = {m.trial for m in after.measurements[len(before.measurements) :]}
    assert again == set(before.pending())
    assert len(stage.turns()) - windows_before == 2 * len(before.pending())
    assert stage.events_of(RunStarted)[-1].trials == len(before.pending())


def test_the_rest_of_a_round_is_warmed_up_for_what_it_still_has_to_do(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(rounds=1)) as stage:
        interrupt_and_go_on(stage, at=9)
        sessions_before = len(stage.driver.sessions)
        run = stage.execute()
    second = run.plan.rounds[0].benchmarks[1].benchmark
    paths = {
        each.requests[0].path
        for opened in stage.driver.sessions[sessions_before:]
        for each in opened.targets
    }
    assert paths == {f"/{second}"}


def test_a_run_that_is_complete_has_nothing_left_to_start(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        before = stage.execute()
        starts = len(stage.started)
        assert stage.execute() == before
    assert len(stage.started) == starts


def test_trials_of_a_benchmark_of_which_others_are_stored_are_measured_alone(
    tmp_path: Path,
) -> None:
    """The interrupt came between two trials of the same benchmark."""
    with staged(tmp_path) as stage:

        def interrupt(event: Event) -> None:
            if isinstance(event, TrialStored):
                raise KeyboardInterrupt

        stage.on_event = interrupt
        with pytest.raises(KeyboardInterrupt):
            stage.execute()
        assert len(stage.store.load(stage.run).measurements) == 1
        stage.on_event = lambda _event: None
        run = stage.execute()
    assert run.pending() == ()
    assert len(measured(run)) == len(set(measured(run))) == 12


def test_failures_stay_what_they_were(tmp_path: Path) -> None:
    """Neither is a stack of the first round tried again, nor a failure of it stored twice."""
    with staged(tmp_path, small_suite(rounds=3)) as stage:
        stage.broken = {("uvicorn", 1): StackFailed("start", "exited with code 1", "no app")}
        interrupt_and_go_on(stage, at=13)
        stage.broken = {}
        run = stage.execute()
    assert run.pending() == ()
    assert [number for number, stack in stage.started if stack == "uvicorn"] == [1]
    assert len(failed(run)) == len(set(failed(run))) == 6


def test_an_interrupt_while_stacks_start_stops_those_that_run(tmp_path: Path) -> None:
    with staged(tmp_path) as stage:
        run = stage.store.load(stage.run)
        last = run.plan.rounds[0].starts[-1]
        stage.broken = {(last, 1): KeyboardInterrupt()}
        with pytest.raises(KeyboardInterrupt):
            stage.execute()
        assert sorted(stage.stopped) == sorted(run.plan.rounds[0].starts[:-1])
