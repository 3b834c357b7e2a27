"""`timetrial race APP`: every server that can serve an app of the user's, and which to use."""

from __future__ import annotations

import click

from timetrial.cli.derived_options import VersionedCommand, taking
from timetrial.cli.endings import outcome, same_command
from timetrial.cli.output import reports_in
from timetrial.cli.progress.observer import watched
from timetrial.cli.report import show
from timetrial.verbs import race as verb
from timetrial.verbs.options.common import DetailOptions, JsonOptions, ReportOptions
from timetrial.verbs.options.progress import ProgressOptions
from timetrial.verbs.options.race import RaceOptions


class RaceCommand(RaceOptions, ReportOptions, JsonOptions, DetailOptions, ProgressOptions):
    """A race, and how its result is shown."""


@click.command(
    cls=VersionedCommand, short_help="Race all servers that can serve an app: which one to take"
)
@taking(RaceCommand)
def race(options: RaceCommand) -> int:
    """Race all servers that can serve APP, and say which one to take, and how sure that is."""
    with reports_in(options.reports_dir), watched(options.progress) as progress:
        measured = verb.race(options, progress)
    show(measured.run, options.reports_dir, as_json=options.as_json, details=options.details)
    return outcome(measured, same_command(measured.run.number))
