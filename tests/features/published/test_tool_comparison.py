"""The figures of k6 and wrk beside those that the same tool once printed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from runs import a_run
from samples import real, rows_of, sound
from timetrial.analysis.summarize import summarize
from timetrial.features.published.row import K6Figures, PublishedRow, WrkFigures
from timetrial.features.published.tool_comparison import ToolFigureComparison, compare_tool_figures
from timetrial.model.load_tool_report import DriverName, ToolFigure, ToolFigures
from timetrial.model.measurement import Measurement
from timetrial.model.summary import Summary
from timetrial.model.trial import Cell

OUR_CELL = Cell("json_query", "granian")


def driven(name: DriverName, *windows: Mapping[str, tuple[float, str]]) -> Summary:
    """Let a tool have said this of the windows of a round, the only one."""

    def told(each: Measurement) -> Measurement:
        return dataclasses.replace(
            each,
            windows=tuple(
                dataclasses.replace(window, tool=_figures(name, figures))
                for window, figures in zip(each.windows, windows, strict=False)
            ),
        )

    run = a_run()
    first = next(m for m in run.measurements if m.trial.cell == OUR_CELL)
    return summarize(dataclasses.replace(run, measurements=(told(first),)))


def _figures(name: DriverName, figures: Mapping[str, tuple[float, str]]) -> ToolFigures:
    listed = tuple(ToolFigure(key, value, unit) for key, (value, unit) in figures.items())
    return ToolFigures(name, "1", (), listed, (), ())


def beside(summary: Summary, row: PublishedRow) -> dict[str, ToolFigureComparison]:
    row = dataclasses.replace(row, cell=OUR_CELL)
    return {figure.name: figure for figure in compare_tool_figures(summary, row)}


def test_what_wrk_printed_stands_beside_what_it_says_here() -> None:
    told = {
        "duration": (2_000_000.0, "µs"),
        "requests": (400.0, ""),
        "bytes": (8_000.0, "B"),
        "latency stdev": (1_500.0, "µs"),
        "read errors": (3.0, ""),
        "status errors": (4.0, ""),
    }
    found = beside(driven("wrk", told, {**told, "latency stdev": (2_500.0, "µs")}), sound())
    assert found["latency stdev"] == ToolFigureComparison("latency stdev", "ms", 10.0, 2.0)
    assert found["transfer/s"] == ToolFigureComparison("transfer/s", "B/s", 200_000.0, 4_000.0)
    assert found["requests/s"].here == 200.0
    assert (found["read errors"].here, found["non-2xx or 3xx"].here) == (6.0, 8.0)
    assert {"connect errors", "write errors", "timeouts", "latency p99"} <= found.keys()


def test_what_k6_printed_stands_beside_what_it_says_here() -> None:
    row = real("sync-vs-async", "visit", "sync-2")
    assert isinstance(row.figures, K6Figures)
    told = {"http_req_blocked p(95)": (1.5, "ms"), "iteration_duration avg": (400.0, "ms")}
    found = beside(driven("k6", told), row)
    for trend in ("blocked", "sending", "waiting", "receiving", "duration", "iteration"):
        for statistic in ("avg", "min", "med", "max", "p(90)", "p(95)"):
            assert found[f"{trend} {statistic}"].published is not None
    assert found["blocked p(95)"].published == row.figures.blocked.p95_us / 1_000
    assert found["blocked p(95)"].here == 1.5
    assert found["iteration avg"].here == 400.0
    assert found["sending max"].here is None


def test_another_driver_has_no_figures_to_compare() -> None:
    assert beside(driven("k6", {}), sound()) == {}
    assert beside(summarize(a_run()), sound()) == {}


def test_every_figure_that_wrk_printed_is_listed() -> None:
    row = next(row for row in rows_of("pipelining") if isinstance(row.figures, WrkFigures))
    found = beside(driven("wrk", {"requests": (1.0, "")}), row)
    assert len(found) == 15
