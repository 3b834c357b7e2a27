"""Real runs of real servers through the command line, and what is true of their timelines."""

from __future__ import annotations

import dataclasses
import html
import itertools
import json
import os
import re
import signal
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from command_line import AT_MOST_S, await_event, started, survivors, timetrial, within
from small_runs import (
    HELLO,
    MACHINE_CHECKS,
    WAIT,
    benchmarks_of,
    gaps_s,
    of_round,
    stored,
    timeline,
    write_suite,
)

from other_processes import disturbed
from timetrial.analysis.checks.thresholds import SERVER_LIMIT
from timetrial.analysis.summarize import summarize
from timetrial.machine.ports import free_port
from timetrial.model.run import Run
from timetrial.reports.table_view import failure_groups

SERVERS = ("gunicorn-gthread", "waitress", "uvicorn")
Ended = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that came to its end, as its user sees it and as it is stored."""

    folder: Path
    exit_code: int
    stdout: str
    stderr: str
    run: Run


def finished(folder: Path, *arguments: str, by: Callable[..., Ended] = timetrial) -> Finished:
    """Run to the end; `by` runs the verb, as a program or `within` this one."""
    ended = by(*arguments, folder=folder)
    return Finished(folder, ended.returncode, ended.stdout, ended.stderr, stored(folder))


@pytest.fixture(name="real", scope="module")
def _real(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Two rounds of three servers in two benchmarks."""
    folder = tmp_path_factory.mktemp("run")
    return finished(folder, *write_suite(folder, SERVERS, HELLO, WAIT, rounds=2), by=within)


def test_a_run_ends_with_tables_and_a_page(real: Finished) -> None:
    assert real.exit_code == 0
    for word in (*SERVERS, "hello", "wait_50ms", "req/s"):
        assert word in real.stdout
    assert real.stdout.endswith("Report: timetrial-reports/run-1.html\n")
    page = (real.folder / "timetrial-reports" / "run-1.html").read_text("utf-8")
    assert all(server in page for server in SERVERS)


def test_progress_goes_to_stderr(real: Finished) -> None:
    """A line for each round; before it, one for each server that the cache does not have."""
    lines = [line for line in real.stderr.splitlines() if not line.startswith("installing ")]
    assert lines[0].startswith("run 1: 3 servers, 2 benchmarks, 2 rounds, ")
    assert lines[1].endswith(" of 3 servers")
    first, last = lines[2:]
    assert first.startswith("round 1 of 2; about ")
    assert last.startswith("round 2 of 2; provisional leaders: ")


def test_nothing_is_left_but_the_store_and_the_report(real: Finished) -> None:
    assert survivors(real.folder) == []
    left = sorted(path.name for path in real.folder.iterdir())
    assert left == ["own", "timetrial-reports", "timetrial.db"]


def test_everything_that_was_planned_is_there(real: Finished) -> None:
    assert real.run.pending() == ()
    assert real.run.failures == ()
    assert len(real.run.measurements) == 12
    assert {facts.stack for facts in real.run.facts} == set(SERVERS)
    assert any("waitress==" in package for facts in real.run.facts for package in facts.packages)


def test_what_each_stack_really_is_is_stored(real: Finished) -> None:
    seen = {each.stack: each for each in real.run.configurations}
    assert set(seen) == set(SERVERS)
    assert {name: each.workers for name, each in seen.items()} == {
        "gunicorn-gthread": 2,
        "waitress": 1,
        "uvicorn": 2,
    }
    assert all(each.inside and each.listening for each in seen.values())
    assert real.run.machine.settings is not None


def test_how_the_machine_was_when_the_run_began_is_stored_and_its_doubts_are_said(
    real: Finished,
) -> None:
    machine_checks = real.run.machine.machine_checks
    assert machine_checks is not None
    assert {check.name for check in machine_checks.checks} >= MACHINE_CHECKS
    (ceiling,) = machine_checks.ceilings
    assert (ceiling.connections, ceiling.pipeline) == (8, 1)
    said = " ".join(within("report", "--details", folder=real.folder).stdout.split())
    assert all(f"{doubt.name} ({doubt.said})" in said for doubt in machine_checks.doubts)


