"""`timetrial history`: the figures of stacks over the runs of a store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import click
from pydantic import Field

from timetrial.analysis.trends import History, histories
from timetrial.cli.derived_options import taking
from timetrial.cli.output import PROGRESS, RESULTS, Exit, error_line, write_json
from timetrial.cli.progress.steps import steps
from timetrial.cli.sections import SectionedCommand
from timetrial.cli.verbosity import is_quiet
from timetrial.model import BY_OPTION, METRICS, BadInput, UnknownName
from timetrial.reports.history import histories_as_json, render_histories
from timetrial.reports.history_answer import render_answer
from timetrial.runner.digests import up_to_date_digests
from timetrial.store.opening import open_existing
from timetrial.verbs.options.common import DetailOptions, JsonOptions, MetricName, StoreOptions
from timetrial.verbs.options.options import CommandLine, Options


class _Followed(Options):
    """Which stacks are followed, and by what."""

    section = "Runs"

    suite: Annotated[
        str | None, Field(description="Only runs of this suite"), CommandLine(metavar="NAME")
    ] = None
    benchmark: Annotated[
        str | None, Field(description="Only this benchmark"), CommandLine(metavar="NAME")
    ] = None
    stack: Annotated[
        str | None, Field(description="Only this stack"), CommandLine(metavar="NAME")
    ] = None
    metric: Annotated[
        MetricName,
        Field(description="throughput, p50, p99, cpu or memory  [default: throughput]"),
        CommandLine(metavar="METRIC"),
    ] = "throughput"


class HistoryCommand(_Followed, StoreOptions, JsonOptions, DetailOptions):
    """Which stacks are followed, in which store, and how the result is shown."""


@click.command(cls=SectionedCommand, short_help="Follow figures over stored runs")
@taking(HistoryCommand)
def history(options: HistoryCommand) -> int:
    """Follow stacks over the finished runs of a store, and mark where their level changes."""
    store, metric = options.store, BY_OPTION[options.metric]
    with open_existing(store) as opened, steps(PROGRESS, "first") as tell:
        kept = up_to_date_digests(
            opened, lambda number, total: tell(f"reading new runs ({number} of {total})")
        )
    for note in kept.notes():
        error_line(note)
    digests = kept.readable
    if not digests:
        raise BadInput(f"the store {store!r} has no finished run yet; `timetrial run` adds one")
    followed: Sequence[History] = histories(digests, metric)
    for what in ("suite", "benchmark", "stack"):
        followed = _only(what, getattr(options, what), followed)
    if options.as_json:
        write_json(histories_as_json(followed))
    elif not followed:
        RESULTS.print(f"no finished run has a figure in {METRICS[metric].label}")
    elif options.details:
        RESULTS.print(render_histories(followed))
    else:
        RESULTS.print(render_answer(followed, brief=is_quiet()))
    return Exit.DONE


def _only(what: str, name: str | None, followed: Sequence[History]) -> Sequence[History]:
    """Keep the histories of one suite, benchmark or stack. Raises UnknownName."""
    if name is None:
        return followed
    names = [getattr(history, what) for history in followed]
    if name not in names:
        raise UnknownName(f"{what} in these runs", name, set(names))
    return [history for history in followed if getattr(history, what) == name]
