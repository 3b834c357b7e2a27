"""What the figures of a record cannot be, although their types allow it."""

from __future__ import annotations

import base64
import dataclasses
import math
from collections.abc import Iterable, Iterator

from timetrial._engine import Histogram
from timetrial.model import CountedStack, Counting, Experiment, Measurement, Plan, StackLife
from timetrial.model.measurement import Counts, Window

_LATEST_NS = 2**63
"""The kernel's clocks count in signed numbers of 64 bits."""
_COUNTED = tuple(field.name for field in dataclasses.fields(Counts))


def problem_of_plan(plan: Plan) -> str | None:
    """Say what in a plan cannot be; None: all can."""
    for place, benchmark in enumerate(plan.suite.benchmarks):
        if not benchmark.window_s > 0 or benchmark.lead_in_s < 0 or benchmark.windows < 1:
            return f"suite.benchmarks.{place} has windows without a length"
        if set(benchmark.stacks) - {stack.name for stack in plan.suite.stacks}:
            return f"suite.benchmarks.{place} names a stack that the suite does not have"
    return None


def problem_of_measurement(measurement: Measurement) -> str | None:
    """Say what in a measurement cannot be; None: all can."""
    for place, window in enumerate(measurement.windows):
        if problem := next(_problems_of_window(window), None):
            return f"windows.{place}.{problem}"
    others: dict[str, Iterable[float]] = {
        "memory": (measurement.memory.anonymous_bytes, measurement.memory.file_bytes),
        "uses": (use.cpu_s for use in measurement.uses),
        "by_worker": measurement.by_worker,
        "log_bytes": () if measurement.log_bytes is None else (measurement.log_bytes,),
    }
    for name, figures in others.items():
        if any(_is_no_amount(figure) for figure in figures):
            return f"{name} has a figure that is negative or no number"
    return None


def problem_of_life(life: StackLife) -> str | None:
    """Say what in a life of a stack cannot be; None: all can."""
    if not 0 <= life.started_ns <= life.ready_ns <= life.stopped_ns < _LATEST_NS:
        return "started_ns, ready_ns and stopped_ns are not in this order"
    for series in life.warm_up:
        figures = (*series.lengths_s, *series.completions, *series.server_cpu_s, series.wait_s)
        if any(figure is not None and _is_no_amount(figure) for figure in figures):
            return "warm_up has a figure that is negative or no number"
    return None


def problem_of_experiment(experiment: Experiment | Counting) -> str | None:
    """Say what in a counted start cannot be; None: all can."""
    if not isinstance(experiment, CountedStack):
        return None
    counts = [(experiment.instructions, experiment.system_calls)]
    counts += [(each.instructions, each.system_calls) for each in experiment.requests]
    if any(
        _is_no_amount(instructions) or _is_no_amount(calls or 0.0) for instructions, calls in counts
    ):
        return "it has a count that is negative or no number"
    return None


def damaged_histogram(measurement: Measurement) -> str | None:
    """Name the first histogram that cannot be decoded. It takes a while: none is left out."""
    for place, window in enumerate(measurement.windows):
        for name, text in _histograms(window):
            try:
                Histogram.decode(base64.b64decode(text, validate=True))
            except ValueError:
                return f"windows.{place}.{name} is no histogram"
    return None


def _problems_of_window(window: Window) -> Iterator[str]:
    times = (window.started_ns, window.opened_ns, window.closed_ns, window.drained_ns)
    if not 0 <= times[0] <= times[1] < times[2] <= times[3] < _LATEST_NS:
        yield "started_ns, opened_ns, closed_ns and drained_ns are not in this order"
    for name in (
        "completions", "completions_overall", "server_cpu_s", "generator_cpu_s",
        "generator_threads", "connections_reached", "connects", "bytes_received",
        "generator_wait_s", "server_wait_s", "generator_gap_s", "compressing",
    ):  # fmt: skip
        figure: float | None = getattr(window, name)
        if figure is not None and _is_no_amount(figure):
            yield f"{name} is {_shown(figure)}"
    if any(map(_is_no_amount, window.series)):
        yield "series has a negative number"
    yield from _problems_of_parts(window)
    yield from _problems_of_counts("counts", window.counts)
    for place, step in enumerate(window.steps):
        yield from _problems_of_counts(f"steps.{place}.counts", step.counts)


def _problems_of_parts(window: Window) -> Iterator[str]:
    parts = {"held": window.held, "streams": window.streams, "beside": window.beside}
    for where, part in parts.items():
        for name, figure in () if part is None else dataclasses.asdict(part).items():
            if isinstance(figure, int | float) and _is_no_amount(figure):
                yield f"{where}.{name} is {_shown(figure)}"


def _problems_of_counts(where: str, counts: Counts) -> Iterator[str]:
    parts = {name: getattr(counts, name) for name in _COUNTED}
    for name, count in parts.items():
        if count is not None and _is_no_amount(count):
            yield f"{where}.{name} is {_shown(count)}"
    arrivals = parts.pop("arrivals")
    if sum(filter(None, parts.values())) > arrivals:
        yield f"{where} has more outcomes than arrivals"


def _histograms(window: Window) -> Iterator[tuple[str, str]]:
    yield "response_time", window.response_time
    for place, step in enumerate(window.steps):
        yield f"steps.{place}.response_time", step.response_time
    for name in ("iteration_time", "connect_time", "lateness"):
        if text := getattr(window, name):
            yield name, text
    if (streams := window.streams) is not None:
        for name in ("head_time", "first_byte_time", "first_event_time", "gap"):
            if text := getattr(streams, name):
                yield f"streams.{name}", text


def _is_no_amount(figure: float) -> bool:
    return not 0 <= figure < _LATEST_NS or not math.isfinite(figure)


def _shown(figure: float) -> str:
    return f"{figure:g}" if isinstance(figure, float) or abs(figure) < _LATEST_NS else "too large"
