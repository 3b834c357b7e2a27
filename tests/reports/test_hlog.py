"""The log of histograms, read back by the reference library for Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import scenes

from runs import a_run, a_suite
from timetrial.analysis.statistics.quantile import merged
from timetrial.analysis.summarize import summarize
from timetrial.model.summary import Estimate, Summary
from timetrial.model.trial import Cell
from timetrial.reports.cells import cells
from timetrial.reports.hlog import as_hlog, tag

log = pytest.importorskip("hdrh.log", reason="needs the package hdrhistogram")
hdrh = pytest.importorskip("hdrh.histogram", reason="needs the package hdrhistogram")

Reference = Any
"""A histogram of the reference library, which has no types."""
HOUR_NS = 3_600_000_000_000


def intervals(summary: Summary, folder: Path) -> list[Reference]:
    file = folder / "run.hlog"
    file.write_text(as_hlog(summary))
    reader = log.HistogramLogReader(str(file), hdrh.HdrHistogram(1, HOUR_NS, 3))
    found = []
    while (histogram := reader.get_next_interval_histogram()) is not None:
        found.append(histogram)
    reader.input_file.close()
    return found


def added_up(found: list[Reference], cell: Cell) -> Reference:
    total = hdrh.HdrHistogram(1, HOUR_NS, 3)
    for each in found:
        if each.get_tag() == tag(cell):
            total.add(each)
    return total


def test_the_reference_reader_finds_the_percentiles_of_the_summary(tmp_path: Path) -> None:
    summary = scenes.good()
    found = intervals(summary, tmp_path)
    for cell in cells(summary):
        total = added_up(found, cell.validity.cell)
        ours = merged(w for m in cell.measurements for w in m.windows)
        assert total.get_total_count() == ours.count
        for q in (0.5, 0.9, 0.99):
            theirs = total.get_value_at_percentile(100 * q)
            assert theirs == pytest.approx(ours.quantile(q), rel=0.002)
        row = next(r for r in cell.table.rows if r.stack.name == cell.stack.name)
        assert isinstance(row.p50_ns, Estimate)
        assert total.get_value_at_percentile(50) == pytest.approx(row.p50_ns.value, rel=0.002)


def test_an_interval_is_a_window_with_its_time_and_length(tmp_path: Path) -> None:
    summary = summarize(a_run(a_suite(["uvicorn"])))
    windows = sorted(
        (w for m in summary.run.measurements for w in m.windows), key=lambda w: w.opened_ns
    )
    found = intervals(summary, tmp_path)
    assert len(found) == len(windows)
    begun_ms = found[0].get_start_time_stamp()
    for histogram, window in zip(found, windows, strict=True):
        since_ms = (window.opened_ns - windows[0].opened_ns) / 1e6
        assert histogram.get_start_time_stamp() - begun_ms == pytest.approx(since_ms, abs=1)
        length_ms = histogram.get_end_time_stamp() - histogram.get_start_time_stamp()
        assert length_ms == pytest.approx(1_000 * window.length_s, abs=1)


def test_times_are_those_of_the_day_of_the_run(tmp_path: Path) -> None:
    first = intervals(scenes.good(), tmp_path)[0]
    assert first.get_start_time_stamp() / 1_000 == pytest.approx(1_791_970_013, abs=1)


def test_response_times_that_are_void_are_left_out_and_named(tmp_path: Path) -> None:
    summary = scenes.troubled()
    tags = {each.get_tag() for each in intervals(summary, tmp_path)}
    assert "json_query/gunicorn" not in tags
    assert "json_query/uvicorn" in tags
    benchmarks = ("json_query", "wait_50ms")
    left_out = [line for line in as_hlog(summary).splitlines() if line.startswith("#Left out")]
    void = [
        f"#Left out: {name}/gunicorn, its response times are void by errors." for name in benchmarks
    ]
    absent = [f"#Left out: {name}/waitress, nothing was measured." for name in benchmarks]
    assert sorted(left_out) == sorted([*void, *absent])


def test_a_tag_has_nothing_in_it_that_ends_a_tag() -> None:
    assert tag(Cell("a, b", "c\nd")) == "a_b/c_d"


@pytest.mark.parametrize("name", scenes.ALL)
def test_every_run_makes_a_log(name: str, tmp_path: Path) -> None:
    intervals(scenes.ALL[name](), tmp_path)
