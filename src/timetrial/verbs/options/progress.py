"""How progress is shown: for the command line alone, as functions take an observer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from timetrial.verbs.options.options import CommandLine, Options

ProgressForm = Literal["auto", "lines", "events"]


class ProgressOptions(Options):
    """How progress is shown."""

    section = "Files and output"

    progress: Annotated[
        ProgressForm,
        Field(description="Show progress as lines, or as events in JSON"),
        CommandLine(shows_default=True),
    ] = "auto"
