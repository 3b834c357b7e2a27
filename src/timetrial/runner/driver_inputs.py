"""What the generator is pointed at, and how it drives."""

from __future__ import annotations

from timetrial.drivers.driver import Drive, Request, SessionConfig, Target
from timetrial.model.load import (
    ClosedLoad,
    CrowdLoad,
    Load,
    OpenLoad,
    RateLoad,
    ShareLoad,
    Stage,
    UserLoad,
)
from timetrial.model.suite import Contest, Stack
from timetrial.model.workload import Step, Workload
from timetrial.runner.starter import LiveStack

_WARM_UP_CONNECTIONS = 32


def target(running: LiveStack, stack: Stack, contest: Contest) -> Target:
    address = f"{running.launch.host}:{running.launch.port}"
    return target_at(address, stack, contest)


def target_at(address: str, stack: Stack, contest: Contest) -> Target:
    requests = tuple(_request(step, stack) for step in contest.workload.steps)
    return Target(address=address, host=address, requests=requests)


def setting(contest: Contest, cpus: tuple[int, ...]) -> SessionConfig:
    load = contest.load
    return SessionConfig(
        connections=load.connections,
        cpus=cpus,
        timeout_s=load.timeout_s,
        pipeline=load.pipeline,
        fresh_connections=load.fresh_connections,
    )


def drive(contest: Contest, place: int, seed: int) -> Drive:
    """Drive the contest's load at the target in that place; `seed` is of arrivals and thoughts."""
    length_s = contest.lead_in_s + contest.window_s
    return Drive(
        target=place,
        lead_in_s=contest.lead_in_s,
        window_s=contest.window_s,
        drain_s=contest.load.timeout_s,
        open=_schedule(contest.load, length_s, seed),
        users=_users(contest.load, contest.workload, seed),
    )


def without_schedule(load: Load) -> ClosedLoad:
    """Return the closed load that warms up for a load: no thinking, no waiting for arrivals."""
    if isinstance(load, ClosedLoad):
        return load
    return ClosedLoad(min(load.connections, _WARM_UP_CONNECTIONS), load.timeout_s)


def _request(step: Step, stack: Stack) -> Request:
    return Request(
        step.paths[stack.interface],
        step.expect,
        step.method,
        tuple(step.headers.items()),
        step.body.encode(),
    )


def _schedule(load: Load, length_s: float, seed: int) -> OpenLoad | None:
    if isinstance(load, ShareLoad):
        raise TypeError(f"{load}: there is no rate before a pilot")
    if not isinstance(load, RateLoad):
        return None
    return OpenLoad((Stage(length_s, load.rate_per_s, load.rate_per_s),), load.arrival, seed)


def _users(load: Load, workload: Workload, seed: int) -> UserLoad | None:
    if not isinstance(load, CrowdLoad):
        return None
    return UserLoad(tuple(step.think for step in workload.steps), seed)
