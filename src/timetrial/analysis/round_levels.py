"""How fast the machine was from round to round, by the other stacks of a benchmark. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection, Mapping

from timetrial.analysis.statistics.estimates import window_throughput
from timetrial.model import Benchmark, Run

Logs = Mapping[str, Mapping[int, float]]
"""By stack and number of the round, the logarithm of throughput."""


def log_figures(run: Run, benchmark: Benchmark, without: Collection[int]) -> Logs:
    """Return the figures of all stacks that take turns, but for rounds that are left out.

    Stacks of a duet share their moments, so that none shows how fast the machine was for another.
    """
    logs: dict[str, dict[int, float]] = {}
    if benchmark.mode != "alternate":
        return logs
    for measurement in run.measurements:
        cell, number = measurement.trial.cell, measurement.trial.round
        if cell.benchmark == benchmark.name and number not in without:
            figure = window_throughput(measurement.windows)
            if figure:
                logs.setdefault(cell.stack, {})[number] = math.log(figure)
    return logs


def levels_beside(logs: Logs, stack: str, controls: Mapping[str, str]) -> Mapping[int, float]:
    """Return the mean of those that have all rounds of a stack, by round; empty without any.

    `controls` are the stacks of A/A controls: the two are the same, and do not count.
    """
    own = logs.get(stack, {})
    same = {stack, controls.get(stack), *(name for name, of in controls.items() if of == stack)}
    others = [
        figures
        for name, figures in logs.items()
        if name not in same and own.keys() <= figures.keys()
    ]
    if not others:
        return {}
    return {number: statistics.fmean(figures[number] for figures in others) for number in own}
