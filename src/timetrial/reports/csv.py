"""A run as tidy CSV (RFC 4180): a line a trial, for spreadsheets and data frames.

A failure is a line without figures for each trial that it cost. A figure that findings void is
empty, and the findings are named. Text that a spreadsheet would take for a formula begins with an
apostrophe, which spreadsheets read as "this is text".
"""

from __future__ import annotations

import csv
import dataclasses
import io
import statistics
from collections.abc import Iterable, Iterator, Mapping

from timetrial.analysis.config_labels import version
from timetrial.analysis.statistics.estimates import (
    connection_bytes,
    held_of,
    window_cpu_s_per_1000,
    window_throughput,
)
from timetrial.analysis.statistics.quantile import TAIL_RESPONSES, TAIL_ROUNDS, merged
from timetrial.model import (
    NS_PER_MS,
    Counts,
    Estimate,
    Failure,
    IdleConnections,
    Measurement,
    StackFacts,
    Summary,
)
from timetrial.reports.cells import MeasuredCell, cells
from timetrial.reports.counts import counted_stacks
from timetrial.reports.percentiles import has_quantile
from timetrial.reports.redaction import masked

QUANTILES: Mapping[str, float] = {"p50_ms": 0.50, "p90_ms": 0.90, "p99_ms": 0.99}
KINDS_OF_FAILURE = tuple(
    field.name for field in dataclasses.fields(Counts) if field.name not in {"arrivals", "ok"}
)
COLUMNS = (
    "run", "created_at", "suite", "benchmark", "mode", "load", "driver",
    "stack", "app", "server", "version", "python", "interface", "workers", "threads",
    "round", "status", "phase", "reason", "counted",
    "throughput_requests_per_s", "bound", *QUANTILES, "longest_ms",
    "cpu_s_per_1000_requests", "memory_bytes",
    "measured_s", "requests", "ok", *KINDS_OF_FAILURE, "connections_opened",
    "void_by", "findings",
    "instructions_per_request", "system_calls_per_request",
    "connections_held", "connection_memory_bytes", "closed_by_server", "connections_by_worker",
)  # fmt: skip
ENOUGH = TAIL_RESPONSES // TAIL_ROUNDS
"""Responses of a trial that must lie beyond a quantile: a trial's share of what a run needs."""
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - their wide forms work, too
_Cells = Mapping[str, str]


def as_csv(summary: Summary) -> str:
    """Write all trials: benchmark by benchmark, stack by stack, in the order of rounds."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(_lines(masked(summary)))
    return text.getvalue()


def guarded(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _lines(summary: Summary) -> Iterator[_Cells]:
    facts = {fact.stack: fact for fact in summary.run.facts}
    for cell in cells(summary):
        about = _about(summary, cell, facts.get(cell.stack.name))
        texts = {name: guarded(value) for name, value in about.items()}
        rounds = {
            measurement.trial.round: _measured(cell, measurement)
            for measurement in cell.measurements
        }
        for failure in summary.run.failures:
            if failure.concerns(cell.validity.cell):
                rounds.setdefault(failure.round, _failure(failure))
        yield from ({**texts, **rounds[number]} for number in sorted(rounds))


def _about(summary: Summary, cell: MeasuredCell, facts: StackFacts | None) -> _Cells:
    run, benchmark, stack = summary.run, cell.table.benchmark, cell.stack
    counts = counted_stacks(summary, benchmark.name).get(stack.name)
    instructions, calls = (counts.instructions, counts.system_calls) if counts else (None, None)
    return {
        "run": str(run.number),
        "created_at": run.created_at,
        "suite": run.plan.suite.name,
        "benchmark": benchmark.name,
        "mode": benchmark.mode,
        "load": benchmark.load_text,
        "driver": benchmark.driver,
        "stack": stack.name,
        "app": stack.app,
        "server": stack.server,
        "version": version(stack, facts),
        "python": facts.python if facts else "",
        "interface": stack.interface,
        "workers": str(stack.workers),
        "threads": str(stack.threads),
        "void_by": "; ".join(cell.validity.void_by),
        "findings": "; ".join(cell.validity.findings),
        "instructions_per_request": _number(instructions),
        "system_calls_per_request": _number(calls),
    }


def _measured(cell: MeasuredCell, measurement: Measurement) -> _Cells:
    windows, validity = measurement.windows, cell.validity
    is_idle = isinstance(cell.table.benchmark.load, IdleConnections)
    no_speed = is_idle or validity.throughput_void_by
    throughput = None if no_speed else window_throughput(windows)
    cpu_time = None if validity.cpu_time_void_by else window_cpu_s_per_1000(windows)
    times = {} if validity.response_time_void_by else _response_times(measurement)
    return {
        "round": str(measurement.trial.round),
        "status": "measured",
        "counted": "no" if measurement.trial.round in cell.left_out else "yes",
        "throughput_requests_per_s": _number(throughput),
        "bound": "lower" if validity.lower_bound_by else "",
        **times,
        "cpu_s_per_1000_requests": _number(cpu_time),
        "memory_bytes": str(measurement.memory.total_bytes or ""),
        "measured_s": _number(sum(window.length_s for window in windows)),
        "requests": str(sum(window.counts.arrivals for window in windows)),
        "ok": str(sum(window.counts.ok for window in windows)),
        **{kind: _sum(getattr(w.counts, kind) for w in windows) for kind in KINDS_OF_FAILURE},
        "connections_opened": _sum(window.connects for window in windows),
        **_held(measurement),
    }


def _held(measurement: Measurement) -> _Cells:
    """Write what became of idle connections; means, where a trial held some several times."""
    held = held_of([measurement])
    memory = connection_bytes([measurement])
    return {
        "connections_held": _number(statistics.fmean(each.held for each in held)) if held else "",
        "connection_memory_bytes": _number(memory.value) if isinstance(memory, Estimate) else "",
        "closed_by_server": str(sum(each.ended_by_server for each in held)) if held else "",
        "connections_by_worker": " ".join(map(str, measurement.by_worker)),
    }


def _response_times(measurement: Measurement) -> _Cells:
    times = merged(measurement.windows)
    lost = sum(window.counts.unanswered for window in measurement.windows)
    quantiles = {
        name: _number(times.quantile(q) / NS_PER_MS)
        for name, q in QUANTILES.items()
        if has_quantile(times, q, lost, at_least=ENOUGH)
    }
    # Of those without an answer it is only known that they take longer.
    longest = _number(times.max_ns / NS_PER_MS) if times.count and not lost else ""
    return {**quantiles, "longest_ms": longest}


def _failure(failure: Failure) -> _Cells:
    return {
        "round": str(failure.round),
        "status": "failed",
        "phase": failure.phase,
        "reason": guarded(failure.reason),
    }


def _sum(counts: Iterable[int | None]) -> str:
    """Add up counts; '' where the load generator has none."""
    counted = [count for count in counts if count is not None]
    return str(sum(counted)) if counted else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.7g}"
