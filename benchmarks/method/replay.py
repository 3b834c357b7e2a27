"""Recorded rounds as the run that would have taken them, so that a run's own code judges them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from timetrial.analysis.statistics.design import LOOKS
from timetrial.model.load import ClosedLoad
from timetrial.model.measurement import Measurement
from timetrial.model.plan import Plan, PlannedBenchmark
from timetrial.model.plan import Round as PlannedRound
from timetrial.model.run import Machine, Run
from timetrial.model.stop_rule import Precision, StopRule
from timetrial.model.suite import Benchmark, Mode, Stack, Suite, WarmUp
from timetrial.model.trial import Cell, Trial
from timetrial.model.workload import Workload

BENCHMARK = "recorded"
CONNECTIONS = 16
Round = Mapping[str, Measurement]
"""What each stack gave in a round, by its name."""
_NO_MACHINE = Machine("", "", 0, 0, (), ())
_HELLO = Workload.of("hello", {"program": "/"})


def run_of(
    stacks: Sequence[str], rounds: Sequence[Round], mode: Mode, stop_rule: StopRule | None = None
) -> Run:
    """Make a run of one benchmark that has got as far as these rounds, numbered anew from 1.

    With a precision as its goal it may go on to the last look, without one it is complete.
    """
    planned = LOOKS[-1] if isinstance(stop_rule, Precision) else len(rounds)
    measured = tuple(
        replace(each[name], trial=Trial(number, Cell(BENCHMARK, name)))
        for number, each in enumerate(rounds, start=1)
        for name in stacks
    )
    plan = _plan(tuple(stacks), planned, mode, stop_rule)
    return Run(1, "", "", plan, _NO_MACHINE, (), measured, (), ())


@lru_cache(maxsize=32)
def _plan(stacks: tuple[str, ...], rounds: int, mode: Mode, stop_rule: StopRule | None) -> Plan:
    benchmark = Benchmark(BENCHMARK, _HELLO, ClosedLoad(CONNECTIONS), stacks, 0.1, 0.03, 4, mode)
    alike = tuple(Stack(name, "one", "raw", "program", 1, 1) for name in stacks)
    suite = Suite(BENCHMARK, BENCHMARK, alike, (benchmark,), rounds, WarmUp(), stop_rule=stop_rule)
    each = (PlannedBenchmark(BENCHMARK, stacks),)
    return Plan(suite, 0, tuple(PlannedRound(n, stacks, each) for n in range(1, rounds + 1)))
