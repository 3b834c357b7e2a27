"""A real server whose capacity is known, and a search that is over in seconds.

Each response takes 4 ms and there are 4 connections, which carry one request at a time: that makes
1,000 requests a second, whatever the machine does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from timetrial.capacity.capacity import Taken
from timetrial.capacity.events import CapacityEvent
from timetrial.capacity.slo import read_slo
from timetrial.drivers.driver import Request, Setting, Target
from timetrial.drivers.native import NativeDriver
from timetrial.runner.capacity import Wanted, measure
from timetrial.runner.subject import UrlSubject
from timetrial.workload import Expectation

MOST_VOID = 0.1
SERVICE_S = 0.004
CONNECTIONS = 4
CAPACITY_PER_S = CONNECTIONS / SERVICE_S
WANTED = Wanted(
    title="GET /",
    objective=read_slo("p50<40ms,errors<5%"),
    budget_s=30.0,
    setting=Setting(CONNECTIONS, (), 2.0),
    highest_per_s=10_000.0,
    created_at="2026-01-02T03:04:05+00:00",
    start_per_s=300.0,
    seed=1,
    shortest_s=0.3,
    recover_within_s=5.0,
)


def measured(
    address: str,
    observer: Callable[[CapacityEvent], None] = lambda _event: None,
    wanted: Wanted = WANTED,
) -> Taken:
    """Search for the capacity of what listens there."""
    target = Target(address, address, (Request("/", Expectation()),))
    return measure(wanted, UrlSubject(target), NativeDriver(), observer)


def undisturbed(taken: Taken) -> Taken:
    """Skip the test where others took the CPU: a search then rightly knows little."""
    void = [trial for trial in taken.trials if trial.verdict == "void"]
    if len(void) > len(taken.trials) * MOST_VOID:
        pytest.skip(f"needs CPU time for the load generator: {void[-1].causes[0].kind}")
    return taken


def with_highest(rate_per_s: float) -> Wanted:
    return replace(WANTED, highest_per_s=rate_per_s)
