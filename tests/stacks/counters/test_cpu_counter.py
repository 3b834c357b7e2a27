"""Counting by the kernel's counters: by a task clock, which machines without a PMU have, too."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from timetrial._engine import TaskCounter
from timetrial.stacks.counters.counter import between
from timetrial.stacks.counters.pmu import CpuCounter

BUSY_S = 0.005


def busy() -> None:
    until_s = time.thread_time() + BUSY_S
    while time.thread_time() < until_s:
        pass


@pytest.fixture
def kernel_that_counts() -> None:
    try:
        TaskCounter(0, event="task-clock")
    except OSError as error:
        pytest.skip(f"perf_event_open is not allowed here: {error.strerror}")


@pytest.mark.usefixtures("kernel_that_counts")
def test_threads_that_are_started_later_are_counted(tmp_path: Path) -> None:
    read = CpuCounter("task-clock").attached(tmp_path, [os.getpid()])
    before = read()
    thread = threading.Thread(target=busy)
    thread.start()
    thread.join()
    assert between(before, read()).instructions > BUSY_S * 1e9 / 2


def test_an_event_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no event"):
        TaskCounter(0, event="branches")  # type: ignore[arg-type]  # that is the test
