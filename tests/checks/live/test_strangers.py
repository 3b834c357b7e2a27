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
    Underway,
    hogs,
    measured,
    placement,
    require_quiet_machine,
    told,
)

pytestmark = pytest.mark.live

BUSY = (Faulty("busy"),)
OPEN = """
[[contests]]
name = "open"
workload = "hello"
rate = 200
duration_s = 1
lead_in_ms = 200
"""
OF_STRANGERS = {"server-waited", "foreign-cpu", "generator-waited", "late-generator"}
QUOTA = Path("/sys/fs/cgroup/cpu/timetrial-test")
A_TENTH_OF_A_CPU, NO_QUOTA = "10000", "-1"
JOIN = """
import os, sys
open(sys.argv[1], "w").write(str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


def test_strangers_on_the_servers_cores_are_seen(tmp_path: Path) -> None:
    with hogs(placement().server_cpus):
        findings = measured(tmp_path, BUSY).findings("busy")
    assert findings["server-waited"].severity == "invalid"
    assert "strangers ran on its cores" in findings["server-waited"].evidence
    assert findings["foreign-cpu"].severity == "doubtful"


def test_a_server_that_strangers_slow_down_has_a_lower_bound_and_no_response_times(
    tmp_path: Path,
) -> None:
    with hogs(placement().server_cpus):
        run = measured(tmp_path, BUSY)
    page = (tmp_path / "timetrial-reports" / "run-1.html").read_text("utf-8")
    assert "≥" in page
    assert run.row("busy").cpu_s_per_1000


def test_strangers_on_the_generators_cores_are_seen(tmp_path: Path) -> None:
    with hogs(placement().generator_cpus, number=4):
        run = measured(tmp_path, BUSY, SHORT_WINDOWS + OPEN)
    finding = run.findings("busy")["generator-waited"]
    assert "the load engine waited for its cores" in finding.evidence
    late = run.findings("busy", "open")["late-generator"]
    assert "the load engine sent up to" in late.evidence


def test_a_quiet_machine_has_no_strangers(tmp_path: Path) -> None:
    require_quiet_machine()
    run = measured(tmp_path, BUSY, SHORT_WINDOWS + OPEN)
    found = run.findings("busy").keys() | run.findings("busy", "open").keys()
    assert not found & {*OF_STRANGERS, "steal", "throttled", "memory-pressure", "rounds-left-out"}


def test_the_round_in_which_strangers_came_is_left_out_for_all_stacks(tmp_path: Path) -> None:
    require_quiet_machine()
    stacks = (Faulty("busy"), Faulty("none"))
    with Underway(tmp_path, stacks, SHORT_WINDOWS, rounds=5) as run:
        run.await_progress("4 of 10")  # two rounds of two stacks are stored
        with hogs(placement().server_cpus):
            run.await_progress("6 of 10")
    finding = told(tmp_path).findings("none")["rounds-left-out"]
    assert "1 of 5 rounds (20 %) are left out for all stacks" in finding.evidence
    assert "round 3: strangers" in finding.evidence


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
        with Underway(tmp_path, BUSY, SHORT_WINDOWS, rounds=2, lead=lead) as run:
            run.await_progress("run 1")
            (group / "cpu.cfs_quota_us").write_text(A_TENTH_OF_A_CPU)
            run.await_progress("2 of 2")
            (group / "cpu.cfs_quota_us").write_text(NO_QUOTA)
    findings = told(tmp_path).findings("busy")
    assert findings["throttled"].severity == "invalid"
    assert "a CPU quota held everything back" in findings["throttled"].evidence
