"""Servers that their manifests say are broken: a row with its reason, and nothing is started."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from fake_stacks import failed, measured, small_suite, staged
from timetrial.model.errors import StackFailed
from timetrial.model.load import ClosedLoad
from timetrial.model.suite import KnownFailure, Suite, When
from timetrial.runner.starter import probes_of

REASON = "corrupts connections that are kept open"


def suite_with_fault(when: When, *, try_broken: bool = False, rounds: int = 1) -> Suite:
    """Give uvicorn the fault; the benchmark 'echo' pipelines."""
    suite = small_suite(rounds)
    stacks = (
        dataclasses.replace(s, known_failures=(KnownFailure(when, REASON),))
        if s.name == "uvicorn"
        else s
        for s in suite.stacks
    )
    benchmarks = (
        dataclasses.replace(c, load=ClosedLoad(8, 3.0, pipeline=2)) if c.name == "echo" else c
        for c in suite.benchmarks
    )
    return dataclasses.replace(
        suite, stacks=tuple(stacks), benchmarks=tuple(benchmarks), try_broken=try_broken
    )


def test_a_server_that_is_declared_broken_is_not_started(tmp_path: Path) -> None:
    with staged(tmp_path, suite_with_fault("always")) as stage:
        run = stage.execute(check=lambda *_: None)
    assert "uvicorn" not in {stack for _, stack in stage.started}
    assert sorted(failed(run)) == [(1, "echo", "uvicorn"), (1, "hello", "uvicorn")]
    assert {(f.phase, f.reason) for f in run.failures} == {("declared", REASON)}
    assert run.undeclared_failures() == ()
    assert run.pending() == ()


def test_a_fault_in_pipelines_leaves_the_other_benchmarks(tmp_path: Path) -> None:
    with staged(tmp_path, suite_with_fault("pipelining", rounds=2)) as stage:
        run = stage.execute(check=lambda *_: None)
    assert sorted(failed(run)) == [(1, "echo", "uvicorn"), (2, "echo", "uvicorn")]
    assert [(r, c) for r, c, stack in measured(run) if stack == "uvicorn"] == [
        (1, "hello"),
        (2, "hello"),
    ]
    assert run.undeclared_failures() == ()


def test_a_broken_server_is_started_if_somebody_wants_to_see_it(tmp_path: Path) -> None:
    with staged(tmp_path, suite_with_fault("always", try_broken=True)) as stage:
        run = stage.execute(check=lambda *_: None)
    assert len([None for _, _, stack in measured(run) if stack == "uvicorn"]) == 2
    assert run.failures == ()


def test_what_fails_as_declared_when_it_is_tried_is_a_declared_failure(tmp_path: Path) -> None:
    with staged(tmp_path, suite_with_fault("always", try_broken=True)) as stage:
        stage.broken = {("uvicorn", 1): StackFailed("start", "exited with code 1")}
        run = stage.execute(check=lambda *_: None)
    assert {failure.phase for failure in run.failures} == {"start"}
    assert run.undeclared_failures() == ()


def test_a_failure_outside_of_what_is_declared_is_none(tmp_path: Path) -> None:
    with staged(tmp_path, suite_with_fault("pipelining")) as stage:
        stage.broken = {("uvicorn", 1): StackFailed("start", "exited with code 1")}
        run = stage.execute(check=lambda *_: None)
    assert [failure.benchmark for failure in run.undeclared_failures()] == ["hello"]


def test_a_start_asks_nothing_that_the_stack_is_known_to_fail_in() -> None:
    suite = small_suite(1, ("waitress",))
    hello, echo = suite.benchmarks
    message = dataclasses.replace(echo.workload.steps[0], message="text")
    echo = dataclasses.replace(echo, workload=dataclasses.replace(echo.workload, steps=(message,)))
    silent = KnownFailure("websocket", "serves WSGI, which has none")
    stack = dataclasses.replace(suite.stacks[0], known_failures=(silent,))
    suite = dataclasses.replace(suite, stacks=(stack,), benchmarks=(hello, echo))
    assert [probe.path for probe in probes_of(suite, stack)] == ["/hello"]
    tried = dataclasses.replace(suite, try_broken=True)
    assert [probe.path for probe in probes_of(tried, stack)] == ["/hello", "/echo"]
