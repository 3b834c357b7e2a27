"""One stack's figures, and ratios of load generators: means of logs over rounds, t intervals.

A round, in which every stack is started afresh, is the unit of replication (Kalibera & Jones,
Rigorous benchmarking in reasonable time, ISMM 2013); windows within one are not independent.
Logs, because noise is multiplicative, and because ratios of such means are means of ratios.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence

from timetrial._engine import Histogram
from timetrial.analysis.statistics.mean_inference import centre
from timetrial.model import (
    NOT_MEASURED,
    Estimate,
    HeldConnections,
    Measurement,
    Missing,
    MissingKind,
    Window,
)


def throughput(measurements: Sequence[Measurement]) -> Estimate | Missing:
    """Estimate correct responses a second, from the rounds' totals."""
    figures = [window_throughput(m.windows) for m in measurements]
    silent = sum(figure == 0 for figure in figures)
    if silent:
        return Missing(MissingKind.NO_CORRECT_RESPONSE, seen=silent, count=len(figures))
    return mean_of_logs(figures)


def cpu_s_per_1000(measurements: Sequence[Measurement]) -> Estimate | Missing:
    """Estimate CPU seconds of the server for 1,000 correct responses, from the rounds' totals."""
    if not measurements:
        return NOT_MEASURED
    figures = [window_cpu_s_per_1000(m.windows) for m in measurements]
    known = [figure for figure in figures if figure is not None]
    if not known:
        return Missing(MissingKind.NO_CPU_TIME)
    return mean_of_logs(known)


def memory_bytes(measurements: Sequence[Measurement]) -> Estimate | Missing:
    """Estimate the memory of the server's process tree after the benchmark, in bytes."""
    figures = [float(m.memory.total_bytes) for m in measurements]
    if not all(figures):
        return Missing(MissingKind.NO_MEMORY)
    return mean_of_logs(figures)


def connections_held(measurements: Sequence[Measurement]) -> Estimate | Missing:
    """Estimate the connections that were open at the end, of as many as were to be held."""
    figures = [float(held.held) for held in held_of(measurements)]
    if none := sum(not figure for figure in figures):
        return Missing(MissingKind.NONE_HELD, seen=none, count=len(figures))
    return mean_of_logs(figures)


def connection_bytes(measurements: Sequence[Measurement]) -> Estimate | Missing:
    """Estimate the memory of the server's process tree for each connection that it holds."""
    rounds = held_of(measurements)
    if none := sum(not held.looked_at for held in rounds):
        return Missing(MissingKind.NONE_HELD, seen=none, count=len(rounds))
    figures = [held.connection_bytes for held in rounds]
    known = [figure for figure in figures if figure is not None]
    if len(known) < len(figures):
        missing = len(figures) - len(known)
        return Missing(MissingKind.NO_GROWTH, seen=missing, count=len(figures))
    return mean_of_logs(known)


def held_of(measurements: Sequence[Measurement]) -> list[HeldConnections]:
    """List what became of the connections of each window that held some."""
    windows = (window for measurement in measurements for window in measurement.windows)
    return [window.held for window in windows if window.held is not None]


def events_per_s(measurements: Sequence[Measurement]) -> Estimate | Missing:
    """Estimate the events of streams a second, from the rounds' totals."""
    figures = [each for m in measurements if (each := window_events_per_s(m.windows)) is not None]
    if not figures:
        return NOT_MEASURED
    silent = sum(figure == 0 for figure in figures)
    if silent:
        return Missing(MissingKind.NO_CORRECT_RESPONSE, seen=silent, count=len(figures))
    return mean_of_logs(figures)


def mean_of_logs(figures: Sequence[float]) -> Estimate | Missing:
    """Estimate the centre of positive figures, one a round."""
    if not figures:
        return NOT_MEASURED
    logs = centre([math.log(figure) for figure in figures])
    return from_log(logs.mean, logs.half_width, len(figures))


def from_log(mean: float, half_width: float | None, rounds: int) -> Estimate:
    """Transform a mean of logs and its interval back to the figure's scale."""
    interval = None if half_width is None else (mean - half_width, mean + half_width)
    return from_log_interval(mean, interval, rounds)


def from_log_interval(mean: float, interval: tuple[float, float] | None, rounds: int) -> Estimate:
    """Transform a mean of logs, and any interval of it, back to the figure's scale."""
    low, high = interval or (None, None)
    return Estimate(
        math.exp(mean),
        None if low is None else math.exp(low),
        None if high is None else math.exp(high),
        rounds,
    )


def window_throughput(windows: Sequence[Window]) -> float:
    """Return correct responses a second, of one or several windows together."""
    # Lists, because most calls have one window: a generator would take longer than the sum.
    length_s = sum([window.length_s for window in windows])
    return sum([window.completions for window in windows]) / length_s if length_s else 0.0


def window_cpu_s_per_1000(windows: Sequence[Window]) -> float | None:
    """Return CPU seconds for 1,000 correct responses, of the windows with known CPU time."""
    known = [(w.server_cpu_s, w.completions_overall) for w in windows if w.server_cpu_s is not None]
    cpu_s = sum(cpu for cpu, _ in known)
    responses = sum(count for _, count in known)
    return cpu_s / responses * 1000 if cpu_s and responses else None


def window_events_per_s(windows: Sequence[Window]) -> float | None:
    """Return events a second: those behind another of their stream, and first ones.

    The first are those of the streams that were due in the window. None without streams.
    """
    streamed = [(window, window.streams) for window in windows if window.streams is not None]
    length_s = sum(window.length_s for window, _ in streamed)
    if not length_s:
        return None
    times = (text for _, streams in streamed for text in (streams.gap, streams.first_event_time))
    return sum(Histogram.decode(base64.b64decode(text)).count for text in times if text) / length_s


def throughput_ratio(
    one: Sequence[Measurement], other: Sequence[Measurement]
) -> Estimate | Missing:
    """Estimate the throughput of `one` over `other` from the rounds in which both have some."""
    rates = [
        {m.trial.round: window_throughput(m.windows) for m in measured} for measured in (one, other)
    ]
    both = [number for number in rates[0] if rates[0][number] and rates[1].get(number)]
    return mean_of_logs([rates[0][number] / rates[1][number] for number in both])
