"""`timetrial run` with users, rates, pipelines and profiles, on real servers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from command_line import timetrial
from small_runs import stored, write_suite

from timetrial.analysis.statistics.quantile import decoded
from timetrial.model.measurement import Window
from timetrial.model.run import Run
from timetrial.model.units import NS_PER_MS

pytestmark = pytest.mark.live

VISIT = """
[[workloads.visit.steps]]
path = "/hello"
think_ms = 100
expect = { body = "Hello world!" }

[[workloads.visit.steps]]
path = "/wait_50ms"
wait_ms = 50

[[benchmarks]]
workload = "visit"
users = 4
duration_s = 1
lead_in_ms = 200
"""
RATE = """
[[benchmarks]]
workload = "hello"
rate = 100
duration_s = 1
"""
DEEP = """
[[benchmarks]]
name = "deep"
workload = "hello"
connections = 2
pipeline = 5
window_ms = 80
lead_in_ms = 20
windows = 2
"""
PUBLISHED = """
[profiles.published]
workers = 20
rounds = 1
[[profiles.published.benchmarks]]
workload = "hello"
connections = 4
duration_s = 1
"""


def windows(run: Run, stack: str, benchmark: str) -> list[Window]:
    return [
        window
        for measurement in run.measurements
        if (measurement.trial.cell.stack, measurement.trial.cell.benchmark) == (stack, benchmark)
        for window in measurement.windows
    ]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A run of two servers under users, a rate and pipelined requests."""

    run: Run
    stdout: str


@pytest.fixture(name="loaded", scope="module")
def _loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    folder = tmp_path_factory.mktemp("loads")
    arguments = write_suite(folder, ["gunicorn-sync", "waitress"], VISIT, RATE, DEEP, rounds=1)
    ended = timetrial(*arguments, "--try-broken", "--details", folder=folder)
    assert ended.returncode == 0, "the manifest of one server declares its failure"
    return Loaded(stored(folder), ended.stdout)


def test_users_are_told_step_by_step_with_their_iterations(loaded: Loaded) -> None:
    (window,) = windows(loaded.run, "waitress", "visit")
    hello, wait = window.steps
    assert hello.counts.ok + wait.counts.ok == window.counts.ok
    assert decoded([wait.response_time]).min_ns >= 49 * NS_PER_MS
    assert decoded([window.iteration_time]).min_ns >= 149 * NS_PER_MS
    assert window.connects is not None
    assert window.connects >= 4
    for part in ("GET /hello", "GET /wait_50ms", "iteration", "connect"):
        assert part in loaded.stdout


def test_a_rate_is_kept_whatever_the_server_does(loaded: Loaded) -> None:
    (window,) = windows(loaded.run, "waitress", "hello")
    assert 60 <= window.counts.arrivals <= 140
    assert window.lateness


def test_a_server_that_cannot_pipeline_failed_there_and_nowhere_else(loaded: Loaded) -> None:
    (failure,) = loaded.run.failures
    assert (failure.stack, failure.benchmark, failure.phase) == ("gunicorn-sync", "deep", "answer")
    assert re.findall(r"\d+", failure.reason)[:2] == ["5", "1"], "requests, and answers"
    assert windows(loaded.run, "gunicorn-sync", "hello")
    assert windows(loaded.run, "waitress", "deep")


def test_a_profile_says_what_it_changed(tmp_path: Path) -> None:
    arguments = write_suite(tmp_path, ["gunicorn-gthread"], RATE, PUBLISHED, rounds=3)
    ended = timetrial(*arguments, "--profile", "published", "--details", folder=tmp_path)
    assert ended.returncode == 0, ended
    said = " ".join(ended.stdout.split())
    suite = stored(tmp_path).plan.suite
    assert "profile 'published'" in said
    assert any(note.startswith("20 workers ") for note in suite.notes)
    assert all(note in said for note in suite.notes)
    assert (suite.profile, suite.rounds, suite.benchmarks[0].mode) == ("published", 1, "whole")
