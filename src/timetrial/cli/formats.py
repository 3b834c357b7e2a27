"""`timetrial report RUN --format NAMES`: the same report in other forms, into files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from timetrial.analysis.summarize import summarize
from timetrial.cli.output import PROGRESS, RESULTS
from timetrial.features.run_report import ADDITIONS
from timetrial.model.errors import BadInput, UnknownName
from timetrial.model.run import Run
from timetrial.reports.files import write_into, write_to
from timetrial.reports.formats import FORMS, IMAGES, files, text_of

STDOUT = "-"
MOST_NAMED = 4
"""Files; of more it is said how many there are."""


def forms_in(text: str) -> tuple[str, ...]:
    """Read names of forms, given as 'csv' or 'markdown,svg'. Raises UnknownName."""
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
