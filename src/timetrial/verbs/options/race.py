"""What `timetrial race` takes."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from timetrial.machine.ports import HIGHEST_PORT
from timetrial.verbs.options.common import (
    CatalogOptions,
    FirstPort,
    PackageOptions,
    Probe,
    Processes,
    RelativePrecision,
    RevisionOptions,
    Rounds,
    Seconds,
    StoreOptions,
    check_one_length,
)
from timetrial.verbs.options.lifecycle import LifecycleOptions
from timetrial.verbs.options.options import CommandLine, Options
from timetrial.verbs.options.project import ProjectOptions
from timetrial.verbs.options.requests import RequestOptions
from timetrial.verbs.options.services import ServiceOptions


class RaceTerms(Options):
    """Which servers take part, with how many processes, and for how long."""

    servers: Annotated[
        str | None,
        Field(
            description="Only these: a,b,c; or 'all', with other settings of the same servers.  "
            "[default: one of each that can serve the app]"
        ),
        CommandLine(metavar="NAMES"),
    ] = None
    workers: Annotated[
        Processes,
        Field(description="Processes of each server.  [default: as many as there are CPUs for it]"),
    ] = None
    threads: Annotated[
        int,
        Field(ge=1, le=256, description="Threads a process, of servers that have them."),
        CommandLine(metavar="N", shows_default=True),
    ] = 4
    connections: Annotated[
        int,
        Field(ge=1, le=HIGHEST_PORT, description="How many drive the servers to their limit."),
        CommandLine(metavar="N", shows_default=True),
    ] = 16
    thorough: Annotated[
        bool,
        Field(
            description="Compare response times at 80 % of the smallest capacity, too, not at 50 % "
            "alone."
        ),
        CommandLine(),
    ] = False
    any: Annotated[
        bool,
        Field(
            description="Recommend among all servers, not only among those that are fit for "
            "production."
        ),
        CommandLine(),
    ] = False
    keep_all: Annotated[
        bool,
        Field(
            description="Measure all servers to the end, also those that are clearly behind after "
            "three rounds."
        ),
        CommandLine(),
    ] = False
    rounds: Rounds = None
    precision: RelativePrecision = None
    budget: Annotated[
        Seconds | None,
        Field(
            description="As many rounds as fit into a time, all but installing included.  "
            "[default: 4m, or what a verdict takes]"
        ),
        CommandLine(metavar="TIME"),
    ] = None
    control: Annotated[
        bool | None,
        Field(description="Measure one server twice, as an A/A control of the noise, or not."),
        CommandLine(("--control/--no-control",)),
    ] = None
    probe: Probe = None
    seed: Annotated[
        int | None, Field(ge=0, description="Repeat the order of another race."), CommandLine()
    ] = None
    port: FirstPort = None
    resume: Annotated[
        str | None,
        Field(description="Go on with an interrupted race, given all else as before."),
        CommandLine(metavar="RUN"),
    ] = None

    @model_validator(mode="after")
    def _check_length(self) -> Self:
        check_one_length(self.rounds, self.precision, self.budget)
        return self


class RaceOptions(
    ProjectOptions,
    RequestOptions,
    RaceTerms,
    PackageOptions,
    RevisionOptions,
    LifecycleOptions,
    ServiceOptions,
    CatalogOptions,
    StoreOptions,
):
    """All of a race of every server that can serve an app."""
