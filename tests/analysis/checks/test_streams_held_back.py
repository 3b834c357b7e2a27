"""Streams that are held back, or lose events; the figures of those that do not."""

from __future__ import annotations

import base64
import dataclasses

import pytest
from subjects import a_history, a_round, found, severity_of

from runs import a_window, json_query
from timetrial._engine import Histogram
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.validity import validity_of
from timetrial.analysis.statistics.estimates import events_per_s
from timetrial.analysis.statistics.quantile import stream_time
from timetrial.analysis.summarize import parts
from timetrial.model import Estimate, StreamSpec, WindowStreams
from timetrial.model.suite import Benchmark

MS = 1_000_000
EVENTS, SPREAD_S = 25, 0.48


def times(count: int, each_ms: float) -> str:
    histogram = Histogram()
    histogram.record(round(each_ms * MS), count)
    return base64.b64encode(histogram.encode()).decode()


def streams(
    number: int = 400, *, gap_ms: float = 20.0, together: int = 0, lost: int = 0
) -> WindowStreams:
    return WindowStreams(
        events=EVENTS * number, came=EVENTS * number - lost, lost=lost, late=0, repeated=0,
        unnumbered=0, several=number, together=together, head_time=times(number, 1),
        first_byte_time=times(number, 2), first_event_time=times(number, 3),
        gap=times((EVENTS - 1) * number, gap_ms),
    )  # fmt: skip


def tokens(wait_s: float = SPREAD_S) -> Benchmark:
    benchmark = json_query(["granian", "uvicorn"])
    steps = tuple(
        dataclasses.replace(step, wait_s=wait_s, stream=StreamSpec("sse", "id", EVENTS))
        for step in benchmark.workload.steps
    )
    return dataclasses.replace(
        benchmark, workload=dataclasses.replace(benchmark.workload, steps=steps)
    )


def history(window: WindowStreams, wait_s: float = SPREAD_S) -> CellContext:
    rounds = [
        a_round(dataclasses.replace(a_window(completions=400), streams=window), round_=number)
        for number in range(1, 6)
    ]
    return a_history(*rounds, benchmark=tokens(wait_s))


@pytest.mark.parametrize(
    ("window", "wait_s", "severity"),
    [
        (streams(), SPREAD_S, None),
        (streams(gap_ms=0.01, together=400), SPREAD_S, "invalid"),
        (streams(gap_ms=1.0, together=100), SPREAD_S, "doubtful"),
        # Each waits long for a thread, and flows then.
        (streams(gap_ms=20.0, together=400), SPREAD_S, None),
        # The app sends all at once.
        (streams(gap_ms=0.01, together=400), 0.0, None),
    ],
)
def test_events_that_come_together_are_held_back_where_the_app_spreads_them(
    window: WindowStreams, wait_s: float, severity: str | None
) -> None:
    context = history(window, wait_s)
    assert severity_of("stream-buffered", context) == severity
    finding = found("stream-buffered", context)
    assert (finding is None) == (severity is None)
    if finding is not None and severity == "invalid":
        assert "in 2,000 of 2,000 streams (100 %) the first and the last event" in finding.evidence
        validity = validity_of(context.cell, [finding])
        assert (validity.void, validity.compares("throughput")) == (True, False)
        assert validity.voids("events_per_s")
        assert validity.voids("first_event_ns")


@pytest.mark.parametrize(("lost", "severity"), [(0, None), (2, "doubtful"), (500, "invalid")])
def test_lost_events_are_a_finding(lost: int, severity: str | None) -> None:
    context = history(streams(lost=lost))
    assert severity_of("events-lost", context) == severity
    if (finding := found("events-lost", context)) is not None:
        assert finding.evidence == f"of 50,000 events: {5 * lost:,} lost."


def test_events_a_second_are_those_of_the_windows() -> None:
    rate = events_per_s(history(streams()).measurements)
    assert isinstance(rate, Estimate)
    assert rate.value == pytest.approx(EVENTS * 400)
    plain = a_history(a_round())
    assert not isinstance(events_per_s(plain.measurements), Estimate)


def test_times_of_streams_are_parts_of_their_own() -> None:
    context = history(streams())
    assert [(part.kind, part.count) for part in parts(context)] == [
        ("head", 2_000), ("first byte", 2_000), ("first event", 2_000), ("gap", 48_000),
    ]  # fmt: skip
    first = stream_time(context.measurements, lambda each: each.first_event_time, 0.5)
    assert isinstance(first, Estimate)
    assert first.value == pytest.approx(3 * MS, rel=0.02)


def test_a_client_that_leaves_is_no_server_that_closes() -> None:
    window = dataclasses.replace(a_window(completions=400, connects=400), streams=streams())
    context = a_history(a_round(window), benchmark=tokens())
    assert found("reconnect-per-request", context) is None
