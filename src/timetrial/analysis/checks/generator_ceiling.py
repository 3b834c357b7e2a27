"""A stack that comes close to what the load engine gets from a server that answers at once."""

from __future__ import annotations

from timetrial.analysis.checks.cell_context import CellContext, percent
from timetrial.analysis.checks.thresholds import GENERATOR_CEILING
from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.model.finding import Finding
from timetrial.model.units import significant

NAME = GENERATOR_CEILING.name


def find(context: CellContext) -> Finding | None:
    ceiling_per_s = context.ceiling_per_s
    throughput = window_throughput(tuple(context.windows()))
    if ceiling_per_s is None or not throughput:
        return None
    if GENERATOR_CEILING.judge(ceiling_per_s / throughput) is None:
        return None
    if throughput > ceiling_per_s:
        # Nobody is faster than the ceiling: when it was measured, the machine was busy otherwise.
        return context.finding(
            NAME,
            "note",
            f"its {significant(throughput)} requests a second are more than the "
            f"{significant(ceiling_per_s)} that the load engine got when the run began: that was "
            f"disturbed, and how much the engine has in hand is not known.",
        )
    return context.finding(
        NAME,
        "doubtful",
        f"its {significant(throughput)} requests a second are {percent(throughput / ceiling_per_s)}"
        f" of the {significant(ceiling_per_s)} that the load engine got here from a server that "
        f"answers at once: with less than {GENERATOR_CEILING.doubtful:g} times as much in hand, "
        f"the engine may be the limit.",
    )
