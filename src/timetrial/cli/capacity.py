"""`timetrial capacity TARGET --slo …`: the highest arrival rate that keeps an objective."""

from __future__ import annotations

from pathlib import Path

import click

from timetrial.cli.capacity_progress import CapacityProgress
from timetrial.cli.derived_options import taking
from timetrial.cli.endings import terminated_like_interrupted
from timetrial.cli.exits import Exit
from timetrial.cli.folders import make_folder
from timetrial.cli.output import PROGRESS, RESULTS, error_line, log_lines, write_json
from timetrial.features.capacity import terminal as report
from timetrial.features.capacity.page import write_capacity
from timetrial.model.errors import StackFailed
from timetrial.verbs import capacity as verb
from timetrial.verbs.options.capacity import CapacityOptions
from timetrial.verbs.options.places import JsonOptions, ReportOptions


class CapacityCommand(CapacityOptions, ReportOptions, JsonOptions):
    """What is typed: a search, and how its outcome is shown."""


@click.command()
@taking(CapacityCommand)
def capacity(options: CapacityCommand) -> int:
    """Find the highest rate of requests that keeps an objective: of a server that runs, if APP is
    its URL, or of a --server that is started with APP, as `timetrial race` does.
    """
    make_folder(options.reports_dir)
    try:
        with (
            terminated_like_interrupted(),
            CapacityProgress(PROGRESS, options.budget) as progress,
        ):
            found = verb.capacity(options, progress)
    except StackFailed as failed:
        error_line(f"the server {failed.reason}")
        log_lines(failed.log_tail)
        return Exit.FAILED
    return _show(found, options.reports_dir, as_json=options.as_json)


def _show(found: report.CapacityDocument, reports_dir: Path, *, as_json: bool) -> int:
    page = write_capacity(found, reports_dir)
    if as_json:
        write_json(report.as_json(found).rstrip())
    else:
        RESULTS.print(report.render(found))
        RESULTS.print()
        RESULTS.print(f"Report: {page}", soft_wrap=True)
    if found.taken.ending == "interrupted":
        return Exit.INTERRUPTED
    if found.asked is not None and found.asked.held == "no":
        return Exit.VERDICT_NO
    return Exit.FAILED if found.taken.ending == "died" else Exit.DONE
