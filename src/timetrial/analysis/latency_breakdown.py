"""What clients of one cell went through, part by part. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Literal

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.reconnects import reconnects
from timetrial.analysis.statistics import quantile
from timetrial.model.measurement import Counts
from timetrial.model.summary import Estimate, Missing, Part

_Quantile = Callable[[float], Estimate | Missing]


def parts(context: CellContext) -> tuple[Part, ...]:
    """List steps, iteration and connecting, each where there is more to say than one figure."""
    return (*_steps(context), *_iteration(context), *_connecting(context))


def _steps(context: CellContext) -> Iterator[Part]:
    windows = list(context.windows())
    if not windows or not all(window.steps for window in windows):
        return
    workload = context.benchmark.workload
    requests = workload.distinct()
    names = _distinct([workload.steps[places[0]].label for places in requests])
    for places, name in zip(requests, names, strict=True):
        results = [window.steps[place] for window in windows for place in places]
        longest = quantile.decoded(result.response_time for result in results).max_ns
        at = partial(quantile.step_response_time, context.measurements, places)
        yield _part("step", name, at, longest, [result.counts for result in results])


def _distinct(labels: Sequence[str]) -> Iterator[str]:
    """Number the labels that are alike: a client may ask for one path twice."""
    for place, label in enumerate(labels):
        number = labels[: place + 1].count(label)
        yield f"{label} (no. {number})" if labels.count(label) > 1 else label


def _iteration(context: CellContext) -> Iterator[Part]:
    times = quantile.decoded(window.iteration_time for window in context.windows())
    if times.count:
        at = partial(quantile.iteration_time, context.measurements)
        done = Counts(arrivals=times.count, ok=times.count)
        yield _part("iteration", "iteration", at, times.max_ns, [done])


def _connecting(context: CellContext) -> Iterator[Part]:
    """Say how long connecting took where many requests, or whole trials, began with it."""
    times = quantile.decoded(window.connect_time for window in context.windows())
    if times.count and (context.benchmark.mode == "whole" or reconnects(context)):
        at = partial(quantile.connect_time, context.measurements)
        done = Counts(arrivals=times.count, ok=times.count)
        yield _part("connect", "connect", at, times.max_ns, [done])


def _part(
    kind: Literal["step", "iteration", "connect"],
    name: str,
    at: _Quantile,
    max_ns: int,
    counts: Sequence[Counts],
) -> Part:
    return Part(
        kind=kind,
        name=name,
        p50_ns=at(0.50),
        p90_ns=at(0.90),
        p99_ns=at(0.99),
        max_ns=max_ns,
        count=sum(each.arrivals for each in counts),
        failed=sum(each.failed for each in counts),
    )
