"""Real published rows, a sound one, and a small collection that stands beside invented runs."""

from __future__ import annotations

import dataclasses
from functools import cache

from timetrial.features.published.collection import Claim, Collection, Pair
from timetrial.features.published.loader import read_collection
from timetrial.features.published.row import (
    K6Figures,
    PublishedRow,
    ScenarioLoad,
    Spread,
    WrkFigures,
    WrkLoad,
)
from timetrial.model.trial import Cell

FIRST, SECOND = "first document", "second document"


@cache
def rows_of(suite: str) -> tuple[PublishedRow, ...]:
    return read_collection(suite).rows


def real(suite: str, benchmark: str, stack: str, document: str = "") -> PublishedRow:
    """Find one published row; without a document, in the first that has it."""
    return next(
        row
        for row in rows_of(suite)
        if row.cell == Cell(benchmark, stack) and row.document.endswith(document)
    )


def sound(
    requests: int = 10_000,
    *,
    stack: str = "granian",
    benchmark: str = "json_query",
    document: str = "a document",
    wait_s: float = 0.0,
) -> PublishedRow:
    """Make a row of 10 s with 100 connections that nothing is to be said against."""
    figures = WrkFigures(
        tool="wrk",
        requests=requests,
        elapsed_s=10.0,
        requests_per_s=requests / 10,
        bytes_read=requests * 200,
        latency_mean_us=1e9 / requests if requests else 0.0,
        latency_stdev_us=10_000,
        latency_max_us=400_000,
        latency_p50_us=90_000,
        latency_p99_us=300_000,
    )
    load = WrkLoad(connections=100, duration_s=10.0, threads=2)
    cell = Cell(benchmark, stack)
    return PublishedRow("quick", document, stack, benchmark, cell, wait_s, load, figures)


def changed(row: PublishedRow, *, timeouts: int, latency_mean_us: float) -> PublishedRow:
    assert isinstance(row.figures, WrkFigures)
    figures = dataclasses.replace(row.figures, timeouts=timeouts, latency_mean_us=latency_mean_us)
    return dataclasses.replace(row, figures=figures)


def sound_users(rate: float = 100.0) -> PublishedRow:
    """Make a k6 row far below its ceiling; all users' time is spent in requests and thinking."""
    iterations = rate / 3
    iteration_s = 10 / iterations
    duration_us = (iteration_s - 0.1) / 3 * 1e6
    blocked, duration, iteration = (_spread(x) for x in (3.0, duration_us, iteration_s * 1e6))
    figures = K6Figures(
        tool="k6",
        requests=round(rate * 60),
        requests_per_s=rate,
        iterations=round(iterations * 60),
        iterations_per_s=iterations,
        users_at_the_end=10,
        users_at_most=10,
        blocked=blocked,
        connecting=blocked,
        tls_handshaking=_spread(0),
        sending=blocked,
        waiting=duration,
        receiving=blocked,
        duration=duration,
        iteration=iteration,
    )
    load = ScenarioLoad(users=10, duration_s=60, think_s=0.1, steps=3)
    cell = Cell("visit", "uvicorn-2")
    return PublishedRow(
        "sync-vs-async", "a document", "uvicorn", "25 ms", cell, 0.025, load, figures
    )


def a_collection(*claims: Claim) -> Collection:
    """Publish four of the five servers of the invented runs, and one that they do not have."""
    rows = (
        sound(54_000, stack="granian"),
        sound(23_000, stack="gunicorn"),
        sound(39_000, stack="uvicorn"),
        sound(90_000, stack="waitress"),
        sound(10_000, stack="meteor"),
    )
    return Collection("quick", "Servers of long ago", rows, claims)


def a_claim(one: str, other: str, relation: str = "higher", benchmark: str = "json_query") -> Claim:
    pair = Pair(Cell(benchmark, one), Cell(benchmark, other))
    times = (2.0, 3.0) if relation == "times" else None
    return Claim(f"{one} against {other}", relation, (pair,), times)  # type: ignore[arg-type]  # tests name all three


def _spread(mean_us: float) -> Spread:
    return Spread(mean_us, 0.0, mean_us, mean_us * 2, mean_us, mean_us)
