"""What the page's script draws from: one JSON document, as short as it can be."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from markupsafe import Markup

from timetrial.model import MIB, NS_PER_MS
from timetrial.model.summary import Comparison, Estimate, Missing, Row, Table
from timetrial.reports.cell_detail import CloseUp, Course
from timetrial.reports.ratios import change
from timetrial.reports.verdicts import MetricView, verdict

_DIGITS = 4
"""Significant digits of a number; more are not visible on a chart."""


def as_script(document: object) -> Markup:
    """Write JSON that may stand inside a script element, whatever names are in it."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - nothing is left in it that could end the element


def benchmark_data(
    table: Table, close_ups: Sequence[CloseUp], metrics: Sequence[MetricView]
) -> dict[str, Any]:
    """Lay out what is drawn of one benchmark."""
    return {
        "points": list(points(table, table)),
        "cells": [_cell(close_up) for close_up in close_ups],
        "metrics": [[_pair(pair) for pair in metric.comparisons] for metric in metrics],
    }


def points(capacity: Table, latency: Table | None) -> Iterator[dict[str, Any]]:
    """Yield throughput with its costs, a stack each; figures that findings void are left out."""
    latencies = {row.stack.name: row for row in latency.rows} if latency is not None else {}
    for row in capacity.rows:
        name, validity = row.stack.name, row.validity
        if validity.throughput_void or isinstance(row.throughput, Missing):
            continue
        yield {
            "stack": name,
            "throughput": _estimate(row.throughput),
            "bound": validity.lower_bound or validity.plateau or validity.bound_by_client,
            "p99": _p99(latencies.get(name)),
            "cpu": None if validity.cpu_time_void else _estimate(row.cpu_s_per_1000),
            "memory": None if validity.void else _estimate(row.memory_bytes, 1 / MIB),
        }


def _p99(row: Row | None) -> list[float] | None:
    if row is None or row.validity.response_time_void:
        return None
    return _estimate(row.p99_ns, 1 / NS_PER_MS)


def _estimate(estimate: Estimate | Missing, scale: float = 1.0) -> list[float] | None:
    """Write value, low and high; without an interval all three are the value."""
    if isinstance(estimate, Missing):
        return None
    bounds = (estimate.value, estimate.low, estimate.high)
    return _short(scale * (estimate.value if end is None else end) for end in bounds)


def _cell(close_up: CloseUp) -> dict[str, Any]:
    points = () if close_up.curve is None else close_up.curve.points
    return {
        "anchor": close_up.anchor,
        "stack": close_up.row.name,
        "responses": close_up.responses,
        "beyond": _short(beyond for beyond, _ in points),
        "ms": _short(time_ms for _, time_ms in points),
        "course": _course(close_up.course),
    }


def _course(course: Course) -> dict[str, Any]:
    return {
        "at": _short(course.at, 6),
        "rate": _short(course.requests_per_s),
        "windowAt": [] if course.at == course.window_at else _short(course.window_at, 6),
        "failed": list(course.failed) if any(course.failed) else [],
        "server": [cpus if cpus is None else _rounded(cpus, 3) for cpus in course.server_cpus],
        "generator": _short(course.generator_cpus, 3),
        "trialAt": list(course.trial_at),
        "p99": _short(course.p99_ms),
    }


def _pair(pair: Comparison) -> list[Any]:
    p = pair.p_adjusted
    return [pair.b, pair.a, change(pair.ratio), pair.ratio.rounds, p and _rounded(p), verdict(pair)]


def _short(values: Iterable[float], digits: int = _DIGITS) -> list[float]:
    return [_rounded(value, digits) for value in values]


def _rounded(value: float, digits: int = _DIGITS) -> float:
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() else short
