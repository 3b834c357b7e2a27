"""What `timetrial tune` takes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from timetrial.features.tune.objective import CONNECTIONS, Objective
from timetrial.machine.ports import HIGHEST_PORT
from timetrial.verbs.options.common import CatalogOptions, Probe, Seconds, Size, StoreOptions
from timetrial.verbs.options.options import CommandLine, Options
from timetrial.verbs.options.project import ProjectOptions
from timetrial.verbs.options.requests import RequestOptions
from timetrial.verbs.options.services import ServiceOptions


class TuneTerms(Options):
    """Whose settings are searched, for what, with which means, and for how long."""

    server: Annotated[
        str,
        Field(
            description="The server whose settings are wanted: `timetrial list servers` shows them."
        ),
        CommandLine(metavar="NAME"),
    ]
    variants: Annotated[
        bool,
        Field(description="Also try its other event loops, parsers and worker classes."),
        CommandLine(),
    ] = False
    cpus: Annotated[
        int | None,
        Field(
            ge=1,
            description="CPUs that it may use.  [default: all that the load engine does not need]",
        ),
        CommandLine(metavar="N"),
    ] = None
    memory: Annotated[
        Size | None,
        Field(description="The most that all of its processes may take together: 512MiB, 1GiB."),
        CommandLine(metavar="SIZE"),
    ] = None
    objective: Annotated[
        Objective,
        Field(
            description="Requests a second at saturation, p99 of response time at one rate for "
            "all, or CPU time a request."
        ),
        CommandLine(shows_default=True),
    ] = "throughput"
    rate: Annotated[
        float | None,
        Field(
            gt=0,
            description="Requests a second for p99.  [default: half of what the best of the pilot "
            "carries]",
        ),
        CommandLine(metavar="N"),
    ] = None
    connections: Annotated[
        int,
        Field(ge=1, le=HIGHEST_PORT, description="How many drive it to its limit."),
        CommandLine(metavar="N", shows_default=True),
    ] = CONNECTIONS
    budget: Annotated[
        Seconds,
        Field(description="For the search; installing and asking beforehand are left out."),
        CommandLine(metavar="TIME", shows_default=True),
    ] = 300.0
    probe: Probe = None
    seed: Annotated[
        int | None, Field(ge=0, description="Repeat the order of another search."), CommandLine()
    ] = None


class TuneOptions(
    ProjectOptions, RequestOptions, TuneTerms, ServiceOptions, CatalogOptions, StoreOptions
):
    """All of a search for the settings of one server."""
