"""`timetrial load URL`: the engine alone, as one would use wrk."""

from __future__ import annotations

import json
import os
import time
from functools import partial
from typing import Self

import click
from rich.console import Console
from rich.text import Text

from timetrial.cli.derived_options import taking
from timetrial.cli.output import PROGRESS, RESULTS, Exit, error_line, write_json
from timetrial.cli.progress.display import Display
from timetrial.cli.progress.form import shown_as
from timetrial.cli.sections import SectionedCommand
from timetrial.cli.signals import terminated_like_interrupted
from timetrial.cli.verbosity import is_quiet
from timetrial.drivers.driver import Progress
from timetrial.model import significant
from timetrial.reports.load import as_data, render
from timetrial.reports.load_answer import render_load
from timetrial.verbs import load as verb
from timetrial.verbs.load import LoadBegins, LoadEvent
from timetrial.verbs.options.common import DetailOptions, JsonOptions
from timetrial.verbs.options.load import LoadOptions


class LoadCommand(LoadOptions, JsonOptions, DetailOptions):
    """A run of the load engine, and how its result is printed."""


@click.command(cls=SectionedCommand, short_help="Drive load at a URL")
@taking(LoadCommand)
def load(options: LoadCommand) -> int:
    """Drive load at URL and account for every request."""
    with terminated_like_interrupted(), LoadProgress(PROGRESS) as progress:
        done = verb.load(options, progress)
    if options.as_json:
        write_json(json.dumps(as_data(done.terms, done.result), indent=2))
    else:
        shown = render if options.details else partial(render_load, brief=is_quiet())
        RESULTS.print(shown(done.terms, done.result))
    if done.interrupted:
        return Exit.INTERRUPTED
    if not done.result.overall.arrivals:
        error_line("nothing was sent, as no request was due: give a longer --duration")
        return Exit.FAILED
    return Exit.FAILED if done.failed else Exit.DONE


_DRAWN_EVERY_S = 1.0
"""The load is driven by this process: it draws one line, seldom."""


class LoadProgress:
    """An observer that shows elapsed time, rate and failures; nothing without a terminal."""

    def __init__(self, console: Console) -> None:
        self._is_shown = shown_as("auto", console, os.environ) == "region"
        self._display = Display(console)
        self._begins: LoadBegins | None = None
        self._began_s = self._shown_s = time.monotonic()
        self._completions = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._display.clear()

    def __call__(self, event: LoadEvent) -> None:
        if isinstance(event, LoadBegins):
            self._begins = event
            self._began_s = self._shown_s = time.monotonic()
        elif self._begins is not None and self._is_shown:
            self._show(event, self._begins)

    def _show(self, progress: Progress, begins: LoadBegins) -> None:
        now_s = time.monotonic()
        if now_s - self._shown_s < _DRAWN_EVERY_S:
            return
        completions = progress.completions or 0
        rate = (completions - self._completions) / (now_s - self._shown_s)
        self._shown_s, self._completions = now_s, completions
        line = Text(_line(progress, begins, rate, now_s - self._began_s))
        line.truncate(self._display.size.width, overflow="crop")
        self._display.draw(lambda: (line,))


def _line(progress: Progress, begins: LoadBegins, rate: float, elapsed_s: float) -> str:
    drive = begins.drive
    if drive.max_requests:
        done = f"{progress.completions:,} of {drive.max_requests:,} {begins.sends}s"
    else:
        done = f"{elapsed_s:.0f} of {drive.window_s:.0f} s"
    parts = [done, f"{progress.connections} connections"]
    if begins.sends != "stream" and not drive.idle:
        # A stream takes its time, and an idle connection has one request.
        parts.insert(1, f"{significant(rate)} req/s")
    if progress.failures:
        parts.append(f"{progress.failures:,} failed")
    return "  ".join(parts)
