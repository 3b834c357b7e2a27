"""What else the machine does is told apart from what a server does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from timetrial.machine.machine_meter import (
    EXACT_FROM_S,
    MachineMeter,
    MachineReading,
    affinity,
    foreign_cpu_s,
    tells_disks_apart,
)
from timetrial.machine.run_queue import waited_s, waits

SPIN = "print(flush=True)\nwhile True: pass"
CPU = min(os.sched_getaffinity(0))


@contextmanager
def spinning(*cpus: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run a process that never sleeps on each of those CPUs."""
    command = [sys.executable, "-I", "-S", "-c", SPIN]
    started = []
    for cpu in cpus:
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        os.sched_setaffinity(process.pid, {cpu})
        started.append(process)
    try:
        for process in started:
            assert process.stdout is not None
            process.stdout.readline()
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


def a_reading(at_s: float, run_s: float | None, *, is_exact: bool = True) -> MachineReading:
    return MachineReading(round(at_s * 1e9), run_s, is_exact, 0.0, None, None, None)


def test_two_threads_on_one_cpu_wait_for_each_other() -> None:
    with spinning(CPU, CPU) as both:
        pids = [process.pid for process in both]
        before = waits(pids)
        time.sleep(0.5)
        waited = waited_s(before, waits(pids))
    assert waited is not None
    # One of the two waits at any moment; others on that CPU only add to it.
    assert waited > 0.2


def test_threads_that_came_meanwhile_count_from_their_begin() -> None:
    assert waited_s({1: 500}, {1: 700, 2: 300}) == pytest.approx(500e-9)
    assert waited_s({1: 500, 2: 300}, {1: 700}) == pytest.approx(200e-9)


def test_waits_that_the_kernel_does_not_tell_are_unknown() -> None:
    assert waits([5_000_000]) is None
    assert waited_s(None, {1: 5}) is None


def test_a_stranger_on_the_servers_cpu_is_seen() -> None:
    others = os.sched_getaffinity(0) - {CPU}
    if not others:
        pytest.skip("needs two CPUs")
    meter = MachineMeter((CPU,), sorted(others)[:1])
    with spinning(CPU):
        before = meter.read()
        time.sleep(1.0)
        foreign = foreign_cpu_s(before, meter.read(), 0.0, 1)
    assert foreign is not None
    assert foreign > 0.5


def test_what_the_server_itself_used_is_not_foreign() -> None:
    before, after = a_reading(0.0, 10.0), a_reading(2.0, 11.5)
    assert foreign_cpu_s(before, after, 1.2, 1) == pytest.approx(0.3)
    assert foreign_cpu_s(before, after, 1.6, 1) == 0.0
    assert foreign_cpu_s(before, after, None, 1) is None


def test_clock_ticks_tell_of_spans_that_are_long_enough() -> None:
    """There `run_s` is the negative of idle time: 2 CPUs, idle for 0.4 s of 1 s each together."""
    before, after = a_reading(0.0, -7.0, is_exact=False), a_reading(1.0, -7.4, is_exact=False)
    assert foreign_cpu_s(before, after, 1.5, 2) == pytest.approx(0.1)
    short = a_reading(EXACT_FROM_S - 0.01, -7.1, is_exact=False)
    assert foreign_cpu_s(before, short, 0.3, 2) is None


def test_where_server_and_generator_share_a_cpu_nobody_is_a_stranger() -> None:
    reading = MachineMeter((CPU,), (CPU,)).read()
    assert reading.run_s is None


def test_the_cpus_of_a_process_are_those_of_all_its_threads() -> None:
    with spinning(CPU) as (process,):
        assert affinity(process.pid) == (CPU,)
    assert affinity(5_000_000) == ()


@pytest.mark.parametrize(
    ("release", "tells"),
    [("6.18.44-fc-v657", True), ("6.15.0", True), ("6.8.0-45-generic", False), ("5.4", False)],
)
def test_only_a_new_kernel_tells_waits_for_sockets_from_waits_for_disks(
    release: str, *, tells: bool
) -> None:
    assert tells_disks_apart(release) == tells
