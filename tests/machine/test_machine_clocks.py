"""Clocks of a machine are read as the kernel writes them, and are none where it has none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from timetrial.machine.machine_clocks import cpu_times, stalled_s

STAT = """\
cpu  100 0 100 800 0 0 0 0 0 0
cpu0 50 0 50 400 100 10 20 30 7 0
cpu1 1 2 3
cpu2 9 0 0 0 0 0 0 0 0 0
intr 5
cpu3 9 0 0 0 0 0 0 0 0 0
"""
PRESSURE = """\
some avg10=0.00 avg60=0.00 avg300=0.00 total=2500000
full avg10=0.00 avg60=0.00 avg300=0.00 total=1000000
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "proc" / "pressure").mkdir(parents=True)
    (tmp_path / "proc" / "stat").write_text(STAT, encoding="ascii")
    (tmp_path / "proc" / "pressure" / "memory").write_text(PRESSURE, encoding="ascii")
    return tmp_path


def test_a_cpu_is_busy_idle_or_stolen(root: Path) -> None:
    tick_s = 1 / os.sysconf("SC_CLK_TCK")

    (found,) = cpu_times([0], root).values()

    assert (found.busy_s, found.idle_s, found.steal_s) == pytest.approx(
        (130 * tick_s, 500 * tick_s, 30 * tick_s)
    )


def test_cpus_that_are_not_asked_for_not_there_or_written_short_have_no_clocks(root: Path) -> None:
    assert cpu_times([0, 1, 7], root).keys() == {0}


def test_only_the_first_lines_are_read(root: Path) -> None:
    assert cpu_times([2, 3], root).keys() == {2}


def test_stalls_are_those_of_some_or_of_all(root: Path) -> None:
    assert stalled_s("memory", "some", root) == 2.5
    assert stalled_s("memory", "full", root) == 1.0


def test_a_kernel_without_these_files_tells_nothing(root: Path) -> None:
    assert stalled_s("io", "some", root) is None
    assert cpu_times([0], root / "nowhere") == {}
