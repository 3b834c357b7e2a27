"""Named doubts about measurements: the gates of docs/method.md. Pure; one finding a file."""

from __future__ import annotations

from collections.abc import Callable

from timetrial.checks import (
    closed_loop_ceiling,
    configuration_differs,
    connections,
    delayed_ack,
    dropped,
    duet_split,
    errors,
    generator_ceiling,
    generator_saturated,
    not_steady,
    reconnects,
    schedule,
    server_limit,
    service_bottleneck,
    workers_changed,
)
from timetrial.checks.history import History
from timetrial.finding import Finding

Check = Callable[[History], Finding | None]

CHECKS: tuple[Check, ...] = (
    errors.find,
    dropped.find,
    generator_saturated.find,
    service_bottleneck.find,
    connections.find,
    server_limit.find,
    workers_changed.find,
    delayed_ack.find,
    reconnects.find,
    closed_loop_ceiling.find,
    schedule.find_behind,
    schedule.find_late,
    configuration_differs.find,
    not_steady.find,
    generator_ceiling.find,
    duet_split.find,
)


def find(history: History) -> tuple[Finding, ...]:
    """Put one cell to every check."""
    found = (check(history) for check in CHECKS)
    return tuple(finding for finding in found if finding is not None)
