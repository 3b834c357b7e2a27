"""Where a gate's judgements go: the terminal, JSON, JUnit XML, and what GitHub shows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from timetrial.cli.exits import Exit
from timetrial.cli.output import PROGRESS, RESULTS, write_json
from timetrial.features.gate.github import commands, markdown
from timetrial.features.gate.json import gate_as_json
from timetrial.features.gate.judgement import Gate
from timetrial.features.gate.junit import junit
from timetrial.features.gate.terminal import render_gate
from timetrial.model.errors import BadInput
from timetrial.verbs.options.options import CommandLine, Options, Written
from timetrial.verbs.options.places import JsonOptions

_ON_GITHUB, _SUMMARY = "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"


class _Files(Options):
    """Where judgements go beside the terminal."""

    junit_file: Annotated[
        Path | None,
        Written.FILE,
        Field(description="Also write JUnit XML, a test for each figure."),
        CommandLine(("--junit",), metavar="FILE"),
    ] = None
    github: Annotated[
        bool,
        Field(
            description="Print annotations for GitHub Actions, and add Markdown to the job's "
            "summary.  [default: where it runs there]"
        ),
        CommandLine(),
    ] = False


class OutcomeOptions(_Files, JsonOptions):
    """Where judgements go."""


def check_folder(junit_file: Path | None) -> None:
    """Raise BadInput, before anything is measured, for a file that cannot be written then."""
    if junit_file is not None and not junit_file.absolute().parent.is_dir():
        raise BadInput(f"--junit: there is no folder {str(junit_file.parent)!r}")


def tell(gate: Gate, options: OutcomeOptions, environ: Mapping[str, str]) -> int:
    """Write it wherever it was asked for, and return the exit code."""
    if options.as_json:
        write_json(gate_as_json(gate).rstrip())
    else:
        RESULTS.print(render_gate(gate))
    if options.junit_file is not None:
        _write(options.junit_file, junit(gate))
    if options.github or environ.get(_ON_GITHUB) == "true":
        # GitHub reads both streams; JSON has to stay alone on its own.
        console = PROGRESS if options.as_json else RESULTS
        for command in commands(gate):
            console.print(command, markup=False, soft_wrap=True)
        if summary := environ.get(_SUMMARY):
            _write(Path(summary), markdown(gate), add=True)
    return Exit.VERDICT_NO if gate.failed else Exit.DONE


def _write(file: Path, text: str, *, add: bool = False) -> None:
    try:
        with file.open("a" if add else "w", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise BadInput(f"{str(file)!r} cannot be written: {error.strerror}") from error
