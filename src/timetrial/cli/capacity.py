"""`timetrial capacity TARGET --slo …`: the highest arrival rate that keeps an objective."""

from __future__ import annotations

from functools import partial
from typing import Self

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from timetrial.analysis.statistics.quantile import decoded
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
from timetrial.cli.progress import RunProgress
from timetrial.cli.sections import SectionedCommand
from timetrial.cli.signals import terminated_like_interrupted
from timetrial.cli.verbosity import is_quiet
from timetrial.features.capacity import terminal as report
from timetrial.features.capacity.answer import render_answer
from timetrial.features.capacity.events import (
    Expected,
    Recovering,
    Starting,
    TrialBegins,
    TrialEnds,
    TrialProceeds,
)
from timetrial.features.capacity.page import write_capacity
from timetrial.features.capacity.search import Interval
from timetrial.features.capacity.text import cause_text, expected_sentence, per_s, time
from timetrial.features.capacity.trial import CapacityTrial
from timetrial.model import StackFailed, duration
from timetrial.verbs import capacity as verb
from timetrial.verbs.capacity import CapacityVerbEvent
from timetrial.verbs.options.capacity import CapacityOptions
from timetrial.verbs.options.common import DetailOptions, JsonOptions, ReportOptions


class CapacityCommand(CapacityOptions, ReportOptions, JsonOptions, DetailOptions):
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
            CapacityProgress(PROGRESS, options.budget) as progress,
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


_SHOWN_AT_LEAST = 10
"""Response times that must lie beyond a percentile."""
_TAIL = 0.99


class CapacityProgress:
    """An observer that shows what is prepared, then the present rate, the interval and the time."""

    def __init__(self, console: Console, budget_s: float) -> None:
        self._console = console
        self._budget_s = budget_s
        self._preparing = RunProgress(console)
        self._live = Live(console=console, transient=True, refresh_per_second=5)
        self._searching = False
        self._interval: Interval | None = None

    def __enter__(self) -> Self:
        self._preparing.__enter__()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._preparing.__exit__()
        self._live.stop()

    def __call__(self, event: CapacityVerbEvent) -> None:
        match event:
            case Starting():
                self._begin()
                doing = "starting" if event.block else "asking for the first answers"
                self._rewrite("  ·  ".join(filter(None, (doing, _so_far(self._interval)))))
            case TrialBegins():
                self._interval = event.interval
                self._show(event, "")
            case TrialProceeds():
                self._show(event, f"{event.passed_s:.0f} s")
            case Recovering():
                self._show(event, f"waiting for recovery, {event.passed_s:.0f} s")
            case TrialEnds():
                self._interval = event.interval
                if not self._console.is_terminal:
                    parts = (_ended(event.trial), _so_far(event.interval))
                    self._say(f"{'; '.join(filter(None, parts))}; {time(event.left_s)} left")
            case Expected():
                self._say(expected_sentence(event))
            case _:
                self._preparing(event)

    def _begin(self) -> None:
        """Change from the preparation to the search, at its first start."""
        if self._searching:
            return
        self._searching = True
        self._preparing.__exit__()
        if self._console.is_terminal:
            self._live.start()
        self._say(f"search for the capacity, {time(self._budget_s)} at most")

    def _show(self, event: TrialBegins | TrialProceeds | Recovering, what: str) -> None:
        rate = f"trying {per_s(event.ask.rate_per_s)} requests/s"
        left = f"{time(event.left_s)} left"
        self._rewrite("  ·  ".join(filter(None, (rate, _so_far(self._interval), left, what))))

    def _say(self, line: str) -> None:
        self._console.print(Text(line), soft_wrap=not self._console.is_terminal)

    def _rewrite(self, line: str) -> None:
        if self._console.is_terminal:
            self._live.update(Text(line, no_wrap=True, overflow="ellipsis"))


def _so_far(interval: Interval | None) -> str:
    if interval is None:
        return ""
    return f"so far {per_s(interval.low_per_s)} to {per_s(interval.high_per_s)}"


def _ended(trial: CapacityTrial) -> str:
    times = decoded([trial.response_time])
    has_p99 = times.count * (1 - _TAIL) >= _SHOWN_AT_LEAST
    p99 = f"p99 {duration(times.quantile(_TAIL))}" if has_p99 else ""
    why = ", ".join(map(cause_text, trial.causes)) or p99
    rate = per_s(trial.ask.rate_per_s)
    return f"trial {trial.number}: {rate} requests/s: {trial.verdict}{f' ({why})' if why else ''}"
