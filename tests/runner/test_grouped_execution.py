"""A run in groups: each benchmark has its own stacks up, and a time that is over ends it whole."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from fake_stacks import CPUS, STACKS, Stage, all_is_well, benchmark, measured, small_suite, staged
from timetrial.model.run import Run
from timetrial.model.suite import Suite
from timetrial.runner.execute import LATE, TooLate, measure_in_groups
from timetrial.runner.run_context import RunContext


def in_two_groups(rounds: int = 2) -> Suite:
    """Let one stack be in both groups."""
    one, two, three = STACKS
    benchmarks = (benchmark("group-1", (one, two)), benchmark("group-2", (one, three)))
    return dataclasses.replace(small_suite(rounds), benchmarks=benchmarks)


def played(stage: Stage, too_late: TooLate = lambda _next_s: False) -> Run:
    context = RunContext(
        store=stage.store,
        driver=stage.driver,
        start=stage._start,
        not_installed={},
        generator_cpus=CPUS,
        observer=stage._observe,
        check_again=all_is_well,
    )
    return measure_in_groups(stage.run, context, too_late)


def test_every_benchmark_starts_its_own_stacks_and_stops_them_before_the_next(
    tmp_path: Path,
) -> None:
    with staged(tmp_path, in_two_groups(rounds=1)) as stage:
        run = played(stage)
    assert not run.pending()
    assert len(stage.started) == 4
    assert {*stage.stopped[:2]} == {name for _, name in stage.started[:2]}
    assert stage.stopped.count(STACKS[0]) == 2


def test_all_that_is_due_is_measured_once(tmp_path: Path) -> None:
    with staged(tmp_path, in_two_groups(rounds=2)) as stage:
        run = played(stage)
    assert len(measured(run)) == len({*measured(run)}) == 8


def test_when_it_is_too_late_the_run_is_complete_as_it_is(tmp_path: Path) -> None:
    asked: list[float] = []

    def too_late(next_s: float) -> bool:
        asked.append(next_s)
        return len(asked) > 3

    with staged(tmp_path, in_two_groups(rounds=4)) as stage:
        run = played(stage, too_late)
    assert not run.pending()
    assert len(run.measurements) == 6
    assert {stop.reason for stop in run.stops} == {LATE}
    assert asked[:2] == [0.0, 0.0]
    assert all(taken > 0 for taken in asked[2:])