def test_processes_live_through_the_whole_of_their_round(real: Finished) -> None:
    lives = {(life.round, life.stack): life for life in real.run.lives}
    assert len(lives) == len(real.run.lives) == 6
    for measurement in real.run.measurements:
        life = lives[measurement.trial.round, measurement.trial.cell.stack]
        assert measurement.processes_before == life.processes
        assert measurement.processes_after == life.processes
        assert life.started_ns < life.ready_ns < measurement.windows[0].started_ns
        assert measurement.windows[-1].drained_ns < life.stopped_ns
        assert life.stop_signal == "TERM"


def test_the_processes_are_those_that_were_asked_for(real: Finished) -> None:
    processes = {life.stack: len(life.processes) for life in real.run.lives}
    assert processes["waitress"] == 1
    assert processes["gunicorn-gthread"] == 3
    assert processes["uvicorn"] >= 3


def test_each_round_starts_fresh_processes(real: Finished) -> None:
    first, second = (
        {stamp for measurement in of_round(real.run, n) for stamp in measurement.processes_before}
        for n in (1, 2)
    )
    assert first
    assert second
    assert not first & second


def test_stacks_of_a_round_run_side_by_side(real: Finished) -> None:
    for number in (1, 2):
        lives = [life for life in real.run.lives if life.round == number]
        windows = [window for each in of_round(real.run, number) for window in each.windows]
        assert max(life.ready_ns for life in lives) < min(w.started_ns for w in windows)
        assert min(life.stopped_ns for life in lives) > max(w.drained_ns for w in windows)


def test_stacks_take_turns_as_planned(real: Finished) -> None:
    planned = {(r.number, c.benchmark): c.turns for r in real.run.plan.rounds for c in r.benchmarks}
    for number, benchmark in benchmarks_of(real.run):
        turns = tuple(stack for stack, _ in timeline(real.run, number, benchmark))
        assert turns == planned[number, benchmark]
        for index, (before, after) in enumerate(itertools.pairwise(turns), start=1):
            assert before != after or index % len(SERVERS) == 0, "only where orders are mirrored"


def test_windows_follow_each_other_and_never_overlap(real: Finished) -> None:
    for number, benchmark in benchmarks_of(real.run):
        windows = [window for _, window in timeline(real.run, number, benchmark)]
        for window in windows:
            assert window.started_ns < window.opened_ns < window.closed_ns <= window.drained_ns
        gaps = gaps_s(real.run, number, benchmark)
        assert min(gaps) >= 0
        # As long as a start or a warm-up between two windows would take, whatever else is running.
        assert statistics.median(gaps) < 4 * windows[0].length_s


def test_windows_are_as_long_as_the_suite_says(real: Finished) -> None:
    for measurement in real.run.measurements:
        benchmark = real.run.plan.suite.benchmark(measurement.trial.cell.benchmark)
        assert len(measurement.windows) == benchmark.windows
        for window in measurement.windows:
            assert benchmark.window_s <= window.length_s < 2 * benchmark.window_s
            lead_in_s = (window.opened_ns - window.started_ns) / 1e9
            assert benchmark.lead_in_s <= lead_in_s < 2 * benchmark.lead_in_s


def test_every_request_is_accounted_for(real: Finished) -> None:
    for measurement in real.run.measurements:
        for window in measurement.windows:
            arrivals, *outcomes = dataclasses.astuple(window.counts)
            assert arrivals == sum(outcomes)
            assert window.counts.failed == 0
            assert window.completions <= window.completions_overall
            assert window.connections_reached == 8


def test_connections_stay_while_the_load_moves(real: Finished) -> None:
    for measurement in real.run.measurements:
        assert [window.connects for window in measurement.windows][1:] == [0] * (
            len(measurement.windows) - 1
        )


