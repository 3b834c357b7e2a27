"""Services on the CPUs of the load engine: it waits for them, and so do response times."""

from __future__ import annotations

from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.thresholds import SERVICES_BESIDE
from timetrial.model.finding import Finding
from timetrial.model.load import ClosedLoad

NAME = SERVICES_BESIDE.name
BUSY_FROM = 0.01
"""Of a core's time; what takes less disturbs nobody."""


def find(context: CellContext) -> Finding | None:
    uses = [use for m in context.measurements for use in m.services if use.cpu_s is not None]
    shares = {
        name: sum(u.cpu_s or 0 for u in uses if u.name == name)
        / sum(u.passed_s for u in uses if u.name == name)
        for name in sorted({use.name for use in uses if use.passed_s})
    }
    busy = {name: share for name, share in shares.items() if share > BUSY_FROM}
    if SERVICES_BESIDE.judge(len(busy)) is None:
        return None
    listed = ", ".join(f"{name} {percent(share)} of a core" for name, share in busy.items())
    throughput_alone = isinstance(context.benchmark.load, ClosedLoad)
    return context.finding(
        NAME,
        "note" if throughput_alone else "doubtful",
        f"{listed}, on the load engine's CPUs: it waited for them, and response times hold that.",
    )
