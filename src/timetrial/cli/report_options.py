"""What `timetrial report` takes: which runs, and in which form they are shown."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from timetrial.cli.formats import forms_in
from timetrial.model.errors import BadInput
from timetrial.verbs.options.options import CommandLine, Options
from timetrial.verbs.options.places import JsonOptions, ReportOptions, StoreOptions


class ReportedRuns(Options):
    """The runs that are shown; without one, the latest."""

    runs: Annotated[tuple[str, ...], CommandLine(metavar="[RUN]...", is_argument=True)] = ()


class ReportTerms(Options):
    """Which of its reports are made of a run."""

    with_published: Annotated[
        bool,
        Field(
            description="Put the figures that others published on this suite beside the run, and "
            "judge them."
        ),
        CommandLine(("--published",)),
    ] = False
    with_rows: Annotated[
        bool,
        Field(
            description="Give every published row its status, by several RUNs, one of each suite  "
            "[default: the latest of each]"
        ),
        CommandLine(("--rows",)),
    ] = False
    brief: Annotated[
        bool, Field(description="With JSON: leave the single trials out."), CommandLine()
    ] = False
    form_names: Annotated[
        str | None,
        Field(
            description="Write other forms of the report instead: html, markdown, csv (a line a "
            "trial), json, hdr (HdrHistogram log), pyperf, svg, png, or several: markdown,svg."
        ),
        CommandLine(("--format",), metavar="NAMES"),
    ] = None
    output: Annotated[
        str | None,
        Field(description="With one --format: where it goes.  [default: a file in --reports]"),
        CommandLine(("-o", "--output"), metavar="FILE|-"),
    ] = None
    schema_wanted: Annotated[
        bool,
        Field(description="Print the JSON Schema of a report as JSON."),
        CommandLine(("--schema",)),
    ] = False


class ReportCommand(ReportedRuns, StoreOptions, ReportOptions, JsonOptions, ReportTerms):
    """All that a report is asked for."""

    @property
    def forms(self) -> tuple[str, ...] | None:
        """The forms that are written instead of what is shown otherwise; None: not asked for."""
        return None if self.form_names is None else forms_in(self.form_names)

    @model_validator(mode="after")
    def _check(self) -> Self:
        """Refuse options that do not go together."""
        others = [
            self.flag(name)
            for name in ("as_json", "with_published", "with_rows")
            if getattr(self, name)
        ]
        if self.forms is None and self.output is not None:
            raise BadInput("--output says where one --format goes: give both")
        if self.forms is not None and others:
            raise BadInput(f"--format and {others[0]} are two reports: give one of them")
        if self.forms is None and self.brief and others != ["--json"]:
            raise BadInput("--brief is about the --json of a run alone")
        if {"--published", "--rows"} <= set(others):
            raise BadInput("--rows and --published are two reports: give one of them")
        return self
