"""A load generator's own figures here, compared with those that it printed in a document."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from timetrial.features.published.row import K6Figures, PublishedRow, Spread, WrkFigures
from timetrial.model import Summary, ToolFigures, Window

_US_PER = {"µs": 1.0, "ms": 1_000.0}
_TRENDS = (
    "blocked", "connecting", "tls_handshaking", "sending", "waiting", "receiving", "duration",
    "iteration",
)  # fmt: skip
_STATISTICS = (
    ("avg", "mean_us"), ("min", "min_us"), ("med", "median_us"), ("max", "max_us"),
    ("p(90)", "p90_us"), ("p(95)", "p95_us"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ToolFigureComparison:
    """One figure by the tool's name, as published and as measured here."""

    name: str
    """As 'blocked p(95)' or 'latency stdev'."""
    unit: str
    """'ms', 'B/s', '1/s', or '' for counts."""
    published: float | None
    """None where the tool did not print it."""
    here: float | None
    """The median over the tool's windows, for counts the sum; None where it did not say."""


@dataclass(frozen=True, slots=True)
class _ToolFigure:
    """A published figure, and the tool's own name and unit of it."""

    name: str
    unit: str
    published: float | None
    key: str
    per: str = ""
    """Divide by this figure of the tool, in µs, to make a rate of a count."""


def compare_tool_figures(summary: Summary, row: PublishedRow) -> tuple[ToolFigureComparison, ...]:
    """List the figures of a row whose tool was the load generator here, too; or else ()."""
    windows = [
        window
        for measurement in summary.run.measurements
        if measurement.trial.cell == row.cell
        for window in measurement.windows
        if window.tool is not None and window.tool.name == row.figures.tool
    ]
    if not windows:
        return ()
    figures = row.figures
    wanted = _of_wrk(figures) if isinstance(figures, WrkFigures) else _of_k6(figures)
    return tuple(
        ToolFigureComparison(figure.name, figure.unit, figure.published, _here(figure, windows))
        for figure in wanted
    )


def _of_wrk(figures: WrkFigures) -> Iterator[_ToolFigure]:
    yield _ToolFigure("requests", "", figures.requests, "requests")
    yield _ToolFigure("requests/s", "1/s", figures.requests_per_s, "requests", "duration")
    transfer = figures.bytes_read / figures.elapsed_s if figures.elapsed_s else None
    yield _ToolFigure("transfer/s", "B/s", transfer, "bytes", "duration")
    for name, value_us in (
        ("mean", figures.latency_mean_us),
        ("stdev", figures.latency_stdev_us),
        ("max", figures.latency_max_us),
        ("p50", figures.latency_p50_us),
        ("p75", figures.latency_p75_us),
        ("p90", figures.latency_p90_us),
        ("p99", figures.latency_p99_us),
    ):
        yield _ToolFigure(f"latency {name}", "ms", _ms(value_us), f"latency {name}")
    for name, count, key in (
        ("connect errors", figures.connect_errors, "connect errors"),
        ("read errors", figures.read_errors, "read errors"),
        ("write errors", figures.write_errors, "write errors"),
        ("timeouts", figures.timeouts, "timeout errors"),
        ("non-2xx or 3xx", figures.non_2xx, "status errors"),
    ):
        yield _ToolFigure(name, "", count, key)


def _of_k6(figures: K6Figures) -> Iterator[_ToolFigure]:
    yield _ToolFigure("requests", "", figures.requests, "http_reqs")
    yield _ToolFigure("iterations", "", figures.iterations, "iterations")
    for trend in _TRENDS:
        spread: Spread = getattr(figures, trend)
        ours = "iteration_duration" if trend == "iteration" else f"http_req_{trend}"
        for name, field in _STATISTICS:
            published = _ms(getattr(spread, field))
            yield _ToolFigure(f"{trend} {name}", "ms", published, f"{ours} {name}")


def _here(wanted: _ToolFigure, windows: Sequence[Window]) -> float | None:
    found = [
        value
        for window in windows
        if window.tool is not None
        for value in (_value(wanted, window.tool),)
        if value is not None
    ]
    if not found:
        return None
    return statistics.median(found) if wanted.unit else sum(found)


def _value(wanted: _ToolFigure, tool: ToolFigures) -> float | None:
    """Look a figure up, in its unit."""
    found = next((figure for figure in tool.figures if figure.name == wanted.key), None)
    if found is None:
        return None
    if wanted.per:
        span_us = tool.figure(wanted.per)
        return found.value / (span_us / 1e6) if span_us else None
    return found.value * _US_PER[found.unit] / 1_000 if wanted.unit == "ms" else found.value


def _ms(value_us: float | None) -> float | None:
    return None if value_us is None else value_us / 1_000
