"""`timetrial report RUN`: show a stored run again."""

from __future__ import annotations

from pathlib import Path

import click

from timetrial import reports
from timetrial.cli.exits import Exit
from timetrial.cli.options import JSON, REPORTS, STORE
from timetrial.cli.output import RESULTS, write_json
from timetrial.cli.stores import read_run
from timetrial.errors import BadInput
from timetrial.run import Run
from timetrial.summarize import summarize


@click.command()
@click.argument("run", default="latest")
@STORE
@REPORTS
@JSON
def report(*, run: str, store: str, reports_dir: Path, as_json: bool) -> int:
    """Show the stored RUN (its number, or 'latest') again."""
    loaded = read_run(store, run)
    make_folder(reports_dir)
    show(loaded, reports_dir, as_json=as_json)
    return Exit.DONE


def make_folder(reports_dir: Path) -> None:
    try:
        reports_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"the folder {str(reports_dir)!r} cannot be made: {error.strerror}"
        raise BadInput(f"{problem}; name another with --reports") from error


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
