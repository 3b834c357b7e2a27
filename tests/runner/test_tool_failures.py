"""A tool that fails takes its stack out of the benchmark, and nothing else."""

from __future__ import annotations

from pathlib import Path

from fake_stacks import FakeStack, failed, measured, small_suite, staged
from timetrial.drivers.driver import LoadSpec
from timetrial.drivers.scripted import Scene
from timetrial.model.errors import ToolFailed


def fails_for_waitress(stack: FakeStack, drive: LoadSpec, path: str) -> Scene | None:
    if (stack.name, path) == ("waitress", "/echo") and drive.lead_in_s:
        raise ToolFailed("wrk", "ended with code 1: unable to connect")
    return None


def test_a_tool_that_fails_is_that_trials_failure(tmp_path: Path) -> None:
    with staged(tmp_path, small_suite(rounds=1)) as stage:
        stage.script(fails_for_waitress)
        run = stage.execute()
    assert failed(run) == [(1, "echo", "waitress")]
    assert run.failures[0].phase == "measure"
    assert run.failures[0].reason.startswith("wrk ")
    assert run.failures[0].reason.endswith("unable to connect")
    assert len(measured(run)) == 5


def test_a_stack_that_is_dead_is_not_the_tools_fault(tmp_path: Path) -> None:
    def dies(stack: FakeStack, drive: LoadSpec, path: str) -> Scene | None:
        if (stack.name, path) == ("waitress", "/echo") and drive.lead_in_s:
            stack.alive = False
        return fails_for_waitress(stack, drive, path)

    with staged(tmp_path, small_suite(rounds=1)) as stage:
        stage.script(dies)
        run = stage.execute()
    assert {failure.reason for failure in run.failures} == {"died under load (exited with code 1)"}
