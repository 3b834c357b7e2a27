"""Benchmarks of idle connections: how they are driven, what is kept of them, and what is said."""

from __future__ import annotations

import csv
import dataclasses
import io
from pathlib import Path

import pytest

from fake_stacks import FakeStack, benchmark, measured, small_suite, staged
from timetrial.analysis.summarize import summarize
from timetrial.drivers.driver import LoadSpec
from timetrial.drivers.scripted import Scene
from timetrial.drivers.wrk import WrkDriver
from timetrial.model.load import IdleConnections
from timetrial.model.load import Stage as RateStage
from timetrial.model.measurement import Memory
from timetrial.model.run import Run
from timetrial.model.suite import Suite
from timetrial.model.summary import Estimate, Missing, Row, Table
from timetrial.model.units import MIB
from timetrial.reports.csv import as_csv
from timetrial.reports.headline import headline
from timetrial.reports.html import as_html
from timetrial.reports.markdown import as_markdown
from timetrial.reports.table_view import view
from timetrial.runner import idle_benchmark
from timetrial.runner.driver_inputs import load_spec, session_config, target_at

STACKS = ("gunicorn", "uvicorn")
LOAD = IdleConnections(200, per_s=100.0, hold_s=2.0, timeout_s=3.0)
LIMIT = 120


def suite_of(*names: str, rounds: int = 3) -> Suite:
    idle = (
        dataclasses.replace(
            benchmark(name, STACKS), load=LOAD, windows=1, window_s=LOAD.length_s, lead_in_s=0.0,
            mode="whole",
        )
        for name in names
    )  # fmt: skip
    return dataclasses.replace(small_suite(rounds, STACKS), benchmarks=tuple(idle))


def limited(stack: FakeStack, drive: LoadSpec, _path: str) -> Scene | None:
    return Scene(holds=LIMIT) if drive.idle and stack.name == "gunicorn" else None


def memory_that_grows(patch: pytest.MonkeyPatch) -> None:
    """Let each second look find 1 MiB more: fake stacks have no processes."""
    looks = [0]

    def memory(_pids: object) -> Memory:
        looks[0] += 1
        return Memory(0, 10 * MIB + (MIB if looks[0] % 2 == 0 else 0))

    patch.setattr(idle_benchmark, "memory", memory)


@pytest.fixture(name="run", scope="module")
def _run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("idle")
    with pytest.MonkeyPatch.context() as patch, staged(folder, suite_of("keep-alive")) as stage:
        memory_that_grows(patch)
        stage.script(limited)
        return stage.execute()


def table_of(run: Run) -> Table:
    (table,) = summarize(run).tables
    return table


def row_of(run: Run, name: str) -> Row:
    return next(row for row in table_of(run).rows if row.stack.name == name)


def test_connections_are_opened_at_the_rate_and_held() -> None:
    spec = load_spec(suite_of("keep-alive").benchmarks[0], 0, seed=7)
    assert spec.idle
    assert spec.window_s == pytest.approx(4.0)
    assert spec.open is not None
    # Half an arrival less: no rounding makes it one more or one fewer.
    assert spec.open.stages == (RateStage(1.995, 100.0, 100.0),)
    assert str(LOAD) == "200 connections, opened at 100 a second and held for 2 s"


def test_each_stack_is_alone_with_a_session_of_its_own(tmp_path: Path) -> None:
    with staged(tmp_path, suite_of("keep-alive", rounds=1)) as stage:
        stage.execute()
        idle = [s for s in stage.driver.sessions if any(drive.idle for drive in s.drives)]
        assert [len(session.targets) for session in idle] == [1, 1]
        assert stage.driver.open_sessions == 0


def test_a_second_benchmark_begins_with_processes_that_have_held_none(tmp_path: Path) -> None:
    with staged(tmp_path, suite_of("keep-alive", "websockets", rounds=1)) as stage:
        run = stage.execute()
    assert len(measured(run)) == 4
    assert sorted(name for _, name in stage.started) == sorted(STACKS * 2)


def test_what_became_of_connections_is_kept(run: Run) -> None:
    by_stack = {m.trial.cell.stack: m.windows[0].held for m in run.measurements}
    held = by_stack["gunicorn"]
    assert held is not None
    assert (held.wanted, held.held, held.looked_at) == (200, LIMIT, LIMIT)
    assert held.connection_bytes == pytest.approx(MIB / LIMIT)


def test_figures_are_of_connections_and_none_is_a_speed(run: Run) -> None:
    gunicorn, uvicorn = row_of(run, "gunicorn"), row_of(run, "uvicorn")
    assert isinstance(uvicorn.connections_held, Estimate)
    assert isinstance(gunicorn.connection_bytes, Estimate)
    assert uvicorn.connections_held.value == pytest.approx(200)
    assert gunicorn.connection_bytes.value == pytest.approx(MIB / LIMIT)
    assert isinstance(uvicorn.throughput, Missing)
    assert table_of(run).comparisons == ()
    # The least memory comes first.
    assert [row.stack.name for row in table_of(run).rows] == ["uvicorn", "gunicorn"]


def test_what_failed_at_the_limit_is_a_note_and_no_doubt(run: Run) -> None:
    (finding,) = [f for f in table_of(run).findings if f.cell.stack == "gunicorn"]
    assert (finding.name, finding.severity) == ("not-all-held", "note")
    assert finding.evidence.startswith("120 of 200 connections were open at the end; connection")


def test_each_format_has_the_columns(run: Run) -> None:
    summary = summarize(run)
    shown = view(summary, summary.tables[0])
    assert [row.held.text for row in shown.rows] == ["200", "120"]
    assert headline(shown).text.endswith("Fewer: gunicorn 120.")
    assert "| server | held | KiB a connection | closed by the server | failed |" in as_markdown(
        summary
    )
    assert '<th scope="col">KiB a connection</th>' in as_html(summary)
    lines = csv.DictReader(io.StringIO(as_csv(summary)))
    assert {line["connections_held"] for line in lines} == {"200", "120"}


def test_other_tools_hold_no_connections() -> None:
    idle = suite_of("keep-alive").benchmarks[0]
    shape = target_at("127.0.0.1:1", suite_of("x").stacks[0], idle), session_config(idle, ())
    said = WrkDriver.refusal(*shape, load_spec(idle, 0, 0))
    assert said == "wrk holds no connections idle: leave them to the engine"
