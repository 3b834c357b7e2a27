"""The load engine has no time left: what looks like the server's limit may be its own."""

from __future__ import annotations

from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.thresholds import GENERATOR_CPU
from timetrial.model.finding import Finding

NAME = GENERATOR_CPU.name


def find(context: CellContext) -> Finding | None:
    share = cpu_share(context)
    severity = GENERATOR_CPU.judge(share)
    if severity is None:
        return None
    meaning = "is a lower bound" if severity == "invalid" else "may be a lower bound"
    return context.finding(
        NAME,
        severity,
        f"{context.generator} used {percent(share)} of its cores' time: the throughput {meaning}, "
        f"the CPU time per request stands.",
    )


def cpu_share(context: CellContext) -> float:
    """CPU time of the engine's threads as a share of the time that they had, 0 to 1."""
    had_s = sum(window.length_s * window.generator_threads for window in context.windows())
    used_s = sum(window.generator_cpu_s for window in context.windows())
    return used_s / had_s if had_s else 0.0
