"""`timetrial doctor`: is this machine fit, and what is the smallest difference it can show?"""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Annotated, Self

import click
from pydantic import Field, model_validator

from timetrial.cli.calibrate import calibrate
from timetrial.cli.derived_options import taking
from timetrial.cli.output import PROGRESS, RESULTS, Exit, write_json
from timetrial.cli.progress.observer import RunProgress
from timetrial.cli.progress.steps import steps
from timetrial.cli.sections import SectionedCommand
from timetrial.cli.verbosity import is_quiet
from timetrial.model import BadInput
from timetrial.reports.doctor import as_data, closing, table
from timetrial.reports.doctor_answer import render_diagnosis
from timetrial.verbs import doctor as verb
from timetrial.verbs.options.common import DetailOptions, JsonOptions
from timetrial.verbs.options.doctor import DoctorOptions
from timetrial.verbs.options.options import CommandLine


class DoctorCommand(DoctorOptions, JsonOptions, DetailOptions):
    """Checks of the machine, and how their result is printed."""

    engine: Annotated[
        bool,
        Field(description="Check the load engine against known response times instead"),
        CommandLine(),
    ] = False

    @model_validator(mode="after")
    def _check_engine(self) -> Self:
        if self.engine and self.quick:
            raise BadInput("--engine measures, and --quick only looks: give one of them")
        return self


@click.command(cls=SectionedCommand, short_help="Is this machine fit to measure on?")
@taking(DoctorCommand)
def doctor(options: DoctorCommand) -> int:
    """Check whether this machine is fit to measure on, and how small a difference it can show."""
    return calibrate(as_json=options.as_json) if options.engine else run(options)


def run(options: DoctorCommand) -> int:
    """Examine the machine, with so many rounds as the command line cannot choose."""
    with _DoctorProgress(with_tables=options.details and not options.as_json) as progress:
        diagnosis = verb.doctor(options, progress)
    if options.as_json:
        write_json(json.dumps(as_data(diagnosis), indent=2))
    elif options.details:
        RESULTS.print()
        RESULTS.print(closing(diagnosis))
    else:
        RESULTS.print(render_diagnosis(diagnosis, brief=is_quiet()))
    return Exit.DONE if diagnosis.fit else Exit.VERDICT_NO


class _DoctorProgress:
    """An observer that shows the run, and in details each table of checks when it is there."""

    def __init__(self, *, with_tables: bool) -> None:
        self._with_tables = with_tables
        self._shown = ExitStack()
        """What is drawn at the end of a terminal; it ends before a table is printed."""
        self._run: RunProgress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._shown.close()

    def __call__(self, event: verb.DoctorEvent) -> None:
        match event:
            case verb.MachineChecking():
                self._shown.enter_context(steps(PROGRESS))("checking the machine")
            case verb.MachineChecked():
                self._shown.close()
                if self._with_tables and event.checks:
                    RESULTS.print(table(event.checks))
            case _:
                if self._run is None:
                    self._run = self._shown.enter_context(RunProgress(PROGRESS))
                self._run(event)