def test_cpu_time_and_memory_are_there(real: Finished) -> None:
    for measurement in real.run.measurements:
        assert measurement.memory.anonymous_bytes > 1_000_000
        assert measurement.memory.file_bytes > 1_000_000
        for window in measurement.windows:
            overall_s = (window.drained_ns - window.started_ns) / 1e9
            assert window.server_cpu_s is not None
            assert 0 < window.server_cpu_s < real.run.machine.cores * overall_s
            assert 0 < window.generator_cpu_s < real.run.machine.cores * window.length_s


def test_a_stored_run_is_shown_again_as_it_was(real: Finished) -> None:
    again = within("report", folder=real.folder)
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == real.stdout


def test_a_report_as_json_is_all_there_is_on_stdout(real: Finished) -> None:
    shown = within("report", "1", "--json", folder=real.folder)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert all(server in json.dumps(json.loads(shown.stdout)) for server in SERVERS)


def test_a_server_that_does_not_start_is_a_row_while_others_are_measured(tmp_path: Path) -> None:
    arguments = write_suite(tmp_path, ("broken", "waitress"), HELLO, rounds=1)
    done = finished(tmp_path, *arguments, by=within)
    assert done.exit_code == 3
    assert [(f.round, f.stack, f.phase) for f in done.run.failures] == [(1, "broken", "start")]
    assert [m.trial.cell.stack for m in done.run.measurements] == ["waitress"]
    reason = done.run.failures[0].reason
    assert "code 1" in reason
    assert reason in done.stdout
    assert f" round 1, start: {reason}" in done.stderr
    page = (tmp_path / "timetrial-reports" / "run-1.html").read_text("utf-8")
    assert html.escape("--bind <127.0.0.1>") in page
    assert survivors(tmp_path) == []


KNOWN = """
[[broken]]
reason = "never starts, as everybody knows"
"""


def test_a_server_that_is_declared_broken_is_a_row_and_no_failure_of_the_run(
    tmp_path: Path,
) -> None:
    arguments = write_suite(tmp_path, ("broken", "waitress"), HELLO, rounds=1)
    declare(tmp_path, KNOWN)
    done = finished(tmp_path, *arguments, by=within)
    assert done.exit_code == 0
    (failure,) = done.run.failures
    assert (failure.stack, failure.phase) == ("broken", "declared")
    assert {life.stack for life in done.run.lives} == {"waitress"}
    assert failure.reason in " ".join(done.stdout.split())
    assert "failed" in next(line for line in done.stdout.splitlines() if "broken  " in line)

    tried = finished(tmp_path, *arguments, "--try-broken", "--servers", "broken", by=within)
    assert tried.exit_code == 0
    assert [(f.stack, f.phase) for f in tried.run.failures] == [("broken", "start")]
    (failure_group,) = failure_groups(summarize(tried.run), tried.run.failures)
    assert failure_group.foretold
    assert "its manifest says" in " ".join(tried.stdout.split())


SMALL = """
name = "broken"
title = "cheroot as it comes, which keeps 10 connections open"
interface = "wsgi"
packages = ["cheroot"]
command = ["{bin}/cheroot", "--bind", "{host}:{port}", "--threads", "{threads}", "{app}"]
keep_alive = true
shares_port = false
workers = { default = 1, max = 1 }
threads = { default = 4, max = 100 }

[[limits]]
what = "it closes further connections after each response"
hint = "keep_alive_conn_limit"
of = "connections"
at_most = 10
"""


def test_a_load_beyond_what_a_server_takes_is_found(tmp_path: Path) -> None:
    """Of the real thing: 16 connections are too many for it, 8 are not."""
    many = HELLO.replace("connections = 8", 'name = "many"\nconnections = 16')
    arguments = write_suite(tmp_path, ("broken",), HELLO, many, rounds=1)
    (tmp_path / "own" / "servers" / "broken.toml").write_text(SMALL, encoding="utf-8")
    done = finished(tmp_path, *arguments, by=within)
    assert done.exit_code == 0, done.stdout
    told = {
        m.trial.cell.benchmark: sum(w.connects or 0 for w in m.windows[1:])
        for m in done.run.measurements
    }
    assert told["hello"] == 0
    assert told["many"] > 0
    (finding,) = (
        found
        for table in summarize(done.run).tables
        for found in table.findings
        if found.name == SERVER_LIMIT.name
    )
    assert finding.cell.benchmark == "many"
    assert re.findall(r"\d+", finding.evidence)[:2] == ["16", "10"]


