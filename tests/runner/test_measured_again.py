"""A window in which the load generator itself stands still is measured again."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import pytest

from fake_stacks import FakeStack, Stage, benchmark, planned_turns, small_suite, staged
from timetrial.drivers.driver import LoadSpec
from timetrial.drivers.scripted import Scene
from timetrial.model.run import Run
from timetrial.runner.benchmark import ATTEMPTS

STACKS = ("gunicorn", "uvicorn")


def stands_still(stage: Stage, times: int, stack: str = "uvicorn") -> Counter[str]:
    """Let the generator stand still in the first windows of a stack in /hello."""
    loads = Counter[str]()

    def script(running: FakeStack, drive: LoadSpec, path: str) -> Scene | None:
        if not drive.lead_in_s or path != "/hello":
            return None
        loads[running.name] += 1
        stopped = running.name == stack and loads[stack] <= times
        return Scene(requests_per_s=100.0, gap_s=0.3) if stopped else None

    stage.script(script)
    return loads


def gaps(run: Run, stack: str = "uvicorn") -> list[float | None]:
    return [
        window.generator_gap_s
        for measurement in run.measurements
        if (measurement.trial.cell.stack, measurement.trial.cell.benchmark) == (stack, "hello")
        for window in measurement.windows
    ]


def test_it_is_measured_again_and_only_the_good_one_is_kept(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(1, STACKS)) as stage:
        loads = stands_still(stage, times=ATTEMPTS - 1)
        run = stage.execute()
        assert gaps(run) == [0.0, 0.0]
        assert loads == {"gunicorn": 2, "uvicorn": 2 + ATTEMPTS - 1}
        assert sorted(stage.turns()) == sorted(planned_turns(run))
    assert run.failures == ()
    of_uvicorn = next(
        m for m in run.measurements if m.trial.cell.stack == "uvicorn" and m.surroundings
    )
    assert {window.completions for window in of_uvicorn.windows} == {100}


def test_after_three_attempts_it_is_kept_with_its_gap(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(1, STACKS)) as stage:
        loads = stands_still(stage, times=1_000)
        run = stage.execute()
    assert gaps(run) == [0.3, 0.3]
    assert loads["uvicorn"] == 2 * ATTEMPTS


def test_no_answer_while_the_generator_stood_still_is_told_with_that(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(1, STACKS)) as stage:

        def script(running: FakeStack, drive: LoadSpec, path: str) -> Scene | None:
            stopped = running.name == "uvicorn" and path == "/hello" and drive.lead_in_s
            return Scene(wrong=True, gap_s=5.0) if stopped else None

        stage.script(script)
        run = stage.execute()
    (failure,) = run.failures
    assert failure.reason == (
        "gave no correct response in a window in which the load generator itself stood still for "
        "5.0 s: wrong status 150 (by status: 500 × 100)"
    )


@pytest.mark.parametrize("stack", STACKS)
def test_both_of_a_duet_are_measured_again(stack: str, tmp_path: Path) -> None:
    duet = dataclasses.replace(benchmark("hello", STACKS), mode="duet")
    suite = dataclasses.replace(small_suite(1, STACKS), benchmarks=(duet,))
    with staged(tmp_path, suite) as stage:
        loads = stands_still(stage, 1, stack)
        run = stage.execute()
    assert [gaps(run, name) for name in STACKS] == [[0.0, 0.0]] * 2
    assert loads == dict.fromkeys(STACKS, 3)
