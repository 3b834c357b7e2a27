"""Benchmarks of waiting apps: all stacks at once, a share of the wait apart."""

from __future__ import annotations

import dataclasses
import itertools
import time
from pathlib import Path

import pytest

from fake_stacks import FakeStack, all_is_well, benchmark, failed, measured, small_suite, staged
from timetrial.drivers.driver import LoadSpec
from timetrial.drivers.scripted import Scene
from timetrial.model.suite import Suite

STACKS = ("gunicorn", "uvicorn", "granian")
WAIT_S = 1.2


def waiting_suite() -> Suite:
    together = dataclasses.replace(
        benchmark("wait", STACKS), windows=1, window_s=2.0, mode="whole", together=True
    )
    step = dataclasses.replace(together.workload.steps[0], wait_s=WAIT_S)
    workload = dataclasses.replace(together.workload, steps=(step,))
    together = dataclasses.replace(together, workload=workload)
    return dataclasses.replace(small_suite(1, STACKS), benchmarks=(together,))


def test_stacks_begin_a_share_of_the_wait_apart(tmp_path: Path) -> None:
    began_s: list[float] = []

    def scene(_stack: FakeStack, drive: LoadSpec, _path: str) -> Scene | None:
        if drive.window_s == 2.0:
            began_s.append(time.monotonic())
        return None

    with staged(tmp_path, waiting_suite()) as stage:
        stage.script(scene)
        run = stage.execute(check=all_is_well)
    assert measured(run) == [(1, "wait", stack) for stack in STACKS]
    gaps_s = [later - sooner for sooner, later in itertools.pairwise(began_s)]
    assert len(gaps_s) == 2
    assert all(gap_s > 0.25 * WAIT_S / len(STACKS) for gap_s in gaps_s)


def test_each_stack_has_a_session_of_its_own(tmp_path: Path) -> None:
    with staged(tmp_path, waiting_suite()) as stage:
        stage.execute(check=all_is_well)
        sessions = stage.driver.sessions[-len(STACKS) :]
    assert {len(session.targets) for session in sessions} == {1}
    assert stage.driver.open_sessions == 0


def test_each_window_tells_what_the_generator_did_for_all_stacks(tmp_path: Path) -> None:
    with staged(tmp_path, waiting_suite()) as stage:
        run = stage.execute(check=all_is_well)
    of_one = 0.1
    shares = [w.generator_cpu_s / w.length_s for m in run.measurements for w in m.windows]
    assert shares == pytest.approx([len(STACKS) * of_one] * len(STACKS))


def test_a_stack_that_fails_leaves_the_others_alone(tmp_path: Path) -> None:
    def scene(stack: FakeStack, drive: LoadSpec, _path: str) -> Scene | None:
        dies = stack.name == "uvicorn" and drive.window_s == 2.0
        return Scene(wrong=True) if dies else None

    with staged(tmp_path, waiting_suite()) as stage:
        stage.script(scene)
        run = stage.execute(check=all_is_well)
    assert failed(run) == [(1, "wait", "uvicorn")]
    assert measured(run) == [(1, "wait", "gunicorn"), (1, "wait", "granian")]
