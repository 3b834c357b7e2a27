"""From the speed probe's readings in windows to one speed for each stack and round."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from timetrial.analysis.statistics.shared_variance import Figures
from timetrial.model import CovariateRefusal, Measurement, PairedMetric, Speed, Window

_Rounds = Mapping[int, Measurement]
BOUND_FROM = 0.9
"""Share of its CPUs, or of one CPU by its busiest process, from which a server is at its limit."""


def speeds_of(
    metric: PairedMetric, rounds: Mapping[str, _Rounds]
) -> Figures | CovariateRefusal | None:
    """Return the mean ln(CPU time) of the probe's work, by stack and round.

    None where no window has readings, or where speed has nothing to do with the metric.
    """
    windows = [w for own in rounds.values() for m in own.values() for w in m.windows]
    if metric == "memory_bytes" or not any(window.speed for window in windows):
        return None
    if len({window.speed.amount for window in windows if window.speed}) > 1:
        return "other-amounts"
    found = {
        name: {number: log_speed(measurement.windows) for number, measurement in own.items()}
        for name, own in rounds.items()
    }
    known = {
        name: {number: x for number, x in own.items() if x is not None}
        for name, own in found.items()
    }
    if any(len(known[name]) < len(own) for name, own in found.items()):
        return "no-readings"
    measured = [m for own in rounds.values() for m in own.values()]
    if metric == "throughput" and not all(map(is_server_bound, measured)):
        return "not-server-bound"
    return known


def log_speed(windows: Sequence[Window]) -> float | None:
    """Return the mean over readings, CPU by CPU; None where a window has no readings of a CPU."""
    speeds = [window.speed for window in windows]
    if not speeds or not all(map(_is_whole, speeds)):
        return None
    readings = [cpu for speed in speeds if speed for cpu in speed.cpus]
    by_cpu = {
        number: [(cpu.mean_log_ns, cpu.readings) for cpu in readings if cpu.cpu == number]
        for number in {cpu.cpu for cpu in readings}
    }
    means = [
        math.fsum(mean * count for mean, count in own) / sum(count for _, count in own)
        for own in by_cpu.values()
    ]
    return math.fsum(means) / len(means)


def _is_whole(speed: Speed | None) -> bool:
    return speed is not None and bool(speed.cpus) and all(cpu.readings for cpu in speed.cpus)


def is_server_bound(measurement: Measurement) -> bool:
    """Say whether the server, and nothing else, limited the throughput of its windows."""
    around = measurement.surroundings
    if around is None or not around.server_cpus or not around.passed_s:
        return False
    used_s = math.fsum(use.cpu_s for use in measurement.uses)
    busiest_s = max((use.cpu_s for use in measurement.uses), default=0.0)
    all_s = len(around.server_cpus) * around.passed_s
    return used_s >= BOUND_FROM * all_s or busiest_s >= BOUND_FROM * around.passed_s
