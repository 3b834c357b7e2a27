"""The actual CPUs and clock, against the planned ones."""

from __future__ import annotations

from timetrial.analysis.checks.cell_context import CellContext
from timetrial.analysis.checks.thresholds import CLOCK, PLACEMENT
from timetrial.model import Finding, comma_separated

SLOW_CLOCKS = {"hpet", "acpi_pm", "pit", "jiffies", "refined-jiffies"}
"""Each reading takes a system call, and a microsecond or more."""


def find_strays(context: CellContext) -> Finding | None:
    strays = [
        (measurement.trial.round, use.cpus, measurement.surroundings.server_cpus)
        for measurement in context.measurements
        if measurement.surroundings is not None
        for use in measurement.uses
        if use.cpus and use.cpus != measurement.surroundings.server_cpus
    ]
    severity = PLACEMENT.judge(len(strays))
    if severity is None:
        return None
    rounds = len({number for number, _, _ in strays})
    _, actual, planned = strays[0]
    return context.finding(
        PLACEMENT.name,
        severity,
        f"processes of the server ran on CPU {comma_separated(actual)} where CPU "
        f"{comma_separated(planned)} was planned, in {rounds} of {len(context.measurements)} "
        f"rounds: it had different resources.",
    )


def find_clock(context: CellContext) -> Finding | None:
    known = [m.surroundings.clock_source for m in context.measurements if m.surroundings]
    sources = list(dict.fromkeys(filter(None, known)))
    slow = [source for source in sources if source in SLOW_CLOCKS]
    severity = CLOCK.judge(len(slow) + len(sources[1:]))
    if severity is None:
        return None
    changed = f"the kernel's clock source changed ({' → '.join(sources)})" if sources[1:] else ""
    said = changed or f"the kernel's clock source is {sources[0]}"
    cost = "asking the time is slow there" if slow else "times before and after do not compare"
    return context.finding(CLOCK.name, severity, f"{said}: {cost}.")
