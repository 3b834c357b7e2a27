"""The checks of docs/checks.md: named doubts about measurements. Pure; akin findings share a file.

Checks of one figure of the machine are rows in `machine.py`; all thresholds are in `thresholds.py`.
`validity.py` decides which figures findings void; `reports` writes sentences on whole runs. Start
with `thresholds`.
"""

from __future__ import annotations

from collections.abc import Callable

from timetrial.analysis.checks import (
    closed_loop_ceiling,
    compression_differs,
    configuration_differs,
    connections,
    database_connections,
    delayed_ack,
    drift,
    duet_split,
    errors,
    generator,
    generator_stops,
    growing_data,
    http2,
    idle_server,
    littles_law,
    memory_grows,
    not_all_held,
    not_steady,
    open_loop_lateness,
    placement,
    rounds,
    run_queue,
    server_limit,
    server_log,
    service_bottleneck,
    stalls,
    streams,
    thread_cap,
    tls,
    unsteady_rounds,
    versions,
    worker_connections,
    worker_imbalance,
    workers_changed,
)
from timetrial.analysis.checks.benchmark_context import BenchmarkContext
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.machine import SIMPLE
from timetrial.model import Finding, IdleConnections

Check = Callable[[CellContext], Finding | None]
TableCheck = Callable[[BenchmarkContext], tuple[Finding, ...]]

CHECKS: tuple[Check, ...] = (
    errors.find,
    streams.find_buffered,
    streams.find_lost,
    generator.find_dropped,
    generator.find_saturated,
    service_bottleneck.find,
    connections.find_missing,
    server_limit.find,
    workers_changed.find,
    delayed_ack.find,
    connections.find_reconnects,
    closed_loop_ceiling.find,
    thread_cap.find,
    http2.find_serial,
    http2.find_goaway,
    tls.find_not_resumed,
    open_loop_lateness.find_behind,
    open_loop_lateness.find_late,
    configuration_differs.find,
    not_steady.find,
    generator.find_ceiling,
    duet_split.find,
    littles_law.find,
    run_queue.find_generator,
    generator_stops.find,
    run_queue.find_server,
    *(simple.find for simple in SIMPLE),
    placement.find_strays,
    placement.find_clock,
    unsteady_rounds.find,
    drift.find,
    stalls.find,
    memory_grows.find,
    worker_imbalance.find,
    worker_connections.find,
    server_log.find,
    generator.find_services_beside,
    rounds.find_too_few,
    errors.find_different_answers,
)
IDLE_CHECKS: tuple[Check, ...] = (
    not_all_held.find,
    configuration_differs.find,
    generator_stops.find,
    worker_connections.find,
    rounds.find_too_few,
    errors.find_different_answers,
)
"""Those of idle connections, whose figures are no speed: a busy machine does not change them."""
TABLE_CHECKS: tuple[TableCheck, ...] = (
    rounds.find_excluded,
    versions.find,
    tls.find,
    database_connections.find,
    idle_server.find,
    growing_data.find,
    compression_differs.find,
)


def find(context: CellContext) -> tuple[Finding, ...]:
    """Run every check on one cell that suits its load."""
    is_idle = isinstance(context.benchmark.load, IdleConnections)
    findings = (check(context) for check in (IDLE_CHECKS if is_idle else CHECKS))
    return tuple(finding for finding in findings if finding is not None)


def find_in_table(benchmark: BenchmarkContext) -> tuple[Finding, ...]:
    """Run the checks that compare all cells of a benchmark."""
    return tuple(finding for check in TABLE_CHECKS for finding in check(benchmark))
