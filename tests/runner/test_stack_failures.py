"""A stack that fails is recorded for what it is, and the run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence import numbers_in
from fake_stacks import FakeStack, failed, measured, planned_turns, small_suite, staged
from timetrial.drivers.driver import LoadSpec
from timetrial.drivers.scripted import Scene
from timetrial.model.errors import StackFailed
from timetrial.model.events import StackFailedToServe
from timetrial.runner import benchmark as benchmarks

DOES_NOT_START = StackFailed("start", "exited with code 1 before it answered", "no such module")
DOES_NOT_INSTALL = StackFailed("install", "installing uvicorn ended with exit code 1", "no wheel")


def test_a_stack_that_does_not_start_fails_in_each_of_its_benchmarks(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(rounds=1)) as stage:
        stage.broken = {("uvicorn", 1): DOES_NOT_START}
        run = stage.execute()
    assert sorted(failed(run)) == [(1, "echo", "uvicorn"), (1, "hello", "uvicorn")]
    for failure in run.failures:
        assert (failure.phase, failure.reason, failure.log_tail) == (
            DOES_NOT_START.phase,
            DOES_NOT_START.reason,
            DOES_NOT_START.log_tail,
        )
    assert [event.failure for event in stage.events_of(StackFailedToServe)] == list(run.failures)
    assert run.pending() == ()
    assert stage.turns() == [turn for turn in planned_turns(run) if turn[2] != "uvicorn"]


def test_a_stack_that_fails_in_the_first_round_is_not_started_again(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(rounds=3)) as stage:
        stage.broken = {("uvicorn", 1): DOES_NOT_START}
        run = stage.execute()
    assert [number for number, stack in stage.started if stack == "uvicorn"] == [1]
    expected = [(n, name, "uvicorn") for n in (1, 2, 3) for name in ("echo", "hello")]
    assert sorted(failed(run)) == expected
    assert {(failure.reason, failure.log_tail) for failure in run.failures} == {
        (DOES_NOT_START.reason, DOES_NOT_START.log_tail)
    }
    assert run.pending() == ()


def test_a_stack_that_fails_in_a_later_round_is_tried_again_in_the_next(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(rounds=3)) as stage:
        stage.broken = {("uvicorn", 2): DOES_NOT_START}
        run = stage.execute()
    assert [number for number, stack in stage.started if stack == "uvicorn"] == [1, 2, 3]
    assert {number for number, _, _ in failed(run)} == {2}
    assert {number for number, _, stack in measured(run) if stack == "uvicorn"} == {1, 3}


def test_a_stack_that_dies_drops_out_and_the_windows_of_the_others_go_on(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(rounds=1)) as stage:

        def dies(stack: FakeStack, drive: LoadSpec, path: str) -> Scene | None:
            if stack.name == "uvicorn" and path == "/echo" and drive.lead_in_s:
                stack.alive = False
                return Scene(wrong=True)
            return None

        stage.script(dies)
        run = stage.execute()
    others = [turn for turn in planned_turns(run) if turn[2] != "uvicorn"]
    assert [turn for turn in stage.turns() if turn[2] != "uvicorn"] == others
    assert stage.turns().count((1, "echo", "uvicorn")) == 1
    failure = next(f for f in run.failures if f.benchmark == "echo")
    assert (failure.stack, failure.phase, failure.reason, failure.log_tail) == (
        "uvicorn",
        "measure",
        "died under load (exited with code 1)",
        "log of uvicorn",
    )


def test_a_stack_that_dies_in_the_warm_up_is_said_to(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(rounds=1)) as stage:

        def dies(stack: FakeStack, _drive: LoadSpec, _path: str) -> Scene | None:
            stack.alive = stack.name != "uvicorn"
            return None if stack.alive else Scene(wrong=True)

        stage.script(dies)
        run = stage.execute()
    assert {(failure.stack, failure.phase, failure.reason) for failure in run.failures} == {
        ("uvicorn", "warm-up", "died in the warm-up (exited with code 1)")
    }


def test_a_stack_that_dies_in_its_last_window_is_no_measurement(tmp_path: Path) -> None:
    """Part of that window was answered, but of its memory and processes nothing is known."""
    with staged(tmp_path, small_suite(rounds=1)) as stage:

        def dies(stack: FakeStack, drive: LoadSpec, path: str) -> Scene | None:
            windows = stage.turns().count((1, path.strip("/"), stack.name))
            stack.alive = not (stack.name == "uvicorn" and drive.lead_in_s and windows == 1)
            return None

        stage.script(dies)
        run = stage.execute()
    assert {stack for _, _, stack in measured(run)} == {"gunicorn", "waitress"}
    assert {failure.reason for failure in run.failures} == {"died under load (exited with code 1)"}


def test_a_stack_that_gives_nothing_but_errors_says_how_many(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(rounds=2)) as stage:
        stage.script(
            lambda stack, drive, path: Scene(
                wrong=stack.name == "uvicorn" and path == "/echo" and drive.lead_in_s > 0
            )
        )
        run = stage.execute()
    assert sorted(failed(run)) == [(1, "echo", "uvicorn"), (2, "echo", "uvicorn")]
    assert {failure.phase for failure in run.failures} == {"measure"}
    (reason,) = {failure.reason for failure in run.failures}
    assert numbers_in(reason) == [150, 150, 500, 100]
    assert reason.endswith("wrong status 150 (by status: 500 × 100)")
    assert {name for _, name, stack in measured(run) if stack == "uvicorn"} == {"hello"}


def test_a_stack_whose_warm_up_fails_is_stopped_before_the_benchmarks(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(rounds=2)) as stage:
        stage.script(lambda stack, _drive, _path: Scene(wrong=stack.name == "uvicorn"))
        run = stage.execute()
    assert {failure.phase for failure in run.failures} == {"warm-up"}
    assert {failure.log_tail for failure in run.failures} == {"log of uvicorn"}
    assert len(run.failures) == 4
    assert [number for number, stack in stage.started if stack == "uvicorn"] == [1]
    assert stage.stopped[0] == "uvicorn"
    assert [life.stack for life in run.lives].count("uvicorn") == 1


def test_memory_that_may_not_be_read_is_that_stacks_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def may_not(_pids: object) -> object:
        raise StackFailed("measure", "the memory of process 7 may not be read")

    monkeypatch.setattr(benchmarks, "memory", may_not)
    with staged(tmp_path, small_suite(rounds=1)) as stage:
        run = stage.execute()
    assert len(run.failures) == 6
    assert {failure.phase for failure in run.failures} == {"measure"}


def test_a_stack_that_is_not_installed_fails_in_all_rounds(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(rounds=2)) as stage:
        stage.not_installed = {"uvicorn": DOES_NOT_INSTALL}
        run = stage.execute()
    expected = [(n, name, "uvicorn") for n in (1, 2) for name in ("echo", "hello")]
    assert sorted(failed(run)) == expected
    assert {(f.phase, f.log_tail) for f in run.failures} == {("install", "no wheel")}
    assert "uvicorn" not in {stack for _, stack in stage.started}
    assert len(run.measurements) == 8


def test_nothing_is_started_where_no_stack_is_installed(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(rounds=2, stacks=("uvicorn",))) as stage:
        stage.not_installed = {"uvicorn": DOES_NOT_INSTALL}
        run = stage.execute()
    assert stage.started == []
    assert run.pending() == ()
