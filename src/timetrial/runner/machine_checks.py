"""Checks of the machine before a run: two seconds at most."""

from __future__ import annotations

import math
from collections.abc import Iterator

from timetrial.analysis.machine_checks import judge_idle, judge_settings
from timetrial.drivers.driver import LoadResult, LoadSpec, SessionConfig, Target
from timetrial.drivers.native import NativeDriver
from timetrial.engine import Responder
from timetrial.machine.machine_facts import read_facts, watch_idle
from timetrial.machine.placement import Placement
from timetrial.model import (
    ENGINE,
    Benchmark,
    Ceiling,
    ClosedLoad,
    IdleConnections,
    MachineChecks,
    Request,
    Suite,
    seconds,
)

IDLE_S = 0.5
CEILINGS_S = 1.0
"""Time for all kinds of load together."""
_LEAD_IN_S = 0.02
_PIECES = 3
"""Parts of a measurement, of which the best counts: a ceiling is what can be reached."""
_SHORTEST_PIECE_S = 0.05
_LEAD_INS_S = _PIECES * _LEAD_IN_S
_MOST_CEILINGS = 6
_MOST_CONNECTIONS = 1_000
"""With those of the responder, a fraction of the descriptors that a shell usually allows."""
_TIMEOUT_S = 10.0


def check_machine(suite: Suite, placement: Placement) -> MachineChecks:
    """Judge the machine for this suite, and measure the generator's ceilings for its loads."""
    cpus = {*placement.server_cpus, *placement.generator_cpus}
    connections = max(benchmark.load.connections for benchmark in suite.benchmarks)
    at_once = math.ceil(max(map(_connections_at_once, suite.benchmarks)) / connections)
    checks = (
        *judge_settings(read_facts(placement), connections, at_once),
        *judge_idle(watch_idle(cpus, IDLE_S)),
    )
    return MachineChecks(checks, tuple(_ceilings(suite, placement)))


def _connections_at_once(benchmark: Benchmark) -> int:
    """Return how many connections a benchmark has open at once; idle ones are of one stack."""
    alone = isinstance(benchmark.load, IdleConnections)
    return benchmark.load.connections * (1 if alone else len(benchmark.stacks))


def ceiling(
    connections: int, pipeline: int, placement: Placement, length_s: float = CEILINGS_S
) -> Ceiling:
    """Drive a closed load at a server that answers at once."""
    setting = SessionConfig(
        min(connections, _MOST_CONNECTIONS), placement.generator_cpus, _TIMEOUT_S, pipeline
    )
    with Responder(cpus=placement.server_cpus) as responder:
        target = Target(responder.address, responder.address, (Request("/"),))
        with NativeDriver().open([target], setting) as session:
            piece = LoadSpec(0, length_s / _PIECES, _LEAD_IN_S, _TIMEOUT_S)
            results = [session.run_load(piece) for _ in range(_PIECES)]
    return Ceiling(connections, pipeline, max(map(_per_s, results)))


def _per_s(result: LoadResult) -> float:
    return result.completions / seconds(result.closed_ns - result.opened_ns)


def _ceilings(suite: Suite, placement: Placement) -> Iterator[Ceiling]:
    """Measure each kind of closed load once.

    Loads that open a connection for each request are left out: they would use up the ports. So are
    those over TLS or HTTP/2, which the server that answers at once does not speak.
    """
    kinds = sorted(
        {
            (benchmark.load.connections, benchmark.load.pipeline)
            for benchmark in suite.benchmarks
            if isinstance(benchmark.load, ClosedLoad)
            and benchmark.driver == ENGINE
            and not benchmark.load.fresh_connections
            and benchmark.transport is None
        }
    )[-_MOST_CEILINGS:]
    for connections, pipeline in kinds:
        length_s = max(_PIECES * _SHORTEST_PIECE_S, CEILINGS_S / len(kinds) - _LEAD_INS_S)
        yield ceiling(connections, pipeline, placement, length_s)
