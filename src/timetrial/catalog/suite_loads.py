"""How hard a benchmark of a suite drives its stacks, from its manifest. Pure."""

from __future__ import annotations

from timetrial.catalog.suite_schema import BenchmarkManifest
from timetrial.model import (
    MOST_CONNECTIONS,
    CapacityShareLoad,
    ClosedLoad,
    IdleConnections,
    Load,
    VirtualUsers,
)


def load_of(wanted: BenchmarkManifest) -> Load:
    if wanted.hold_s is not None:
        return IdleConnections(
            wanted.connections or 0, wanted.rate or 1.0, wanted.hold_s, wanted.timeout_s
        )
    if wanted.users is not None:
        return VirtualUsers(wanted.users, wanted.timeout_s)
    in_flight = max(wanted.pipeline, wanted.streams)
    if wanted.is_open:
        load = CapacityShareLoad(
            wanted.share_of_capacity or 0.0,
            wanted.arrival,
            connections=wanted.connections or MOST_CONNECTIONS,
            timeout_s=wanted.timeout_s,
            pipeline=in_flight,
            fresh_connections=wanted.fresh_connections,
        )
        return load if wanted.rate is None else load.at(wanted.rate)
    return ClosedLoad(
        wanted.connections or 0, wanted.timeout_s, in_flight, wanted.fresh_connections
    )
