"""`timetrial run [SUITE]`: measure a suite, or go on with a run that was interrupted."""

from __future__ import annotations

import click

from timetrial.cli.derived_options import VersionedCommand, taking
from timetrial.cli.endings import Resumption, outcome, resumption_of
from timetrial.cli.output import reports_in
from timetrial.cli.progress.observer import watched
from timetrial.cli.report import show
from timetrial.verbs import run as verb
from timetrial.verbs.options.common import DEFAULT_STORE, DetailOptions, JsonOptions, ReportOptions
from timetrial.verbs.options.progress import ProgressOptions
from timetrial.verbs.options.run import RunOptions


class RunCommand(RunOptions, ReportOptions, JsonOptions, DetailOptions, ProgressOptions):
    """A run, and how its result is shown."""


@click.command(cls=VersionedCommand, short_help="Measure a suite of benchmarks")
@taking(RunCommand)
def run(options: RunCommand) -> int:
    """Measure SUITE (a name or a TOML file); without one, 'quick': an answer in two minutes."""
    with reports_in(options.reports_dir), watched(options.progress) as progress:
        measured = verb.run(options, progress)
    show(measured.run, options.reports_dir, as_json=options.as_json, details=options.details)
    return outcome(measured, _resumption(measured.run.number, options))


def _resumption(number: int, options: RunOptions) -> Resumption:
    """Write the command that goes on with a run."""
    words = ["timetrial", "run", "--resume", str(number)]
    if options.repeats:
        words += ["--lifecycle", "--lifecycle-repeats", str(options.repeats)]
    if options.count is not None:
        words += ["--count", options.count, *(["--try-valgrind"] if options.try_valgrind else [])]
    if options.store != DEFAULT_STORE:
        words += ["--store", options.store]
    if options.catalog_dir is not None:
        words += ["--catalog", str(options.catalog_dir)]
    for name, url in options.urls().items():
        words += [f"--{name}", url]
    if options.upstream_ca is not None:
        words += ["--upstream-ca", str(options.upstream_ca)]
    return resumption_of(words)
