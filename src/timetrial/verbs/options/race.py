"""What `timetrial race` takes."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from timetrial.machine.ports import HIGHEST_PORT
from timetrial.model import BadInput
from timetrial.verbs.options.common import (
    CONNECTIONS,
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
from timetrial.verbs.options.counting import CountOptions
from timetrial.verbs.options.lifecycle import LifecycleOptions
from timetrial.verbs.options.options import CommandLine, Options
from timetrial.verbs.options.project import ProjectOptions
from timetrial.verbs.options.requests import WAYS, RequestOptions
from timetrial.verbs.options.services import ServiceOptions
from timetrial.verbs.options.streams import StreamOptions
from timetrial.verbs.options.transport import TransportOptions
from timetrial.verbs.options.upload import UploadOptions
from timetrial.verbs.options.websocket import WebSocketOptions


class ServerTerms(Options):
    """Which servers take part, with how many processes, and which may be recommended."""

    section = "Servers"

    servers: Annotated[
        str | None,
        Field(description="a,b,c; 'all' adds settings  [default: all that serve the app]"),
        CommandLine(metavar="NAMES"),
    ] = None
    workers: Annotated[
        Processes,
        Field(description="Processes of each server  [default: as many as it has CPUs]"),
    ] = None
    threads: Annotated[
        int,
        Field(ge=1, le=256, description="Threads per process, of servers that have them"),
        CommandLine(shows_default=True),
    ] = 4
    any: Annotated[
        bool,
        Field(description="Recommend also servers that are not fit for production"),
        CommandLine(),
    ] = False
    port: FirstPort = None


class RaceTerms(Options):
    """What is measured, for how long, and with how much care."""

    section = "Measuring"

    connections: Annotated[
        int,
        Field(ge=1, le=HIGHEST_PORT, description="Connections that drive servers to their limit"),
        CommandLine(("-c", "--connections"), shows_default=True),
    ] = CONNECTIONS
    thorough: Annotated[
        bool,
        Field(description="Compare response times at 80 % of the capacity, too"),
        CommandLine(),
    ] = False
    keep_all: Annotated[
        bool,
        Field(description="Measure servers that are clearly behind to the end, too"),
        CommandLine(),
    ] = False
    rounds: Rounds = None
    precision: RelativePrecision = None
    budget: Annotated[
        Seconds | None,
        Field(description="Time for the race, without installing  [default: 4m]"),
        CommandLine(),
    ] = None
    control: Annotated[
        bool | None,
        Field(description="Measure one server twice, as an A/A control of the noise"),
        CommandLine(("--control/--no-control",)),
    ] = None
    probe: Probe = None
    seed: Annotated[
        int | None, Field(ge=0, description="Repeat the order of another race"), CommandLine()
    ] = None
    resume: Annotated[
        str | None,
        Field(description="Go on with an interrupted race, all else as before"),
        CommandLine(metavar="RUN"),
    ] = None

    @model_validator(mode="after")
    def _check_length(self) -> Self:
        check_one_length(self.rounds, self.precision, self.budget)
        return self


class RaceOptions(
    ProjectOptions,
    RequestOptions,
    UploadOptions,
    WebSocketOptions,
    StreamOptions,
    TransportOptions,
    ServerTerms,
    RaceTerms,
    PackageOptions,
    RevisionOptions,
    LifecycleOptions,
    CountOptions,
    ServiceOptions,
    CatalogOptions,
    StoreOptions,
):
    """All of a race of every server that can serve an app."""

    @model_validator(mode="after")
    def _check_websocket(self) -> Self:
        other = self.given(*WAYS, "upload", "allow_writes", "expect_status", "lifecycle")
        if self.websocket is not None and other is not None:
            raise BadInput(f"{other} is about requests of HTTP, not about --websocket")
        return self

    @model_validator(mode="after")
    def _check_sse(self) -> Self:
        other = self.given(
            *WAYS, "allow_writes", "expect_status", "websocket", "upload", "lifecycle", "count"
        )
        if self.sse is not None and other is not None:
            raise BadInput(f"{other} and --sse exclude each other: a race is of one stream alone")
        return self

    @model_validator(mode="after")
    def _check_transport(self) -> Self:
        if self.protocol is None:
            return self
        flag = "--http2" if self.http2 else "--tls"
        uploads = ("upload",) if self.http2 else ()
        other = self.given("websocket", "sse", *uploads, "lifecycle", "count")
        if other is not None:
            raise BadInput(f"{other} and {flag} exclude each other")
        return self

    @model_validator(mode="after")
    def _check_uploaded(self) -> Self:
        if self.upload is None:
            return self
        others = (name for name in WAYS if name != "paths")
        if (other := self.given(*others, "lifecycle", "count")) is not None:
            raise BadInput(f"{other} and --upload exclude each other: the file is all that is sent")
        if len(self.paths) > 1:
            raise BadInput("--upload goes to one --path: it is given more than once")
        if not self.allow_writes:
            raise BadInput(
                "--upload is a POST that may write, and would be sent thousands of times; if that "
                "is meant, say --allow-writes"
            )
        return self
