"""Where a gate's judgements go: the terminal, JSON, JUnit XML, and what GitHub shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import click

from timetrial.cli.exits import Exit
from timetrial.cli.options import JSON
from timetrial.cli.output import PROGRESS, RESULTS, write_json
from timetrial.errors import BadInput
from timetrial.gate.judgement import Gate
from timetrial.reports.gate import render_gate
from timetrial.reports.gate_github import commands, markdown
from timetrial.reports.gate_json import gate_as_json
from timetrial.reports.gate_junit import junit

_Function = TypeVar("_Function", bound=Callable[..., object])
_ON_GITHUB, _SUMMARY = "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"


def outcome_options(verb: _Function) -> _Function:
    """Add the options; the verb gets `junit_file`, `github` and `as_json`."""
    verb = JSON(verb)
    verb = click.option(
        "--github", is_flag=True,
        help="Print annotations for GitHub Actions, and add Markdown to the job's summary.  "
        "[default: where it runs there]",
    )(verb)  # fmt: skip
    return click.option(
        "--junit", "junit_file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        help="Also write JUnit XML, a test for each figure.",
    )(verb)  # fmt: skip


def check_folders(junit_file: Path | None) -> None:
    """Raise BadInput, before anything is measured, for a file that cannot be written then."""
    if junit_file is not None and not junit_file.absolute().parent.is_dir():
        raise BadInput(f"--junit: there is no folder {str(junit_file.parent)!r}")


def tell(
    gate: Gate,
    *,
    as_json: bool,
    junit_file: Path | None,
    github: bool,
    environ: Mapping[str, str],
) -> int:
    """Write it wherever it was asked for, and return the exit code."""
    if as_json:
        write_json(gate_as_json(gate).rstrip())
    else:
        RESULTS.print(render_gate(gate))
    if junit_file is not None:
        _write(junit_file, junit(gate))
    if github or environ.get(_ON_GITHUB) == "true":
        # GitHub reads both streams; JSON has to stay alone on its own.
        console = PROGRESS if as_json else RESULTS
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
