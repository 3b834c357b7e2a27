"""`timetrial history`: what has become of stacks over the runs of a store."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from timetrial.cli.exits import Exit
from timetrial.cli.options import JSON, STORE
from timetrial.cli.output import PROGRESS, RESULTS, write_json
from timetrial.cli.stores import open_existing
from timetrial.errors import BadInput, UnknownName
from timetrial.histories import History, histories
from timetrial.metrics import BY_OPTION, METRICS
from timetrial.reports.history import histories_as_json, render_histories
from timetrial.runner.digests import up_to_date_digests


@click.command()
@click.option("--suite", metavar="NAME", help="Only runs of this suite.")
@click.option("--contest", metavar="NAME", help="Only this contest.")
@click.option("--stack", metavar="NAME", help="Only this stack.")
@click.option(
    "--metric", type=click.Choice(list(BY_OPTION)), default="throughput", show_default=True,
    help="What is followed.",
)  # fmt: skip
@STORE
@JSON
def history(
    *,
    suite: str | None,
    contest: str | None,
    stack: str | None,
    metric: str,
    store: str,
    as_json: bool,
) -> int:
    """Follow stacks over the finished runs of a store, and mark where their level changes."""
    with open_existing(store) as opened:
        digests = up_to_date_digests(opened, _tell)
    if not digests:
        raise BadInput(f"the store {store!r} has no finished run yet; `timetrial run` adds one")
    found = histories(digests, BY_OPTION[metric])
    found = _only("suite", suite, found, lambda each: each.suite)
    found = _only("contest", contest, found, lambda each: each.contest)
    found = _only("stack", stack, found, lambda each: each.stack)
    if as_json:
        write_json(histories_as_json(found))
    elif found:
        RESULTS.print(render_histories(found))
    else:
        RESULTS.print(f"no finished run has a figure in {METRICS[BY_OPTION[metric]].label}")
    return Exit.DONE


def _only(
    what: str, name: str | None, found: Sequence[History], of: Callable[[History], str]
) -> tuple[History, ...]:
    if name is None:
        return tuple(found)
    kept = tuple(each for each in found if of(each) == name)
    if not kept:
        raise UnknownName(f"{what} in these runs", name, {of(each) for each in found})
    return kept


def _tell(number: int, total: int) -> None:
    if number == 1:
        runs = "one run that is" if total == 1 else f"{total} runs that are"
        PROGRESS.print(f"reading {runs} new here")
