"""A saturated service, or one slower than configured: the figure shows the service.

Services run on the CPUs of the load engine, so that both together can saturate them, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.generator import cpu_share as generator_share
from timetrial.analysis.checks.thresholds import SERVICE_CPU, SERVICE_LATE
from timetrial.model import Finding, ServiceUse, Severity, duration, nanoseconds

LATE_AT_LEAST_S = 0.001
"""Time of a wake-up, which does not count as lateness."""


def find(context: CellContext) -> Finding | None:
    names = sorted({use.name for use in _uses(context)})
    doubts = [*(doubt for name in names for doubt in _doubts(context, name)), *_shared(context)]
    if not doubts:
        return None
    severity: Severity = "invalid" if any(how == "invalid" for how, _ in doubts) else "doubtful"
    meaning = "is a lower bound" if severity == "invalid" else "may be a lower bound"
    said = "; ".join(evidence for _, evidence in doubts)
    return context.finding(SERVICE_CPU.name, severity, f"{said}: the throughput {meaning}.")


_Doubt = tuple["Severity", str]


def _uses(context: CellContext) -> Iterator[ServiceUse]:
    for measurement in context.measurements:
        yield from measurement.services


def _doubts(context: CellContext, name: str) -> Iterator[_Doubt]:
    uses = [use for use in _uses(context) if use.name == name]
    share = _cpu_share(uses)
    if severity := SERVICE_CPU.judge(share):
        yield severity, f"the service {name} used {percent(share)} of the CPU time that it can use"
    late_s, set_s = _lateness(uses)
    beyond_s = max(0.0, late_s - LATE_AT_LEAST_S)
    if beyond_s and (severity := SERVICE_LATE.judge(beyond_s / max(set_s, late_s))):
        took, was_set = (duration(nanoseconds(time_s)) for time_s in (late_s + set_s, set_s))
        yield severity, f"the service {name} took {took} a request where it was set to {was_set}"


def _shared(context: CellContext) -> Iterator[_Doubt]:
    """Judge the CPUs that the load engine and all services share."""
    threads = max((window.generator_threads for window in context.windows()), default=0)
    names = sorted({use.name for use in _uses(context) if use.cpu_s is not None})
    if not threads or not names:
        return
    by_name = ([use for use in _uses(context) if use.name == name] for name in names)
    services = sum(_cpu_share(uses, cores=threads) for uses in by_name)
    generator = generator_share(context)
    if severity := SERVICE_CPU.judge(services + generator):
        parts = f"the load engine {percent(generator)}, {' and '.join(names)} {percent(services)}"
        yield (
            severity,
            f"{percent(services + generator)} of the CPUs that they share were used ({parts})",
        )


def _cpu_share(uses: Iterable[ServiceUse], cores: int | None = None) -> float:
    known = [(use, use.cpu_s) for use in uses if use.cpu_s is not None]
    had_s = sum(use.passed_s * (cores or use.cores) for use, _ in known)
    return sum(cpu_s for _, cpu_s in known) / had_s if had_s else 0.0


def _lateness(uses: Iterable[ServiceUse]) -> tuple[float, float]:
    """Return the mean lateness of a request, and its configured time, in s."""
    known = [(use.requests, use.late_s, use.delay_s) for use in uses if use.requests]
    requests = sum(number for number, _, _ in known)
    if not requests:
        return 0.0, 0.0
    late_s = sum(number * (late or 0.0) for number, late, _ in known)
    return late_s / requests, sum(delay or 0.0 for _, _, delay in known) / requests
