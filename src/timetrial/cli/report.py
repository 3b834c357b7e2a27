"""`timetrial report RUN`: show a stored run again, alone or beside what others published."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Self

import click
from pydantic import Field, model_validator

from timetrial import reports
from timetrial.analysis.summarize import summarize
from timetrial.cli.derived_options import taking
from timetrial.cli.output import PROGRESS, RESULTS, Exit, make_folder, write_json
from timetrial.cli.progress.steps import steps
from timetrial.cli.sections import SectionedCommand
from timetrial.cli.verbosity import is_quiet
from timetrial.features.lifecycle.answer import render_answer as render_life
from timetrial.features.lifecycle.terminal import render_lifecycle, write_lifecycle
from timetrial.features.race import answer
from timetrial.features.race.terminal import render
from timetrial.features.run_report import ADDITIONS
from timetrial.model import BadInput, Run, Summary, UnknownName
from timetrial.reports.counts import render_counts
from timetrial.reports.files import write_into, write_to
from timetrial.reports.formats import FORMS, IMAGES, files, text_of
from timetrial.reports.redaction import masked
from timetrial.store.opening import read_run
from timetrial.verbs.options.common import DetailOptions, JsonOptions, ReportOptions, StoreOptions
from timetrial.verbs.options.options import CommandLine, Options

STDOUT = "-"
MOST_NAMED = 4
"""Files; of more it is said how many there are."""


class ReportedRuns(Options):
    """The runs that are shown; without one, the latest."""

    runs: Annotated[tuple[str, ...], CommandLine(metavar="[RUN]...", is_argument=True)] = ()


class ReportTerms(Options):
    """Which of its reports are made of a run."""

    section = ReportOptions.section

    with_published: Annotated[
        bool,
        Field(description="Put what others published beside the run, and judge it"),
        CommandLine(("--published",)),
    ] = False
    with_rows: Annotated[
        bool,
        Field(description="Status of every published row  [default: latest of each suite]"),
        CommandLine(("--rows",)),
    ] = False
    brief: Annotated[
        bool, Field(description="With --json: leave the single trials out"), CommandLine()
    ] = False
    form_names: Annotated[
        str | None,
        Field(description="html, markdown, csv, json, hdr, pyperf, openmetrics, otlp, …"),
        CommandLine(("--format",), metavar="NAMES"),
    ] = None
    output: Annotated[
        str | None,
        Field(description="Where one --format goes  [default: a file in --reports]"),
        CommandLine(("-o", "--output"), metavar="FILE"),
    ] = None
    schema_wanted: Annotated[
        bool,
        Field(description="Print the JSON Schema of --json"),
        CommandLine(("--schema",)),
    ] = False


class ReportCommand(
    ReportedRuns, StoreOptions, ReportOptions, JsonOptions, DetailOptions, ReportTerms
):
    """All that a report is asked for."""

    @property
    def forms(self) -> tuple[str, ...] | None:
        """The forms that are written instead of what is shown otherwise; None: not asked for."""
        return None if self.form_names is None else forms_in(self.form_names)

    @model_validator(mode="after")
    def _check(self) -> Self:
        """Refuse options that do not go together."""
        other_reports = [
            self.flag(name)
            for name in ("as_json", "with_published", "with_rows")
            if getattr(self, name)
        ]
        if self.forms is None and self.output is not None:
            raise BadInput("--output says where one --format goes: give both")
        if self.forms is not None and other_reports:
            raise BadInput(f"--format and {other_reports[0]} are two reports: give one of them")
        if self.forms is None and self.brief and other_reports != ["--json"]:
            raise BadInput("--brief is about the --json of a run alone")
        if {"--published", "--rows"} <= set(other_reports):
            raise BadInput("--rows and --published are two reports: give one of them")
        return self


def forms_in(text: str) -> tuple[str, ...]:
    """Read names of formats: 'csv' or 'markdown,svg'. Raises UnknownName."""
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in FORMS:
            raise UnknownName("form of a report", name, FORMS)
    return tuple(dict.fromkeys(names))


def write_forms(
    run: Run, forms: tuple[str, ...], reports_dir: Path, output: str | None, *, brief: bool
) -> None:
    """Write each form into the folder of reports, or a single text to where it is wanted."""
    _check(forms, output, brief=brief)
    summary = summarize(run)
    if output is not None:
        _write_text(text_of(summary, forms[0], ADDITIONS, brief=brief), output)
        return
    if set(forms) & set(IMAGES):
        PROGRESS.print("drawing charts", style="dim")
    made = files(summary, forms, ADDITIONS, brief=brief)
    written = [write_into(reports_dir, file) for file in made]
    _tell(written, reports_dir)


def _check(forms: tuple[str, ...], output: str | None, *, brief: bool) -> None:
    if brief and "json" not in forms:
        raise BadInput("--brief is about JSON: give it with --json or --format json")
    if output is None:
        return
    if len(forms) > 1:
        raise BadInput(
            f"--output takes one form, {len(forms)} were named; --reports takes a folder for all"
        )
    if forms[0] in IMAGES:
        raise BadInput(f"{forms[0]} is a file for each chart: name a folder with --reports")


def _write_text(text: str, output: str) -> None:
    if output == STDOUT:
        sys.stdout.write(text)
    else:
        RESULTS.print(f"Report: {write_to(Path(output), text.encode())}", soft_wrap=True)


def _tell(written: Sequence[Path], folder: Path) -> None:
    if not written:
        RESULTS.print("There is nothing to draw: no stack gave a figure.")
    elif len(written) <= MOST_NAMED:
        RESULTS.print(f"Report: {', '.join(map(str, written))}", soft_wrap=True)
    else:
        named = ", ".join(file.name for file in written[:MOST_NAMED])
        RESULTS.print(f"Report: {len(written)} files in {folder}: {named}, …", soft_wrap=True)


@click.command(cls=SectionedCommand, short_help="Show a stored run, or write it in other forms")
@taking(ReportCommand)
def report(options: ReportCommand) -> int:
    """Show the stored RUN (its number, or 'latest') again."""
    if options.schema_wanted:
        from timetrial.reports.schema import report_schema  # noqa: PLC0415 - for this alone

        write_json(report_schema().rstrip())
        return Exit.DONE
    if options.with_rows:
        from timetrial.cli.report_published import show_rows  # noqa: PLC0415 - it takes the whole catalog

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
    show(
        loaded, options.reports_dir, as_json=options.as_json, brief=options.brief,
        details=options.details,
    )  # fmt: skip
    return Exit.DONE


def write_pages(summary: Summary, reports_dir: Path) -> list[Path]:
    """Write the page, and that of the life cycle if there is one."""
    pages = [reports.write_report(summary, reports_dir, ADDITIONS)]
    if summary.run.experiments:
        pages.append(write_lifecycle(summary.run, reports_dir))
    return pages


def show(
    run: Run, reports_dir: Path, *, as_json: bool, brief: bool = False, details: bool = False
) -> None:
    """Write the pages, and print the tables or the data."""
    with steps(PROGRESS, "none") as tell:
        tell("writing the report")
        summary = masked(summarize(run))
        pages = write_pages(summary, reports_dir)
    if as_json:
        write_json(reports.as_json(summary, ADDITIONS, brief=brief).rstrip())
        return
    quiet = is_quiet()
    RESULTS.print(render(summary) if details else answer.render(summary, brief=quiet))
    if not quiet:
        RESULTS.print()
    if run.experiments:
        life = render_lifecycle(summary.run) if details else render_life(summary.run, brief=quiet)
        RESULTS.print(life)
        if not quiet:
            RESULTS.print()
    if run.countings:
        RESULTS.print(render_counts(summary, brief=quiet))
        if not quiet:
            RESULTS.print()
    if quiet:
        return
    if not details:
        RESULTS.print(f"Details: timetrial report {run.number} --details")
    RESULTS.print(f"Report: {', '.join(map(str, pages))}")
