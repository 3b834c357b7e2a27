"""`timetrial compare A B`: two stored runs, configuration first."""

from __future__ import annotations

import click

from timetrial import reports
from timetrial.cli.derived_options import taking
from timetrial.cli.output import PROGRESS, RESULTS, Exit, write_json
from timetrial.cli.progress.steps import steps
from timetrial.cli.sections import SectionedCommand
from timetrial.cli.verbosity import is_quiet
from timetrial.reports.compare import render_comparison
from timetrial.reports.compare_answer import render_answer
from timetrial.verbs import compare as verb
from timetrial.verbs.options.common import DetailOptions, JsonOptions
from timetrial.verbs.options.compare import CompareOptions


class CompareCommand(CompareOptions, JsonOptions, DetailOptions):
    """A comparison of two stored runs, and how it is printed."""


@click.command(cls=SectionedCommand, short_help="Compare two stored runs")
@taking(CompareCommand)
def compare(options: CompareCommand) -> int:
    """Compare the stored runs A and B (numbers, or 'latest'): B against A."""
    with steps(PROGRESS, "none") as tell:
        tell("comparing")
        comparison = verb.compare(options)
    if options.as_json:
        write_json(reports.comparison_as_json(comparison).rstrip())
    elif options.details:
        RESULTS.print(render_comparison(comparison))
    else:
        RESULTS.print(render_answer(comparison, brief=is_quiet()))
    return Exit.DONE
