"""What findings leave of a cell's figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from timetrial.analysis.checks import closed_loop_ceiling, delayed_ack
from timetrial.analysis.checks.thresholds import ALL, bounding, comparing, voided
from timetrial.model.finding import Finding
from timetrial.model.metrics import Metric
from timetrial.model.trial import Cell


@dataclass(frozen=True, slots=True)
class Validity:
    """How the figures of one cell may be used."""

    void: bool
    """Throughput, response times and CPU time are no figures: other work was done than asked."""
    lower_bound: bool
    """Throughput could be higher: the load engine, or a service, was at its end, or strangers took
    of the cores. CPU time per request stands.
    """
    bound_by_client: bool
    """Throughput is what so many connections give; stacks that reach it are not told apart."""
    plateau: bool
    """Throughput shows a stall of the network stack, not a speed."""
    throughput_void: bool = False
    """This one and the next: no figures, whatever becomes of the others."""
    response_time_void: bool = False
    cpu_time_void: bool = False
    throughput_compares: bool = True
    """False: its ratio to another stack's says nothing."""

    def compares(self, metric: Metric) -> bool:
        """Say whether a figure in this metric may be held against that of another cell."""
        match metric:
            case "throughput":
                return self.throughput_compares
            case "cpu_s_per_1000":
                return not self.cpu_time_void
            case "memory_bytes":
                return not self.void
            case _:
                # A generator that is at its end is in response times, too.
                return self.throughput_compares and not self.response_time_void


def validity_of(cell: Cell, findings: Iterable[Finding]) -> Validity:
    severity = {finding.name: finding.severity for finding in findings if finding.cell == cell}
    invalid = {name for name, how in severity.items() if how == "invalid"}
    lost = {figure for name in invalid for figure in voided(name)}
    return Validity(
        void=lost == set(ALL),
        lower_bound=any(map(bounding, invalid)),
        bound_by_client=closed_loop_ceiling.NAME in severity,
        plateau=delayed_ack.NAME in severity,
        throughput_void="throughput" in lost,
        response_time_void="response time" in lost,
        cpu_time_void="CPU time" in lost,
        throughput_compares=all(map(comparing, invalid)),
    )
