"""The report of k6 at its end, and the meaning of its figures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ValidationError

from timetrial._engine import Histogram
from timetrial.drivers.driver import RequestResult
from timetrial.drivers.k6_plan import OUTCOMES, SHARES, SHOWN, TRENDS, in_window, stat
from timetrial.model import NS_PER_MS, Counts, ToolFailed, ToolFigure, ToolFigures

Phase = Literal["window", "outside"]

UNSEEN = (
    "how many connections were reached",
    "the bytes that a window brought",
    "the order of responses",
    "requests without an answer at the end",
    "how late it sent",
)
_BLIND = (
    (
        "Each of k6's windows is a process of its own: connections are opened in its lead-in, or "
        "in the window if there is none."
    ),
    (
        "Response times are k6's http_req_duration, which begins when the connection stands: "
        "waiting for one (blocked, connecting) is apart, and in an open load it does not begin "
        "when the request was due."
    ),
    f"k6 gives times as {len(SHARES):,} quantiles, between which times are taken to lie evenly.",
    (
        "k6 tells moments to the millisecond: whether a request belongs to a window, and how long "
        "an iteration took."
    ),
)
_OPEN = (
    "An open load's requests for which k6 had no free user were never sent: k6 counts them as "
    "dropped iterations, over lead-in and window together; they have no response time and are "
    "not among the requests."
)
DROPPED = "dropped_iterations"


class Metric(BaseModel):
    """One metric, or its part with certain tags."""

    values: dict[str, float]


class Window(BaseModel):
    """The limits of the window, in ms of the wall clock."""

    began: int
    opens: int
    closes: int


class Report(BaseModel):
    """The JSON document that k6.js writes; times in ms."""

    window: Window
    metrics: dict[str, Metric]

    def count(self, metric: str) -> int:
        """Return the value of a counter; k6 leaves out those that are 0."""
        found = self.metrics.get(metric)
        return 0 if found is None else round(found.values["count"])

    def histogram(self, metric: str) -> Histogram:
        found = self.metrics.get(metric)
        if found is None or not found.values.get("count"):
            return Histogram()
        values = found.values
        quantiles = [(share, NS_PER_MS * values[stat(share)]) for share in SHARES]
        return histogram_of(quantiles, round(values["count"]))


def read(file: Path) -> Report:
    """Read the report of k6.js. Raises ToolFailed if it is missing or malformed."""
    try:
        return Report.model_validate(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise ToolFailed("k6", f"left no report that can be read: {error}") from error


def counts(report: Report, steps: Sequence[int], phases: Sequence[Phase]) -> Counts:
    """Sum the outcomes of the requests of these steps, sent in these phases."""
    parts: dict[str, int] = {
        outcome: sum(report.count(f"tt_{p}_{step}_{outcome}") for p in phases for step in steps)
        for outcome in OUTCOMES
    }
    arrivals = sum(parts.values())
    del parts["other"]  # counts among the arrivals only
    return Counts(arrivals=arrivals, wrong_order=None, censored=None, **parts)


def by_request(report: Report, steps: int) -> tuple[RequestResult, ...]:
    if steps == 1:
        return ()
    return tuple(
        RequestResult(
            counts(report, [step], ["window"]),
            report.histogram(in_window("http_req_duration", step)),
        )
        for step in range(steps)
    )


def tool_figures(
    report: Report, version: str, command: Sequence[str], *, is_open: bool
) -> ToolFigures:
    return ToolFigures(
        name="k6",
        version=version,
        command=tuple(command),
        figures=tuple(_k6_figures(report)),
        unseen=UNSEEN,
        blind=(*_BLIND, _OPEN) if is_open else _BLIND,
    )


def _k6_figures(report: Report) -> Iterator[ToolFigure]:
    """List k6's own figures: times are those of the window, other figures include the lead-in."""
    for trend in TRENDS:
        yield from _trend(report, in_window(f"http_req_{trend}"), f"http_req_{trend}")
    inside = in_window("iteration_duration")
    whole = inside if inside in report.metrics else "iteration_duration"
    yield from _trend(report, whole, "iteration_duration")
    for name, unit in (
        ("iterations", ""),
        (DROPPED, ""),
        ("http_reqs", ""),
        ("data_received", "B"),
        ("data_sent", "B"),
    ):
        yield ToolFigure(name, report.count(name), unit)


def _trend(report: Report, metric: str, name: str) -> Iterator[ToolFigure]:
    found = report.metrics.get(metric)
    if found is not None and found.values.get("count"):
        for shown in SHOWN:
            yield ToolFigure(f"{name} {shown}", found.values[shown], "ms")


def histogram_of(quantiles: Sequence[tuple[float, float]], count: int) -> Histogram:
    """Return a histogram of `count` times, in ns, with these quantiles.

    `quantiles` are (share from 0 to 1, ns), in order, the first at 0 and the last at 1. The time of
    rank r (from 0) of n is the quantile at r / (n - 1), as k6 has it, by linear interpolation.
    """
    histogram = Histogram()
    for value_ns, number in Counter(_times(quantiles, count)).items():
        histogram.record(max(1, value_ns), number)
    return histogram


def _times(quantiles: Sequence[tuple[float, float]], count: int) -> list[int]:
    times = []
    place = 0
    for rank in range(count):
        share = rank / (count - 1) if count > 1 else 1.0
        while place < len(quantiles) - 2 and quantiles[place + 1][0] < share:
            place += 1
        (low, from_ns), (high, to_ns) = quantiles[place], quantiles[place + 1]
        along = (share - low) / (high - low)
        times.append(round(from_ns + (to_ns - from_ns) * along))
    return times
