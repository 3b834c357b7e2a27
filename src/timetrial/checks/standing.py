"""What findings leave of a cell's figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from timetrial.checks import (
    closed_loop_ceiling,
    delayed_ack,
    duet_split,
    generator_saturated,
    service_bottleneck,
)
from timetrial.finding import Finding
from timetrial.trial import Cell


@dataclass(frozen=True, slots=True)
class Standing:
    """How the figures of one cell may be used."""

    void: bool
    """Throughput, response times and CPU time are no figures: other work was done than asked."""
    lower_bound: bool
    """Throughput could be higher: the load engine, or a service, was at its end. CPU time per
    request stands.
    """
    bound_by_client: bool
    """Throughput is what so many connections give; stacks that reach it are not told apart."""
    plateau: bool
    """Throughput shows a stall of the network stack, not a speed."""

    @property
    def throughput_compares(self) -> bool:
        return not self.void and not self.lower_bound


_LOWER_BOUND = {generator_saturated.NAME, service_bottleneck.NAME}

_OF_PAIRS = {duet_split.NAME}
"""What voids ratios and no stack's own figures."""


def standing(cell: Cell, findings: Iterable[Finding]) -> Standing:
    severity = {finding.name: finding.severity for finding in findings if finding.cell == cell}
    invalid = {name for name, how in severity.items() if how == "invalid"}
    return Standing(
        void=bool(invalid - _LOWER_BOUND - _OF_PAIRS),
        lower_bound=bool(invalid & _LOWER_BOUND),
        bound_by_client=closed_loop_ceiling.NAME in severity,
        plateau=delayed_ack.NAME in severity,
    )
