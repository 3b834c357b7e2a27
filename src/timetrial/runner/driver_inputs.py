"""The inputs of a driver: its targets, the configuration of a session, and a drive."""

from __future__ import annotations

from dataclasses import replace

from timetrial.drivers.driver import LoadSpec, SessionConfig, Target, Tls
from timetrial.model import (
    ArrivalSchedule,
    Benchmark,
    CapacityShareLoad,
    ClosedLoad,
    HeldStreams,
    IdleConnections,
    Load,
    OpenLoad,
    Stack,
    Stage,
    ThinkSchedule,
    VirtualUsers,
    Workload,
)
from timetrial.runner.starter import LiveStack

_WARM_UP_CONNECTIONS = 32


def target(running: LiveStack, stack: Stack, benchmark: Benchmark) -> Target:
    """Return a running stack as the target of a benchmark."""
    launch, transport = running.launch, benchmark.transport
    address = f"{launch.host}:{launch.port}"
    plain = target_at(address, stack, benchmark)
    if launch.authority is None:
        return plain
    resumes = transport is not None and transport.resumes_tls
    return replace(plain, tls=Tls(launch.host, launch.authority.read_bytes(), resumes=resumes))


def target_at(address: str, stack: Stack, benchmark: Benchmark) -> Target:
    """Return the target of a benchmark at an address; nothing there is trusted over TLS."""
    requests = tuple(step.request(stack.interface) for step in benchmark.workload.steps)
    return Target(
        address=address,
        host=address,
        requests=requests,
        tls=Tls(address, b"") if stack.is_encrypted else None,
        is_http2=benchmark.is_http2,
        deflates=benchmark.workload.deflates,
    )


def beside_target(running: LiveStack, stack: Stack, held: HeldStreams) -> Target:
    """Return the target of streams that are held: the client does not leave them."""
    address = f"{running.launch.host}:{running.launch.port}"
    asked = (step.request(stack.interface) for step in held.workload.steps)
    endless = tuple(
        replace(request, stream=replace(request.stream, events=None))
        for request in asked
        if request.stream is not None
    )
    return Target(address=address, host=address, requests=endless)


def session_config(benchmark: Benchmark, cpus: tuple[int, ...]) -> SessionConfig:
    load = benchmark.load
    return SessionConfig(
        connections=load.connections,
        cpus=cpus,
        timeout_s=load.timeout_s,
        pipeline=load.pipeline,
        fresh_connections=load.fresh_connections,
    )


def load_spec(benchmark: Benchmark, place: int, seed: int) -> LoadSpec:
    """Return a drive of the benchmark's load at the target in that place.

    `seed` is that of arrivals and think times.
    """
    length_s = benchmark.lead_in_s + benchmark.window_s
    return LoadSpec(
        target=place,
        lead_in_s=benchmark.lead_in_s,
        window_s=benchmark.window_s,
        drain_s=benchmark.load.timeout_s,
        open=_schedule(benchmark.load, length_s, seed),
        users=_users(benchmark.load, benchmark.workload, seed),
        idle=isinstance(benchmark.load, IdleConnections),
    )


def without_schedule(load: Load) -> ClosedLoad:
    """Return the closed load that warms up for a load: no thinking, no waiting for arrivals."""
    if isinstance(load, ClosedLoad):
        return load
    return ClosedLoad(min(load.connections, _WARM_UP_CONNECTIONS), load.timeout_s)


def _schedule(load: Load, length_s: float, seed: int) -> ArrivalSchedule | None:
    if isinstance(load, CapacityShareLoad):
        raise TypeError(f"{load}: there is no rate before a pilot")
    if isinstance(load, IdleConnections):
        # Half an arrival less: neither more nor fewer than connections, however it is rounded.
        opening = Stage((load.connections - 0.5) / load.per_s, load.per_s, load.per_s)
        return ArrivalSchedule((opening,), "constant")
    if not isinstance(load, OpenLoad):
        return None
    return ArrivalSchedule((Stage(length_s, load.rate_per_s, load.rate_per_s),), load.arrival, seed)


def _users(load: Load, workload: Workload, seed: int) -> ThinkSchedule | None:
    if not isinstance(load, VirtualUsers):
        return None
    return ThinkSchedule(tuple(step.think for step in workload.steps), seed)
