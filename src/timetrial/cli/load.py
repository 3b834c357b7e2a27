"""`timetrial load URL`: the engine alone, as one would use wrk."""

from __future__ import annotations

import json

import click

from timetrial.cli.derived_options import taking
from timetrial.cli.exits import Exit
from timetrial.cli.load_progress import LoadProgress
from timetrial.cli.output import PROGRESS, RESULTS, write_json
from timetrial.reports.load import as_data, render
from timetrial.verbs import load as verb
from timetrial.verbs.options.load import LoadOptions
from timetrial.verbs.options.places import JsonOptions


class LoadCommand(LoadOptions, JsonOptions):
    """A drive of the load engine, and how its result is printed."""


@click.command()
@taking(LoadCommand)
def load(options: LoadCommand) -> int:
    """Drive load at URL and tell what came of every request."""
    with LoadProgress(PROGRESS) as progress:
        done = verb.load(options, progress)
    if options.as_json:
        write_json(json.dumps(as_data(done.terms, done.result), indent=2))
    else:
        RESULTS.print(render(done.terms, done.result))
    if done.interrupted:
        return Exit.INTERRUPTED
    return Exit.FAILED if done.result.overall.failed else Exit.DONE