def declare(folder: Path, text: str) -> None:
    with (folder / "own" / "servers" / "broken.toml").open("a", encoding="utf-8") as file:
        file.write(text)


@pytest.mark.live
@pytest.mark.parametrize(
    ("event", "sent"), [("run_started", signal.SIGINT), ("trial_stored", signal.SIGTERM)]
)
def test_a_run_that_is_interrupted_keeps_what_it_has_and_can_be_resumed(
    event: str, sent: signal.Signals, tmp_path: Path
) -> None:
    """Before the first window, and after the first benchmark; by Ctrl-C, and as a job is ended."""
    arguments = write_suite(tmp_path, ("gunicorn-gthread", "waitress"), HELLO, WAIT, rounds=2)
    with started(*arguments, "--progress", "events", folder=tmp_path) as process:
        await_event(process, event)
        os.killpg(process.pid, sent)
        stdout, stderr = process.communicate(timeout=AT_MOST_S)
    assert process.returncode == 130
    *_, said = stderr.splitlines()
    go_on = said.removeprefix("timetrial: interrupted; go on with: timetrial ")
    assert go_on.split() == ["run", "--resume", "1", "--catalog", "own"]
    assert "Traceback" not in stderr
    assert "Report: timetrial-reports/run-1.html" in stdout
    assert survivors(tmp_path) == []
    before = stored(tmp_path)
    assert bool(before.measurements) == (event == "trial_stored")
    assert before.pending()

    resumed = finished(tmp_path, *go_on.split())
    assert resumed.exit_code == 0
    assert resumed.run.number == 1
    assert resumed.run.plan == before.plan
    assert resumed.run.pending() == ()
    assert resumed.run.measurements[: len(before.measurements)] == before.measurements
    again = {m.trial for m in resumed.run.measurements[len(before.measurements) :]}
    assert again == set(before.pending())
    assert survivors(tmp_path) == []


@pytest.mark.live
def test_responses_that_wait_for_a_delayed_acknowledgement_are_found(tmp_path: Path) -> None:
    """Of the real thing: with two workers, uvicorn's listener on asyncio lacks TCP_NODELAY."""
    done = finished(tmp_path, *write_suite(tmp_path, ("uvicorn-h11",), HELLO, rounds=1))
    assert done.exit_code == 0
    (table,) = summarize(done.run).tables
    found = {finding.name for finding in table.findings}
    assert "delayed-ack" in found or disturbed(table.findings, "uvicorn-h11")
    page = (tmp_path / "timetrial-reports" / "run-1.html").read_text("utf-8")
    assert "delayed-ack" in page or "delayed-ack" not in found


@pytest.fixture(name="narrowed", scope="module")
def _narrowed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Finished, int]:
    """One benchmark of one server in one round of a suite that has more of each, on a given
    port.
    """
    folder, port = tmp_path_factory.mktemp("narrowed"), free_port()
    arguments = write_suite(folder, SERVERS, HELLO, WAIT, rounds=5)
    narrowed = ("--benchmarks", "hello", "--servers", "waitress", "--rounds", "1")
    on_port = ("--port", str(port), "--json")
    return finished(folder, *arguments, *narrowed, *on_port, by=within), port


def test_servers_can_be_given_their_ports(narrowed: tuple[Finished, int]) -> None:
    done, port = narrowed
    assert done.exit_code == 0
    (life,) = done.run.lives
    assert f"--listen=127.0.0.1:{port}" in life.command
    assert json.loads(done.stdout)


def test_only_the_benchmarks_and_servers_that_were_asked_for_are_measured(
    narrowed: tuple[Finished, int],
) -> None:
    done, _ = narrowed
    trials = [measurement.trial for measurement in done.run.measurements]
    assert [(t.round, t.cell.benchmark, t.cell.stack) for t in trials] == [(1, "hello", "waitress")]
    assert {life.stack for life in done.run.lives} == {"waitress"}
