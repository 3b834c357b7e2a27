"""`timetrial run --driver wrk|k6`, with the real tools on real servers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command_line import complaint, timetrial
from small_runs import HELLO, stored, write_suite

from k6_here import k6_or_skip
from timetrial.model.measurement import Window
from timetrial.model.run import Run
from timetrial.reports.drivers import differences, driven_by

VISIT = """
[[workloads.visit.steps]]
path = "/hello"
think_ms = 20
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
arrival = "constant"
connections = 10
duration_s = 1
"""

needs_wrk = pytest.mark.skipif(
    shutil.which("wrk") is None, reason="wrk is not installed (apt-get install wrk)"
)


@pytest.fixture(scope="module")
def _k6() -> None:
    k6_or_skip()


def windows(run: Run, benchmark: str) -> list[Window]:
    return [
        window
        for measurement in run.measurements
        if measurement.trial.cell.benchmark == benchmark
        for window in measurement.windows
    ]


def tools(found: list[Window]) -> set[str]:
    return {"engine" if window.tool is None else window.tool.name for window in found}


@needs_wrk
@pytest.mark.live
def test_wrk_drives_beside_the_engine_and_the_report_says_so(tmp_path: Path) -> None:
    arguments = write_suite(tmp_path, ["waitress"], HELLO, rounds=1)
    ended = timetrial(*arguments, "--driver", "engine,wrk", "--details", folder=tmp_path)
    assert ended.returncode == 0, ended
    run = stored(tmp_path)
    assert tools(windows(run, "hello")) == {"engine"}
    found = windows(run, "hello@wrk")
    assert (len(found), tools(found)) == (2, {"wrk"})
    assert all(window.counts.ok > 0 and window.connects is None for window in found)
    benchmark = run.plan.suite.benchmark("hello@wrk")
    assert (benchmark.driver, benchmark.windows, benchmark.window_s) == ("wrk", 2, 1.0)
    assert run.plan.suite.notes, "its windows were lengthened"
    assert all(window.tool is not None and window.tool.unseen for window in found)
    said = " ".join(ended.stdout.split())
    (of_wrk,) = driven_by(run)
    (compared,) = differences(run)
    assert all(sentence in said for sentence in (*run.plan.suite.notes, *of_wrk, compared))


@pytest.mark.usefixtures("_k6")
@pytest.mark.live
def test_k6_drives_users_and_rates(tmp_path: Path) -> None:
    arguments = write_suite(tmp_path, ["waitress"], VISIT, RATE, rounds=1)
    ended = timetrial(*arguments, "--driver", "k6", "--details", folder=tmp_path)
    assert ended.returncode == 0, ended
    run = stored(tmp_path)
    (visits,) = windows(run, "visit")
    assert visits.tool is not None
    assert sum(step.counts.ok for step in visits.steps) == visits.counts.ok > 0
    assert visits.counts.failed == 0
    assert visits.iteration_time
    (rate,) = windows(run, "hello")
    assert 100 / 3 < rate.counts.arrivals <= 110
    assert tools([visits, rate]) == {"k6"}
    assert visits.tool.blind
    # How it is wrapped depends on how wide the figures above it are.
    said = " ".join(ended.stdout.split())
    (of_k6,) = driven_by(run)
    assert all(sentence in said for sentence in of_k6)
    assert "k6's response times." in said, "what connecting means by this tool"


def test_a_load_that_the_tool_cannot_drive_is_refused(tmp_path: Path) -> None:
    arguments = write_suite(tmp_path, ["waitress"], RATE, rounds=1)
    said = complaint(*arguments, "--driver", "wrk", "--details", folder=tmp_path)
    assert said.startswith("benchmark 'hello' of suite 'small': wrk has no open load")


def test_a_tool_that_is_missing_is_named_with_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    arguments = write_suite(tmp_path, ["waitress"], HELLO, rounds=1)
    said = complaint(*arguments, "--driver", "wrk", "--details", folder=tmp_path)
    assert "`apt-get install wrk`" in said


def test_an_unknown_driver_is_refused(tmp_path: Path) -> None:
    said = complaint("run", "quick", "--driver", "wkr", folder=tmp_path)
    assert "driver" in said
    assert said.endswith(" 'wrk'?")
