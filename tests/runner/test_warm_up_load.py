"""Warm-up: load that is thrown away, within limits."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from evidence import numbers_in
from fake_stacks import CPUS, benchmark, measured, small_suite, staged
from timetrial.drivers.driver import SessionConfig, Target
from timetrial.drivers.scripted import OpenedSession, Scene, ScriptedDriver
from timetrial.model.errors import StackFailed
from timetrial.model.suite import Benchmark, WarmUp
from timetrial.model.workload import Expectation, Request
from timetrial.runner.warm_up import WarmUpMeans, warm_up

LIMITS = WarmUp(requests=200, at_most_s=4.0, at_least_s=0.5)


def parts_of(*names: str) -> list[tuple[Benchmark, Target]]:
    return [
        (
            benchmark(name, ["uvicorn"]),
            Target("127.0.0.1:1", "h", (Request(f"/{name}", Expectation()),)),
        )
        for name in names
    ]


def warmed_up(requests_per_s: float, *names: str, limits: WarmUp = LIMITS) -> list[OpenedSession]:
    driver = ScriptedDriver(lambda _target, _drive: Scene(requests_per_s))
    warm_up(parts_of(*names), WarmUpMeans(limits, driver, CPUS))
    assert driver.open_sessions == 0
    return driver.sessions


def test_each_benchmark_has_its_share_over_connections_of_its_own() -> None:
    sessions = warmed_up(1_000, "hello", "echo")
    assert [opened.targets[0].requests[0].path for opened in sessions] == ["/hello", "/echo"]
    for opened in sessions:
        assert opened.setting == SessionConfig(connections=8, cpus=CPUS, timeout_s=3.0)
        first = opened.drives[0]
        assert (first.window_s, first.max_requests, first.lead_in_s) == (2.0, 100, 0.0)


def test_a_fast_stack_is_kept_busy_for_the_least_time() -> None:
    (opened,) = warmed_up(10_000, "hello")
    first, second = opened.drives
    assert first.max_requests == 200
    assert second.max_requests is None
    assert second.window_s == pytest.approx(0.5 - 0.020 - 0.001)


def test_a_slow_stack_ends_with_the_longest_time() -> None:
    (opened,) = warmed_up(1, "hello")
    (only,) = opened.drives
    assert (only.window_s, only.max_requests) == (4.0, 200)


def test_every_connection_is_used_at_least_once() -> None:
    limits = dataclasses.replace(LIMITS, requests=1)
    (opened,) = warmed_up(10, "hello", limits=limits)
    assert opened.drives[0].max_requests == 8


def test_responses_are_waited_for_as_long_as_the_benchmark_would() -> None:
    (opened,) = warmed_up(10_000, "hello")
    assert {drive.drain_s for drive in opened.drives} == {3.0}


def test_no_correct_response_at_all_is_a_failure() -> None:
    driver = ScriptedDriver(lambda _target, _drive: Scene(wrong=True))
    with pytest.raises(StackFailed) as failure:
        warm_up(parts_of("hello"), WarmUpMeans(LIMITS, driver, CPUS))
    assert failure.value.phase == "warm-up"
    assert numbers_in(failure.value.reason)[0] == 200
    assert driver.open_sessions == 0


def test_nothing_of_it_is_measured(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(rounds=1)) as stage:
        run = stage.execute()
    warm_ups = [opened for opened in stage.driver.sessions if len(opened.targets) == 1]
    assert len(warm_ups) == 6
    assert len(measured(run)) == 6
    windows = [window for m in run.measurements for window in m.windows]
    assert {window.counts.arrivals for window in windows} == {100}
    assert {window.completions_overall for window in windows} == {150}
