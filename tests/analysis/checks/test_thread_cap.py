"""Threads are named as the limit where they were, and nowhere else."""

from __future__ import annotations

import dataclasses

import pytest
from subjects import a_round, found

from runs import a_measurement, a_window, json_query, wait_50ms
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thread_cap import ThreadCap, thread_cap
from timetrial.model.load import ClosedLoad, OpenLoad
from timetrial.model.suite import Benchmark

BENCHMARK = dataclasses.replace(wait_50ms(["granian"]), load=ClosedLoad(32))


def served(
    per_s: int, *, cpu_s: float = 0.2, threads: int = 4, benchmark: Benchmark = BENCHMARK
) -> CellContext:
    """Make a stack of two workers that serves so many requests a second."""
    window = a_window(completions=per_s, connections=32, cpu_s=cpu_s)
    return CellContext(benchmark, "granian", (a_round(window),), workers=2, threads=threads)


def test_the_cap_is_threads_divided_by_the_time_of_a_request() -> None:
    cap = thread_cap(served(158))
    assert cap == ThreadCap(8, 0.05)
    assert cap.at_most_per_s == pytest.approx(160)
    finding = found("thread-cap", served(158))
    assert finding is not None
    assert finding.severity == "note"
    assert finding.evidence == "8 threads / 50.0 ms = 160 req/s at most, and 99 % of that came."


@pytest.mark.parametrize(
    "subject",
    [
        served(100),
        served(600),
        served(158, cpu_s=1.15),
        served(158, threads=0),
        served(158, benchmark=dataclasses.replace(BENCHMARK, load=ClosedLoad(8))),
        served(158, benchmark=dataclasses.replace(BENCHMARK, load=OpenLoad(160.0))),
    ],
    ids=[
        "something else was slower", "requests take no thread each", "the cores were busy",
        "an event loop", "no request waited for a thread", "a rate was asked for",
    ],
)  # fmt: skip
def test_it_is_not_the_reason_where_anything_else_may_be(subject: CellContext) -> None:
    assert thread_cap(subject) is None


def test_where_no_wait_is_known_the_response_time_below_capacity_tells() -> None:
    benchmark = dataclasses.replace(json_query(["granian"]), load=ClosedLoad(32))
    subject = served(395, benchmark=benchmark)
    assert thread_cap(subject) is None
    at_a_rate = a_measurement([a_window(times_ms={20.0: 900, 60.0: 100})])
    cap = thread_cap(dataclasses.replace(subject, unqueued=(at_a_rate,)))
    assert cap is not None
    assert cap.at_most_per_s == pytest.approx(400, rel=0.01)
