"""`timetrial gate`: is what is new worse than what was? For CI."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Self

import click
from pydantic import Field, model_validator

from timetrial.analysis.summarize import summarize
from timetrial.cli.derived_options import VersionedCommand, taking
from timetrial.cli.endings import outcome, same_command
from timetrial.cli.output import RESULTS, Exit, reports_in, write_file, write_json
from timetrial.cli.progress.observer import watched
from timetrial.cli.race import RaceCommand
from timetrial.cli.report import write_pages
from timetrial.cli.streams import is_github_job, read_for_commands, write_command
from timetrial.cli.verbosity import is_quiet
from timetrial.features.gate.github import commands, comment, markdown
from timetrial.features.gate.json import gate_as_json
from timetrial.features.gate.judgement import Gate
from timetrial.features.gate.junit import junit
from timetrial.features.gate.terminal import render_gate
from timetrial.features.gate.text import chosen_text
from timetrial.model import BadInput
from timetrial.reports.redaction import masked, with_visible_texts
from timetrial.verbs import gate as verb
from timetrial.verbs.options.common import DetailOptions, JsonOptions, StoreOptions
from timetrial.verbs.options.gate import GateOptions, GateTerms
from timetrial.verbs.options.options import CommandLine, Options, Written
from timetrial.verbs.options.progress import ProgressOptions

_SUMMARY = "GITHUB_STEP_SUMMARY"


class _Files(Options):
    """Where judgements go beside the terminal."""

    section = JsonOptions.section

    junit_file: Annotated[
        Path | None,
        Written.FILE,
        Field(description="Also write JUnit XML, a test for each figure"),
        CommandLine(("--junit",), metavar="FILE"),
    ] = None
    comment_file: Annotated[
        Path | None,
        Written.FILE,
        Field(description="Also write Markdown for a comment on a pull request"),
        CommandLine(("--comment",), metavar="FILE"),
    ] = None
    github: Annotated[
        bool,
        Field(description="Annotate on GitHub Actions  [default: where it runs there]"),
        CommandLine(),
    ] = False


class OutcomeOptions(_Files, JsonOptions, DetailOptions):
    """Where judgements go."""


def check_folders(files: _Files) -> None:
    """Raise BadInput, before anything is measured, for a file that cannot be written then."""
    for option, file in (("--junit", files.junit_file), ("--comment", files.comment_file)):
        if file is not None and not file.absolute().parent.is_dir():
            raise BadInput(f"{option}: there is no folder {str(file.parent)!r}")


def tell(gate: Gate, options: OutcomeOptions, environ: Mapping[str, str]) -> int:
    """Write it wherever it was asked for, and return the exit code."""
    gate = with_visible_texts(gate)
    if options.as_json:
        write_json(gate_as_json(gate).rstrip())
    else:
        RESULTS.print(render_gate(gate, details=options.details, brief=is_quiet()))
    if options.junit_file is not None:
        write_file(options.junit_file, junit(gate))
    if options.comment_file is not None:
        write_file(options.comment_file, comment(gate))
    if options.github or is_github_job(environ):
        # GitHub reads both streams; JSON has to stay alone on its own.
        stream = sys.stderr if options.as_json else sys.stdout
        for command in commands(gate):
            write_command(stream, command)
        if summary := environ.get(_SUMMARY):
            write_file(Path(summary), markdown(gate), add=True)
    return Exit.VERDICT_NO if gate.failed else Exit.DONE


class GateCommand(GateTerms, RaceCommand, OutcomeOptions):
    """A gate, with the race that it may take, and where its judgements go."""

    app: Annotated[str, CommandLine(metavar="[RUN|APP]", is_argument=True)] = "."
    hidden = frozenset({"servers", "revisions"})

    @property
    def run(self) -> str | None:
        """The stored run that is named in place of an app."""
        return self.app if self.app == verb.LATEST or self.app.isdecimal() else None

    @property
    def judges_runs(self) -> bool:
        return self.is_about_runs or self.run is not None

    @model_validator(mode="after")
    def _check_race(self) -> Self:
        if self.servers or self.revisions:
            raise BadInput(
                "a gate compares two commits on one server, which --base-rev, --head-rev and "
                "--server name, not --rev and --servers"
            )
        if self.judges_runs:
            records = (JsonOptions, StoreOptions, ProgressOptions)
            own = {"app", *GateTerms.model_fields}
            shared = own.union(*(record.model_fields for record in records))
            given = self.given(*(RaceCommand.model_fields.keys() - shared))
            if given is not None:
                raise BadInput(f"{given} is about a race of an APP, and this gate judges runs")
            if "app" in self.model_fields_set and self.run is None:
                raise BadInput(
                    f"{self.app!r} is an APP, and this gate judges stored runs: give one of them"
                )
        return self


@click.command(cls=VersionedCommand, short_help="Fail if a change is slower than a limit allows")
@taking(GateCommand)
def gate(typed: GateCommand) -> int:
    """Exit with 1 if new code is slower than a limit, by the whole 95 % interval; for CI.

    APP as it is now and at a commit before it, raced side by side, with the options of `timetrial
    race`; or two stacks of one RUN (--old, --new); or two stored runs (--baseline).
    """
    check_folders(typed)
    if typed.github:
        read_for_commands()
    gated = verb.gate(_options(typed, run=typed.run)) if typed.judges_runs else _measured(typed)
    raced: int = Exit.DONE
    if gated.raced is not None:
        raced = outcome(gated.raced, same_command(gated.raced.run.number))
    if gated.gate is None:
        return raced
    chosen = map(chosen_text, gated.chosen)
    judged = replace(gated.gate, remarks=(*chosen, *gated.gate.remarks))
    code = tell(judged, typed, os.environ)
    # A regression is heard first, and a race that failed otherwise next.
    return raced if code == Exit.DONE else code


def _options(typed: GateCommand, **further: object) -> GateOptions:
    """Make the gate's own record of what was typed for it."""
    given = {
        name: getattr(typed, name)
        for name in GateOptions.model_fields
        if name in typed.model_fields_set
    }
    return GateOptions(**given, **further)


def _measured(typed: GateCommand) -> verb.Gated:
    """Race both commits. The race's own report goes to its page: here the gate speaks."""
    race = _race_of(typed)
    with ExitStack() as stack:
        stack.enter_context(reports_in(race.reports_dir))
        progress = stack.enter_context(watched(race.progress))
        options = _options(typed, race=race, written=(race.reports_dir,))
        gated = verb.gate(options, progress)
        if gated.raced is not None:
            write_pages(masked(summarize(gated.raced.run)), race.reports_dir)
    return gated


def _race_of(typed: GateCommand) -> RaceCommand:
    """Take the options of the race, those that a gate has not itself."""
    names = RaceCommand.model_fields.keys() & typed.model_fields_set
    return RaceCommand(**{name: getattr(typed, name) for name in names})
