"""How benchmarks of users, of a rate and of pipelines are driven, and what is kept of them."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

from fake_stacks import Stage, all_is_well, benchmark, failed, measured, small_suite, staged
from timetrial.drivers.driver import LoadSpec
from timetrial.model.errors import StackFailed
from timetrial.model.load import ClosedLoad, Load, OpenLoad, ThinkTime, VirtualUsers
from timetrial.model.load import Stage as RateStage
from timetrial.model.suite import Benchmark, Stack, Suite
from timetrial.model.workload import Step, Workload
from timetrial.runner.starter import LiveStack

STACKS = ("gunicorn", "uvicorn")
PATHS = {"wsgi": "/a", "asgi": "/a"}
VISIT = Workload("visit", (Step({**PATHS}, think=ThinkTime(0.1)), Step({**PATHS}, body="x")))  # type: ignore[dict-item]  # the keys are literals


def suite_of(load: Load, windows: int = 2) -> Suite:
    whole = dataclasses.replace(
        benchmark("visit", STACKS), workload=VISIT, load=load, windows=windows, window_s=3.0,
        mode="whole",
    )  # fmt: skip
    return dataclasses.replace(small_suite(1, STACKS), benchmarks=(whole,))


def drives(stage: Stage) -> list[LoadSpec]:
    """List what was driven after the warm-ups."""
    return stage.driver.sessions[-1].drives


def test_users_think_as_their_steps_say(tmp_path: Path) -> None:
    with staged(tmp_path, suite_of(VirtualUsers(7, timeout_s=4.0))) as stage:
        stage.execute()
        assert stage.driver.sessions[-1].setting.connections == 7
        for drive in drives(stage):
            assert drive.users is not None
            assert drive.users.think == (ThinkTime(0.1), ThinkTime())
            assert (drive.window_s, drive.drain_s, drive.open) == (3.0, 4.0, None)


def test_a_rate_lasts_from_the_lead_in_to_the_close(tmp_path: Path) -> None:
    with staged(tmp_path, suite_of(OpenLoad(50.0, "constant", connections=20))) as stage:
        stage.execute()
        for drive in drives(stage):
            assert drive.open is not None
            assert drive.open.stages == (RateStage(3.05, 50.0, 50.0),)
            assert drive.open.arrival == "constant"


def test_all_stacks_are_given_the_same_schedule_and_another_one_next_time(tmp_path: Path) -> None:
    with staged(tmp_path, suite_of(OpenLoad(50.0))) as stage:
        stage.execute()
        seeds = [drive.open.seed for drive in drives(stage) if drive.open]
    assert seeds[0] == seeds[1] != seeds[2] == seeds[3]


def test_warm_up_knows_no_schedule(tmp_path: Path) -> None:
    with staged(tmp_path, suite_of(VirtualUsers(500))) as stage:
        stage.execute()
        warm_up = stage.driver.sessions[0]
    assert warm_up.setting.connections == 32
    assert all(drive.users is None and drive.open is None for drive in warm_up.drives)


def cannot_pipeline(running: LiveStack, stack: Stack, wanted: Benchmark) -> None:
    if stack.name == "gunicorn" and wanted.load.pipeline > 1:
        raise StackFailed("answer", "1 of 5 was answered", running.log_tail())


def test_a_stack_that_cannot_pipeline_is_started_afresh_for_the_rest(tmp_path: Path) -> None:
    deep = dataclasses.replace(benchmark("deep", STACKS), load=ClosedLoad(8, pipeline=5))
    suite = small_suite(1, STACKS)
    suite = dataclasses.replace(suite, benchmarks=(*suite.benchmarks, deep))
    with staged(tmp_path, suite) as stage:
        run = stage.execute(check=cannot_pipeline)
    assert failed(run) == [(1, "deep", "gunicorn")]
    assert [name for _, name in stage.started].count("gunicorn") == 2
    assert (1, "hello", "gunicorn") in measured(run)
    assert (1, "deep", "uvicorn") in measured(run)
    assert sorted(stage.stopped) == ["gunicorn", "gunicorn", "uvicorn"]


def test_a_stack_that_can_do_nothing_is_not_started_again(tmp_path: Path) -> None:
    deep = dataclasses.replace(benchmark("deep", STACKS), load=ClosedLoad(8, pipeline=5))
    suite = dataclasses.replace(small_suite(1, STACKS), benchmarks=(deep,))
    with staged(tmp_path, suite) as stage:
        run = stage.execute(check=cannot_pipeline)
    assert failed(run) == [(1, "deep", "gunicorn")]
    assert [name for _, name in stage.started].count("gunicorn") == 1
    assert run.pending() == ()


def test_what_a_stack_can_no_longer_do_after_a_trial_voids_it(tmp_path: Path) -> None:
    deep = [
        dataclasses.replace(benchmark(name, STACKS), load=ClosedLoad(8, pipeline=5))
        for name in ("deep", "deeper", "deepest")
    ]
    suite = dataclasses.replace(small_suite(1, STACKS), benchmarks=tuple(deep))
    with staged(tmp_path, suite) as stage:
        first, *later = [
            planned.benchmark for planned in stage.store.load(1).plan.rounds[0].benchmarks
        ]

        def loses_order(running: LiveStack, stack: Stack, wanted: Benchmark) -> None:
            if wanted.name == first:
                cannot_pipeline(running, stack, wanted)

        run = stage.execute(all_is_well, loses_order)
        loads = [s for s in stage.driver.sessions if s.setting.connections == 8]
    assert failed(run) == [(1, first, "gunicorn")]
    assert [f.phase for f in run.failures] == ["answer"]
    assert {cell for cell in measured(run) if cell[2] == "gunicorn"} == {
        (1, name, "gunicorn") for name in later
    }
    assert [name for _, name in stage.started].count("gunicorn") == 2
    assert len(loads) == 3 + 2 * 3 + 2  # benchmarks, two warm-ups of three, one of what was left


def test_what_takes_long_is_asked_of_all_stacks_at_once(tmp_path: Path) -> None:
    """And warm-ups go without it, where there is anything else."""
    slow = benchmark("slow", STACKS)
    step = dataclasses.replace(slow.workload.steps[0], wait_s=10.0)
    slow = dataclasses.replace(slow, workload=dataclasses.replace(slow.workload, steps=(step,)))
    suite = small_suite(1, STACKS)
    suite = dataclasses.replace(suite, benchmarks=(*suite.benchmarks, slow))
    both_ask = threading.Barrier(len(STACKS), timeout=60.0)

    def ask(_running: LiveStack, _stack: Stack, wanted: Benchmark) -> None:
        if wanted.name == "slow":
            both_ask.wait()

    with staged(tmp_path, suite) as stage:
        run = stage.execute(check=ask)
        sessions = len(stage.driver.sessions)
    assert failed(run) == []
    quick, benchmarks = len(suite.benchmarks) - 1, len(suite.benchmarks)
    assert sessions == len(STACKS) * quick + benchmarks
