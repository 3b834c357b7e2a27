"""`timetrial compare A B`: two stored runs, configuration first."""

from __future__ import annotations

import click

from timetrial import reports
from timetrial.cli.derived_options import taking
from timetrial.cli.output import RESULTS, Exit, write_json
from timetrial.cli.sections import SectionedCommand
from timetrial.reports.compare import render_comparison
from timetrial.verbs import compare as verb
from timetrial.verbs.options.common import JsonOptions
from timetrial.verbs.options.compare import CompareOptions


class CompareCommand(CompareOptions, JsonOptions):
    """A comparison of two stored runs, and how it is printed."""


@click.command(cls=SectionedCommand, short_help="Compare two stored runs")
@taking(CompareCommand)
def compare(options: CompareCommand) -> int:
    """Compare the stored runs A and B (numbers, or 'latest'): B against A."""
    comparison = verb.compare(options)
    if options.as_json:
        write_json(reports.comparison_as_json(comparison).rstrip())
    else:
        RESULTS.print(render_comparison(comparison))
    return Exit.DONE
