"""Suites that are measured in seconds, with a server of the user's own that never starts."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

from command_line import write

from stored import keep as keep_in
from timetrial.model.measurement import Measurement, Window
from timetrial.model.run import Run
from timetrial.store.store import Store

BROKEN = """
name = "broken"
title = "A server that never starts"
interface = "wsgi"
packages = []
command = ["{bin}/python", "-c", "raise SystemExit('no such option: --bind <{host}>')"]
keep_alive = true
shares_port = false
workers = { default = 1, max = 1 }
threads = { default = 1, max = 1 }
"""
WARM_UP = "warm_up = { requests = 100, at_most_s = 0.3, at_least_s = 0.1 }"
# A window outlasts what a process waits for a CPU where several tests run at once: one without any
# response is a failure of its server.
HELLO = """
[[benchmarks]]
workload = "hello"
connections = 8
window_ms = 250
lead_in_ms = 50
windows = 4
"""
WAIT = """
[[benchmarks]]
workload = "wait_50ms"
connections = 8
window_ms = 250
lead_in_ms = 60
windows = 2
"""
MACHINE_CHECKS = {
    *("CPU sets", "CPU quota", "clock source", "frequency", "open files", "somaxconn", "ports"),
    *("other processes", "steal", "timer floor"),
}
"""What is looked at when a run begins: settings, and what the machine does without it."""


def write_suite(
    folder: Path, servers: Sequence[str], *benchmarks: str, rounds: int, workers: int = 2
) -> tuple[str, ...]:
    """Write a catalog of the user's with that suite; return the arguments of its run."""
    files = {
        "own/servers/broken.toml": BROKEN,
        "own/suites/small.toml": "\n".join(
            [
                'name = "small"',
                'title = "Small"',
                'app = "raw"',
                f"servers = [{', '.join(map(repr, servers))}]",
                f"workers = {workers}",
                f"rounds = {rounds}",
                WARM_UP,
                *benchmarks,
            ]
        ),
    }
    write(folder, files)
    return ("run", "small", "--catalog", "own", "--seed", "1")


def stored(folder: Path) -> Run:
    with Store.open(folder / "timetrial.db") as store:
        return store.load("latest")


def check_all_answered_right(folder: Path, *servers: str) -> None:
    """Check that these servers were measured, all of them, and answered as they should."""
    run = stored(folder)
    assert {m.trial.cell.stack for m in run.measurements} == {*servers}
    assert run.failures == ()
    windows = [w for m in run.measurements for w in m.windows]
    assert any(window.counts.ok for window in windows)
    assert not any(w.counts.wrong_status or w.counts.wrong_body for w in windows)


def of_round(run: Run, number: int) -> list[Measurement]:
    return [each for each in run.measurements if each.trial.round == number]


def timeline(run: Run, number: int, benchmark: str) -> list[tuple[str, Window]]:
    """List the windows of all stacks, as they followed each other, with the stack of each."""
    turns = [
        (measurement.trial.cell.stack, window)
        for measurement in of_round(run, number)
        if measurement.trial.cell.benchmark == benchmark
        for window in measurement.windows
    ]
    return sorted(turns, key=lambda turn: turn[1].index)


def benchmarks_of(run: Run) -> list[tuple[int, str]]:
    """List round and benchmark of all that was due; rounds in reserve are not."""
    return sorted({(trial.round, trial.cell.benchmark) for trial in run.due()})


def gaps_s(run: Run, number: int, benchmark: str) -> list[float]:
    """List the seconds between the end of each window and the begin of the next."""
    windows = [window for _, window in timeline(run, number, benchmark)]
    pairs = itertools.pairwise(windows)
    return [(after.started_ns - before.drained_ns) / 1e9 for before, after in pairs]


def keep(folder: Path, *runs: Run) -> None:
    """Write invented runs into the store of a folder, numbered from 1."""
    with Store.open(folder / "timetrial.db") as store:
        for run in runs:
            keep_in(store, run)
