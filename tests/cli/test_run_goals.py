"""Runs that stop when they have been asked to: by what is known, by the clock, or by hand."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import signal
from pathlib import Path

import pytest
from command_line import AT_MOST_S, await_event, started, survivors, timetrial
from rich.console import Console
from small_runs import stored, write_suite

from fake_stacks import FakeStack, Stage, small_suite, staged
from timetrial.analysis.rate_calibration import rounded
from timetrial.analysis.statistics.design import LOOKS
from timetrial.analysis.stopping import taken_s
from timetrial.analysis.summarize import summarize
from timetrial.cli.progress.observer import RunProgress
from timetrial.drivers.driver import LoadSpec
from timetrial.drivers.scripted import Scene
from timetrial.model.events import Event, RoundMeasured, StackStarting
from timetrial.model.load import OpenLoad
from timetrial.model.run import Run
from timetrial.model.stop_rule import Budget, Precision, StopRule, Watch
from timetrial.reports.html import as_html
from timetrial.runner.session import EndedBy, Session, placed

PAIR = ("gunicorn", "uvicorn")
HALF = """
[[benchmarks]]
name = "half"
workload = "hello"
share_of_capacity = 0.5
duration_s = 1
"""
TENTH = HALF.replace('"half"', '"tenth"').replace("0.5", "0.1")
BUDGET_S = 8.0


class Told:
    """What a log says of a run whose time is virtual, and where Ctrl-C is pressed."""

    def __init__(self, stage: Stage, interrupt_in_round: int = 0) -> None:
        self._text = io.StringIO()
        self._progress = RunProgress(Console(file=self._text, width=120))
        self._round = interrupt_in_round
        self.events: list[Event] = []
        stage.on_event = self

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self._progress(event)
        if isinstance(event, StackStarting) and event.round == self._round:
            raise KeyboardInterrupt

    def lines(self) -> list[str]:
        return self._text.getvalue().splitlines()

    def measured(self, stage: Stage, folder: Path) -> tuple[Run, EndedBy]:
        session = Session(stage.store, folder, self._progress, placed())
        measured = session.measure(stage.run, stage.context())
        return measured.run, measured.ended_by


def scattered(stack: FakeStack, _drive: LoadSpec, _path: str) -> Scene:
    """Let throughput differ from start to start, by a few percent."""
    return Scene(10_000 * (1 + (stack.launch.port * 7_919 % 11 - 5) / 100))


def test_a_precision_ends_the_run_at_a_look_and_a_log_tells_how_sure_it_is(tmp_path: Path) -> None:
    suite = dataclasses.replace(small_suite(LOOKS[-1], PAIR), stop_rule=Precision(0.5))
    with staged(tmp_path, suite) as stage:
        stage.script(scattered)
        told = Told(stage)
        run, ended_by = told.measured(stage, tmp_path)
        (listed,) = stage.store.list_runs()
    assert ended_by is None
    done = run.rounds_due()
    assert done == LOOKS[0]
    assert {stop.benchmark for stop in run.stops} == {"hello", "echo"}
    assert any(
        isinstance(event, RoundMeasured)
        and (event.round, event.rounds) == (5, LOOKS[0])
        and event.widest is not None
        and event.widest.provisional
        and event.remaining_s > 0
        for event in told.events
    )
    lines = told.lines()
    assert any(line.startswith(f"round 5 of {LOOKS[0]}; about ") for line in lines)
    assert {stop.after_round for stop in run.stops} == {done}
    for stop in run.stops:
        assert any(line.endswith(f" {done}: {stop.reason}") for line in lines)
    assert summarize(run).complete
    metrics = {
        comparison.metric
        for table in summarize(run).tables
        for comparison in table.comparisons
        if not comparison.provisional
    }
    assert "p50_ns" in metrics
    assert (listed.trials_measured, listed.trials_planned) == (4 * done, 4 * done)


def test_a_budget_that_is_filled_is_told_with_the_reason(tmp_path: Path) -> None:
    suite = dataclasses.replace(small_suite(LOOKS[-1], PAIR), stop_rule=Budget(15.0))
    with staged(tmp_path, suite) as stage:
        told = Told(stage)
        run, ended_by = told.measured(stage, tmp_path)
    assert ended_by is None
    (stop,) = (stop for stop in run.stops if stop.benchmark == "hello")
    assert stop.after_round == run.rounds_due()
    assert "15 s" in stop.reason
    assert any(line.endswith(f" {stop.after_round}: {stop.reason}") for line in told.lines())


@pytest.mark.parametrize(
    ("stop_rule", "rounds_due", "ended_by"),
    [(Watch(), 3, None), (Budget(60.0), LOOKS[-1], "interrupted")],
)
def test_ctrl_c_is_the_end_of_a_run_that_is_watched_and_of_no_other(
    stop_rule: StopRule, rounds_due: int, ended_by: EndedBy, tmp_path: Path
) -> None:
    suite = dataclasses.replace(small_suite(LOOKS[-1], PAIR), stop_rule=stop_rule)
    with staged(tmp_path, suite) as stage:
        run, reason = Told(stage, interrupt_in_round=4).measured(stage, tmp_path)
        assert sorted(stage.stopped) == sorted(3 * PAIR)
    assert reason == ended_by
    assert run.rounds_due() == rounds_due
    assert (run.pending() == ()) == (reason is None)
    assert summarize(run).complete == (reason is None)
    page = as_html(summarize(run))
    assert ("ended by hand" in page) == (reason is None)
    assert ("run was interrupted" in page) == (reason is not None)


@pytest.mark.live
def test_a_pilot_gives_rates_and_a_run_that_is_resumed_keeps_them_and_its_budget(
    tmp_path: Path,
) -> None:
    servers = ("gunicorn-gthread", "waitress", "broken")
    arguments = write_suite(tmp_path, servers, HALF, TENTH, rounds=2)
    arguments = (*arguments, "--budget", f"{BUDGET_S:g}s", "--progress", "events")
    with started(*arguments, folder=tmp_path) as process:
        pilot = await_event(process, "run_started")
        await_event(process, "trial_stored", done=1)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=AT_MOST_S)
    assert process.returncode == 130
    (of_pilot,) = (event for event in pilot if event["event"] == "pilot_started")
    assert of_pilot["trials"] == 6
    assert any(event.get("stack") == "broken" and event.get("reason") for event in pilot)
    assert [event.get("benchmark") for event in pilot if event["event"] == "rate_set"] == [
        "half",
        "tenth",
    ]
    before = stored(tmp_path)
    assert before.plan.suite.stop_rule == Budget(BUDGET_S)
    assert before.pending()
    rates = {}
    for benchmark in before.plan.suite.benchmarks:
        assert isinstance(benchmark.load, OpenLoad)
        of = benchmark.load.of_capacity
        assert of is not None
        assert {of.stack, *of.others, *of.left_out} == set(servers)
        assert "broken" in of.left_out
        assert all(of.per_s <= other for other in of.others.values())
        assert benchmark.load.rate_per_s == rounded(of.share * of.per_s)
        rates[benchmark.name] = benchmark.load.rate_per_s
    assert rates["tenth"] < rates["half"]

    resumed = timetrial("run", "--resume", "1", "--catalog", "own", folder=tmp_path)
    assert resumed.returncode == 3, "one of the servers never starts"
    assert "pilot, " not in resumed.stderr
    after = stored(tmp_path)
    assert after.plan == before.plan
    assert after.pending() == ()
    done = after.rounds_due()
    assert {stop.after_round for stop in after.stops} <= {done}
    assert done == len(after.plan.rounds) or taken_s(after) * (done + 1) / done > BUDGET_S
    assert " 50 % of " in " ".join(resumed.stdout.split())
    document = json.loads(timetrial("report", "--json", folder=tmp_path).stdout)
    load = document["summary"]["tables"][0]["benchmark"]["load"]
    assert load["of_capacity"]["share"] == 0.5
    assert survivors(tmp_path) == []
