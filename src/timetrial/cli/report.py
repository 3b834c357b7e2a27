"""`timetrial report RUN`: show a stored run again, alone or beside what others published."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from timetrial import reports
from timetrial.cli.exits import Exit
from timetrial.cli.folders import make_folder
from timetrial.cli.forms import Forms, write_forms
from timetrial.cli.options import JSON, REPORTS, STORE
from timetrial.cli.output import RESULTS, write_json
from timetrial.errors import BadInput
from timetrial.reports.lifecycle import render_lifecycle, write_lifecycle
from timetrial.reports.masking import masked
from timetrial.run import Run
from timetrial.store.opening import read_run
from timetrial.summarize import summarize
from timetrial.summary import Summary


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@STORE
@REPORTS
@JSON
@click.option(
    "--published", "with_published", is_flag=True,
    help="Put the figures that others published on this suite beside the run, and judge them.",
)  # fmt: skip
@click.option(
    "--rows", "with_rows", is_flag=True,
    help="Give every published row its status, by several RUNs, one of each suite  [default: the "
    "latest of each]",
)  # fmt: skip
@click.option("--brief", is_flag=True, help="With JSON: leave the single trials out.")
@click.option(
    "--format", "forms", type=Forms(), metavar="NAMES",
    help="Write other forms of the report instead: html, markdown, csv (a line a trial), json, hdr "
    "(HdrHistogram log), pyperf, svg, png, or several: markdown,svg.",
)  # fmt: skip
@click.option(
    "-o", "--output", metavar="FILE|-",
    help="With one --format: where it goes.  [default: a file in --reports]",
)  # fmt: skip
@click.option("--schema", is_flag=True, help="Print the JSON Schema of a report as JSON.")
def report(
    *,
    runs: tuple[str, ...],
    store: str,
    reports_dir: Path,
    as_json: bool,
    with_published: bool,
    with_rows: bool,
    brief: bool,
    forms: tuple[str, ...] | None,
    output: str | None,
    schema: bool,
) -> int:
    """Show the stored RUN (its number, or 'latest') again."""
    others = {"--json": as_json, "--published": with_published, "--rows": with_rows}
    _check(forms, output, [name for name, given in others.items() if given], brief=brief)
    if schema:
        from timetrial.reports.schema import report_schema  # noqa: PLC0415 - for this alone

        write_json(report_schema().rstrip())
        return Exit.DONE
    if with_rows:
        from timetrial.cli.rows import show_rows  # noqa: PLC0415 - it takes the whole catalog

        show_rows(runs, store, reports_dir, as_json=as_json)
        return Exit.DONE
    if len(runs) > 1:
        raise BadInput(f"{len(runs)} runs were named; only --rows takes more than one")
    loaded = read_run(store, runs[0] if runs else "latest")
    if forms is not None:
        write_forms(loaded, forms, reports_dir, output, brief=brief)
        return Exit.DONE
    if with_published:
        from timetrial.cli.beside import show_published  # noqa: PLC0415 - as above

        show_published(loaded, reports_dir, as_json=as_json)
        return Exit.DONE
    make_folder(reports_dir)
    show(loaded, reports_dir, as_json=as_json, brief=brief)
    return Exit.DONE


def _check(
    forms: tuple[str, ...] | None, output: str | None, others: Sequence[str], *, brief: bool
) -> None:
    """Refuse options that do not go together; `others` are those that say what is shown."""
    if forms is None and output is not None:
        raise BadInput("--output says where one --format goes: give both")
    if forms is not None and others:
        raise BadInput(f"--format and {others[0]} are two reports: give one of them")
    if forms is None and brief and others != ["--json"]:
        raise BadInput("--brief is about the --json of a run alone")
    if {"--published", "--rows"} <= set(others):
        raise BadInput("--rows and --published are two reports: give one of them")


def write_pages(summary: Summary, reports_dir: Path) -> list[Path]:
    """Write the page, and that of the life cycle if there is one."""
    pages = [reports.write_report(summary, reports_dir)]
    if summary.run.experiments:
        pages.append(write_lifecycle(summary.run, reports_dir))
    return pages


def show(run: Run, reports_dir: Path, *, as_json: bool, brief: bool = False) -> None:
    """Write the pages, and print the tables or the data."""
    summary = masked(summarize(run))
    pages = write_pages(summary, reports_dir)
    if as_json:
        write_json(reports.as_json(summary, brief=brief).rstrip())
        return
    RESULTS.print(reports.render(summary))
    RESULTS.print()
    if run.experiments:
        RESULTS.print(render_lifecycle(summary.run))
        RESULTS.print()
    RESULTS.print(f"Report: {', '.join(map(str, pages))}")
