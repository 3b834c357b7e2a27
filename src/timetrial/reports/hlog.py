"""Response times as a log of HdrHistogram (version 1.3), for its plotters and readers.

One interval is one window of one stack; benchmark and stack are its tag. Histograms are in ns, the
maximum beside each is in ms, as readers expect it. They are those that were recorded: what the
log adds up to is what the summary's quantiles are taken from.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from timetrial._engine import Histogram
from timetrial.model import NS_PER_MS, Cell, Summary, Window, comma_separated, seconds
from timetrial.reports.cells import MeasuredCell, cells
from timetrial.reports.redaction import masked

LEGEND = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"'
_NOT_IN_TAGS = re.compile(r"[\s,]+")


def as_hlog(summary: Summary) -> str:
    """Write the windows of all cells whose response times are valid, in the order of time."""
    return "\n".join(_lines(masked(summary))) + "\n"


def tag(cell: Cell) -> str:
    """Name a cell as 'benchmark/stack', without characters that would end a tag."""
    return _NOT_IN_TAGS.sub("_", f"{cell.benchmark}/{cell.stack}")


def _lines(summary: Summary) -> Iterator[str]:
    measured = list(cells(summary))
    shown = [cell for cell in measured if not cell.validity.response_time_void_by]
    windows = sorted(
        (
            (window.opened_ns, tag(cell.validity.cell), window)
            for cell in shown
            for measurement in cell.counted()
            for window in measurement.windows
            if window.response_time
        ),
        key=lambda entry: entry[:2],
    )
    start_ns = windows[0][0] if windows else 0
    yield f"#Timetrial run {summary.run.number}: {_one_line(summary.run.plan.suite.title)}"
    yield "#Response times in ns. Tags are benchmark/stack, an interval is a window."
    yield from _left_out(measured)
    yield "#[Histogram log format version 1.3]"
    yield _start(summary.run.created_at)
    yield LEGEND
    for opened_ns, name, window in windows:
        yield _interval(seconds(opened_ns - start_ns), name, window)


def _left_out(measured: list[MeasuredCell]) -> Iterator[str]:
    for cell in measured:
        name = tag(cell.validity.cell)
        if void_by := cell.validity.response_time_void_by:
            yield f"#Left out: {name}, its response times are void by {', '.join(void_by)}."
        elif not cell.measurements:
            yield f"#Left out: {name}, nothing was measured."
    for benchmark, rounds in {c.table.benchmark.name: c.left_out for c in measured}.items():
        if rounds:
            numbers = comma_separated(sorted(rounds))
            where = _one_line(benchmark)
            yield f"#Left out: rounds {numbers} of {where}, the machine was disturbed."


def _start(created_at: str) -> str:
    """Write when the run began; timestamps of intervals are seconds after that."""
    try:
        begun = datetime.fromisoformat(created_at).astimezone(UTC)
    except ValueError:
        begun = datetime.fromtimestamp(0, UTC)
    epoch_s = begun.timestamp()
    return (
        f"#[StartTime: {epoch_s:.3f} (seconds since epoch), {begun.isoformat(' ')}]\n"
        f"#[BaseTime: {epoch_s:.3f} (seconds since epoch)]"
    )


def _interval(start_s: float, name: str, window: Window) -> str:
    longest_ns = Histogram.decode(base64.b64decode(window.response_time)).max_ns
    figures = f"{start_s:.3f},{window.length_s:.3f},{longest_ns / NS_PER_MS:.3f}"
    return f"Tag={name},{figures},{window.response_time}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
