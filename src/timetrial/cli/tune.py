"""`timetrial tune APP --server S`: which settings, for the CPUs and the memory that there are."""

from __future__ import annotations

from functools import partial

import click
from pydantic_core import to_json

from timetrial.cli.derived_options import taking
from timetrial.cli.output import PROGRESS, RESULTS, Exit, error_line, log_lines, write_json
from timetrial.cli.progress.observer import RunProgress
from timetrial.cli.sections import SectionedCommand
from timetrial.cli.signals import terminated_like_interrupted
from timetrial.cli.verbosity import is_quiet
from timetrial.features.tune.answer import render_answer
from timetrial.features.tune.terminal import as_data, render
from timetrial.model import ServiceFailed, StackFailed
from timetrial.verbs import tune as verb
from timetrial.verbs.options.common import DetailOptions, JsonOptions
from timetrial.verbs.options.progress import ProgressOptions
from timetrial.verbs.options.tune import TuneOptions


class TuneCommand(TuneOptions, JsonOptions, DetailOptions, ProgressOptions):
    """A search for settings, and how its result is printed."""


@click.command(cls=SectionedCommand, short_help="Find the best settings of a server for an app")
@taking(TuneCommand)
def tune(options: TuneCommand) -> int:
    """Find the best settings of a server for APP: workers, threads, and the memory they take."""
    is_stored = False

    def observe(event: verb.TuneEvent) -> None:
        nonlocal is_stored
        if isinstance(event, verb.StoreOpened):
            is_stored = True
        else:
            progress(event)

    try:
        with (
            terminated_like_interrupted(),
            RunProgress(PROGRESS, options.progress) as progress,
        ):
            result = verb.tune(options, observe)
    except (KeyboardInterrupt, ServiceFailed, StackFailed) as reason:
        if not is_stored:
            raise
        return _ended_by(reason)
    if options.as_json:
        write_json(to_json(as_data(result.tuned, result.deployment), indent=2).decode())
    else:
        shown = render if options.details else partial(render_answer, brief=is_quiet())
        RESULTS.print(shown(result.tuned, result.deployment))
    return Exit.VERDICT_NO if result.tuned.choice is None else Exit.DONE


def _ended_by(reason: BaseException) -> int:
    if isinstance(reason, KeyboardInterrupt):
        error_line("interrupted; what was measured is kept: `timetrial list runs` shows it")
        return Exit.INTERRUPTED
    error_line(str(reason))
    if isinstance(reason, (ServiceFailed, StackFailed)):
        log_lines(reason.log_tail)
    return Exit.FAILED
