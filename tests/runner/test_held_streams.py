"""Requests beside streams that are held: what is driven, kept, and said of who answers none."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from fake_stacks import STACKS, FakeStack, benchmark, failed, measured, small_suite, staged
from runs import a_stack
from streams_seen import stream_facts
from timetrial.analysis.summarize import summarize
from timetrial.drivers.driver import LoadSpec, SessionConfig, Target
from timetrial.drivers.scripted import Scene, ScriptedDriver
from timetrial.machine.clock import MACHINE_CLOCK
from timetrial.model import HeldStreams, StreamsBeside, StreamSpec
from timetrial.model.suite import Stack, Suite
from timetrial.model.workload import Step, Workload
from timetrial.reports.stream_figures import with_and_without
from timetrial.reports.table_view import what_is_measured
from timetrial.runner.driver_adaptation import driven_by
from timetrial.runner.holder import Holder

CLOCK = Workload(
    "clock", (Step({"wsgi": "/clock", "asgi": "/clock"}, stream=StreamSpec("sse", "id", 2)),)
)


def suite_of() -> Suite:
    alone = dataclasses.replace(benchmark("hello", STACKS), mode="whole", window_s=2.0, windows=1)
    beside = dataclasses.replace(alone, name="beside", beside=HeldStreams(CLOCK, 8))
    return dataclasses.replace(small_suite(2), benchmarks=(alone, beside))


def scene(stack: FakeStack, _drive: LoadSpec, path: str) -> Scene | None:
    """Have gunicorn's four threads hold four streams, and answer nothing meanwhile."""
    if path == "/clock":
        return Scene(streams=stream_facts(held=4 if stack.name == "gunicorn" else 8))
    return None


def test_streams_are_held_by_a_load_of_its_own_and_told_with_the_window(tmp_path: Path) -> None:
    with staged(tmp_path, suite_of()) as stage:
        stage.script(scene)
        run = stage.execute()
        holders = [s for s in stage.driver.sessions if s.targets[0].requests[0].stream]
    assert not run.failures
    assert len(holders) == 2 * len(STACKS)
    for session in holders:
        assert session.setting.connections == 8
        assert session.targets[0].requests[0].stream == StreamSpec("sse", "id", None)
    besides = {
        m.trial.cell.stack: m.windows[0].beside
        for m in run.measurements
        if m.trial.cell.benchmark == "beside"
    }
    assert besides["gunicorn"] == StreamsBeside(8, 4)
    assert besides["uvicorn"] == StreamsBeside(8, 8)
    assert all(
        window.beside is None
        for m in run.measurements
        if m.trial.cell.benchmark == "hello"
        for window in m.windows
    )
    summary = summarize(run)
    table = next(t for t in summary.tables if t.benchmark.name == "beside")
    assert what_is_measured(table.benchmark).endswith(", beside 8 held streams of /clock")
    (said,) = with_and_without(summary, table)
    assert said.startswith("Requests a second with 0 and with 8 streams held: ")
    assert "gunicorn 1,000 and 1,000 (4 held)" in said
    assert "uvicorn 1,000 and 1,000;" in f"{said.rstrip('.')};"


def test_who_answers_nothing_beside_streams_says_so_and_starts_afresh(tmp_path: Path) -> None:
    def starved(stack: FakeStack, drive: LoadSpec, path: str) -> Scene | None:
        is_beside = any(each.targets[0].requests[0].stream for each in stage.driver.sessions[-1:])
        if path != "/clock" and stack.name == "gunicorn" and is_beside and drive.lead_in_s:
            return Scene(silent=True)
        return scene(stack, drive, path)

    suite = dataclasses.replace(suite_of(), benchmarks=suite_of().benchmarks[1:])
    with staged(tmp_path, suite) as stage:
        stage.script(starved)
        run = stage.execute()
    assert failed(run) == [(1, "beside", "gunicorn"), (2, "beside", "gunicorn")]
    assert {f.reason for f in run.failures} == {
        "its 4 threads hold 4 streams: no request was answered"
    }
    assert (1, "beside", "uvicorn") in measured(run)


def holder(stack: Stack) -> Holder:
    target, setting = Target("127.0.0.1:1", "localhost", ()), SessionConfig(8, (), 1.0)
    return Holder(stack, HeldStreams(CLOCK, 8), target, setting, ScriptedDriver(), MACHINE_CLOCK)


@pytest.mark.parametrize(
    ("stack", "held", "said"),
    [
        (a_stack("waitress"), 4, "its 4 threads hold 4 streams: no request was answered"),
        (a_stack("bjoern", threads=1), 1, "its one process holds 1 stream: no request was"),
        (a_stack("bjoern", workers=2, threads=1), 2, "its 2 processes hold 2 streams: no request"),
        (a_stack("waitress"), 3, "answered no request while it held 3 of 8 streams"),
        (a_stack("uvicorn"), 8, "answered no request while it held 8 of 8 streams"),
    ],
)
def test_the_reason_names_what_is_all_taken(stack: Stack, held: int, said: str) -> None:
    assert holder(stack).unanswered(StreamsBeside(8, held)).startswith(said)


def test_other_tools_leave_streams_to_the_engine() -> None:
    adapted = driven_by(suite_of(), ["wrk"])
    assert [each.name for each in adapted.benchmarks] == ["hello"]
    assert any("holds no streams beside requests" in note for note in adapted.notes)
    alone = suite_of().benchmarks[0]
    streamed = dataclasses.replace(alone, name="clock", workload=CLOCK)
    adapted = driven_by(dataclasses.replace(suite_of(), benchmarks=(alone, streamed)), ["wrk"])
    assert [each.name for each in adapted.benchmarks] == ["hello"]
    assert any("streams need the engine" in note for note in adapted.notes)
