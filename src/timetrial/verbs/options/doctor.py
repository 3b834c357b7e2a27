"""What `timetrial doctor` takes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from timetrial.runner.noise import ROUNDS
from timetrial.verbs.options.options import CommandLine, Options


class DoctorOptions(Options):
    """How closely the machine is examined."""

    quick: Annotated[
        bool,
        Field(description="Only check the machine: no run of a minute"),
        CommandLine(),
    ] = False
    rounds: Annotated[int, Field(ge=2)] = ROUNDS
    """Of a server against itself; no option of the command line."""
