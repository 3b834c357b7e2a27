"""`timetrial compare A B`: two stored runs, configuration first."""

from __future__ import annotations

import click

from timetrial import reports
from timetrial.cli.exits import Exit
from timetrial.cli.options import JSON, STORE
from timetrial.cli.output import RESULTS, write_json
from timetrial.compare import compare_figures
from timetrial.errors import BadInput
from timetrial.reports.compare import refusal, render_comparison
from timetrial.store.opening import read_run


@click.command()
@click.argument("a")
@click.argument("b")
@click.option(
    "--anyway", is_flag=True, help="Compare what another machine or another load was measured on."
)
@STORE
@JSON
def compare(*, a: str, b: str, anyway: bool, store: str, as_json: bool) -> int:
    """Compare the stored runs A and B (numbers, or 'latest'): B against A."""
    before, after = read_run(store, a), read_run(store, b)
    if before.number == after.number:
        raise BadInput(f"run {before.number} cannot be compared with itself: name two runs")
    comparison = compare_figures(before, after)
    why_not = refusal(comparison)
    if why_not is not None and not anyway:
        raise BadInput(why_not)
    if not comparison.cells:
        raise BadInput(
            f"runs {before.number} and {after.number} have no stack measured in the same contest"
        )
    if as_json:
        write_json(reports.comparison_as_json(comparison).rstrip())
    else:
        RESULTS.print(render_comparison(comparison))
    return Exit.DONE
