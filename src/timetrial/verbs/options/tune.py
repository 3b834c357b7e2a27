"""What `timetrial tune` takes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from timetrial.features.tune.objective import CONNECTIONS, Objective
from timetrial.machine.ports import HIGHEST_PORT
from timetrial.verbs.options.common import (
    CatalogOptions,
    Probe,
    Seconds,
    Size,
    StoreOptions,
)
from timetrial.verbs.options.options import CommandLine, Options
from timetrial.verbs.options.project import ProjectOptions
from timetrial.verbs.options.requests import RequestOptions
from timetrial.verbs.options.services import ServiceOptions


class TuneTerms(Options):
    """Whose settings are searched, for what, with which means, and for how long."""

    section = "Search"

    server: Annotated[
        str,
        Field(description="Whose settings are searched; `timetrial list servers`"),
        CommandLine(metavar="NAME"),
    ]
    variants: Annotated[
        bool,
        Field(description="Also try its other event loops, parsers and worker classes"),
        CommandLine(),
    ] = False
    server_cpus: Annotated[
        int | None,
        Field(
            ge=1,
            description="CPUs of the server  [default: all but the load engine's]",
        ),
        CommandLine(),
    ] = None
    memory: Annotated[
        Size | None,
        Field(description="Memory limit of all its processes: 512MiB"),
        CommandLine(),
    ] = None
    objective: Annotated[
        Objective,
        Field(description="throughput, p99 (at one rate) or cpu"),
        CommandLine(metavar="METRIC", shows_default=True),
    ] = "throughput"
    rate: Annotated[
        float | None,
        Field(
            gt=0,
            description="For p99, per second  [default: half of the best's in the pilot]",
        ),
        CommandLine(("-r", "--rate"), metavar="RATE"),
    ] = None
    connections: Annotated[
        int,
        Field(ge=1, le=HIGHEST_PORT, description="Connections that drive it to its limit"),
        CommandLine(("-c", "--connections"), shows_default=True),
    ] = CONNECTIONS
    budget: Annotated[
        Seconds,
        Field(description="Time for the search, without installing"),
        CommandLine(shows_default=True),
    ] = 300.0
    probe: Probe = None
    seed: Annotated[
        int | None, Field(ge=0, description="Repeat the order of another search"), CommandLine()
    ] = None


class TuneOptions(
    ProjectOptions, RequestOptions, TuneTerms, ServiceOptions, CatalogOptions, StoreOptions
):
    """All of a search for the settings of one server."""
