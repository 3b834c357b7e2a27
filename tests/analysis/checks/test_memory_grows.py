"""Memory that grows with requests is told from memory that one benchmark takes more of."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from subjects import a_history, found

from evidence import numbers_in
from runs import a_measurement, a_window
from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import MEMORY_GROWS
from timetrial.model.measurement import Measurement
from timetrial.model.units import NS_PER_S

FIRST, LAST = "at-50%", "json_query"
Memory = Callable[[str, int], float]
"""MiB by benchmark and place in the round."""


def a_history_of(memory: Memory, rounds: int = 8, *, swapped: bool = True) -> CellContext:
    """Make rounds of two benchmarks, in both orders in turn."""
    here: list[Measurement] = []
    elsewhere: list[Measurement] = []
    for number in range(1, rounds + 1):
        order = [FIRST, LAST] if number % 2 or not swapped else [LAST, FIRST]
        for place, benchmark in enumerate(order):
            window = a_window()
            begun = dataclasses.replace(window, started_ns=(2 * number + place) * NS_PER_S)
            measured = a_measurement(
                [begun],
                benchmark=benchmark,
                round_=number,
                memory_mib=memory(benchmark, place) + number % 3 / 10,
            )
            (here if benchmark == LAST else elsewhere).append(measured)
    return dataclasses.replace(a_history(*here), elsewhere=tuple(elsewhere))


def test_memory_that_grows_whichever_benchmark_comes_last_is_a_finding() -> None:
    leak = found(MEMORY_GROWS.name, a_history_of(lambda _benchmark, place: 60 + 30 * place))
    assert leak is not None
    assert leak.severity == "note"
    assert numbers_in(leak.evidence)[:4] == [50, 30.0, 1_100, 27.9]


def test_a_benchmark_of_more_requests_hides_no_leak() -> None:
    context = a_history_of(lambda benchmark, place: 60 + (90 if benchmark == LAST else 15) * place)
    busy = tuple(
        dataclasses.replace(
            each,
            windows=tuple(
                dataclasses.replace(w, completions_overall=6 * w.completions_overall)
                for w in each.windows
            ),
        )
        for each in context.measurements
    )
    leak = found(MEMORY_GROWS.name, dataclasses.replace(context, measurements=busy))
    assert leak is not None
    assert "KiB for each" in leak.evidence


def test_what_doubles_is_doubtful() -> None:
    leak = found(MEMORY_GROWS.name, a_history_of(lambda _benchmark, place: 60 + 60 * place))
    assert leak is not None
    assert leak.severity == "doubtful"


def test_a_benchmark_that_takes_more_memory_is_no_leak() -> None:
    heavier = a_history_of(lambda benchmark, _place: 90 if benchmark == LAST else 60)
    assert found(MEMORY_GROWS.name, heavier) is None


def test_what_the_kernel_never_gets_back_is_no_leak() -> None:
    def kept(benchmark: str, place: int) -> float:
        return 90 if benchmark == LAST or place else 60

    assert found(MEMORY_GROWS.name, a_history_of(kept)) is None


def test_nothing_is_reported_from_one_order_alone_or_from_few_rounds() -> None:
    def leaking(_benchmark: str, place: int) -> float:
        return 60 + 30 * place

    assert found(MEMORY_GROWS.name, a_history_of(leaking, swapped=False)) is None
    assert found(MEMORY_GROWS.name, a_history_of(leaking, rounds=4)) is None


def test_a_stack_has_the_finding_in_one_of_its_benchmarks() -> None:
    context = a_history_of(lambda _benchmark, place: 60 + 30 * place)
    other = dataclasses.replace(
        context,
        benchmark=dataclasses.replace(context.benchmark, name=FIRST),
        measurements=context.elsewhere,
        elsewhere=context.measurements,
    )
    assert found(MEMORY_GROWS.name, other) is None
