"""`timetrial capacity TARGET --slo …`: the highest arrival rate that keeps an objective."""

from __future__ import annotations

from functools import partial

import click

from timetrial.cli.derived_options import taking
from timetrial.cli.output import (
    PROGRESS,
    RESULTS,
    Exit,
    error_line,
    log_lines,
    make_folder,
    write_json,
)
from timetrial.cli.progress.search import CapacityProgress
from timetrial.cli.sections import SectionedCommand
from timetrial.cli.signals import terminated_like_interrupted
from timetrial.cli.verbosity import is_quiet
from timetrial.features.capacity import terminal as report
from timetrial.features.capacity.answer import render_answer
from timetrial.features.capacity.page import write_capacity
from timetrial.model import StackFailed
from timetrial.verbs import capacity as verb
from timetrial.verbs.options.capacity import CapacityOptions
from timetrial.verbs.options.common import DetailOptions, JsonOptions, ReportOptions
from timetrial.verbs.options.progress import ProgressOptions


class CapacityCommand(CapacityOptions, ReportOptions, JsonOptions, DetailOptions, ProgressOptions):
    """A search for a capacity, and how its result is shown."""


@click.command(cls=SectionedCommand, short_help="Find the highest rate that keeps an objective")
@taking(CapacityCommand)
def capacity(options: CapacityCommand) -> int:
    """Find the highest rate of requests that keeps an objective: of a server that runs, if APP is
    its URL, or of a --server that is started with APP, as `timetrial race` does.
    """
    make_folder(options.reports_dir)
    try:
        with (
            terminated_like_interrupted(),
            CapacityProgress(PROGRESS, options.budget, options.progress) as progress,
        ):
            document = verb.capacity(options, progress)
    except StackFailed as failed:
        error_line(f"the server {failed.reason}")
        log_lines(failed.log_tail)
        return Exit.FAILED
    return _show(document, options)


def _show(document: report.CapacityDocument, options: CapacityCommand) -> int:
    page = write_capacity(document, options.reports_dir)
    if options.as_json:
        write_json(report.as_json(document).rstrip())
    else:
        shown = report.render if options.details else partial(render_answer, brief=is_quiet())
        RESULTS.print(shown(document))
        if not is_quiet():
            RESULTS.print()
            RESULTS.print(f"Report: {page}", soft_wrap=True)
    if document.taken.ending == "interrupted":
        return Exit.INTERRUPTED
    if document.asked is not None and document.asked.held == "no":
        return Exit.VERDICT_NO
    return Exit.FAILED if document.taken.ending == "died" else Exit.DONE
