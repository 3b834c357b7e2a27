"""WebSockets that are spread unevenly over workers, beyond what chance does."""

from __future__ import annotations

import dataclasses
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from subjects import a_history, a_round, found

from runs import json_query
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.worker_connections import by_chance, is_uneven
from timetrial.model.suite import Benchmark


def of_messages() -> Benchmark:
    benchmark = json_query(["granian"])
    steps = tuple(dataclasses.replace(s, message="text") for s in benchmark.workload.steps)
    return dataclasses.replace(
        benchmark, workload=dataclasses.replace(benchmark.workload, steps=steps)
    )


def subject(
    *spreads: tuple[int, ...], workers: int = 2, benchmark: Benchmark | None = None
) -> CellContext:
    rounds = (
        dataclasses.replace(a_round(round_=number), by_worker=spread)
        for number, spread in enumerate(spreads, start=1)
    )
    return a_history(*rounds, benchmark=benchmark or of_messages(), workers=workers)


@pytest.mark.parametrize(
    ("spread", "uneven"),
    [
        ((8, 8), False),
        ((11, 5), False),  # more than twice as many, but among 16 that is chance
        ((16, 0), True),
        ((70, 30), True),
        ((60, 40), False),
        ((1_000, 900), False),
        ((40, 30, 20, 10), False),
        ((50, 25, 15, 10), True),
    ],
)
def test_a_gross_difference_that_chance_does_not_explain_is_uneven(
    spread: tuple[int, ...], *, uneven: bool
) -> None:
    assert is_uneven(spread) == uneven


def test_it_is_a_note_where_most_rounds_are_so() -> None:
    finding = found("worker-connections", subject((80, 20), (75, 25), (52, 48)))
    assert finding is not None
    assert finding.severity == "note"
    assert "of 100 WebSockets its 2 workers held 80, 20 (in 2 of 3 rounds" in finding.evidence
    assert found("worker-connections", subject((80, 20), (50, 50))) is None


def test_workers_without_any_connection_count() -> None:
    finding = found("worker-connections", subject((100,), workers=4))
    assert finding is not None
    assert "its 4 workers held 100, 0, 0, 0 (in one round" in finding.evidence


def test_requests_of_http_and_what_was_not_counted_say_nothing() -> None:
    http = json_query(["granian"])
    assert found("worker-connections", subject((100, 0), benchmark=http)) is None
    assert found("worker-connections", subject(())) is None
    assert found("worker-connections", subject((100,), workers=1)) is None


@given(st.lists(st.integers(0, 30), min_size=2, max_size=5).filter(any))
def test_the_bound_is_the_binomial_tail_of_every_worker(spread: list[int]) -> None:
    total, workers = sum(spread), len(spread)
    tail = sum(comb(total, k) * (workers - 1) ** (total - k) for k in range(max(spread), total + 1))
    assert by_chance(spread) == pytest.approx(min(1.0, workers * tail / workers**total))
