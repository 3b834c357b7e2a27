"""What `timetrial capacity` takes."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from timetrial.features.capacity.slo import Objective, read_slo
from timetrial.machine.ports import HIGHEST_PORT
from timetrial.model import MOST_CONNECTIONS, BadInput
from timetrial.verbs.options.common import (
    Authorities,
    CatalogOptions,
    Cpus,
    Insecure,
    Processes,
    RatePerS,
    RemoteHosts,
    Seconds,
)
from timetrial.verbs.options.options import CommandLine, Options
from timetrial.verbs.options.project import ProjectOptions
from timetrial.verbs.options.requests import RequestOptions
from timetrial.verbs.options.services import ServiceOptions

_HIGHEST_PER_S = 1_000_000.0
_SHORTEST_BUDGET_S = 20.0
_THREADS = 4
_OF_URLS = ("cpus", "authorities", "insecure", "allow_remote")
_OF_APPS = (
    "python", "factory", "folder", "env_file", "variables", "setup", "services", "server",
    "workers", "threads", "dynamic", "catalog_dir",
    "postgres", "redis", "fake_database", "upstream", "upstream_ca",
)  # fmt: skip


class SearchTerms(Options):
    """What has to hold, and how it is searched."""

    section = "Search"

    slo: Annotated[
        str,
        Field(description="Objective to keep: p99<100ms,errors<0.1%"),
        CommandLine(metavar="LIMITS"),
    ]
    budget: Annotated[
        Seconds,
        Field(description="Time for the search, without installing"),
        CommandLine(shows_default=True),
    ] = 180.0
    at_least: Annotated[
        RatePerS | None,
        Field(description="Exit with 1 if the capacity is lower"),
        CommandLine(),
    ] = None
    max_rate: Annotated[
        RatePerS,
        Field(description=f"Try no higher rate  [default: {_HIGHEST_PER_S:.0f}]"),
        CommandLine(),
    ] = _HIGHEST_PER_S
    start_rate: Annotated[
        RatePerS | None,
        Field(description="First rate  [default: a quarter of what 16 connections get]"),
        CommandLine(),
    ] = None
    max_connections: Annotated[
        int,
        Field(ge=1, le=HIGHEST_PORT, description="Open no more connections"),
        CommandLine(shows_default=True),
    ] = MOST_CONNECTIONS
    timeout_s: Annotated[
        Seconds,
        Field(description="A slower response is a timeout"),
        CommandLine(("--timeout",), shows_default=True),
    ] = 10.0
    seed: Annotated[
        int | None,
        Field(ge=0, description="Repeat these arrivals"),
        CommandLine(),
    ] = None

    @property
    def objective(self) -> Objective:
        """What has to hold. Raises BadInput for limits that nobody can read."""
        return read_slo(self.slo)


class TargetTerms(Options):
    """What serves the app, or how the URL is reached."""

    section = "Server, or URL"

    server: Annotated[
        str | None,
        Field(description="Server of the catalog that serves APP"),
        CommandLine(metavar="NAME"),
    ] = None
    workers: Annotated[
        Processes,
        Field(description="Processes of the server  [default: as many as it has CPUs]"),
    ] = None
    threads: Annotated[
        int,
        Field(ge=1, le=256, description="Threads per process, of servers that have them"),
        CommandLine(shows_default=True),
    ] = _THREADS
    cpus: Annotated[
        Cpus,
        Field(description="For a URL: pin the load engine to these CPUs: 1 or 0-3"),
        CommandLine(),
    ] = ()
    authorities: Authorities = None
    insecure: Insecure = False
    allow_remote: RemoteHosts = ()


class CapacityOptions(
    ProjectOptions, SearchTerms, RequestOptions, TargetTerms, ServiceOptions, CatalogOptions
):
    """All of a search for the capacity of a server."""

    @property
    def is_url(self) -> bool:
        """Whether the target is a server that runs, and not an app that is to be served."""
        return "://" in self.app

    @model_validator(mode="after")
    def _check_target(self) -> Self:
        """Refuse options that the kind of target has no use for."""
        if self.is_url:
            self._refuse(_OF_APPS, "is for apps that Timetrial starts, and this is a URL")
        elif self.server is None:
            raise BadInput(
                f"{self.app!r} is no URL, and no --server is to serve it; `timetrial list servers` "
                "shows which there are"
            )
        else:
            self._refuse(_OF_URLS, "is for URLs")
        return self

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        if self.objective.longest_s >= self.timeout_s:
            raise BadInput(
                f"--slo {self.slo!r} allows response times up to the --timeout of "
                f"{self.timeout_s:g} s, after which nobody waits any more: give a longer --timeout"
            )
        if self.budget < _SHORTEST_BUDGET_S:
            raise BadInput(
                f"--budget {self.budget:g} s is too short to find anything: at least "
                f"{_SHORTEST_BUDGET_S:g} s are allowed"
            )
        if self.start_rate is not None and self.start_rate > self.max_rate:
            raise BadInput(
                f"--start-rate {self.start_rate:g} is above --max-rate {self.max_rate:g}"
            )
        return self

    def _refuse(self, names: tuple[str, ...], why: str) -> None:
        given = self.given(*names)
        if given is not None:
            raise BadInput(f"{given} {why}")
