"""Others use the machine: on the server's cores, on the generator's, or by a quota."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from live_runs import (
    SHORT_WINDOWS,
    Faulty,
    Told,
    Underway,
    hogs,
    measured,
    placement,
    told,
)

from timetrial.model.summary import Estimate

pytestmark = pytest.mark.live

BUSY = (Faulty("busy"),)
OPEN = """
[[benchmarks]]
name = "open"
workload = "hello"
rate = 200
duration_s = 1
lead_in_ms = 200
"""
QUOTA = Path("/sys/fs/cgroup/cpu/timetrial-test")
A_TENTH_OF_A_CPU, NO_QUOTA = "10000", "-1"
JOIN = """
import os, sys
open(sys.argv[1], "w").write(str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.fixture(name="beside_hogs", scope="module")
def _beside_hogs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Told]:
    """Measure beside processes that spin on the server's cores all the time."""
    folder = tmp_path_factory.mktemp("hogs")
    with hogs(placement().server_cpus):
        return folder, measured(folder, BUSY)


def test_other_processes_on_the_servers_cores_are_reported(beside_hogs: tuple[Path, Told]) -> None:
    findings = beside_hogs[1].findings("busy")
    assert findings["server-waited"].severity == "invalid"
    assert findings["foreign-cpu"].severity == "doubtful"


def test_a_server_that_other_processes_slow_down_has_a_lower_bound_and_no_response_times(
    beside_hogs: tuple[Path, Told],
) -> None:
    folder, run = beside_hogs
    page = (folder / "timetrial-reports" / "run-1.html").read_text("utf-8")
    stolen = "steal" in run.findings("busy")  # that leaves no figure at all
    assert "≥" in page or stolen
    assert isinstance(run.row("busy").cpu_s_per_1000, Estimate) or stolen


def test_other_processes_on_the_generators_cores_are_reported(tmp_path: Path) -> None:
    with hogs(placement().generator_cpus, number=4):
        run = measured(tmp_path, BUSY, SHORT_WINDOWS + OPEN, rounds=1)
    assert "generator-waited" in run.findings("busy")
    assert "late-generator" in run.findings("busy", "open")


def test_the_round_with_other_processes_is_excluded_for_all_stacks(tmp_path: Path) -> None:
    stacks = (Faulty("busy"), Faulty("none"))
    with Underway(tmp_path, stacks, SHORT_WINDOWS, rounds=5) as run:
        run.await_event("trial_stored", done=4)  # two rounds of two stacks are stored
        with hogs(placement().server_cpus):
            run.await_event("trial_stored", done=6)
    found = told(tmp_path)
    for stack in ("busy", "none"):
        findings = found.findings(stack)
        if "rounds-left-out" in findings:
            assert "round 3: " in findings["rounds-left-out"].evidence
        else:
            # The hogs' round among those of a machine that was disturbed in most of them: too
            # many to leave out, and that is said of them all.
            assert found.is_disturbed(stack)


@contextmanager
def control_group() -> Iterator[Path]:
    """Make a control group, without a quota as yet."""
    try:
        QUOTA.mkdir()
    except OSError:
        pytest.skip("needs to be allowed to make control groups (version 1)")
    try:
        yield QUOTA
    finally:
        QUOTA.rmdir()


def test_a_quota_that_holds_everything_back_is_seen(tmp_path: Path) -> None:
    with control_group() as group:
        lead = (sys.executable, "-I", "-S", "-c", JOIN, os.fspath(group / "cgroup.procs"))
        with Underway(tmp_path, BUSY, SHORT_WINDOWS, rounds=1, lead=lead) as run:
            run.await_event("run_started")
            (group / "cpu.cfs_quota_us").write_text(A_TENTH_OF_A_CPU)
            run.await_event("trial_stored", done=1)
            (group / "cpu.cfs_quota_us").write_text(NO_QUOTA)
    assert told(tmp_path).findings("busy")["throttled"].severity == "invalid"
