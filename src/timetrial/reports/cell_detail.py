"""What the page shows of a cell: response time by percentile, and its trials over time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from timetrial._engine import Histogram
from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.analysis.statistics.quantile import merged, percentile
from timetrial.model import NS_PER_MS, NS_PER_S, Cell, Estimate, Finding, Measurement, Window
from timetrial.reports.anchors import Anchors
from timetrial.reports.cells import MeasuredCell
from timetrial.reports.csv import ENOUGH
from timetrial.reports.figures import Figure, figure
from timetrial.reports.percentiles import Curve, curve_of, has_quantile
from timetrial.reports.table_view import RowView, TableView

PERCENTILES = (0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 0.99999)


@dataclass(frozen=True, slots=True)
class Course:
    """The trials of one cell, in the order in which they were measured."""

    at: tuple[float, ...]
    """Rounds since the run began; one place for each window, or each tenth of a second of it."""
    requests_per_s: tuple[float, ...]
    window_at: tuple[float, ...]
    """As `at`, one for each window, as the next three."""
    failed: tuple[int, ...]
    server_cpus: tuple[float | None, ...]
    """CPU seconds a second of the server's process tree; None where it is not known."""
    generator_cpus: tuple[float, ...]
    trial_at: tuple[float, ...]
    """The middle of each trial that has a p99."""
    p99_ms: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class CloseUp:
    """One stack in one benchmark."""

    anchor: str
    """Its address within the page."""
    row: RowView
    responses: int
    """Of the rounds that count."""
    percentiles: tuple[tuple[str, Figure], ...]
    """('p99.9', in ms), as far as the responses carry them."""
    curve: Curve | None
    course: Course
    findings: tuple[Finding, ...]


def close_ups(
    shown: TableView, measured: Mapping[Cell, MeasuredCell], anchors: Anchors
) -> tuple[CloseUp, ...]:
    """Return the details of each row of a table."""
    benchmark = shown.table.benchmark
    turns = max(1, benchmark.windows * len(benchmark.stacks))
    return tuple(
        _close_up(row, measured[Cell(benchmark.name, row.name)], turns, anchors)
        for row in shown.rows
    )


def _close_up(row: RowView, cell: MeasuredCell, turns: int, anchors: Anchors) -> CloseUp:
    counted = [window for trial in cell.counted() for window in trial.windows]
    times = merged(counted)
    void = bool(cell.validity.response_time_void_by)
    lost = sum(window.counts.unanswered for window in counted)
    return CloseUp(
        anchor=anchors.of_cell(cell.validity.cell),
        row=row,
        responses=times.count,
        percentiles=() if void else tuple(_percentiles(times, lost)),
        curve=None if void else curve_of(row.name, times, lost),
        course=_course(cell, turns, void=void),
        findings=tuple(f for f in cell.table.findings if f.cell == cell.validity.cell),
    )


def _percentiles(times: Histogram, lost: int) -> Iterator[tuple[str, Figure]]:
    for q in PERCENTILES:
        if has_quantile(times, q, lost):
            time_ms = times.quantile(q) / NS_PER_MS
            yield percentile(q), figure(Estimate(time_ms, None, None, 0))


def _course(cell: MeasuredCell, turns: int, *, void: bool) -> Course:
    trials = cell.measurements
    windows = [(trial, window) for trial in trials for window in trial.windows]
    speeds = [point for trial, window in windows for point in _speeds(trial, window, turns)]
    p99s = [] if void else list(_p99s(trials))
    no_cpu = bool(cell.validity.cpu_time_void_by)
    return Course(
        at=tuple(at for at, _ in speeds),
        requests_per_s=tuple(speed for _, speed in speeds),
        window_at=tuple(_at(trial, window, turns) for trial, window in windows),
        failed=tuple(window.counts.failed for _, window in windows),
        server_cpus=tuple(None if no_cpu else _server_cpus(window) for _, window in windows),
        generator_cpus=tuple(window.generator_cpu_s / window.length_s for _, window in windows),
        trial_at=tuple(at for at, _ in p99s),
        p99_ms=tuple(time_ms for _, time_ms in p99s),
    )


def _at(trial: Measurement, window: Window, turns: int, part: float = 0.5) -> float:
    """Place a part of a window on an axis of rounds: the windows of a round share its length."""
    return trial.trial.round - 1 + (window.index + part) / turns


def _speeds(trial: Measurement, window: Window, turns: int) -> Iterator[tuple[float, float]]:
    if not window.series:
        yield _at(trial, window, turns), window_throughput([window])
        return
    tenths = len(window.series)
    for number, completions in enumerate(window.series):
        yield _at(trial, window, turns, (number + 0.5) / tenths), 10.0 * completions


def _server_cpus(window: Window) -> float | None:
    passed_s = (window.drained_ns - window.started_ns) / NS_PER_S
    return None if window.server_cpu_s is None else window.server_cpu_s / passed_s


def _p99s(trials: Sequence[Measurement]) -> Iterator[tuple[float, float]]:
    for trial in trials:
        times = merged(trial.windows)
        lost = sum(window.counts.unanswered for window in trial.windows)
        beyond = math.floor(0.01 * times.count)
        if beyond >= ENOUGH and lost < beyond:
            yield trial.trial.round - 0.5, times.quantile(0.99) / NS_PER_MS
