"""`timetrial runs …`: what becomes of stored runs, and runs of other stores."""

from __future__ import annotations

import sys

import click

from timetrial.cli.derived_options import STORE
from timetrial.cli.exporting import exporting
from timetrial.cli.importing import importing
from timetrial.cli.output import RESULTS, Exit
from timetrial.cli.verbosity import with_verbosity
from timetrial.model import BadInput, UnknownName
from timetrial.store import RunLine
from timetrial.store.opening import number_of, open_existing


class _Commands(click.Group):
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.commands and not args[0].startswith("-"):
            raise UnknownName("command of runs", args[0], self.commands)
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, short_help="Export, import or delete stored runs")
def runs() -> None:
    """Export, import or delete stored runs; `timetrial list runs` shows them."""


runs.add_command(exporting)
runs.add_command(importing)


@runs.command(short_help="Delete runs, with all that they measured")
@click.argument("numbers", nargs=-1, required=True, metavar="RUN...")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@STORE
@with_verbosity
def delete(*, numbers: tuple[str, ...], yes: bool, store: str) -> int:
    """Delete runs, by their numbers, with all that they measured."""
    chosen = [_number(text) for text in dict.fromkeys(numbers)]
    with open_existing(store) as opened:
        lines = {line.number: line for line in opened.list_runs()}
        for number in chosen:
            if number not in lines:
                raise UnknownName("run", str(number), map(str, lines))
        if not (yes or _agreed([lines[number] for number in chosen])):
            RESULTS.print("nothing is deleted")
            return Exit.VERDICT_NO
        for number in chosen:
            opened.delete(number)
    for number in chosen:
        RESULTS.print(f"run {number} is deleted")
    return Exit.DONE


def _number(text: str) -> int:
    number = number_of(text)
    if number == "latest":
        raise BadInput("'latest' is no run to delete: give its number")
    return number


def _agreed(lines: list[RunLine]) -> bool:
    if not sys.stdin.isatty():
        raise BadInput("there is no terminal to ask on: add --yes to delete without being asked")
    for line in lines:
        RESULTS.print(
            f"run {line.number}: {line.suite}, {line.created_at}, "
            f"{line.trials_measured} of {line.trials_planned} trials"
        )
    return click.confirm("Delete for good?")
