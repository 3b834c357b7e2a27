"""Which starts are counted after a run, and what is kept of them."""

from __future__ import annotations

import dataclasses
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs import a_run, a_suite, json_query
from timetrial.features.counting.afterwards import count_all, counting_of, planned, still_due
from timetrial.features.counting.figure import Figure
from timetrial.features.counting.requests import CountedRequest
from timetrial.model import (
    Cell,
    CountedStack,
    Counting,
    CountingStack,
    Event,
    Request,
    Suite,
    UncountedStack,
)

STACKS = ("granian", "uvicorn")
CELLS = tuple(Cell("json_query", name) for name in STACKS)


def counted(cell: Cell) -> CountedStack:
    return CountedStack(cell.stack, cell.benchmark, "Valgrind 3.19.0", 1e6, 9.0)


def a_suite_with_the_same_requests_twice() -> Suite:
    again = dataclasses.replace(json_query(STACKS), name="half of the capacity")
    suite = a_suite(STACKS)
    control = dataclasses.replace(suite.stacks[0], name="granian again", control_of="granian")
    return dataclasses.replace(
        suite,
        stacks=(*suite.stacks, control),
        benchmarks=(json_query((*STACKS, control.name)), again),
    )


def test_each_stack_is_counted_once_for_the_same_requests_and_a_control_never() -> None:
    suite = a_suite_with_the_same_requests_twice()
    measured = [Cell(each.name, stack) for each in suite.benchmarks for stack in each.stacks]
    assert planned(suite, measured) == CELLS


def test_what_was_not_measured_is_not_counted() -> None:
    suite = a_suite_with_the_same_requests_twice()
    later = Cell("half of the capacity", "uvicorn")
    assert planned(suite, [CELLS[0], later]) == (CELLS[0], later)


def test_what_was_counted_before_is_not_counted_again() -> None:
    failed = UncountedStack("uvicorn", "json_query", "start: it exited", "")
    assert still_due(CELLS, [counted(CELLS[0]), failed]) == (CELLS[1],)


def test_all_are_kept_in_order_and_told() -> None:
    kept: list[Counting] = []
    told: list[Event] = []
    count_all(CELLS, lambda cell, _: counted(cell), kept.append, told.append, at_once=2)
    assert kept == [counted(cell) for cell in CELLS]
    assert [(e.stack, e.done, e.total) for e in told if isinstance(e, CountingStack)] == [
        ("granian", 0, 2), ("uvicorn", 1, 2),
    ]  # fmt: skip


def test_an_interruption_cancels_what_is_being_counted() -> None:
    cancelled: list[threading.Event] = []

    def interrupted(cell: Cell, event: threading.Event) -> Counting:
        cancelled.append(event)
        if cell == CELLS[0]:
            raise KeyboardInterrupt
        assert event.wait(60)
        return counted(cell)

    kept: list[Counting] = []
    with pytest.raises(KeyboardInterrupt):
        count_all(CELLS, interrupted, kept.append, lambda _: None, at_once=2)
    assert all(event.is_set() for event in cancelled)
    assert kept == []


@given(
    costs=st.lists(
        st.tuples(st.floats(1, 1e9), st.floats(1, 100), st.integers(1, 50)), min_size=1, max_size=5
    )
)
def test_a_mean_lies_between_its_requests(costs: list[tuple[float, float, int]]) -> None:
    requests = [
        CountedRequest(str(place), Request("/"), weight)
        for place, (_, _, weight) in enumerate(costs)
    ]
    figures = {
        str(place): Figure(instructions, calls)
        for place, (instructions, calls, _) in enumerate(costs)
    }
    found = counting_of(CELLS[0], "Valgrind", figures, requests)
    several = [instructions for instructions, _, _ in costs]
    assert min(several) * (1 - 1e-9) <= found.instructions <= max(several) * (1 + 1e-9)
    assert len(found.requests) == (len(costs) if len(costs) > 1 else 0)
    if found.requests:
        assert sum(each.share for each in found.requests) == pytest.approx(1)


def test_a_counter_that_knows_no_system_calls_says_none() -> None:
    requests = [CountedRequest("GET /", Request("/"), 1.0)]
    found = counting_of(CELLS[0], "the CPU", {"GET /": Figure(5.0, 0.0)}, requests)
    assert (found.instructions, found.system_calls) == (5.0, None)


def test_a_run_has_none_unless_it_was_asked_for() -> None:
    assert a_run(a_suite(STACKS)).countings == ()
