"""Load on a fresh stack that is thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from timetrial.drivers.driver import Drive, Driver, Target
from timetrial.errors import StackFailed
from timetrial.runner.targets import setting, without_schedule
from timetrial.suite import Contest, WarmUp
from timetrial.units import seconds
from timetrial.workload import is_patient


def warm_up(
    parts: Sequence[tuple[Contest, Target]], limits: WarmUp, driver: Driver, cpus: tuple[int, ...]
) -> None:
    """Drive each contest's workload for its share of the warm-up, over connections of its own.

    A share ends with the first of two limits, requests and time, but lasts at least a while, and
    at least one response. Where the app waits for long, code hardly runs: such contests are left
    out, unless there are no others. Raises StackFailed when no correct response came at all.
    """
    parts = [part for part in parts if not is_patient(part[0].workload)] or parts
    share = len(parts)
    for contest, target in parts:
        load = without_schedule(contest.load)
        session = driver.open([target], setting(replace(contest, load=load), cpus))
        with session:
            first = session.drive(
                Drive(
                    target=0,
                    window_s=limits.at_most_s / share,
                    drain_s=load.timeout_s,
                    max_requests=max(load.connections, limits.requests // share),
                )
            )
            left_s = limits.at_least_s / share - seconds(first.drained_ns - first.started_ns)
            if left_s > 0:
                session.drive(Drive(0, left_s, drain_s=load.timeout_s))
        if not first.overall.ok:
            reason = f"gave no correct response in {first.overall.arrivals} requests"
            raise StackFailed("warm-up", f"{reason} of {contest.name}")
