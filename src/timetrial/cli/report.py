"""`timetrial report RUN`: show a stored run again, alone or beside what others published."""

from __future__ import annotations

from pathlib import Path

import click

from timetrial import reports
from timetrial.analysis.summarize import summarize
from timetrial.cli.derived_options import taking
from timetrial.cli.exits import Exit
from timetrial.cli.folders import make_folder
from timetrial.cli.formats import write_forms
from timetrial.cli.output import RESULTS, write_json
from timetrial.cli.report_options import ReportCommand
from timetrial.features.lifecycle.terminal import render_lifecycle, write_lifecycle
from timetrial.features.race.terminal import render
from timetrial.features.run_report import ADDITIONS
from timetrial.model.errors import BadInput
from timetrial.model.run import Run
from timetrial.model.summary import Summary
from timetrial.reports.redaction import masked
from timetrial.store.opening import read_run


@click.command()
@taking(ReportCommand)
def report(options: ReportCommand) -> int:
    """Show the stored RUN (its number, or 'latest') again."""
    if options.schema_wanted:
        from timetrial.reports.schema import report_schema  # noqa: PLC0415 - for this alone

        write_json(report_schema().rstrip())
        return Exit.DONE
    if options.with_rows:
        from timetrial.cli.report_rows import show_rows  # noqa: PLC0415 - it takes the whole catalog

        show_rows(options.runs, options.store, options.reports_dir, as_json=options.as_json)
        return Exit.DONE
    if len(options.runs) > 1:
        raise BadInput(f"{len(options.runs)} runs were named; only --rows takes more than one")
    loaded = read_run(options.store, options.runs[0] if options.runs else "latest")
    if options.forms is not None:
        write_forms(loaded, options.forms, options.reports_dir, options.output, brief=options.brief)
        return Exit.DONE
    if options.with_published:
        from timetrial.cli.report_published import show_published  # noqa: PLC0415 - as above

        show_published(loaded, options.reports_dir, as_json=options.as_json)
        return Exit.DONE
    make_folder(options.reports_dir)
    show(loaded, options.reports_dir, as_json=options.as_json, brief=options.brief)
    return Exit.DONE


def write_pages(summary: Summary, reports_dir: Path) -> list[Path]:
    """Write the page, and that of the life cycle if there is one."""
    pages = [reports.write_report(summary, reports_dir, ADDITIONS)]
    if summary.run.experiments:
        pages.append(write_lifecycle(summary.run, reports_dir))
    return pages


def show(run: Run, reports_dir: Path, *, as_json: bool, brief: bool = False) -> None:
    """Write the pages, and print the tables or the data."""
    summary = masked(summarize(run))
    pages = write_pages(summary, reports_dir)
    if as_json:
        write_json(reports.as_json(summary, ADDITIONS, brief=brief).rstrip())
        return
    RESULTS.print(render(summary))
    RESULTS.print()
    if run.experiments:
        RESULTS.print(render_lifecycle(summary.run))
        RESULTS.print()
    RESULTS.print(f"Report: {', '.join(map(str, pages))}")
