"""What `timetrial compare` takes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from timetrial.verbs.options.common import StoreOptions
from timetrial.verbs.options.options import CommandLine, Options


class ComparedRuns(Options):
    """Which runs are compared; each is a number, or 'latest'."""

    a: Annotated[str, CommandLine(is_argument=True)]
    b: Annotated[str, CommandLine(is_argument=True)]
    anyway: Annotated[
        bool,
        Field(description="Compare what another machine or load was measured on"),
        CommandLine(),
    ] = False


class CompareOptions(ComparedRuns, StoreOptions):
    """All of a comparison of two stored runs."""
