"""Compares two stored runs, configuration first."""

from __future__ import annotations

from timetrial.analysis.compare import compare_figures
from timetrial.model import BadInput, RunComparison
from timetrial.reports.compare import refusal
from timetrial.store.opening import read_run
from timetrial.verbs.options.compare import CompareOptions


def compare(options: CompareOptions) -> RunComparison:
    """Compare run `options.b` with run `options.a`, cell by cell.

    Raises BadInput for runs that are not there or have no cell in common, and, unless
    `options.anyway`, for those that another machine or another load was measured on.
    """
    before, after = read_run(options.store, options.a), read_run(options.store, options.b)
    if before.number == after.number:
        raise BadInput(f"run {before.number} cannot be compared with itself: name two runs")
    comparison = compare_figures(before, after)
    why_not = refusal(comparison)
    if why_not is not None and not options.anyway:
        raise BadInput(why_not)
    if not comparison.cells:
        raise BadInput(
            f"runs {before.number} and {after.number} have no stack measured in the same benchmark"
        )
    return comparison
