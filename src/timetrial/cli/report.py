"""`timetrial report RUN`: show a stored run again."""

from __future__ import annotations

from pathlib import Path

import click

from timetrial import reports
from timetrial.cli.exits import Exit
from timetrial.cli.options import JSON, REPORTS, STORE
from timetrial.cli.output import RESULTS, write_json
from timetrial.cli.stores import open_existing, run_number
from timetrial.run import Run
from timetrial.summarize import summarize


@click.command()
@click.argument("run", default="latest")
@STORE
@REPORTS
@JSON
def report(*, run: str, store: str, reports_dir: Path, as_json: bool) -> int:
    """Show the stored RUN (its number, or 'latest') again."""
    number = run_number(run)
    with open_existing(store) as opened:
        loaded = opened.load(number)
    show(loaded, reports_dir, as_json=as_json)
    return Exit.DONE


def show(run: Run, reports_dir: Path, *, as_json: bool) -> None:
    """Write the page, and print the tables or the data."""
    summary = summarize(run)
    page = reports.write_report(summary, reports_dir)
    if as_json:
        write_json(reports.as_json(summary).rstrip())
        return
    RESULTS.print(reports.render(summary))
    RESULTS.print()
    RESULTS.print(f"Report: {page}")
